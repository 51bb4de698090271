"""`docent chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse

from bot.commands.ready import require_index
from bot.conversing import converse
from bot.links import parse_links
from bot.opening import open_docent
from bot.settings import BotSettings
from core.settings import load_settings


async def run(_arguments: argparse.Namespace) -> int:
    """Talk until the input ends."""
    links = parse_links(load_settings(BotSettings).source_url)
    async with open_docent() as core:
        await require_index(core)
        await converse(core, links)
    return 0
