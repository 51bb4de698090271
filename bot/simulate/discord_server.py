"""A Discord on this machine: the REST interface and the gateway on one local port, for tests and for people.

Start it with `async with DiscordServer() as server`, point the library at `server.api_url` and
`server.gateway_url`, log in with `server.token`, and let people act:

    ben, general = server.state.user_named("ben"), server.state.channel_named("general")
    await server.mention(ben, general, "how long is the probation period?")
    await server.until(lambda: "probation" in server.transcript(general))
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulate.discord_errors import REFUSALS
from bot.simulate.discord_gateway import Gateway
from bot.simulate.discord_limits import Limits, RateLimiter
from bot.simulate.discord_objects import Channel, InteractionKind, User
from bot.simulate.discord_people import People
from bot.simulate.discord_rest import (
    PREFIX,
    RecordedRequest,
    RestFrame,
    banned,
    json_response,
    too_many_requests,
)
from bot.simulate.discord_rest_application import ApplicationRoutes
from bot.simulate.discord_rest_interactions import InteractionRoutes
from bot.simulate.discord_rest_messages import MessageRoutes
from bot.simulate.discord_session import Close, Intent
from bot.simulate.discord_state import DiscordState, example_state
from bot.simulate.discord_transcript import render_channel
from bot.simulate.discord_world import World

HOST = "127.0.0.1"
REQUEST_BYTES = 25 * 1024 * 1024
LOOK_AGAIN_SECONDS = 0.005


class DiscordServer(People):
    """The simulated Discord and what people do in it; an async context manager.

    state: the world, see DiscordState. gateway: its sessions, heartbeats and intents. token: what the bot must
    present. granted: the privileged intents that are switched on for the application.
    """

    def __init__(
        self,
        state: DiscordState | None = None,
        *,
        granted: Intent = Intent.NONE,
        limits: Limits | None = None,
        port: int = 0,
    ) -> None:
        """Prepare a server; port 0 takes any free one. state: None for the small company of example_state."""
        self.limits = limits or Limits()
        self.token = f"simulated.{secrets.token_urlsafe(24)}"
        self.gateway = Gateway(state or example_state(), self.token, granted, self.limits)
        super().__init__(World(self.gateway.state, self.gateway), time.monotonic)
        self._frame = RestFrame(self.token, RateLimiter(self.limits), self._clock)
        self.watch: Callable[[], object] = lambda: None  # called after everything that the bot has done over REST
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen on 127.0.0.1."""
        app = web.Application(middlewares=[self._watched, self._frame.middleware], client_max_size=REQUEST_BYTES)
        for routes in (
            MessageRoutes(self._world),
            InteractionRoutes(self._world, self.limits, self._clock),
            ApplicationRoutes(self._world),
        ):
            app.add_routes(routes.routes())
        app.add_routes([web.get("/gateway", self.gateway.handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]
        self.gateway.url = self.gateway_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the gateway and stop listening."""
        await self.gateway.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            self.watch()

    # ---- where it is ----

    @property
    def api_url(self) -> str:
        """The base of the REST interface, without a slash at the end."""
        return f"http://{HOST}:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """The address of the gateway."""
        return f"ws://{HOST}:{self._port}/gateway"

    # ---- what was seen ----

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every REST request, in the order in which they came."""
        return self._frame.requests

    @property
    def statuses(self) -> Counter[int]:
        """How many answers each HTTP status had."""
        return self._frame.statuses

    @property
    def invalid_requests(self) -> int:
        """How many 401, 403 and 429 there were: at Discord, 10,000 in 10 minutes ban an address."""
        return self._frame.invalid_requests

    def transcript(self, channel: Channel, viewer: User | None = None) -> str:
        """Give what people see in a channel; viewer: whose screen it is, None for everything, marked."""
        unanswered = [
            interaction
            for interaction in self.state.interactions.values()
            if interaction.kind in (InteractionKind.COMMAND, InteractionKind.COMPONENT)
            and interaction.callback is None
            and self._clock() - interaction.sent_at > self.limits.callback
        ]
        return render_channel(self.state, channel, unanswered=unanswered, viewer=viewer)

    async def until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is true of this server. Raises TimeoutError, with what was seen, when it stays false."""
        ends = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > ends:
                seen = "\n".join(f"{r.status} {r.method} {r.path}" for r in self.requests[-10:])
                raise TimeoutError(f"Waited {seconds} s in vain; the last requests were:\n{seen}")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    # ---- what goes wrong ----

    def fail_next(self, route: str, status: int, code: int = 0, *, message: str | None = None, times: int = 1) -> None:
        """Refuse the next requests whose "METHOD /path" contains route, e.g. "PATCH /webhooks/"."""
        words = message or REFUSALS.get(code, (status, f"{status}: refused"))[1]
        self._frame.arrange(route, times, lambda: json_response({"message": words, "code": code}, status))

    def rate_limited(
        self, route: str, seconds: float, *, times: int = 1, everywhere: bool = False, shared: bool = False
    ) -> None:
        """Answer the next requests to a route with 429; everywhere: as the global limit, shared: as the resource's."""
        self._frame.arrange(route, times, lambda: too_many_requests(seconds, everywhere=everywhere, shared=shared))

    def ban(self, route: str, seconds: float, *, times: int = 1) -> None:
        """Answer the next requests to a route with Cloudflare's 429, which libraries do not retry."""
        self._frame.arrange(route, times, lambda: banned(seconds))

    async def revoke_token(self) -> str:
        """Replace the bot's token: the old one gets 401, sessions are closed with 4004; give the new one."""
        self.token = self.gateway.token = self._frame.token = f"simulated.{secrets.token_urlsafe(24)}"
        await self.gateway.drop(Close.AUTHENTICATION_FAILED)
        return self.token

    async def drop_gateway(self, code: int | None = None) -> None:
        """Close the gateway connections with a code, or cut TCP (None); what happens next waits for the resume."""
        await self.gateway.drop(code)

    async def ask_to_reconnect(self) -> None:
        """Send op 7, as Discord does before it restarts a gateway."""
        self.gateway.ask_to_reconnect()

    async def invalidate_session(self, *, resumable: bool = False) -> None:
        """Send op 9; unless resumable, the client must identify anew."""
        self.gateway.invalidate(resumable=resumable)

    async def refuse_gateway(self, times: int = 1) -> None:
        """Answer the next gateway connections with HTTP 503."""
        self.gateway.refuse(times)

    async def redeliver(self, count: int = 1) -> None:
        """Send the last gateway events again, as a resume may."""
        self.gateway.redeliver(count)
