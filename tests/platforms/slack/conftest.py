"""A simulated Slack workspace, the SDK's client and a small echo bot on the real slack-bolt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulate.slack_rules import SlackRules
from bot.simulate.slack_server import SlackServer


class EchoBot:
    """Answers mentions in their thread and direct messages in place, and keeps what it heard.

    held: while cleared, nothing is acknowledged.
    """

    def __init__(self, server: SlackServer, **client_options: Any) -> None:
        logger = logging.getLogger("tests.echo_bot")
        logger.setLevel(logging.CRITICAL)
        self.client = AsyncWebClient(server.state.bot_token, base_url=server.api_url, logger=logger, **client_options)
        self.app = AsyncApp(client=self.client, logger=logger)
        self.handler = AsyncSocketModeHandler(self.app, server.state.app_token, ping_interval=0.2)
        self.heard: list[dict[str, Any]] = []
        self.retry_numbers: list[str] = []
        self.actions: list[dict[str, Any]] = []
        self.submitted: list[dict[str, Any]] = []
        self.held = asyncio.Event()
        self.held.set()
        self._listen()

    def events(self, kind: str, subtype: str | None = None) -> list[dict[str, Any]]:
        return [event for event in self.heard if event["type"] == kind and event.get("subtype") == subtype]

    def _listen(self) -> None:
        app = self.app

        @app.middleware
        async def hold(req: Any, next: Callable[[], Awaitable[Any]]) -> Any:
            await self.held.wait()
            self.retry_numbers += req.headers.get("x-slack-retry-num", [])
            return await next()

        @app.event("app_mention")
        async def mentioned(event: dict[str, Any], client: AsyncWebClient) -> None:
            self.heard.append(event)
            await client.chat_postMessage(
                channel=event["channel"], thread_ts=event.get("thread_ts", event["ts"]), text="echo", blocks=BUTTONS
            )

        @app.event("message")
        async def message(event: dict[str, Any], client: AsyncWebClient) -> None:
            self.heard.append(event)
            if event["channel_type"] == "im" and not event.get("subtype"):
                await client.chat_postMessage(channel=event["channel"], text=f"echo: {event['text']}")

        @app.event("app_home_opened")
        async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
            self.heard.append(event)
            section = {"type": "section", "text": {"type": "mrkdwn", "text": "Ask me &lt;anything&gt;"}}
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section]})

        @app.event("agent_session_stopped")
        async def stopped(event: dict[str, Any]) -> None:
            self.heard.append(event)

        @app.command("/docent")
        async def command(ack: Any, respond: Any, body: dict[str, Any]) -> None:
            if body["text"] == "ask":
                await ack()
                await respond("done", response_type="in_channel")
            else:
                await ack(f"You said {body['text']}.")

        @app.action("again")
        async def again(ack: Any, body: dict[str, Any], respond: Any) -> None:
            await ack()
            self.actions.append(body)
            await respond(text="clicked", replace_original=True)

        @app.action("feedback")
        async def feedback(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            self.actions.append(body)

        @app.action("form")
        async def form(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @app.view("reason_form")
        async def submitted(ack: Any, body: dict[str, Any]) -> None:
            value = body["view"]["state"]["values"]["reason"]["text"]["value"]
            if value:
                await ack()
                self.submitted.append(body)
            else:
                await ack(response_action="errors", errors={"reason": "Say why."})


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "echo"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "again", "text": plain("Again"), "value": "7"},
            {"type": "button", "action_id": "form", "text": plain("Tell why")},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": plain("👍"), "value": "good"},
                "negative_button": {"text": plain("👎"), "value": "bad"},
            }
        ],
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "reason_form",
    "title": plain("Why?"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@pytest.fixture
def rules() -> SlackRules:
    return SlackRules(post_burst=50)


@pytest.fixture
async def server(rules: SlackRules) -> AsyncIterator[SlackServer]:
    async with SlackServer(rules=rules) as running:
        yield running


@pytest.fixture
def client(server: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(server.state.bot_token, base_url=server.api_url)


@pytest.fixture
async def start_bot(server: SlackServer) -> AsyncIterator[Callable[..., Awaitable[EchoBot]]]:
    bots: list[EchoBot] = []

    async def start(**client_options: Any) -> EchoBot:
        bot = EchoBot(server, **client_options)
        bots.append(bot)
        await bot.handler.connect_async()
        await server.connected(len(bots))
        return bot

    yield start
    for bot in bots:
        bot.held.set()
        await bot.handler.close_async()


@pytest.fixture
async def bot(start_bot: Callable[..., Awaitable[EchoBot]]) -> EchoBot:
    return await start_bot()
