"""`docent chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse

from bot.commands.ready import require_index
from bot.conversing import converse
from core.bootstrap import open_core
from core.settings import CoreSettings, load_settings


async def run(_arguments: argparse.Namespace) -> int:
    """Talk until the input ends."""
    async with open_core(load_settings(CoreSettings)) as core:
        await require_index(core)
        await converse(core)
    return 0
