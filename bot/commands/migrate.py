"""`docent migrate`: brings the schema up to date."""

from __future__ import annotations

import argparse

from core.bootstrap import open_core
from core.settings import CoreSettings, load_settings


async def run(arguments: argparse.Namespace) -> int:
    """Migrate and say so."""
    async with open_core(load_settings(CoreSettings), migrate=True) as core:
        print(f"The schema in {core.database.place} is up to date.")
    return 0
