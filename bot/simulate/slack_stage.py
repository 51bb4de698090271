"""A conversation played in the simulated Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot import wording
from bot.dispatch import Dispatcher
from bot.platforms.slack.app import SlackPlatform
from bot.settings import BotSettings
from bot.simulate import stage
from bot.simulate.page import page
from bot.simulate.page_film import Film
from bot.simulate.running import running
from bot.simulate.slack_blocks import labels, usable_elements
from bot.simulate.slack_page import screen, window
from bot.simulate.slack_page_text import person
from bot.simulate.slack_server import SlackServer
from bot.simulate.slack_shapes import as_typed

_CHANNEL, _PERSON = "CGENERAL", "UGRACE"


class SlackStage:
    """Implements `bot.simulate.stage.Stage`: a mention in a channel, then its thread, where none is needed."""

    def __init__(self, server: SlackServer, desk: Dispatcher) -> None:
        self._server = server
        self._desk = desk
        self._thread = ""
        self._name = person(server.state, _PERSON)
        self._film = Film(lambda: screen(server.state, _CHANNEL, _PERSON))
        server.watch = self._film.look

    async def ask(self, question: str) -> None:
        """Ask and wait (see Stage)."""
        done = self._desk.answered
        self._film.begin(wording.page_asks(self._name))
        if self._thread:
            await self._server.message(_CHANNEL, _PERSON, as_typed(question), self._thread)
        else:
            self._thread = (await self._server.mention(_CHANNEL, _PERSON, as_typed(question))).ts
        self._film.look()
        await self._server.until(lambda: self._desk.answered > done, stage.ANSWER_SECONDS)

    async def show_evidence(self) -> None:
        """Press the button (see Stage)."""
        label, messages = wording.SLACK_SHOW_EVIDENCE, self._server.state.channels[_CHANNEL].messages
        buttons = (
            (message.ts, element["action_id"])
            for message in reversed(messages.values())
            for _, element in usable_elements(message.blocks)
            if label in labels(element)
        )
        ts, action = next(buttons, ("", ""))
        if action:
            before = len(messages)
            self._film.begin(wording.page_presses(self._name, label))
            await self._server.click(_PERSON, _CHANNEL, ts, action)
            await self._server.until(lambda: len(messages) > before, stage.PRESS_SECONDS)

    def transcript(self) -> str:
        """Give the channel as text."""
        return self._server.state.transcript(_CHANNEL)

    def page(self) -> str:
        """Give the channel as a page."""
        state = self._server.state
        title = wording.page_title("Slack", f"#{state.channels[_CHANNEL].name}")
        return page("slack", title, window(state, _CHANNEL, _PERSON), self._film.scenes)


@asynccontextmanager
async def slack_stage(desk: Dispatcher) -> AsyncIterator[SlackStage]:
    """Open a workspace in which the desk answers. Raises TimeoutError when it does not connect."""
    async with SlackServer() as server:
        # Built without looking at the environment or .env: nothing of a real workspace may get in.
        settings = BotSettings.model_construct(
            slack_bot_token=SecretStr(server.state.bot_token),
            slack_app_token=SecretStr(server.state.app_token),
            slack_api_url=server.api_url,
        )
        async with running(server, SlackPlatform(settings), desk):
            yield SlackStage(server, desk)
