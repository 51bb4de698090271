"""`docent serve`: every configured front end in one process."""

from __future__ import annotations

import argparse

from bot.commands.ready import require_index
from bot.serving import serve
from bot.settings import BotSettings
from core.bootstrap import open_core
from core.settings import CoreSettings, load_settings


async def run(_arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    bot = load_settings(BotSettings)
    async with open_core(load_settings(CoreSettings)) as core:
        await require_index(core)
        await serve(core, bot)
    return 0
