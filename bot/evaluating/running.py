"""Runs an evaluation: opens the index that each set is about, asks its questions, and tells what it was done with."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bot.commands.ready import require_index
from bot.evaluating.making import told_settings, versions
from bot.evaluating.own_index import open_own_index
from bot.evaluating.places import run_name
from bot.evaluating.sets import QuestionSet
from bot.opening import open_docent
from core.bootstrap import Core
from core.evaluation.results import ItemResult
from core.evaluation.run import AskedSet, EvaluationRun
from core.evaluation.runner import ask_all
from core.settings import CoreSettings


async def evaluate(
    settings: CoreSettings,
    sets: Sequence[QuestionSet],
    collections: tuple[str, ...] | None = None,
    *,
    change: str = "",
    quiet: bool = False,
) -> EvaluationRun:
    """Ask every question of the sets, in order.

    collections: where questions about ingested documents are searched, None for all. change: what tells these settings
    from the usual ones, for the run's name. quiet: no bar for ingesting what a set brings along.
    Raises ConfigurationError, StoreError or ModelError with one helpful line.
    """
    started = datetime.now().astimezone()
    made_with = versions()
    asked: dict[str, tuple[AskedSet, list[ItemResult]]] = {}
    ingested = [one for one in sets if one.documents is None]
    if ingested:
        async with open_docent(settings) as core:
            await require_index(core)
            for one in ingested:
                asked[one.name] = await _ask(core, one, collections)
    for one in sets:
        if one.documents is not None:
            async with open_own_index(settings, one.name, one.documents, quiet=quiet) as core:
                asked[one.name] = await _ask(core, one, None)
    in_order = [asked[one.name] for one in sets]
    return EvaluationRun(
        name=run_name(started, [one.name for one in sets], settings, change),
        started_at=started.isoformat(timespec="seconds"),
        settings=told_settings(settings),
        versions=made_with,
        sets=tuple(told for told, _ in in_order),
        items=tuple(result for _, results in in_order for result in results),
    )


async def _ask(
    core: Core, questions: QuestionSet, collections: tuple[str, ...] | None
) -> tuple[AskedSet, list[ItemResult]]:
    told = await _told(core, questions, collections)
    with _bar(questions.name, len(questions.items)) as asked:
        results = await ask_all(
            core.answerer,
            core.model,
            questions.name,
            questions.items,
            collections=collections,
            language=core.settings.search_language,
            asked=asked,
        )
    return told, results


async def _told(core: Core, questions: QuestionSet, collections: tuple[str, ...] | None) -> AskedSet:
    """Tell what the questions are asked over, as it is when they are asked."""
    searched = [one for one in await core.index.status() if collections is None or one.name in collections]
    digest = hashlib.sha256()
    for collection in sorted(searched, key=lambda one: one.name):
        stored = await core.index.documents(collection.name)
        for path in sorted(stored):
            content = stored[path].file_hash.rpartition(":")[2]  # without what tells how it was cut
            digest.update(f"{collection.name}/{path} {content}\n".encode())
    index = await core.index.settings()
    return AskedSet(
        name=questions.name,
        items=len(questions.items),
        documents=sum(one.documents for one in searched),
        chunks=sum(one.chunks for one in searched),
        chunking=index.chunking if index else 0,
        fingerprint=digest.hexdigest()[:12],
    )


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how far the questions are, on a terminal; gives what to call after each."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn(f"Asking {name}"), *columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("ask", total=total)
        yield lambda: progress.advance(task)
