"""`docent status`: what is in the index and how the last ingests went."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bot import wording
from bot.opening import open_docent


async def run(arguments: argparse.Namespace) -> int:
    """Print collections and runs."""
    async with open_docent(answers=False) as core:
        collections = await core.index.status()
        runs = await core.index.last_runs()
        settings = await core.index.settings()
    if arguments.json:
        report = {
            "collections": [asdict(collection) for collection in collections],
            "index": asdict(settings) if settings else None,
            "runs": runs,
        }
        print(json.dumps(report, ensure_ascii=False, default=str))
        return 0
    console = Console(highlight=False)
    if not collections:
        console.print(wording.NOTHING_INGESTED)
        return 0
    table = Table("collection", "folder", "documents", "chunks")
    for collection in collections:
        table.add_row(collection.name, collection.folder, str(collection.documents), str(collection.chunks))
    console.print(table)
    for entry in runs:
        console.print(f"{entry['started_at']:%Y-%m-%d %H:%M}  {entry['collection']}: {entry['status']}", markup=False)
    return 0
