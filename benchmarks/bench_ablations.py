"""Measures what each part of answering is worth: the same questions with each of them left out in turn.

Left out are the evidence check (what the model wrote stands unchecked), the calibration (every question is answered),
the adapter of the bundled chat model, the reader, and the pruning (the model gets whole chunks, and these are
quoted). `--tutorial` answers the same questions with the pipeline of the LangChain tutorials. See README.md,
"What each part is worth".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench_retrieval import TUTORIAL_PYTHON, write_batch
from bot.commands.ready import require_index
from bot.evaluating.making import versions
from bot.evaluating.svg import Page, Scale, round_up
from bot.opening import open_docent
from core.answering.answerer import Answerer, Limits
from core.answering.choosing import EvidenceChooser
from core.answering.evidence import Choice, Chooser
from core.answering.support import supports
from core.bootstrap import Core
from core.evaluation.answers import parse_answers
from core.evaluation.metrics import figures, score_set
from core.evaluation.questions import EvaluationItem, parse_questions
from core.evaluation.report import report_on
from core.evaluation.results import ItemResult
from core.evaluation.runner import ask_all
from core.inference.factory import build_reader
from core.models import Evidence, RetrievedChunk, Sampling
from core.ports import Embeddings
from core.retrieval.condense import Query
from core.settings import CoreSettings, load_settings

REPOSITORY = Path(__file__).resolve().parent.parent
SHIPPED = "as shipped"
COLUMNS = (
    "right",
    "overall",
    "refused wrongly",
    "refused rightly",
    "evidence cited",
    "words",
    "phrased",
    "of them right",
    "unsupported",
    "choosing ms",
    "in all ms",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """Docent with one part left out: other settings, another chooser around ours, or no check."""

    name: str
    settings: dict[str, str]
    around: Callable[[Chooser], Chooser] = lambda chooser: chooser
    checks: bool = True


class AlwaysAnswer:
    """A chooser that is always sure."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser

    async def choose(self, query: Query, asked: Embeddings, passages: Sequence[RetrievedChunk]) -> Choice:
        """Choose as the other does."""
        return replace(await self._chooser.choose(query, asked, passages), probability=1.0)


class WholeChunks:
    """A chooser that takes the chunks of the evidence whole."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser

    async def choose(self, query: Query, asked: Embeddings, passages: Sequence[RetrievedChunk]) -> Choice:
        """Give the first four chunks, as the tutorials do."""
        choice = await self._chooser.choose(query, asked, passages)
        whole = tuple(Evidence(chunk, chunk.chunk.text, 1.0, 0) for chunk in choice.passages[:4])
        return replace(choice, evidence=whole if choice.evidence else ())


VARIANTS = (
    Variant(SHIPPED, {}),
    Variant("without the evidence check", {}, checks=False),
    Variant("without the calibration", {}, AlwaysAnswer),
    Variant("without the adapter", {"chat_adapter": "none"}),
    Variant("without the reader", {"reranker": "none"}),
    Variant("without pruning", {"context_tokens": "1400"}, WholeChunks),
    Variant("without a chat model", {"chat_model": "none"}),
)


@asynccontextmanager
async def opened(variant: Variant, settings: CoreSettings) -> AsyncIterator[tuple[Core, Answerer]]:
    """Open the core with the answerer of a variant."""
    changed = type(settings).model_validate({**settings.model_dump(), **variant.settings})
    async with open_docent(changed) as core:
        await require_index(core)
        language = changed.search_language
        yield (
            core,
            Answerer(
                core.retriever,
                variant.around(EvidenceChooser(core.embedder, build_reader(changed), language)),
                core.model,
                Sampling(max_tokens=changed.max_tokens),
                Limits(changed.question_characters, changed.context_tokens, changed.history_tokens),
                language,
                check=supports if variant.checks else lambda *_: True,
            ),
        )


async def measured(
    variant: Variant, settings: CoreSettings, items: Sequence[EvaluationItem], name: str
) -> list[ItemResult]:
    """Ask all questions of one variant."""
    async with opened(variant, settings) as (core, answerer):
        return await ask_all(
            answerer,
            core.model,
            name,
            items,
            collections=None,
            language=core.settings.search_language,
            asked=lambda: None,
        )


def row_of(results: Sequence[ItemResult]) -> dict[str, float | None]:
    """Give a variant's row."""
    report = report_on(results)
    told = report.figures
    return {
        "right": told.right,
        "overall": told.overall,
        "refused wrongly": told.unwanted_refusals,
        "refused rightly": told.wanted_refusals,
        "evidence cited": told.citation_recall,
        "words": told.median_words,
        "phrased": report.by_answer["phrased"].items,
        "of them right": report.by_answer["phrased"].right,
        "unsupported": report.unsupported_sentences / report.sentences if report.sentences else None,
        "choosing ms": report.speed.choose_ms,
        "in all ms": report.speed.total_ms,
    }


