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
from bot.simulate.slack_state import Message

_CHANNEL, _PERSON, _ADMIN = "CGENERAL", "UGRACE", "UADA"


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
        button = self._button(label)
        if button:
            before = len(messages)
            self._film.begin(wording.page_presses(self._name, label))
            await self._server.click(_PERSON, _CHANNEL, *button)
            await self._server.until(lambda: len(messages) > before, stage.PRESS_SECONDS)

    async def reingest(self, argument: str) -> None:
        """Give the command and wait (see Stage)."""
        admin, label = person(self._server.state, _ADMIN), wording.RUN_BUTTONS["confirm"]
        told, public, private = self._desk.told, len(self._ours()), len(self._ours(_ADMIN))
        self._film.begin(wording.page_commands(admin, f"/docent reingest {argument}".rstrip()))
        await self._server.slash_command(_ADMIN, _CHANNEL, "/docent", f"reingest {argument}")
        await self._server.until(lambda: len(self._ours(_ADMIN)) > private, stage.PRESS_SECONDS)
        wanted = told + len(self._ours()) - public
        while self._desk.told < wanted:
            await self._server.until(
                lambda: self._desk.told >= wanted or self._button(label) is not None, stage.ANSWER_SECONDS
            )
            if button := self._button(label):
                self._film.begin(wording.page_presses(admin, label))
                await self._server.click(_ADMIN, _CHANNEL, *button)
                await self._server.until(lambda: self._button(label) is None, stage.PRESS_SECONDS)

    def _ours(self, visible_to: str = "") -> list[Message]:
        state = self._server.state
        messages = state.channels[_CHANNEL].messages.values()
        return [one for one in messages if one.user == state.bot_user and one.visible_to == visible_to]

    def _button(self, label: str) -> tuple[str, str] | None:
        """Give the newest button of a name: the ts of its message and its action."""
        buttons = (
            (message.ts, str(element["action_id"]))
            for message in reversed(self._server.state.channels[_CHANNEL].messages.values())
            for _, element in usable_elements(message.blocks)
            if label in labels(element)
        )
        return next(buttons, None)

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
            platform_admins="on",
        )
        async with running(server, SlackPlatform(settings), desk):
            yield SlackStage(server, desk)
