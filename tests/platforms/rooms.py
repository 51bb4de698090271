"""A channel and a private conversation with the real desk; the same words for both platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal, Protocol

from bot.dispatch import Dispatcher
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from bot.simulate.slack_server import SlackServer
from tests.platforms.real_desk import discord, slack

PlatformName = Literal["slack", "discord"]


class Room(Protocol):
    """One person who speaks to Docent."""

    async def ask(self, question: str, *, private: bool = False) -> None:
        """Mention Docent in the channel, or write to it in private."""
        ...

    async def shut_out(self) -> None:
        """Keep Docent from writing in the channel."""
        ...

    async def deliver_again(self) -> None:
        """Let the platform send every event once more."""
        ...

    def answers(self) -> int:
        """Give how many messages of Docent's stand in the channel for all to see."""
        ...

    def seen(self) -> str:
        """Give what the person can read: the channel and the private conversation."""
        ...

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait. Raises TimeoutError."""
        ...


class SlackRoom:
    """grace in #general."""

    def __init__(self, server: SlackServer) -> None:
        self._server = server

    async def ask(self, question: str, *, private: bool = False) -> None:
        if private:
            await self._server.direct_message("UGRACE", question)
        else:
            await self._server.mention("CGENERAL", "UGRACE", question)

    async def shut_out(self) -> None:
        self._server.state.channels["CGENERAL"].members.discard(self._server.state.bot_user)

    async def deliver_again(self) -> None:
        for delivery in list(self._server.deliveries):
            await self._server.redeliver(delivery.event_id)

    def answers(self) -> int:
        messages = self._server.state.channels["CGENERAL"].messages.values()
        return sum(message.user == self._server.state.bot_user and not message.visible_to for message in messages)

    def seen(self) -> str:
        state = self._server.state
        return state.transcript("CGENERAL") + state.transcript(state.direct_channel("UGRACE").id)

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        await self._server.until(lambda: bool(condition()), seconds)


class DiscordRoom:
    """ben in #general."""

    def __init__(self, server: DiscordServer) -> None:
        self._server = server
        self._ben = server.state.user_named("ben")
        self._general = server.state.channel_named("general")

    async def ask(self, question: str, *, private: bool = False) -> None:
        if private:
            await self._server.direct_message(self._ben, question)
        else:
            await self._server.mention(self._ben, self._general, question)

    async def shut_out(self) -> None:
        await self._server.set_permissions(self._general, self._server.state.bot, deny=Permission.SEND_MESSAGES)

    async def deliver_again(self) -> None:
        await self._server.redeliver(1000)

    def answers(self) -> int:
        messages, bot = self._server.state.messages_in(self._general), self._server.state.bot
        return sum(message.author is bot and not message.ephemeral for message in messages)

    def seen(self) -> str:
        state = self._server.state
        return self._server.transcript(self._general) + self._server.transcript(state.direct_channel(self._ben))

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        await self._server.until(condition, seconds)


@asynccontextmanager
async def room(platform: PlatformName, desk: Dispatcher) -> AsyncIterator[Room]:
    """Open a platform with the desk in it."""
    if platform == "slack":
        async with slack(desk) as workspace:
            yield SlackRoom(workspace)
    else:
        async with discord(desk) as server:
            yield DiscordRoom(server)