def tutorial_row(python: Path, docs: Path, items: Sequence[EvaluationItem]) -> dict[str, float | None]:
    """Answer the same questions with the tutorial's pipeline in its own environment; give its row."""
    with tempfile.TemporaryDirectory() as folder:
        batch, out = Path(folder) / "questions.jsonl", Path(folder) / "answers.jsonl"
        write_batch(items, batch)
        script = REPOSITORY / "benchmarks" / "tutorial_pipeline.py"
        subprocess.run([python, script, "--docs", docs, "--questions", batch, "--out", out], check=True)
        text = out.read_text(encoding="utf-8")
    told = figures(score_set(items, parse_answers(text, "the tutorial's answers")))
    lines = [json.loads(line) for line in text.splitlines()]
    row: dict[str, float | None] = dict.fromkeys(COLUMNS)
    return row | {
        "right": told.right,
        "overall": told.overall,
        "refused wrongly": told.unwanted_refusals,
        "refused rightly": told.wanted_refusals,
        "evidence cited": told.citation_recall,
        "words": told.median_words,
        "in all ms": median(line["timings"]["total_ms"] for line in lines),
    }


def shown(name: str, value: float | None) -> str:
    """Write a figure as the table shows it."""
    if value is None:
        return ""
    return f"{value:,.0f}" if name in {"words", "phrased", "choosing ms", "in all ms"} else f"{value:.3f}"


def table(rows: dict[str, dict[str, float | None]]) -> str:
    """Give the table as Markdown."""
    lines = [f"| | {' | '.join(COLUMNS)} |", "| --- " * (len(COLUMNS) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(shown(one, row[one]) for one in COLUMNS)} |" for name, row in rows.items()]
    return "\n".join(lines)


def picture(rows: dict[str, dict[str, float | None]], title: str) -> str:
    """Draw overall and the time of each variant side by side."""
    height = 96 + 34 * len(rows)
    page = Page(900, height, title, "What each part of answering is worth: right in all, and milliseconds")
    page.text(20, 32, title, "title")
    page.text(240, 62, "overall: right answers and wanted refusals, of all", "small")
    page.text(620, 62, "milliseconds in all (median)", "small")
    slowest = round_up(max(row["in all ms"] or 0.0 for row in rows.values()))
    shares, times = Scale(0, 1, 240, 540), Scale(0, slowest, 620, 820)
    for number, (name, row) in enumerate(rows.items()):
        y = 92 + 34 * number
        page.text(226, y, name, "head" if name == SHIPPED else "", "end")
        overall, total = row["overall"] or 0.0, row["in all ms"] or 0.0
        page.bar(240, y - 13, shares(overall) - 240, 18)
        page.text(shares(overall) + 6, y, shown("overall", overall), "number")
        page.bar(620, y - 13, times(total) - 620, 18)
        page.text(times(total) + 6, y, shown("in all ms", total), "number")
    return page.svg()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path, help="a question set over what is ingested")
    parser.add_argument("--limit", type=int, help="ask the first so many")
    parser.add_argument("--only", action="append", help="measure this variant; may be given again")
    parser.add_argument("--tutorial", type=Path, metavar="DIR", help="the documents, for the tutorial's pipeline")
    parser.add_argument("--tutorial-python", type=Path, default=TUTORIAL_PYTHON, help="its environment's python")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg")
    parser.add_argument("--save", type=Path, metavar="FILE.json", help="keep every answer here")
    return parser.parse_args()


def main() -> None:
    """Measure each variant, then print the table."""
    options = arguments()
    items = list(parse_questions(options.questions.read_text(encoding="utf-8"), str(options.questions)))[
        : options.limit
    ]
    settings = load_settings(CoreSettings)
    rows: dict[str, dict[str, float | None]] = {}
    kept: dict[str, Any] = {}
    for variant in VARIANTS:
        if options.only and variant.name not in options.only:
            continue
        results = asyncio.run(measured(variant, settings, items, options.questions.stem))
        rows[variant.name] = row_of(results)
        kept[variant.name] = [
            {"id": one.score.id, "kind": one.answer_kind, "right": one.score.right, "answer": one.answer}
            for one in results
        ]
        print(table({variant.name: rows[variant.name]}).splitlines()[-1], file=sys.stderr, flush=True)
    if options.tutorial:
        rows["tutorial pipeline"] = tutorial_row(options.tutorial_python, options.tutorial, items)
    print(f"{len(items)} questions of {options.questions.name}; {json.dumps(dict(versions()))}\n")
    print(table(rows))
    if options.picture:
        options.picture.write_text(picture(rows, "What each part is worth"), encoding="utf-8")
    if options.save:
        options.save.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
