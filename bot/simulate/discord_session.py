"""The words of the gateway protocol, and what one session and one connection are."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from aiohttp import web

from bot.simulate.discord_errors import Json

KEPT_EVENTS = 1000


class Intent(IntFlag):
    """The intents that gate what is simulated; the other valid bits pass through."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
VALID_INTENTS = 0x1FFFF | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
# The application flags that tell which privileged intents are switched on, for applications in few guilds.
LIMITED_FLAGS = {Intent.GUILD_PRESENCES: 1 << 13, Intent.GUILD_MEMBERS: 1 << 15, Intent.MESSAGE_CONTENT: 1 << 19}


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


WITH_DATA = (Op.IDENTIFY, Op.RESUME, Op.REQUEST_MEMBERS)


class Close(IntEnum):
    """Gateway close codes."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A heartbeat that came: seconds since the one before (since HELLO for the first), and beyond the interval."""

    after: float
    late: float


@dataclass(slots=True, eq=False)
class Session:
    """What survives a lost connection: the intents, and the events that a resume can replay."""

    id: str
    intents: Intent
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    connection: Connection | None = None
    lost_at: float | None = None


class Connection:
    """One WebSocket: its outbox, its compression, its heartbeats."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.session: Session | None = None
        self.beat_at = time.monotonic()
        self.received: deque[float] = deque()
        self._request = request
        self._socket = socket
        self._outbox: asyncio.Queue[Json] = asyncio.Queue()
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    def send(self, op: Op, data: object = None) -> None:
        """Queue a payload that is no event."""
        self.put({"op": int(op), "d": data, "s": None, "t": None})

    def put(self, payload: Json) -> None:
        """Queue a payload as it is."""
        self._outbox.put_nowait(payload)

    async def write(self) -> None:
        """Send what is queued until the connection is gone."""
        try:
            while True:
                text = json.dumps(await self._outbox.get())
                if self._deflate is None:
                    await self._socket.send_str(text)
                else:
                    packed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(packed)
        except ConnectionError:
            self.abort()

    async def close(self, code: int) -> None:
        """Close with a code and wait a moment for the other side's answer."""
        await self._socket.close(code=code)

    def abort(self) -> None:
        """Cut the TCP connection, as a broken network does: no close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()
