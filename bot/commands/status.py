"""`docent status`: what is in the index, how the last ingests went and how far one is that goes on now."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bot import wording
from bot.opening import open_docent
from core.storage.index_store import CollectionStatus
from core.storage.pull_store import FailedPull, PullStore
from core.storage.run_store import StoredRun


async def run(arguments: argparse.Namespace) -> int:
    """Print collections and runs."""
    async with open_docent(answers=False) as core:
        collections = await core.index.status()
        runs = await core.runs.last()
        settings = await core.index.settings()
        pulls = await PullStore(core.database).failed()
        going_on = [await core.runs.going_on(name) for name in {run.collection for run in runs}]
    alive = {run.id for run in going_on if run is not None}
    if arguments.json:
        report = {
            "collections": [asdict(collection) for collection in collections],
            "index": asdict(settings) if settings else None,
            "runs": [{**asdict(run), "is_alive": run.id in alive} for run in runs],
            "failed_pulls": [asdict(pull) for pull in pulls],
        }
        print(json.dumps(report, ensure_ascii=False, default=str))
        return 0
    console = Console(highlight=False, markup=False)
    show(console, collections, runs, alive)
    show_pulls(console, pulls)
    return 0


def show(console: Console, collections: Sequence[CollectionStatus], runs: Sequence[StoredRun], alive: set[int]) -> None:
    """Print collections, the runs with the newest first, and why documents failed in it. alive: ids of runs."""
    if collections:
        table = Table("collection", "folder", "documents", "chunks")
        for collection in collections:
            table.add_row(collection.name, collection.folder, str(collection.documents), str(collection.chunks))
        console.print(table)
    else:
        console.print(wording.NOTHING_INGESTED)
    for run in runs:
        console.print(wording.run_line(run, is_alive=run.id in alive), soft_wrap=True)
    for failure in runs[0].summary.get("failed", ()) if runs else ():
        line = wording.failed_line(failure["document"], failure["reason"])
        console.print(f"  {line}", soft_wrap=True)


def show_pulls(console: Console, pulls: Sequence[FailedPull]) -> None:
    """Print which folders could not be pulled the last time."""
    for pull in pulls:
        console.print(wording.pull_failed(pull.collection, pull.pulled_at, pull.error), soft_wrap=True)
