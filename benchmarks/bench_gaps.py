"""Measures the report of gaps: 500 simulated questions, a third of which the documents can't answer, and its groups.

They are answered from what is ingested in a DOCENT_HOME of its own, stored as chats store them, reported on, and
compared with the truth. CHAT_MODEL=none is enough. See README.md, "Gaps".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.gap_truth import Agreement, agreement
from benchmarks.machine import busy, machine
from bot import wording
from bot.opening import open_docent
from core.bootstrap import Core
from core.evaluation.questions import parse_questions
from core.models import Answer, ConversationKey, Question, Turn
from core.ports import Embeddings
from core.reporting.gaps import GapReport
from core.reporting.grouping import THRESHOLD, groups_of
from core.reporting.reporter import GapReporter
from core.storage.access_store import Audience, Scope
from core.storage.gap_store import GapStore
from core.storage.question_store import QuestionStore

REPOSITORY = Path(__file__).resolve().parent.parent
PLATFORM = "slack"
WORKSPACE = "bench-gaps"
PEOPLE = 60
THRESHOLDS = [round(0.3 + 0.02 * step, 2) for step in range(31)]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A question; topic: "" for one that the documents answer."""

    text: str
    topic: str = ""
    history: tuple[Turn, ...] = ()


def simulated(gaps: Path, answerable: Path, number: int, seed: int) -> list[Simulated]:
    """Give so many questions, a third of them without an answer, in a random order; the others may come again."""
    lines = [json.loads(line) for line in gaps.read_text(encoding="utf-8").splitlines()]
    missing = [Simulated(line["question"], line["topic"]) for line in lines]
    items = [
        item for item in parse_questions(answerable.read_text(encoding="utf-8"), str(answerable)) if item.answerable
    ]
    known = [Simulated(item.question, "", item.history) for item in items]
    third = round(number / 3)
    chosen = [missing[at % len(missing)] for at in range(third)]
    chosen += [known[at % len(known)] for at in range(number - third)]
    random.Random(seed).shuffle(chosen)
    return chosen


async def ask_all(core: Core, questions: Sequence[Simulated]) -> None:
    """Answer each question once, and store it as often as it was asked."""
    answers: dict[Simulated, Answer] = {}
    store = QuestionStore(core.database)
    people = random.Random(1)
    started = time.monotonic()
    for number, question in enumerate(questions):
        if question not in answers:
            answers[question] = await core.answerer.answer(Question(question.text, question.history))
            if len(answers) % 50 == 0:
                print(f"{len(answers)} answered, {time.monotonic() - started:.0f} s", flush=True)
        place = ConversationKey(PLATFORM, WORKSPACE, "C1", str(number))
        audience = Audience(Scope(PLATFORM, WORKSPACE, "C1"))
        asked = await store.claim(
            f"{WORKSPACE}:{number}",
            place,
            f"U{people.randrange(PEOPLE)}",
            question.text,
            private=False,
            audience=audience,
            handle={},
            owner=WORKSPACE,
        )
        assert asked is not None
        await store.close(asked, "answered", await core.conversations.add(place, answers[question]))


async def forget(core: Core) -> None:
    """Delete what an earlier run stored."""
    async with core.database.begin() as connection:
        for table in ("questions", "conversations"):
            await connection.execute(text(f"DELETE FROM {table} WHERE workspace = :name"), {"name": WORKSPACE})


async def asked_texts(core: Core) -> dict[int, tuple[int, str]]:
    """Give the place in the simulation and the text of each stored question by its id."""
    query = text("SELECT id, split_part(key, ':', 2)::int AS place, text FROM questions WHERE workspace = :name")
    async with core.database.begin() as connection:
        return {row.id: (row.place, row.text) for row in await connection.execute(query, {"name": WORKSPACE})}


