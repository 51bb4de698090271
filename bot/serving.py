"""Runs the configured front ends in one process until a signal asks to stop."""

from __future__ import annotations

import asyncio
import signal
import sys

from aiohttp import web

from bot import wording
from bot.conversing import converse
from bot.platforms.web.health import build_app
from bot.settings import BotSettings
from core.bootstrap import Core
from core.errors import ConfigurationError


async def serve(core: Core, settings: BotSettings) -> None:
    """Serve the health endpoint, and a chat where there is a terminal, until SIGTERM, SIGINT or the chat's end.

    Raises ConfigurationError when the port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(build_app(core), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.web_host, settings.web_port).start()
        except OSError as error:
            raise ConfigurationError(
                f"{settings.web_host}:{settings.web_port} can't be served ({error.strerror}); "
                "stop what uses it, or set WEB_PORT to another port."
            ) from error
        host, port = runner.addresses[0][:2]
        print(wording.serving(f"http://{host}:{port}/healthz"), flush=True)
        if not (settings.slack_bot_token or settings.discord_token):
            print("\n".join(wording.CONNECT), flush=True)
        if sys.stdin.isatty() and sys.stdout.isatty():
            chat = asyncio.create_task(converse(core))
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({chat, waiting}, return_when=asyncio.FIRST_COMPLETED)
            for task in (chat, waiting):
                task.cancel()
            await asyncio.gather(chat, waiting, return_exceptions=True)
        else:
            await stop.wait()
    finally:
        await runner.cleanup()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
