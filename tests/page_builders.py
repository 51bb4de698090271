"""The page of one process on a real HTTP server, over a real Postgres, with the models that a test gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.links import NO_LINKS, Links
from bot.platforms.web.site import add_admin, add_asking, open_site
from bot.platforms.web.surface import WebSurface
from bot.settings import BotSettings
from core.bootstrap import Core, open_core
from core.ending import end
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder

HANDBOOK = {
    "vacation.md": """# Vacation

## Employees

Employees get 30 vacation days a year. Ask **your lead** two weeks before.

## Contractors

Contractors get no paid vacation. They agree their days off with the project lead.
""",
    "expenses.md": """# Expenses

Hotels may cost 120 EUR a night.

| Item | Limit |
| --- | ---: |
| Taxi | 40 EUR |
| Meals | 35 EUR |

Bring these for a refund:

- the receipt
- the number of the [travel request](https://travel.example/requests)
""",
    "parking.txt": "Parking\n\nThe garage opens at 7 in the morning.\nVisitors park on level 2.\n",
}
ASKED = "How many vacation days do employees get?"
ANSWERED = "Employees get 30 vacation days [1]."


class NoPlatforms:
    """Beside the page there is nothing."""

    states: Mapping[str, str] = {}


class Served:
    """One process. address: of its page, without a slash at the end."""

    def __init__(self, core: Core, model: FakeChatModel, desk: Dispatcher, surface: WebSurface, port: int) -> None:
        self.core = core
        self.model = model
        self.desk = desk
        self.surface = surface
        self.address = f"http://127.0.0.1:{port}"

    async def settle(self) -> None:
        """Wait until every answer is there."""
        async with asyncio.timeout(60):
            while self.desk.busy:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def served(
    url: str,
    *,
    model: FakeChatModel | None = None,
    settings: dict[str, object] | None = None,
    links: Links = NO_LINKS,
    takes_over: bool = False,
) -> AsyncIterator[Served]:
    """Serve the page at a free port of this machine. settings: of the bot, what they say of the address counts."""
    model = model or FakeChatModel(ANSWERED)
    async with open_core(settings_for(url), embedder=FakeEmbedder(), model=model) as core:
        desk, surface = Dispatcher(core, Admins(""), links), WebSurface()
        application = web.Application()
        bot = BotSettings(_env_file=None, **(settings or {}))  # type: ignore[arg-type,call-arg]
        pages = open_site(application, core.database, bot)
        add_asking(application, pages, core, desk, surface, links)
        add_admin(application, pages, core, desk, NoPlatforms())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        desk.attach(surface)
        await desk.begin()
        # Postgres may take a moment to see that the process before has gone, so it is looked for again, as in `serve`.
        watching = [asyncio.create_task(desk.watch(0.1))] if takes_over else []
        try:
            yield Served(core, model, desk, surface, runner.addresses[0][1])
        finally:
            await end(watching)
            await desk.drain(0)
            await runner.cleanup()
