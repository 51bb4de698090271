"""`docent ingest`: makes a collection mirror a folder, with a bar on a terminal and a summary at the end."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bot import wording
from bot.opening import open_docent
from core.ingestion.ingest import Progress as Step
from core.ingestion.ingest import Report, Summary


async def run(arguments: argparse.Namespace) -> int:
    """Ingest; exit status 1 when a file failed."""
    async with open_docent(answers=False) as core:
        with bar(quiet=arguments.json) as report:
            summary = await core.ingester.ingest(
                arguments.folder,
                arguments.collection,
                dry_run=arguments.dry_run,
                rebuild=arguments.rebuild,
                report=report,
            )
    print(json.dumps(summary_json(summary), ensure_ascii=False) if arguments.json else text(summary))
    return 1 if summary.failed else 0


def text(summary: Summary) -> str:
    """Give the summary for the terminal."""
    return "\n".join(wording.summary_lines(summary))


def summary_json(summary: Summary) -> dict[str, object]:
    """Give the summary with its failures as objects."""
    failed = [{"document": document, "reason": reason} for document, reason in summary.failed]
    return {**asdict(summary), "failed": failed}


@contextmanager
def bar(*, quiet: bool = False) -> Iterator[Report]:
    """Show a bar with rate and time left while the body runs; a line every 50 documents where there's no terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _silent if quiet else _Lines(console).report
        return
    with Progress(
        TextColumn("Ingesting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[chunks]} chunks"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[document]}"),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("ingest", total=None, chunks=0, document="")

        def report(step: Step) -> None:
            progress.update(
                task, completed=step.done, total=step.total, chunks=step.chunks, document=step.document[-50:]
            )

        yield report


def _silent(step: Step) -> None:
    """Report nothing: the JSON summary is all that is wanted."""


class _Lines:
    """Plain progress for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def report(self, step: Step) -> None:
        if step.total and step.document and step.done % 50 == 0:
            self._console.print(f"ingesting {step.done}/{step.total}, {step.chunks} chunks", highlight=False)
