"""Runs the configured front ends in one process until a signal asks to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from bot import wording
from bot.admin import Admins
from bot.conversing import converse
from bot.dispatch import Dispatcher
from bot.golden_keeper import GoldenKeeper
from bot.links import parse_links
from bot.platforms.web.health import add_health
from bot.platforms.web.metrics import add_metrics
from bot.platforms.web.site import add_admin, add_asking, open_site
from bot.platforms.web.surface import WebSurface
from bot.retention import forget_old
from bot.settings import BotSettings
from bot.signals import stopped
from bot.supervision import Platform, Supervisor
from bot.watching.service import Watching
from core.bootstrap import Core, build_worker
from core.ending import end
from core.errors import ConfigurationError

# How long answers in flight may go on after a signal to stop; what is open then, the next start takes over.
_GRACE_SECONDS = 10.0


def configured_platforms(
    settings: BotSettings, application: web.Application | None = None
) -> dict[str, Callable[[], Platform]]:
    """Give a builder for each platform that has its tokens; a platform's library is imported only then.

    application: gets the route for Slack's signed requests where SLACK_SIGNING_SECRET asks for HTTP mode.
    Raises ConfigurationError for SLACK_LISTEN.
    """
    platforms: dict[str, Callable[[], Platform]] = {}
    if settings.slack_bot_token is not None:
        from bot.platforms.slack.app import HttpDoor, SlackPlatform
        from bot.platforms.slack.listening import parse_listening
        from bot.platforms.slack.streaming_offer import StreamingOffer

        parse_listening(settings.slack_listen)  # a wrong value ends the start, not the first event
        door, offer = HttpDoor(), StreamingOffer(is_wanted=settings.slack_streaming == "auto")
        if application is not None and settings.slack_signing_secret is not None:
            door.add_routes(application)
        platforms["slack"] = lambda: SlackPlatform(settings, door, offer=offer)
    if settings.discord_token is not None:
        from bot.platforms.discord import DiscordPlatform

        # One for every try: answers in flight keep its surface, which waits for the next connection.
        discord = DiscordPlatform(settings)
        platforms["discord"] = lambda: discord
    return platforms


async def serve(core: Core, settings: BotSettings) -> None:
    """Serve every configured platform, the health and metrics endpoints, and a chat where there is a terminal.

    Ends at SIGTERM, SIGINT or the chat's end: answers in flight get a grace time, then they are handed back.
    Raises ConfigurationError when the port is taken.
    """
    async with stopped() as stop:
        await _serve_until(stop, core, settings)


async def _serve_until(stop: asyncio.Event, core: Core, settings: BotSettings) -> None:
    application = web.Application()
    platforms = configured_platforms(settings, application)
    links = parse_links(settings.source_url)
    admins = Admins(settings.docent_admins, managers=settings.platform_admins == "on")
    desk = Dispatcher(
        core, admins, links, tells_outdated=settings.tell_outdated == "on", gaps_channel=settings.gaps_channel
    )
    supervisor = Supervisor(platforms, desk)
    watching = Watching(core, settings)
    add_health(application, core, supervisor)
    add_metrics(application, core, desk)
    surface = WebSurface()
    pages = open_site(application, core.database, settings)
    add_asking(application, pages, core, desk, surface, links)
    add_admin(application, pages, core, desk, supervisor)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    tasks: list[asyncio.Task[None]] = []

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    try:
        desk.attach(surface)
        await desk.begin()
        await _listen(runner, settings)
        # From the start: what is queued may have waited for this process.
        waiting = {start(_wait(stop)), start(build_worker(core).run()), start(forget_old(core))}
        if settings.golden_after_ingest == "on":
            waiting.add(start(GoldenKeeper(core, lambda: desk.busy).keep()))
        if watching.is_wanted:
            waiting.add(start(watching.run()))
        waiting.add(start(desk.watch()))
        if platforms:
            waiting.add(start(supervisor.run()))
        else:
            print("\n".join(wording.CONNECT), flush=True)
            if sys.stdin.isatty() and sys.stdout.isatty():
                waiting.add(start(converse(core, links)))
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await desk.drain(_GRACE_SECONDS)
    finally:
        await end(tasks)
        await desk.drain(0.0)
        await runner.cleanup()


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _listen(runner: web.AppRunner, settings: BotSettings) -> None:
    try:
        await web.TCPSite(runner, settings.web_host, settings.web_port).start()
    except OSError as error:
        raise ConfigurationError(
            f"{settings.web_host}:{settings.web_port} can't be served ({error.strerror}); "
            "stop what uses it, or set WEB_PORT to another port."
        ) from error
    host, port = runner.addresses[0][:2]
    print(wording.serving(f"http://{host}:{port}"), flush=True)
