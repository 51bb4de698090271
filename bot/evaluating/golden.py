"""`docent eval golden`: asks the golden questions anew and tells which answers changed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot import wording
from bot.commands.ready import require_index
from bot.opening import open_docent
from core.errors import ConfigurationError
from core.evaluation.examination import Examined, examine
from core.evaluation.golden import Difference, GoldenAnswer
from core.storage.golden_run_store import GoldenRunStore
from core.storage.golden_store import GoldenStore

_SHOWN_CHARACTERS = 300
_WIDTH = 120  # of the table where there is no terminal that has one
_MEASURING = ("collection", "sample", "save", "against", "challenger", "picture", "reliability")


async def run(arguments: argparse.Namespace) -> int:
    """Examine and show; exit status 1 when something that was right before is not now."""
    if len(arguments.questions) > 1 or any(getattr(arguments, name) is not None for name in _MEASURING):
        raise ConfigurationError("Write: docent eval golden [--json]; it asks all golden questions where each belongs.")
    async with open_docent() as core:
        await require_index(core)
        questions, language = GoldenStore(core.database), core.settings.search_language
        with _bar(quiet=arguments.json) as asked:
            examined = await examine(
                core.answerer,
                questions,
                GoldenRunStore(core.database),
                core.configuration(),
                language,
                asked=asked,
            )
    if arguments.json:
        print(json.dumps(examination_json(examined), ensure_ascii=False))
    else:
        _show(examined)
    return 1 if any(one.got_worse for one in examined) else 0


def examination_json(examined: Sequence[Examined]) -> dict[str, Any]:
    """Give an examination as JSON values; `before` only where the question was asked before."""
    return {
        "examined": len(examined),
        "agreeing": sum(one.agrees for one in examined),
        "worse": [one.golden.id for one in examined if one.got_worse],
        "questions": [
            {
                "id": one.golden.id,
                "question": one.golden.question,
                "source": one.golden.source,
                "agrees": one.agrees,
                "got_worse": one.got_worse,
                "differs_from_golden": list(one.from_golden),
                "differs_from_last_run": list(one.from_before),
                "golden": _answer_json(one.golden.right),
                "now": _answer_json(one.now),
                **({"before": _answer_json(one.before.answer)} if one.before else {}),
            }
            for one in examined
        ],
    }


def _answer_json(answer: GoldenAnswer) -> dict[str, Any]:
    cited = [{"collection": one.collection, "document": one.document, "evidence": one.evidence} for one in answer.cited]
    return {"kind": answer.kind, "answer": answer.text, "cited": cited}


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, nothing elsewhere; gives what is told of each question."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("Asking"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as progress:
        task = progress.add_task("golden", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _show(examined: Sequence[Examined]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH)
    if not examined:
        console.print(wording.GOLDEN_NONE, markup=False, soft_wrap=True)
        return
    console.print(_table(examined))
    for one in examined:
        if one.has_changed or not one.agrees:
            _show_answers(console, one)
    agreeing, worse = sum(one.agrees for one in examined), sum(one.got_worse for one in examined)
    console.print(wording.golden_summary(len(examined), agreeing, worse), markup=False, soft_wrap=True)


def _table(examined: Sequence[Examined]) -> Table:
    table = Table("id", "question", "right", "against the golden answer", "against the last run")
    for one in examined:
        verdict = Text("yes", style="green") if one.agrees else Text("NO" if one.got_worse else "no", style="red")
        table.add_row(
            str(one.golden.id),
            Text(wording.printable(one.golden.question)),
            verdict,
            _named(one.from_golden),
            _named(one.from_before) if one.before else wording.GOLDEN_FIRST,
        )
    return table


def _named(differences: Sequence[Difference]) -> str:
    return "; ".join(wording.GOLDEN_DIFFERENCES[difference] for difference in differences) or wording.GOLDEN_SAME


def _show_answers(console: Console, one: Examined) -> None:
    """Show the golden answer and those of the last and of this time, as far as they differ."""
    console.print(f"{one.golden.id}  {wording.printable(one.golden.question)}", markup=False, soft_wrap=True)
    shown = {"golden": one.golden.right, **({"before": one.before.answer} if one.before else {}), "now": one.now}
    for name, answer in shown.items():
        console.print(f"  {name:>6}: {_told(answer)}", markup=False, soft_wrap=True)


def _told(answer: GoldenAnswer) -> str:
    if answer.kind == "refusal":
        return wording.NOT_FOUND
    words = wording.printable(" ".join(answer.text.split()))
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 1] + "…"
