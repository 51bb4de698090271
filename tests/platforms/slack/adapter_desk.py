"""A desk that notes what it is handed and answers through the surface, and the platform running against a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.messages import Command, IncomingMessage, Press, Reply, Sent, Surface
from bot.platforms.slack.app import HttpDoor, SlackPlatform
from bot.settings import BotSettings
from bot.simulate.running import running as run_platform
from bot.simulate.slack_server import SlackServer
from core.models import ConversationKey


class NotingDesk:
    """Answers each question once with `reply`; None leaves questions unanswered."""

    def __init__(self) -> None:
        self.received: list[IncomingMessage] = []
        self.presses: list[Press] = []
        self.commands: list[Command] = []
        self.resumed: list[Surface] = []
        self.reply: Reply | None = Reply("final", "An answer [1].", actions=("up", "down", "evidence"), question_id=7)
        self.pressed = "Noted."
        self.said = "Done."
        self.part_in: set[ConversationKey] = set()
        self.sent: dict[str, Sent] = {}
        self._taken: set[str] = set()

    @property
    def questions(self) -> list[str]:
        return [message.text for message in self.received if message.kind == "question"]

    def messages(self, kind: str) -> list[IncomingMessage]:
        return [message for message in self.received if message.kind == kind]

    async def receive(self, message: IncomingMessage) -> None:
        if message.kind == "question" and message.key in self._taken:
            return
        self._taken.add(message.key)
        self.received.append(message)
        if message.kind == "question" and self.reply is not None:
            await self.surface.acknowledge(message)
            self.sent[message.key] = await self.surface.show(message, self.reply, None)
            self.part_in.add(message.conversation)

    @property
    def surface(self) -> Surface:
        return self.resumed[-1]

    async def press(self, press: Press) -> str:
        self.presses.append(press)
        return self.pressed

    async def command(self, command: Command) -> str:
        self.commands.append(command)
        return self.said

    async def participates(self, conversation: ConversationKey) -> bool:
        return conversation in self.part_in

    async def folders(self) -> list[str]:
        return []

    async def resume(self, surface: Surface) -> None:
        self.resumed.append(surface)


def platform_for(server: SlackServer, door: HttpDoor | None = None, **settings: Any) -> SlackPlatform:
    values = {name.lower(): value for name, value in server.environment.items()} | settings
    waits = {"ping_seconds": 0.1, "lost_seconds": 3.0, "pause": 0.01}
    return SlackPlatform(BotSettings(_env_file=None, **values), door, **waits)  # type: ignore[call-arg]


@asynccontextmanager
async def running(
    server: SlackServer, desk: NotingDesk, door: HttpDoor | None = None, **settings: Any
) -> AsyncIterator[SlackPlatform]:
    platform = platform_for(server, door, **settings)
    async with run_platform(server, platform, desk):
        yield platform


def question(channel: str, ts: str, thread_ts: str = "", user: str = "UADA", private: bool = False) -> IncomingMessage:
    """Give a question as a desk would read it from its store after a restart."""
    return IncomingMessage(
        "question",
        f"slack:TDOCENT:{channel}:{ts}",
        ConversationKey("slack", "TDOCENT", channel, thread_ts),
        user,
        "?",
        private,
        {"channel": channel, "ts": ts, "thread_ts": thread_ts, "user": user},
    )
