"""The slack-bolt app: acknowledges everything at once and hands it over in tasks of their own."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.handlers import Handlers
from bot.platforms.slack.normalise import Identity
from bot.platforms.slack.work import Work

_ANY = re.compile(".*")


def build_app(
    handlers: Handlers, work: Work, identity: Identity, on_removed: Callable[[], None], signing_secret: str = ""
) -> AsyncApp:
    """Give the app for either mode; signing_secret verifies the requests of HTTP mode.

    on_removed is called when the app was taken out of the workspace.
    """

    async def authorize() -> AuthorizeResult:
        # Known since the start. Left to itself, Bolt asks with the first event and drops that when Slack is slow.
        return AuthorizeResult(
            enterprise_id=None, team_id=identity.team, bot_user_id=identity.bot_user, bot_id=identity.bot_id
        )

    logger = logging.getLogger("docent.slack.bolt")
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        name="docent",
        logger=logger,
        client=AsyncWebClient(),  # ours are the calls; Bolt makes none
        authorize=authorize,
        signing_secret=signing_secret,
    )

    # Each listener takes everything of its sort: what none takes isn't acknowledged, and Slack sends it again.
    @app.event(_ANY)
    async def on_event(body: dict[str, Any]) -> None:
        kind = body["event"]["type"]
        if kind == "app_uninstalled" or (kind == "tokens_revoked" and body["event"]["tokens"].get("bot")):
            on_removed()
        else:
            work.start(handlers.event(body), f"{kind} {body.get('event_id')}")

    @app.command(_ANY)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        work.start(handlers.command(body), "slash command")

    @app.action(_ANY)
    async def on_action(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        work.start(handlers.action(body), "press")

    @app.view(_ANY)
    async def on_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        work.start(handlers.form(body), "form")

    return app
