"""`docent chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse

from bot.commands.ready import require_index
from bot.conversing import converse
from bot.opening import open_docent


async def run(_arguments: argparse.Namespace) -> int:
    """Talk until the input ends."""
    async with open_docent() as core:
        await require_index(core)
        await converse(core)
    return 0
