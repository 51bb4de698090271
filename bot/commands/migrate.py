"""`docent migrate`: brings the schema up to date."""

from __future__ import annotations

import argparse

from bot.opening import open_docent


async def run(arguments: argparse.Namespace) -> int:
    """Migrate and say so."""
    async with open_docent(answers=False, migrate=True) as core:
        print(f"The schema in {core.database.place} is up to date.")
    return 0
