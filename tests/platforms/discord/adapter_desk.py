"""A desk that records what the adapter hands it and answers through the adapter's surface, and how to run both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.messages import Command, Footnote, IncomingMessage, Press, Reply, Sent, Surface
from bot.platforms.discord import DiscordPlatform
from bot.settings import BotSettings
from bot.simulate.discord_server import DiscordServer
from bot.simulate.running import running
from core.models import ConversationKey
from tests.platforms.discord.echo_bot import pointed_at

SOURCES = (
    Footnote(1, "people/vacation.md, Annual leave, lines 3-9", "https://docs.example/vacation#annual-leave"),
    Footnote(2, "people/onboarding.md, page 2"),
)
WORKING = (
    Reply("working", "", "Searching the documents …", actions=("cancel",), question_id=7),
    Reply("working", "", "Writing from the evidence …", SOURCES, ("cancel",), 7),
    Reply("working", "You have **25 days**", "Writing from the evidence …", SOURCES, ("cancel",), 7),
)
FINAL = Reply(
    "final", "You have **25 days** a year [1], pro rata at first [2].", "", SOURCES, ("up", "down", "evidence"), 7
)


class RecordingDesk:
    """Implements Desk. replies: what each question is answered with, one after the other.

    hold: while it is not set, nothing that is handed over gets on.
    """

    def __init__(self) -> None:
        self.received: list[IncomingMessage] = []
        self.pressed: list[Press] = []
        self.commanded: list[Command] = []
        self.resumed: list[Surface] = []
        self.sent: dict[str, Sent] = {}
        self.known_folders = ["hr", "it", "workshop manuals"]
        self.replies: tuple[Reply, ...] = (*WORKING, FINAL)
        self.said = "All is well."
        self.line = "Thank you, noted."
        self.hold = asyncio.Event()
        self.hold.set()
        self._claimed: set[str] = set()

    @property
    def surface(self) -> Surface:
        return self.resumed[-1]

    @property
    def questions(self) -> list[IncomingMessage]:
        return [message for message in self.received if message.kind == "question"]

    async def receive(self, message: IncomingMessage) -> None:
        self.received.append(message)
        await self.hold.wait()
        if message.kind == "deleted":
            if message.key in self.sent:
                await self.surface.retract(message, self.sent[message.key])
            return
        if message.kind == "question":
            if message.key in self._claimed:
                return
            self._claimed.add(message.key)
            await self.surface.acknowledge(message)
        elif message.key not in self._claimed:
            return
        for reply in self.replies:
            self.sent[message.key] = await self.surface.show(message, reply, self.sent.get(message.key))

    async def press(self, press: Press) -> str:
        self.pressed.append(press)
        return self.line

    async def command(self, command: Command) -> str:
        self.commanded.append(command)
        await self.hold.wait()
        return self.said

    async def participates(self, conversation: ConversationKey) -> bool:
        return any(message.conversation == conversation for message in self.questions)

    async def folders(self) -> list[str]:
        return self.known_folders

    async def resume(self, surface: Surface) -> None:
        self.resumed.append(surface)


def settings_for(server: DiscordServer, *, guild: bool = True) -> BotSettings:
    """Point the adapter at a local server; guild: register the commands with its first guild, else globally."""
    return BotSettings(
        discord_token=server.token,  # type: ignore[arg-type]  # pydantic makes it a SecretStr
        discord_api_url=server.api_url,
        discord_gateway_url=server.gateway_url,
        discord_guild_id=next(iter(server.state.guilds)) if guild else None,
        _env_file=None,  # type: ignore[call-arg]  # no .env of the developer's
    )


@asynccontextmanager
async def serving(
    server: DiscordServer, *, guild: bool = True, desk: RecordingDesk | None = None
) -> AsyncIterator[RecordingDesk]:
    """Run the adapter until the block ends."""
    desk = desk or RecordingDesk()
    async with pointed_at(server), running(server, DiscordPlatform(settings_for(server, guild=guild)), desk):
        yield desk
