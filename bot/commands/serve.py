"""`docent serve`: every configured front end in one process."""

from __future__ import annotations

import argparse

from bot import wording
from bot.opening import open_docent
from bot.serving import serve
from bot.settings import BotSettings
from core.settings import load_settings


async def run(_arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    bot = load_settings(BotSettings)
    async with open_docent() as core:
        if await core.index.settings() is None:
            # A container starts before its first ingest; the health endpoint says 503 until then.
            print(wording.NOTHING_INGESTED, flush=True)
        else:
            await core.ingester.check_settings()
        await serve(core, bot)
    return 0
