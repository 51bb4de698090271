"""A conversation played in the simulated Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot import wording
from bot.dispatch import Dispatcher
from bot.platforms.discord import DiscordPlatform
from bot.settings import BotSettings
from bot.simulate import stage
from bot.simulate.discord_objects import Message
from bot.simulate.discord_page import screen, window
from bot.simulate.discord_server import DiscordServer
from bot.simulate.page import page
from bot.simulate.page_film import Film
from bot.simulate.running import running


class DiscordStage:
    """Implements `bot.simulate.stage.Stage`: a mention in a channel, then replies to the answers."""

    def __init__(self, server: DiscordServer, desk: Dispatcher) -> None:
        self._server = server
        self._desk = desk
        self._channel = server.state.channel_named("general")
        self._person = server.state.user_named("ben")
        self._admin = server.state.user_named("ada")
        self._film = Film(lambda: screen(server.state, self._channel, self._person))
        server.watch = self._film.look

    async def ask(self, question: str) -> None:
        """Ask and wait (see Stage)."""
        done, answers = self._desk.answered, [message for message in self._ours() if not message.ephemeral]
        self._film.begin(wording.page_asks(self._person.name))
        if answers:
            await self._server.reply(self._person, self._channel, answers[-1].id, question)
        else:
            await self._server.mention(self._person, self._channel, question)
        self._film.look()
        await self._server.until(lambda: self._desk.answered > done, stage.ANSWER_SECONDS)

    async def show_evidence(self) -> None:
        """Press the button (see Stage)."""
        label, before = wording.DISCORD_BUTTONS["evidence"], len(self._ours())
        button = self._button(label)
        if button:
            self._film.begin(wording.page_presses(self._person.name, label))
            await self._server.click(self._person, self._channel, *button)
            await self._server.until(lambda: len(self._ours()) > before, stage.PRESS_SECONDS)

    async def reingest(self, argument: str) -> None:
        """Give the command and wait (see Stage)."""
        label, told, public = wording.RUN_BUTTONS["confirm"], self._desk.told, self._public()
        words = argument.split()
        options = {"folder": " ".join(word for word in words if word != "--dry-run"), "dry_run": "--dry-run" in words}
        self._film.begin(wording.page_commands(self._admin.name, f"/reingest {argument}".rstrip()))
        given = await self._server.slash_command(
            self._admin, self._channel, "reingest", {name: value for name, value in options.items() if value}
        )
        await self._server.until(lambda: any(message.content for message in given.messages), stage.PRESS_SECONDS)
        wanted = told + self._public() - public
        while self._desk.told < wanted:
            await self._server.until(
                lambda: self._desk.told >= wanted or self._button(label) is not None, stage.ANSWER_SECONDS
            )
            if button := self._button(label):
                self._film.begin(wording.page_presses(self._admin.name, label))
                await self._server.click(self._admin, self._channel, *button)
                await self._server.until(lambda: self._button(label) is None, stage.PRESS_SECONDS)

    def _public(self) -> int:
        return sum(not message.ephemeral for message in self._ours())

    def _button(self, label: str) -> tuple[int, str] | None:
        """Give the newest button of a name: the id of its message and its own."""
        buttons = (
            (message.id, str(item["custom_id"]))
            for message in reversed(self._ours())
            for row in message.components
            for item in row["components"]
            if item.get("label") == label
        )
        return next(buttons, None)

    def transcript(self) -> str:
        """Give the channel as text."""
        return self._server.transcript(self._channel)

    def page(self) -> str:
        """Give the channel as a page."""
        title = wording.page_title("Discord", f"#{self._channel.name}")
        return page("discord", title, window(self._server.state, self._channel, self._person), self._film.scenes)

    def _ours(self) -> list[Message]:
        state = self._server.state
        return [message for message in state.messages_in(self._channel) if message.author is state.bot]


@asynccontextmanager
async def discord_stage(desk: Dispatcher) -> AsyncIterator[DiscordStage]:
    """Open a server in which the desk answers. Raises TimeoutError when it does not connect."""
    async with DiscordServer() as server:
        # Built without looking at the environment or .env: nothing of a real server may get in.
        settings = BotSettings.model_construct(
            discord_token=SecretStr(server.token),
            discord_api_url=server.api_url,
            discord_gateway_url=server.gateway_url,
            discord_guild_id=next(iter(server.state.guilds)),
        )
        async with running(server, DiscordPlatform(settings), desk):
            yield DiscordStage(server, desk)
