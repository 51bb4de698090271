"""Slack's side of `docent serve`: slack-bolt over Socket Mode or signed HTTP requests, supervised and restartable."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.messages import Desk
from bot.platforms.slack.bolt import build_app
from bot.platforms.slack.calls import SlackCalls, SlackRefusedError
from bot.platforms.slack.handlers import Handlers
from bot.platforms.slack.listening import parse_listening
from bot.platforms.slack.normalise import Identity
from bot.platforms.slack.posting import Posting
from bot.platforms.slack.streaming import Streams
from bot.platforms.slack.streaming_offer import StreamingOffer
from bot.platforms.slack.surface import SlackSurface
from bot.platforms.slack.work import Work
from bot.settings import BotSettings
from core.errors import ConfigurationError, PlatformError

log = structlog.get_logger()

# slack_sdk reconnects by itself, but now and then for ever with an address that was used up.
_LOST_SECONDS = 60.0
_FINISH_SECONDS = 5.0


class HttpDoor:
    """The route for Slack's signed requests; it stays while platforms come and go behind it."""

    def __init__(self) -> None:
        self.app: AsyncApp | None = None

    def add_routes(self, application: web.Application) -> None:
        """Serve POST /slack/events: events, commands and presses."""
        application.router.add_post("/slack/events", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        if self.app is None:
            # Slack comes again.
            return web.Response(status=503, text="Docent is not connected to Slack yet.")
        return await to_aiohttp_response(await self.app.async_dispatch(await to_bolt_request(request)))


class SlackPlatform:
    """Implements `bot.supervision.Platform` for one workspace; good for one run.

    door: where signed requests come in, for HTTP mode. Raises ConfigurationError for settings that can't work.
    """

    name = "slack"

    def __init__(
        self,
        settings: BotSettings,
        door: HttpDoor | None = None,
        *,
        offer: StreamingOffer | None = None,
        ping_seconds: float = 10.0,
        lost_seconds: float = _LOST_SECONDS,
        pause: float = 1.0,
    ) -> None:
        """offer: what earlier runs have learnt of streaming, None for the first.

        ping_seconds: between two heartbeats. lost_seconds: without a connection until the run fails.
        pause: before a call that got no answer is repeated.
        """
        if settings.slack_bot_token is None:
            raise ConfigurationError("SLACK_BOT_TOKEN is not set; put the token that begins with xoxb- into .env.")
        secret = settings.slack_signing_secret
        if settings.slack_app_token is None and (secret is None or door is None):
            raise ConfigurationError(
                "SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP); "
                "put one of them into .env."
            )
        self._app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
        self._secret = secret.get_secret_value() if secret else ""
        self._door = door if secret else None
        self._listening = parse_listening(settings.slack_listen)
        self._asks_for_managers = settings.platform_admins == "on"
        self._ping_seconds = ping_seconds
        self._lost_seconds = lost_seconds
        self._failure: PlatformError | None = None
        self._failed = asyncio.Event()
        self._serving = False
        self._socket: AsyncSocketModeHandler | None = None
        self._work = Work()
        self._calls = SlackCalls(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, self._fail, pause)
        posting = Posting(self._calls, pause)
        offer = offer or StreamingOffer(is_wanted=settings.slack_streaming == "auto")
        self.surface = SlackSurface(self._calls, self._work, posting, Streams(self._calls, posting, offer, pause))

    @property
    def state(self) -> str:
        """ "connecting", "connected" or "failed: " with the reason."""
        if self._failure is not None:
            return f"failed: {self._failure}"
        return "connected" if self._serving and self._is_linked() else "connecting"

    async def run(self, desk: Desk) -> None:
        """Connect and hand over to the desk until cancelled. Raises PlatformError when it can't go on."""
        try:
            identity = await self._identify()
            handlers = Handlers(
                desk,
                self.surface,
                self._calls,
                self._work,
                identity,
                self._listening,
                asks_for_managers=self._asks_for_managers,
            )
            app = build_app(handlers, self._work, identity, self._on_removed, self._secret)
            # Before the first event: from here on the desk knows where to answer.
            await desk.resume(self.surface)
            if self._door:
                self._door.app = app
            if self._app_token:
                await self._open_socket(app, desk)
            self._serving = True
            log.info("slack connected", team=identity.team)
            await self._watch()
        except PlatformError as error:
            self._failure = error
            raise
        finally:
            self._serving = False
            if self._door:
                self._door.app = None
            if self._socket is not None:
                await self._socket.close_async()  # type: ignore[no-untyped-call]
            await self._work.finish(_FINISH_SECONDS)

    async def _identify(self) -> Identity:
        """Ask who we are; a bad bot token shows here, Bolt would acknowledge and drop every event."""
        answer = await self._calls.repeated(self._calls.api.auth_test)
        return Identity(answer["team_id"], answer["user_id"], answer.get("bot_id") or "")

    async def _open_socket(self, app: AsyncApp, desk: Desk) -> None:
        # The library would try a bad app-level token for ever.
        answer = await self._calls.repeated(self._calls.api.apps_connections_open, app_token=self._app_token)
        logger = logging.getLogger("docent.slack.socket")
        logger.setLevel(logging.CRITICAL)  # its tracebacks tell no more than our own lines
        self._socket = AsyncSocketModeHandler(
            app, self._app_token, logger=logger, web_client=self._calls.api, ping_interval=self._ping_seconds
        )
        self._socket.client.wss_uri = answer["url"]
        hellos = 0

        async def on_message(_client: object, message: Mapping[str, Any], _raw: str | None) -> None:
            nonlocal hellos
            if message.get("type") == "hello":
                hellos += 1
                if hellos > 1:
                    log.info("slack reconnected")
                    self._work.start(desk.resume(self.surface), "resume")

        self._socket.client.message_listeners.append(on_message)
        try:
            connecting = self._socket.connect_async()  # type: ignore[no-untyped-call]
            await asyncio.wait_for(connecting, self._lost_seconds)
        except TimeoutError:
            raise self._lost() from None

    async def _watch(self) -> None:
        """Return by an error only: the token is of no use any more, or the connection stays lost."""
        linked_at = time.monotonic()
        while True:
            try:
                await asyncio.wait_for(self._failed.wait(), 1.0)
            except TimeoutError:
                now = time.monotonic()
                linked_at = now if self._is_linked() else linked_at
                if now - linked_at >= self._lost_seconds:
                    raise self._lost() from None
            if self._failure is not None:
                raise self._failure

    def _is_linked(self) -> bool:
        if not self._app_token:
            return True
        session = self._socket.client.current_session if self._socket else None
        return session is not None and not session.closed

    def _lost(self) -> PlatformError:
        return PlatformError(
            f"Slack's Socket Mode has had no connection for {self._lost_seconds:.0f} s; "
            "check the network and that Socket Mode is on in the app's settings."
        )

    def _fail(self, error: PlatformError) -> None:
        self._failure = self._failure or error
        self._failed.set()

    def _on_removed(self) -> None:
        self._fail(SlackRefusedError("everything", "account_inactive"))