def fitted(texts: Sequence[str], topics: Sequence[str], vectors: Embeddings) -> tuple[float, Agreement]:
    """Give the threshold whose groups are most like the topics; of equals the one in their middle."""
    found = {each: agreement(labels(texts, vectors, each), topics) for each in THRESHOLDS}
    best = max(each.f1 for each in found.values())
    equals = [each for each in THRESHOLDS if found[each].f1 == best]
    threshold = equals[len(equals) // 2]
    return threshold, found[threshold]


def labels(texts: Sequence[str], vectors: Embeddings, threshold: float) -> list[int]:
    """Give the group of each text."""
    found = {index: group for group, indexes in enumerate(groups_of(texts, vectors, threshold)) for index in indexes}
    return [found[index] for index in range(len(texts))]


def halves(topics: Sequence[str]) -> tuple[list[int], list[int]]:
    """Give the indexes of the questions of every other topic, and of the rest."""
    names = sorted(set(topics))
    first = set(names[::2])
    indexes = range(len(topics))
    return [at for at in indexes if topics[at] in first], [at for at in indexes if topics[at] not in first]


def tell(
    report: GapReport, questions: Sequence[Simulated], stored: dict[int, tuple[int, str]], embedder: object
) -> None:
    """Print how the report compares with the truth."""
    console = Console(highlight=False, markup=False, width=150)
    shown = {stored[each][0]: number for number, group in enumerate(report.groups) for each in group.ids}
    missing = [place for place, question in enumerate(questions) if question.topic]
    known = [place for place, question in enumerate(questions) if not question.topic]
    table = Table("what", "of", "share", title="Which questions appear in the report")
    for name, places in (("unanswerable, appear", missing), ("answerable, appear wrongly", known)):
        appear = sum(place in shown for place in places)
        table.add_row(name, f"{appear} of {len(places)}", f"{appear / len(places):.3f}")
    topics = {questions[place].topic for place in missing}
    seen = {questions[place].topic for place in missing if place in shown}
    table.add_row(
        "topics with a question that appears", f"{len(seen)} of {len(topics)}", f"{len(seen) / len(topics):.3f}"
    )
    console.print(table)
    table = Table(
        "groups against topics", "texts", "topics", "groups", "threshold", "precision", "recall", "F1", "rand"
    )

    def row(name: str, texts: Sequence[str], truth: Sequence[str], groups: Sequence[int], threshold: float) -> None:
        found = agreement(groups, truth)
        counts = (len(texts), len(set(truth)), len(set(groups)))
        figures = (found.precision, found.recall, found.f1, found.rand)
        table.add_row(name, *map(str, counts), f"{threshold:.2f}", *(f"{figure:.3f}" for figure in figures))

    # Each text once: that the same words are one question shows nothing.
    by_text = {questions[place].text: (questions[place].topic, group) for place, group in shown.items()}
    gaps = {words: found for words, found in by_text.items() if found[0]}
    texts = list(gaps)
    truth = [gaps[words][0] for words in texts]
    row("the report, unanswerable ones", texts, truth, [gaps[words][1] for words in texts], THRESHOLD)
    everything = list(by_text)
    whole = [by_text[words][0] or f"answerable: {words}" for words in everything]
    row("the report, all that appear", everything, whole, [by_text[words][1] for words in everything], THRESHOLD)
    vectors = np.asarray(embedder.embed(everything))  # type: ignore[attr-defined]
    development, held_out = halves(whole)

    def part(indexes: Sequence[int]) -> tuple[list[str], list[str], Embeddings]:
        return [everything[at] for at in indexes], [whole[at] for at in indexes], vectors[indexes]

    threshold, _ = fitted(*part(development))
    row("fitted: development topics", *part(development)[:2], labels(*part(development)[::2], threshold), threshold)
    row("the same on the others", *part(held_out)[:2], labels(*part(held_out)[::2], threshold), threshold)
    row("in use, on the others", *part(held_out)[:2], labels(*part(held_out)[::2], THRESHOLD), THRESHOLD)
    console.print(table)
    table = Table("asked", "question", "why", "nearest", "topics", title="The ten largest groups", show_lines=True)
    for group in report.groups[:10]:
        names = [questions[stored[each][0]].topic or "(answerable)" for each in group.ids]
        counts = ", ".join(f"{name} {names.count(name)}" for name in dict.fromkeys(names))
        nearest = "\n".join(document.path for document in group.nearest)
        table.add_row(wording.gap_people(group), group.title, wording.gap_causes(group), nearest, counts)
    console.print(table)


async def run(arguments: argparse.Namespace) -> None:
    """Measure."""
    questions = simulated(arguments.gaps, arguments.questions, arguments.number, arguments.seed)
    print(f"{machine()}; {busy()}", flush=True)
    async with open_docent(migrate=True) as core:
        if not arguments.stored:
            await core.ingester.ingest(arguments.docs)
            await forget(core)
            await ask_all(core, questions)
        started = time.monotonic()
        report = await GapReporter(GapStore(core.database), core.embedder, core.settings.search_language).report(1)
        print(f"The report over {report.answered} questions took {time.monotonic() - started:.1f} s.")
        tell(report, questions, await asked_texts(core), core.embedder)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    examples = REPOSITORY / "examples"
    parser.add_argument("--docs", type=Path, default=examples / "handbook", metavar="DIR", help="what is ingested")
    parser.add_argument("--questions", type=Path, default=examples / "questions.jsonl", metavar="SET")
    parser.add_argument("--gaps", type=Path, default=REPOSITORY / "benchmarks" / "gap_questions.jsonl", metavar="FILE")
    parser.add_argument("--number", type=int, default=500, metavar="N", help="questions (500)")
    parser.add_argument("--seed", type=int, default=7, metavar="N")
    parser.add_argument("--stored", action="store_true", help="ask nothing, report on what the last run stored")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(run(arguments()))
