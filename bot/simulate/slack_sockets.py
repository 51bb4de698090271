"""Socket Mode from Slack's side: tickets, sockets, deliveries, acknowledgements and redeliveries."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.simulate.slack_deliveries import Delivery, DeliveryKind
from bot.simulate.slack_rules import SlackRules

JsonObject = dict[str, Any]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(slots=True, eq=False)
class Socket:
    """One connection of the app. pings: when its heartbeats came. silent: the network swallows everything."""

    number: int
    websocket: web.WebSocketResponse
    transport: asyncio.Transport
    pings: list[float] = field(default_factory=list)
    silent: bool = False


class SocketHub:
    """Brings payloads to one of the app's sockets, in order, and again when nobody acknowledges them.

    on_ack and on_unanswered are told of deliveries that got an acknowledgement or none in time.
    """

    def __init__(
        self,
        rules: SlackRules,
        app_id: str,
        on_ack: Callable[[Delivery], None],
        on_unanswered: Callable[[Delivery], None],
    ) -> None:
        self.deliveries: list[Delivery] = []
        self.sockets: list[Socket] = []
        self.connections = 0  # ever made
        self._rules = rules
        self._app_id = app_id
        self._on_ack = on_ack
        self._on_unanswered = on_unanswered
        self._tickets: set[str] = set()
        self._outbox: asyncio.Queue[Delivery] = asyncio.Queue()
        self._connected = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = 0

    def start(self) -> None:
        """Begin to send; needs the running loop."""
        self._run(self._send_in_order())

    async def close(self) -> None:
        """Stop sending and close every socket."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self.sockets):
            await socket.websocket.close()

    def new_ticket(self) -> str:
        """Give a ticket for one connection."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends; a ticket that is unknown or was used gets HTTP 404."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="This link is not valid (any more).")
        self._tickets.discard(ticket)
        websocket = web.WebSocketResponse(autoping=False, timeout=1.0)
        await websocket.prepare(request)
        assert request.transport is not None  # prepare() has just written to it
        if len(self.sockets) >= self._rules.max_sockets:
            await websocket.send_json(_goodbye("too_many_websockets"))
            await websocket.close()
            return websocket
        self.connections += 1
        socket = Socket(self.connections, websocket, request.transport)
        # Nothing is sent before the hello, so the socket counts only after it.
        await websocket.send_json(self._hello())
        self.sockets.append(socket)
        self._connected.set()
        try:
            await self._listen(socket)
        finally:
            self._forget(socket)
        return websocket

    def deliver(
        self, kind: DeliveryKind, payload: JsonObject, *, retry_attempt: int = 0, retry_reason: str = ""
    ) -> Delivery:
        """Queue a payload. Events are sent again as Slack does; commands and interactions fail at the first miss.

        An attempt that names itself a retry is sent once.
        """
        delivery = self._queue(kind, payload, retry_attempt, retry_reason)
        self._run(self._follow(delivery, retries=kind == "events_api" and not retry_attempt))
        return delivery

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Send every socket a disconnect message; "warning" leaves it open, the others close it if the app doesn't."""
        for socket in list(self.sockets):
            await socket.websocket.send_json(_goodbye(reason))
            if reason != "warning":
                self._run(self._close_later(socket))

    def drop(self, *, silently: bool = False) -> None:
        """Cut every TCP connection without a close frame; silently: leave it open, but nothing comes through."""
        for socket in list(self.sockets):
            if silently:
                socket.silent = True
            else:
                socket.transport.abort()
                self._forget(socket)

    @property
    def unsettled(self) -> bool:
        """True while a delivery is neither acknowledged nor given up."""
        return any(not delivery.acked.is_set() and not delivery.given_up for delivery in self.deliveries)

    def _queue(self, kind: DeliveryKind, payload: JsonObject, attempt: int, reason: str) -> Delivery:
        delivery = Delivery(str(uuid.uuid4()), kind, payload, attempt, reason)
        self.deliveries.append(delivery)
        self._outbox.put_nowait(delivery)
        return delivery

    async def _follow(self, delivery: Delivery, *, retries: bool) -> None:
        """Wait for the acknowledgement of a delivery; send it again, up to as often as Slack does."""
        attempts = [delivery]
        for delay in (*self._rules.retry_delays, None) if retries else (None,):
            try:
                await asyncio.wait_for(attempts[-1].acked.wait(), self._rules.ack_timeout)
                return
            except TimeoutError:
                attempts[-1].given_up = True
            if delay is None:
                break
            await asyncio.sleep(delay)
            if any(attempt.acked.is_set() for attempt in attempts):
                return
            attempts.append(self._queue(delivery.kind, delivery.payload, len(attempts), "timeout"))
        self._on_unanswered(delivery)

    async def _send_in_order(self) -> None:
        while True:
            delivery = await self._outbox.get()
            while not self.sockets:
                await self._connected.wait()
            if delivery.given_up:
                continue
            self._turn += 1
            socket = self.sockets[self._turn % len(self.sockets)]
            delivery.sent_at, delivery.socket = time.monotonic(), socket.number
            if socket.silent:
                continue
            try:
                await socket.websocket.send_json(delivery.envelope)
            except ConnectionError:
                # Lost on the way: it isn't acknowledged and comes again.
                self._forget(socket)

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.websocket:
            if socket.silent:
                continue
            if message.type is WSMsgType.PING:
                socket.pings.append(time.monotonic())
                await socket.websocket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take_ack(json.loads(message.data))

    def _take_ack(self, ack: JsonObject) -> None:
        for delivery in reversed(self.deliveries):
            if delivery.envelope_id == ack.get("envelope_id") and delivery.acked_at is None:
                delivery.acked_at = time.monotonic()
                delivery.response = ack.get("payload")
                delivery.acked.set()
                if not delivery.given_up:
                    self._on_ack(delivery)
                return

    async def _close_later(self, socket: Socket) -> None:
        await asyncio.sleep(self._rules.disconnect_grace)
        await socket.websocket.close()

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": len(self.sockets) + 1,
            "debug_info": {"host": "applink-simulated", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }

    def _forget(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
        if not self.sockets:
            self._connected.clear()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _goodbye(reason: DisconnectReason) -> JsonObject:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-simulated"}}
