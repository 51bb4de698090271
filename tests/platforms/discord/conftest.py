"""A local Discord for each test, and the people and places in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.simulate.discord_limits import Limits
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.echo_bot import EchoBot, running

# A tenth of Discord's times, so that a wait for a limit takes half a second; the first answer gets its full time.
TENTH = replace(Limits().scaled(0.1), callback=Limits().callback, token=Limits().token)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(limits=TENTH) as local:
        yield local


@pytest.fixture
async def bot(server: DiscordServer) -> AsyncIterator[EchoBot]:
    async with running(server) as echo:
        yield echo


@pytest.fixture
def ada(server: DiscordServer) -> User:
    return server.state.user_named("ada")


@pytest.fixture
def ben(server: DiscordServer) -> User:
    return server.state.user_named("ben")


@pytest.fixture
def cleo(server: DiscordServer) -> User:
    return server.state.user_named("cleo")


@pytest.fixture
def general(server: DiscordServer) -> Channel:
    return server.state.channel_named("general")
