"""`docent gaps`: what was asked and the documents could not answer, grouped by meaning."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bot import wording
from bot.opening import open_docent
from core.reporting.gaps import GapReport
from core.reporting.reporter import GapReporter
from core.storage.gap_store import DocumentUse, GapStore

# Longer lists stand in the JSON.
_GROUPS, _DOCUMENTS = 30, 15


async def run(arguments: argparse.Namespace) -> int:
    """Print the report; whoever may run this may read what was asked in private."""
    async with open_docent(answers=False) as core:
        report = await GapReporter(GapStore(core.database), core.embedder, core.settings.search_language).report(
            arguments.days
        )
    if arguments.json:
        print(json.dumps(asdict(report), ensure_ascii=False, default=str))
    else:
        show(Console(highlight=False, markup=False), report)
    return 0


def show(console: Console, report: GapReport) -> None:
    """Print a report as tables."""
    console.print(wording.gaps_summary(report))
    documents = (*report.never_cited, *report.disliked)
    named = {document.collection for group in report.groups for document in group.nearest}
    several = len(named | {use.document.collection for use in documents}) > 1
    if report.groups:
        console.print(_groups(report, several=several))
    _show_documents(console, wording.GAPS_NEVER_CITED, report.never_cited, several=several)
    _show_documents(console, wording.GAPS_DISLIKED, report.disliked, several=several)


def _groups(report: GapReport, *, several: bool) -> Table:
    table = Table(show_lines=True)
    for column, widest in (("asked", 26), ("question", None), ("why", 26), ("nearest documents", None), ("last", 10)):
        table.add_column(column, overflow="fold", max_width=widest)
    for group in report.groups[:_GROUPS]:
        why = [wording.gap_causes(group), *(wording.gap_reason(*reason) for reason in group.reasons)]
        words = [group.title] if group.is_public else [group.title, f"({wording.GAPS_PRIVATE})"]
        table.add_row(
            wording.gap_people(group),
            "\n".join(map(wording.printable, words)),
            "\n".join(map(wording.printable, why)),
            "\n".join(wording.document_named(document, with_collection=several) for document in group.nearest),
            f"{group.last_asked.astimezone():%Y-%m-%d}",
        )
    more = len(report.groups) - _GROUPS
    if more > 0:
        table.add_row("", wording.gaps_more(more), "", "", "")
    return table


def _show_documents(console: Console, title: str, uses: Sequence[DocumentUse], *, several: bool) -> None:
    if not uses:
        return
    console.print(f"\n{title}")
    for use in uses[:_DOCUMENTS]:
        name = wording.document_named(use.document, with_collection=several)
        console.print(f"  {wording.printable(name)}: {wording.document_use(use)}")
    if len(uses) > _DOCUMENTS:
        console.print(f"  {wording.gaps_more(len(uses) - _DOCUMENTS)}")
