"""`docent simulate slack|discord`: plays a conversation against a local server and prints what people would see."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.admin import Admins
from bot.commands.ready import require_index
from bot.dispatch import Dispatcher
from bot.opening import open_docent
from bot.serving import configured_platforms
from bot.settings import BotSettings
from bot.supervision import Supervisor
from core.bootstrap import Core

_SAMPLE = ("How many vacation days do employees get?", "and for contractors?")
_ANSWER_SECONDS = 300.0

Say = Callable[[str], Awaitable[None]]
# A conversation that is open: how to say the next thing in it, and how to print what it looks like now.
Stage = tuple[Say, Callable[[], str]]


async def run(arguments: argparse.Namespace) -> int:
    """Ask every question, the later ones in the thread of the first, and print what the channel looks like then."""
    questions: Sequence[str] = arguments.questions or _SAMPLE
    stage = _slack if arguments.platform == "slack" else _discord
    async with open_docent() as core:
        await require_index(core)
        async with stage(core) as (say, transcript):
            for question in questions:
                await say(question)
            print(transcript())
    return 0


@asynccontextmanager
async def serving(core: Core, settings: BotSettings) -> AsyncIterator[Dispatcher]:
    """Serve the configured platforms while the body runs."""
    desk = Dispatcher(core, Admins(settings.docent_admins))
    await desk.begin()
    task = asyncio.create_task(Supervisor(configured_platforms(settings), desk).run())
    try:
        yield desk
    finally:
        await desk.drain(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _slack(core: Core) -> AsyncIterator[Stage]:
    from bot.simulate.slack_server import SlackServer

    async with SlackServer() as server:
        settings = BotSettings(
            slack_bot_token=SecretStr(server.state.bot_token),
            slack_app_token=SecretStr(server.state.app_token),
            slack_api_url=server.api_url,
            discord_token=None,
        )
        async with serving(core, settings) as desk:
            await server.connected()
            thread: list[str] = []

            async def say(text: str) -> None:
                done = desk.answered
                spoken = await server.mention("CGENERAL", "UGRACE", text, thread[0] if thread else None)
                thread.append(spoken.ts)
                await server.until(lambda: desk.answered > done, _ANSWER_SECONDS)

            yield say, lambda: server.state.transcript("CGENERAL")


@asynccontextmanager
async def _discord(core: Core) -> AsyncIterator[Stage]:
    from bot.simulate.discord_server import DiscordServer

    async with DiscordServer() as server:
        settings = BotSettings(
            slack_bot_token=None,
            discord_token=SecretStr(server.token),
            discord_api_url=server.api_url,
            discord_gateway_url=server.gateway_url,
        )
        async with serving(core, settings) as desk:
            channel, ben = server.state.channel_named("general"), server.state.user_named("ben")
            await server.until(lambda: server.state.commands, 30.0)

            async def say(text: str) -> None:
                done = desk.answered
                await server.slash_command(ben, channel, "ask", {"question": text})
                await server.until(lambda: desk.answered > done, _ANSWER_SECONDS)

            yield say, lambda: server.transcript(channel)
