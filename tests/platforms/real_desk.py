"""The real desk behind the real libraries, against a local server; and what it is asked about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.dispatch import Dispatcher
from bot.platforms.discord import DiscordPlatform
from bot.simulate.discord_limits import Limits
from bot.simulate.discord_server import DiscordServer
from bot.simulate.running import running
from bot.simulate.slack_server import SlackServer
from core.bootstrap import build_worker
from tests.integration.builders import EXPENSES, VACATION
from tests.integration.worker_process import TIMES
from tests.platforms.discord.adapter_desk import settings_for
from tests.platforms.discord.echo_bot import pointed_at
from tests.platforms.slack.adapter_desk import running as slack_running

QUESTION = "How many vacation days do employees get?"
HOSTILE = (
    """# Party

At the party @everyone and <!channel> and <@UADA> get cake, see https://evil.example/collect?all.

```python
print("<!here> in code")
```

חופשה היא זכות לכל עובד. 🏖️ Party cake rules: """
    + "cake party " * 1000
)
DOCUMENTS = {"vacation": VACATION, "expenses": EXPENSES, "party": HOSTILE}


@asynccontextmanager
async def slack(desk: Dispatcher, channels: int = 0) -> AsyncIterator[SlackServer]:
    """A workspace with the desk in it; channels: so many more of them, C0 and so on."""
    async with SlackServer() as server:
        for number in range(channels):
            server.state.add_channel(f"C{number}", f"team-{number}", "UADA", "UGRACE")
        async with slack_running(server, desk):  # type: ignore[arg-type]
            yield server


@asynccontextmanager
async def discord(desk: Dispatcher, limits: Limits | None = None) -> AsyncIterator[DiscordServer]:
    """A server with the desk in it."""
    async with (
        DiscordServer(limits=limits) as server,
        pointed_at(server),
        running(server, DiscordPlatform(settings_for(server)), desk),
    ):
        yield server


@asynccontextmanager
async def at_work(desk: Dispatcher) -> AsyncIterator[None]:
    """Let a worker work and the desk tell how runs go, from before it connects."""
    await desk.begin()
    tasks = [asyncio.create_task(work) for work in (build_worker(desk._core, TIMES).run(), desk.watch())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.drain(0)
