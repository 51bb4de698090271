"""Measures how soon a question is answered, against the tutorial's pipeline, in conversations and with many at once.

Docent answers from what is ingested in its DOCENT_HOME, which has to be the same folder. See README.md, "Answers".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bench_retrieval import TUTORIAL_PYTHON, write_batch
from benchmarks.machine import busy, machine, versions
from bot.opening import open_docent
from core.answering.answerer import EvidenceFound
from core.bootstrap import Core
from core.evaluation.questions import EvaluationItem, parse_questions
from core.models import Answer, Question, Turn

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: of the search alone, until the evidence, the first token and the whole answer; None where there is none.

    model: from the prompt's being handed over to the first token.
    """

    search: float
    evidence: float | None
    first_token: float | None
    model: float | None
    whole: float


async def asked(core: Core, question: Question) -> tuple[Times, Answer]:
    """Ask Docent one question."""
    started = time.perf_counter()
    evidence: float | None = None
    async with aclosing(core.answerer.stream(question)) as events:
        async for event in events:
            if isinstance(event, EvidenceFound):
                evidence = time.perf_counter() - started
            elif isinstance(event, Answer):
                answer = event
    stages, first = answer.timings.stages, answer.timings.first_token_ms
    search = (stages["embed"] + stages["search"]) / 1000
    model = stages["first_token"] / 1000 if first else None
    times = Times(search, evidence, first / 1000 if first else None, model, time.perf_counter() - started)
    return times, answer


async def one_by_one(items: Sequence[EvaluationItem]) -> list[Times]:
    """Ask one question after the other; the first one unmeasured before, which loads the models."""
    async with open_docent() as core:
        await asked(core, Question(items[0].question, items[0].history))
        return [(await asked(core, Question(item.question, item.history)))[0] for item in items]


@dataclass(frozen=True, slots=True)
class Pace:
    """Of all questions together. minute: answers a minute. cores: how many this process kept busy on average."""

    minute: float
    cores: float


async def at_once(items: Sequence[EvaluationItem], number: int) -> Pace:
    """Ask all questions with so many at a time."""
    async with open_docent() as core:
        await asked(core, Question(items[0].question, items[0].history))
        places = asyncio.Semaphore(number)

        async def ask(item: EvaluationItem) -> None:
            async with places:
                await asked(core, Question(item.question, item.history))

        started, computed = time.perf_counter(), time.process_time()
        await asyncio.gather(*(ask(item) for item in items))
        seconds = time.perf_counter() - started
        return Pace(60 * len(items) / seconds, (time.process_time() - computed) / seconds)


async def follow_up(first: str, second: str) -> tuple[float, float] | None:
    """Give the seconds of the model to its first token: a first question of a new process' model, and a follow-up."""
    async with open_docent() as core:
        assert core.model is not None
        await core.model.count_tokens([])  # loaded, and nothing read yet
        cold, answer = await asked(core, Question(first))
        warm, _ = await asked(core, Question(second, (Turn(first, answer.text),)))
    return None if cold.model is None or warm.model is None else (cold.model, warm.model)


def tutorial(python: Path, docs: Path, items: Sequence[EvaluationItem]) -> list[Times]:
    """Ask the tutorial's pipeline the same questions in its own environment; its evidence is what it retrieved."""
    with tempfile.TemporaryDirectory() as folder:
        batch, out = Path(folder) / "questions.jsonl", Path(folder) / "answers.jsonl"
        write_batch(items, batch)
        script = REPOSITORY / "benchmarks" / "tutorial_pipeline.py"
        subprocess.run([python, script, "--docs", docs, "--questions", batch, "--out", out], check=True)
        lines = [json.loads(line)["timings"] for line in out.read_text(encoding="utf-8").splitlines()]
    return [
        Times(
            line["retrieve_ms"] / 1000,
            line["retrieve_ms"] / 1000,
            line["first_token_ms"] / 1000 if line["first_token_ms"] else None,
            None,
            line["total_ms"] / 1000,
        )
        for line in lines
    ]


def middle(times: Sequence[Times], name: str) -> float | None:
    """Give the median of one kind of seconds."""
    found = [value for each in times if (value := getattr(each, name)) is not None]
    return median(found) if found else None


def row(name: str, ours: float | None, theirs: float | None) -> str:
    """Give a line of the table; the ratio is ours to theirs."""
    ratio = f"{ours / theirs:.2f}" if ours and theirs else ""
    return f"| {name} | {_shown(ours)} | {_shown(theirs)} | {ratio} |"


def _shown(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    examples = REPOSITORY / "examples"
    parser.add_argument("questions", type=Path, nargs="?", default=examples / "questions.jsonl", metavar="SET")
    parser.add_argument("--docs", type=Path, default=examples / "handbook", metavar="DIR", help="what is ingested")
    parser.add_argument("--limit", type=int, default=40, metavar="N", help="questions (40)")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="questions at a time (8)")
    parser.add_argument("--follow-ups", type=int, default=5, metavar="N", help="conversations (5)")
    parser.add_argument("--tutorial-python", type=Path, default=TUTORIAL_PYTHON, help="its environment's python")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    every = parse_questions(options.questions.read_text(encoding="utf-8"), str(options.questions))
    items = [item for item in every if item.answerable][: options.limit]
    before = busy()
    ours = asyncio.run(one_by_one(items))
    alone = asyncio.run(at_once(items, 1))
    together = asyncio.run(at_once(items, options.at_once))
    with_history = [item for item in every if item.history and item.answerable][: options.follow_ups]
    found = [asyncio.run(follow_up(item.history[-1].question, item.question)) for item in with_history]
    pairs = [pair for pair in found if pair is not None]
    theirs = tutorial(options.tutorial_python, options.docs, items) if options.tutorial_python.is_file() else []
    print(f"machine: {machine()}\nbusy: {before} at the beginning, {busy()} at the end")
    told = versions(("torch", "llama-cpp-python")).items()
    print("versions: " + ", ".join(f"{name} {number}" for name, number in told))
    print(f"{len(items)} questions of {options.questions.name}; medians\n")
    print("| seconds | Docent | tutorial pipeline | ratio |\n| --- | --- | --- | --- |")
    names = {"search": "search", "evidence": "evidence shown", "first_token": "first token", "whole": "whole answer"}
    for name, words in names.items():
        print(row(words, middle(ours, name), middle(theirs, name)))
    print("\n| Docent | one | other | ratio |\n| --- | --- | --- | --- |")
    if pairs:
        cold, warm = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
        print(
            f"| model's first token, s: follow-up, cold ({len(pairs)}) | {warm:.3f} | {cold:.3f} | {warm / cold:.2f} |"
        )
    for name, many, single in (
        ("answers a minute", together.minute, alone.minute),
        ("cores busy", together.cores, alone.cores),
    ):
        print(f"| {name}: {options.at_once} at once, one by one | {many:.2f} | {single:.2f} | {many / single:.2f} |")


if __name__ == "__main__":
    main()
