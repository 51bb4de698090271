"""`docent eval`: asks every question of a set and prints retrieval and answer figures."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.commands.ready import require_index
from bot.opening import open_docent
from core.errors import ConfigurationError
from core.evaluation.answers import given
from core.evaluation.metrics import figures, score
from core.evaluation.questions import EvaluationItem, parse_questions
from core.models import Question


async def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print; the counts of phrased, quoted and refused answers stand beside the figures."""
    items = read_set(arguments.questions)
    collections = tuple(arguments.collection) if arguments.collection else None
    scores = []
    kinds: dict[str, int] = {"phrased": 0, "quoted": 0, "refused": 0}
    first_tokens: list[float] = []
    async with open_docent() as core:
        await require_index(core)
        for number, item in enumerate(items, start=1):
            answer = await core.answerer.answer(Question(item.question, item.history, collections))
            kinds[answer.kind] += 1
            if answer.timings.first_token_ms is not None:
                first_tokens.append(answer.timings.first_token_ms)
            scores.append(score(item, given(item.id, answer)))
            if sys.stderr.isatty():
                print(f"\r{number}/{len(items)}", end="", file=sys.stderr, flush=True)
    first_token_ms = sorted(first_tokens)[len(first_tokens) // 2] if first_tokens else None
    report = {**asdict(figures(scores)), **kinds, "first_token_ms": first_token_ms}
    if arguments.json:
        print(json.dumps(report))
    else:
        print(file=sys.stderr)
        Console(highlight=False).print(_table(report))
    return 0


def read_set(path: Path) -> tuple[EvaluationItem, ...]:
    """Read a question set. Raises ConfigurationError naming the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The question set {str(path)!r} can't be read: {error}.") from error
    items = parse_questions(text, str(path))
    if not items:
        raise ConfigurationError(f"The question set {str(path)!r} holds no questions.")
    return items


def _table(report: dict[str, float | int | None]) -> Table:
    table = Table("figure", "value")
    for name, value in report.items():
        shown = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        table.add_row(name.replace("_", " "), shown)
    return table
