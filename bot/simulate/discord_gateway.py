"""The gateway: sessions, sequence numbers, heartbeats, resuming, and the ways in which a connection is lost."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable

from aiohttp import WSMsgType, web

from bot.simulate import discord_shapes as shapes
from bot.simulate.discord_errors import Json
from bot.simulate.discord_limits import Limits
from bot.simulate.discord_session import (
    LIMITED_FLAGS,
    PRIVILEGED,
    VALID_INTENTS,
    WITH_DATA,
    Close,
    Connection,
    Heartbeat,
    Intent,
    Op,
    Session,
)
from bot.simulate.discord_state import DiscordState

SENDS_A_MINUTE = 120
PAYLOAD_BYTES = 4096
CLOSE_SECONDS = 2.0
GOING_AWAY = (1000, 1001)
INTRODUCTIONS = ("READY", "GUILD_CREATE")


class Gateway:
    """All sessions of the one application; events go to each of them, as to two processes with one token.

    heartbeats: each that came, with its lateness. missed_heartbeats: connections closed for want of one.
    identifies, resumes: how often each succeeded. closes: the codes that the server closed with.
    """

    def __init__(self, state: DiscordState, token: str, granted: Intent, limits: Limits) -> None:
        self.url = ""
        self.token = token
        self.granted = granted
        self.heartbeats: list[Heartbeat] = []
        self.missed_heartbeats = 0
        self.identifies = 0
        self.resumes = 0
        self.closes: list[int] = []
        self.state = state
        self._limits = limits
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._refusals = 0

    @property
    def connected(self) -> bool:
        """True while a session has a live connection."""
        return any(session.connection for session in self._sessions.values())

    @property
    def application_flags(self) -> int:
        """The application flags for the privileged intents that are granted."""
        return sum(flag for intent, flag in LIMITED_FLAGS.items() if intent in self.granted)

    # ---- events out ----

    def dispatch(self, event: str, data: Json | Callable[[Intent], Json], *, needs: Intent = Intent.NONE) -> None:
        """Send an event to each session that has the needed intent; data may depend on a session's intents.

        A session without a connection keeps it for its resume.
        """
        for session in list(self._sessions.values()):
            if self._expired(session):
                del self._sessions[session.id]
            elif needs in session.intents:
                self._dispatch_to(session, event, data(session.intents) if callable(data) else data)

    def redeliver(self, count: int) -> None:
        """Send the last events again, unchanged and under their old sequence numbers, as a resume does."""
        for session in self._sessions.values():
            if session.connection is not None:
                events = [payload for payload in session.events if payload["t"] not in INTRODUCTIONS]
                for payload in events[-count:]:
                    session.connection.put(payload)

    def _dispatch_to(self, session: Session, event: str, data: Json) -> None:
        session.sequence += 1
        payload: Json = {"op": int(Op.DISPATCH), "t": event, "s": session.sequence, "d": data}
        session.events.append(payload)
        if session.connection is not None:
            session.connection.put(payload)

    # ---- losing connections ----

    async def drop(self, code: int | None = None) -> None:
        """Lose every connection: closed with a code, or cut without a word; sessions can be resumed."""
        for connection in list(self._connections):
            self._detach(connection)
            if code is None:
                connection.abort()
            else:
                await self._close(connection, code)

    def ask_to_reconnect(self) -> None:
        """Send op 7; a client closes, connects again and resumes."""
        for connection in self._connections:
            connection.send(Op.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9; unless resumable, the sessions are forgotten and a client must identify anew."""
        for connection in list(self._connections):
            if not resumable and connection.session is not None:
                self._sessions.pop(connection.session.id, None)
                connection.session = None
            connection.send(Op.INVALID_SESSION, resumable)

    def refuse(self, count: int) -> None:
        """Answer the next connection attempts with HTTP 503."""
        self._refusals = count

    async def stop(self) -> None:
        """Close every connection for good, as a server that shuts down."""
        await self.drop(GOING_AWAY[1])

    # ---- connections in ----

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket until it is lost."""
        if self._refusals:
            self._refusals -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS, compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(request, socket)
        self._connections.add(connection)
        connection.send(Op.HELLO, {"heartbeat_interval": round(self._limits.heartbeat * 1000), "_trace": []})
        tasks = [asyncio.create_task(connection.write()), asyncio.create_task(self._watch_heartbeat(connection))]
        try:
            if request.query.get("v") != "10":
                await self._close(connection, Close.INVALID_VERSION)
            async for frame in socket:
                code = self._receive(connection, frame.data if frame.type is WSMsgType.TEXT else "")
                if code is not None:
                    await self._close(connection, code)
        finally:
            for task in tasks:
                task.cancel()
            self._connections.discard(connection)
            session = connection.session
            self._detach(connection)
            # A client that says goodbye ends its session; any other loss leaves it to be resumed.
            if session is not None and socket.close_code in GOING_AWAY:
                self._sessions.pop(session.id, None)
        return socket

    def _receive(self, connection: Connection, text: str) -> Close | None:
        """Handle one payload; a code when the connection must be closed for it."""
        now = time.monotonic()
        connection.received.append(now)
        while now - connection.received[0] > 60:
            connection.received.popleft()
        if len(connection.received) > SENDS_A_MINUTE:
            return Close.RATE_LIMITED
        if len(text.encode()) > PAYLOAD_BYTES:
            return Close.DECODE_ERROR
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError):
            return Close.DECODE_ERROR
        if op in WITH_DATA and not isinstance(data, dict):
            return Close.DECODE_ERROR
        if op == Op.HEARTBEAT:
            self._beat(connection)
            return None
        if op == Op.IDENTIFY:
            return self._identify(connection, data)
        if op == Op.RESUME:
            return self._resume(connection, data)
        if op not in (Op.PRESENCE, Op.VOICE_STATE, Op.REQUEST_MEMBERS):
            return Close.UNKNOWN_OPCODE
        if connection.session is None:
            return Close.NOT_AUTHENTICATED
        if op == Op.REQUEST_MEMBERS:
            self._send_members(connection.session, data)
        return None

    def _beat(self, connection: Connection) -> None:
        now = time.monotonic()
        after = now - connection.beat_at
        connection.beat_at = now
        self.heartbeats.append(Heartbeat(after, max(0.0, after - self._limits.heartbeat)))
        connection.send(Op.HEARTBEAT_ACK)

    async def _watch_heartbeat(self, connection: Connection) -> None:
        """Close a connection whose heartbeat is more than one interval late."""
        while True:
            left = connection.beat_at + 2 * self._limits.heartbeat - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self.missed_heartbeats += 1
        self._detach(connection)
        await self._close(connection, Close.UNKNOWN_ERROR)

    def _identify(self, connection: Connection, data: Json) -> Close | None:
        if connection.session is not None:
            return Close.ALREADY_AUTHENTICATED
        if data.get("token") != self.token:
            return Close.AUTHENTICATION_FAILED
        intents = int(data.get("intents", 0))
        if intents & ~VALID_INTENTS:
            return Close.INVALID_INTENTS
        if Intent(intents) & PRIVILEGED & ~self.granted:
            return Close.DISALLOWED_INTENTS
        session = Session(secrets.token_hex(16), Intent(intents), connection=connection)
        connection.session = session
        self._sessions[session.id] = session
        self.identifies += 1
        guilds = [guild for guild in self.state.guilds.values() if self.state.bot.id in guild.members]
        ready: Json = {
            "v": 10,
            "user": shapes.own_user_json(self.state.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": data.get("shard") or [0, 1],
            "application": {"id": str(self.state.bot.id), "flags": self.application_flags},
            "private_channels": [],
        }
        self._dispatch_to(session, "READY", ready)
        for guild in guilds if Intent.GUILDS in session.intents else ():
            self._dispatch_to(session, "GUILD_CREATE", shapes.guild_create_json(self.state, guild))
        return None

    def _resume(self, connection: Connection, data: Json) -> Close | None:
        if data.get("token") != self.token:
            return Close.AUTHENTICATION_FAILED
        session = self._sessions.get(str(data.get("session_id")))
        seen = int(data.get("seq") or 0)
        if session is not None and seen > session.sequence:
            return Close.INVALID_SEQUENCE
        if session is None or self._expired(session) or session.events[0]["s"] > seen + 1:
            self._sessions.pop(str(data.get("session_id")), None)
            connection.send(Op.INVALID_SESSION, False)
            return None
        if session.connection is not None:
            session.connection.session = None
            session.connection.abort()
        session.connection, session.lost_at, connection.session = connection, None, session
        for payload in session.events:
            if payload["s"] > seen:
                connection.put(payload)
        # The library writes into "d", so it must be an object.
        connection.put({"op": int(Op.DISPATCH), "t": "RESUMED", "s": session.sequence, "d": {}})
        self.resumes += 1
        return None

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self.state.guilds.get(int(data.get("guild_id", 0)))
        if guild is None or session.connection is None:
            return
        wanted = {int(user) for user in data.get("user_ids") or ()}
        prefix, limit = str(data.get("query") or "").lower(), int(data.get("limit") or 0)
        users = [
            member.user
            for member in guild.members.values()
            if (member.user.id in wanted if wanted else member.user.name.lower().startswith(prefix))
        ]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [shapes.member_json(guild, user) for user in users[: limit or None]],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(user) for user in wanted - set(guild.members)],
        }
        self._dispatch_to(session, "GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")})

    async def _close(self, connection: Connection, code: int) -> None:
        self.closes.append(code)
        await connection.close(code)

    def _expired(self, session: Session) -> bool:
        return session.lost_at is not None and time.monotonic() - session.lost_at > self._limits.resume

    def _detach(self, connection: Connection) -> None:
        """Part a session from its connection at once, so that what happens next waits for the resume."""
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            session.lost_at = time.monotonic()
            connection.session = None
