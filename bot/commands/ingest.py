"""`docent ingest`: makes a collection mirror a folder; the plan first, then a bar, a summary at the end."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.prompt import Confirm

from bot import wording
from bot.opening import open_docent
from core.ingestion.ingest import Ingester
from core.ingestion.outcome import Progress as Step
from core.ingestion.outcome import RemovalNotConfirmedError, Report, Summary
from core.ingestion.plan import Plan

# Where there is no terminal, a line each time that so many more files are done.
_FILES_A_LINE = 50


async def run(arguments: argparse.Namespace) -> int:
    """Ingest; exit status 1 when a file failed."""
    async with open_docent(answers=False) as core:
        summary = await ingest_shown(
            core.ingester,
            arguments.folder,
            arguments.collection,
            dry_run=arguments.dry_run,
            rebuild=arguments.rebuild,
            confirmed=arguments.yes,
            quiet=arguments.json,
        )
    print(json.dumps(summary.as_json(), ensure_ascii=False) if arguments.json else text(summary))
    return 1 if summary.failed else 0


async def ingest_shown(
    ingester: Ingester,
    folder: Path,
    collection: str = "default",
    *,
    dry_run: bool = False,
    rebuild: bool = False,
    confirmed: bool = False,
    quiet: bool = False,
) -> Summary:
    """Ingest with the plan and a bar on standard error; quiet: with neither. Raises what Ingester.ingest does.

    On a terminal a removal that has to be confirmed is asked about; saying no is RemovalNotConfirmedError as well.
    """
    console = Console(stderr=True, highlight=False)
    has_said_yes = False

    def show_plan(plan: Plan) -> None:
        if not quiet and not has_said_yes:
            lines = wording.plan_lines(plan.as_json(), paths=dry_run or plan.removes_much)
            console.print("\n".join(lines), markup=False, soft_wrap=True)

    while True:
        try:
            with bar(console, quiet=quiet) as report:
                return await ingester.ingest(
                    folder,
                    collection,
                    dry_run=dry_run,
                    rebuild=rebuild,
                    confirmed=confirmed,
                    requested_by=person(),
                    planned=show_plan,
                    report=report,
                )
        except RemovalNotConfirmedError as error:
            question = wording.run_would_remove(error.removed, error.total)
            if quiet or not _can_ask() or not Confirm.ask(question, console=console, default=False):
                raise
            confirmed = has_said_yes = True


def person() -> str:
    """Name whoever types, as runs record them; a container may know its user by number only."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def text(summary: Summary) -> str:
    """Give the summary for the terminal."""
    return "\n".join(wording.summary_lines(summary))


@contextmanager
def bar(console: Console | None = None, *, quiet: bool = False) -> Iterator[Report]:
    """Show a bar with rate and time left while the body runs; now and then a line where there's no terminal."""
    console = console or Console(stderr=True, highlight=False)
    if quiet or not console.is_terminal:
        yield _silent if quiet else _Lines(console).report
        return
    with Progress(
        TextColumn("Ingesting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[chunks]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[document]}", style="dim", markup=False),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("ingest", total=None, chunks="", document="")

        def report(step: Step) -> None:
            chunks = wording.chunk_rate(step.chunks, step.chunks_per_second)
            document = wording.printable(step.document)[-50:]
            progress.update(task, completed=step.done, total=step.total, chunks=chunks, document=document)

        yield report


def _silent(step: Step) -> None:
    """Report nothing: the JSON summary is all that is wanted."""


class _Lines:
    """Plain progress for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0

    def report(self, step: Step) -> None:
        if step.done // _FILES_A_LINE > self._told:
            self._told = step.done // _FILES_A_LINE
            self._console.print(wording.ingest_line(step), markup=False, soft_wrap=True)
