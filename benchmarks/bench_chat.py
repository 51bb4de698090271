"""Measures whether chats are served in time while the model works: many questions at once, then one after the other.

The desk answers through the real slack-bolt and discord.py, against the local servers of `docent simulate`. Servers
and desk share one process and one event loop, so every time is an upper bound. See README.md, "Chat".
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import structlog

from benchmarks.chat_places import PLACES, Asked
from bot.admin import Admins
from bot.commands.ready import require_index
from bot.dispatch import Dispatcher
from bot.opening import open_docent
from core.bootstrap import Core
from core.errors import DocentError
from core.evaluation.questions import parse_questions
from core.models import Question
from core.settings import CoreSettings, load_settings

REPOSITORY = Path(__file__).resolve().parent.parent
LOOK_SECONDS, TICK_SECONDS = 0.02, 0.005
PATIENCE_SECONDS = 1800.0


@dataclass(slots=True)
class Log:
    """Takes the place of the log: how questions were answered, and what went wrong."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)

    def __call__(self, _: object, level: str, event: MutableMapping[str, Any]) -> NoReturn:
        """Note an event and print nothing."""
        if event["event"] == "question answered":
            self.answers.append(dict(event))
        elif level in ("warning", "error", "critical"):
            self.troubles[event["event"]] += 1
        raise structlog.DropEvent


async def measure(
    core: Core, platforms: Sequence[str], questions: Sequence[str], channels: int, *, at_once: bool
) -> dict[str, Any]:
    """Ask the questions through fresh servers and a fresh desk; give the figures, times in seconds."""
    log = Log()
    structlog.configure(processors=[log])
    desk = Dispatcher(core, Admins(""))
    await desk.begin()
    asked: list[Asked] = []
    stalls = [0.0]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(desk.drain, 0)
        here = len(platforms)
        places = [
            await stack.enter_async_context(PLACES[name](desk, len(range(number, channels, here))))
            for number, name in enumerate(platforms)
        ]
        async with _beside(_note_finals(asked), _note_stalls(stalls)):
            started = time.monotonic()
            for number, question in enumerate(questions):
                channel = number % channels
                asked.append(await places[channel % here].ask(channel // here, question))
                if not at_once:
                    await places[0].until(lambda: desk.answered >= len(asked), PATIENCE_SECONDS)
            await places[0].until(lambda: desk.answered >= len(asked), PATIENCE_SECONDS)
            took = time.monotonic() - started
            await asyncio.sleep(2 * LOOK_SECONDS)
        return {
            "questions": len(asked),
            "seconds": took,
            "questions_a_minute": 60 * len(asked) / took,
            "acknowledged": spread(seconds for place in places for seconds in place.acknowledged()),
            "received": spread(seconds for place in places for seconds in place.received()),
            "final": spread(one.final_at and one.final_at - one.at for one in asked),
            "answered_once": sum(one.finals() == 1 for one in asked),
            "answered_twice": sum(one.finals() > 1 for one in asked),
            "not_answered": sum(one.finals() == 0 for one in asked),
            "kinds": dict(Counter(answer["kind"] for answer in log.answers)),
            "without_the_model": sum(bool(answer["model_failure"]) for answer in log.answers),
            "heartbeats": {name: spread(place.late_beats()) for name, place in zip(platforms, places, strict=True)},
            "longest_stall": max(stalls),
            "calls": {name: place.calls() for name, place in zip(platforms, places, strict=True)},
            "troubles": dict(log.troubles),
        }


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines until the block ends."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _note_finals(asked: Sequence[Asked]) -> None:
    while True:
        for one in asked:
            if one.final_at is None and one.finals():
                one.final_at = time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)


async def _note_stalls(stalls: list[float]) -> None:
    """Note by how much the event loop comes late to a task that does nothing."""
    while True:
        due = time.monotonic() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        stalls.append(time.monotonic() - due)


def spread(values: Iterable[float | None]) -> dict[str, Any]:
    """Give the number, the median and the greatest of some values, and how many are missing."""
    all_of_them = list(values)
    there = [value for value in all_of_them if value is not None]
    return {
        "count": len(there),
        "missing": len(all_of_them) - len(there),
        "p50": median(there) if there else None,
        "max": max(there, default=None),
    }


def table(runs: dict[str, dict[str, Any]]) -> str:
    """Lay out the figures of each run side by side, then the calls of the first."""
    first = next(iter(runs.values()))
    lines = [("", *runs)]

    def add(label: str, figure: Callable[[dict[str, Any]], str]) -> None:
        lines.append((label, *(figure(run) for run in runs.values())))

    add("questions", lambda run: str(run["questions"]))
    add("seen by people after, p50 / max", lambda run: _seconds(run["acknowledged"]))
    add("platform told after, p50 / max", lambda run: _seconds(run["received"]))
    add("answered once / twice / not", lambda run: _counts(run, "answered_once", "answered_twice", "not_answered"))
    add("final answer after, p50 / max", lambda run: _seconds(run["final"]))
    add("questions a minute", lambda run: f"{run['questions_a_minute']:.1f}")
    add("phrased / quoted / refused", lambda run: _counts(run["kinds"], "phrased", "quoted", "refused"))
    add("quoted for want of the model", lambda run: str(run["without_the_model"]))
    for name in first["heartbeats"]:
        lines.append((f"heartbeats of {name}, late by", *(_late(run["heartbeats"][name]) for run in runs.values())))
    add("longest stall of the event loop", lambda run: f"{run['longest_stall']:.3f} s")
    add("troubles in the log", lambda run: str(sum(run["troubles"].values())))
    text = [_columns(lines)]
    for name, calls in first["calls"].items():
        rows = [(f"calls of {name}, {next(iter(runs))}", "calls", "most", "allowed", "per", "429")]
        for method, found in sorted(calls.items()):
            rows.append((method, *(str(found[key]) for key in ("calls", "most", "allowed", "per", "refused"))))
        text.append(_columns(rows))
    text += [f"{run}: {count} x {event}" for run, found in runs.items() for event, count in found["troubles"].items()]
    return "\n\n".join(text)


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _seconds(found: dict[str, Any]) -> str:
    shown = f"{found['p50']:.2f} / {found['max']:.2f} s" if found["count"] else "-"
    return shown + (f", {found['missing']} never" if found["missing"] else "")


def _late(found: dict[str, Any]) -> str:
    return f"at most {found['max']:.3f} s ({found['count']})" if found["count"] else "none came"


def _counts(found: dict[str, Any], *names: str) -> str:
    return " / ".join(str(found.get(name, 0)) for name in names)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Ask many questions at once in chats, then one after the other.")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="how many (40)")
    parser.add_argument("--channels", type=int, default=8, metavar="N", help="from how many channels (8)")
    parser.add_argument("--platform", choices=("slack", "discord", "both"), default="both", help="where (both)")
    parser.add_argument(
        "--set",
        type=Path,
        default=REPOSITORY / "examples" / "questions.jsonl",
        help="question set in JSON lines over what is ingested (that of the sample handbook)",
    )
    parser.add_argument("--at-once-only", action="store_true", help="leave the comparison out")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    platforms = 2 if options.platform == "both" else 1
    if options.questions < 1 or options.channels < platforms:
        parser.error(f"--questions is at least 1 and --channels at least {platforms}")
    return options


async def run(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Give the figures of both ways to ask."""
    items = parse_questions(options.set.read_text(encoding="utf-8"), str(options.set))
    words = itertools.cycle(item.question for item in items if not item.history)
    questions = list(itertools.islice(words, options.questions))
    platforms = ("slack", "discord") if options.platform == "both" else (options.platform,)
    # The same questions come again and again: each answer has to be made.
    settings = load_settings(CoreSettings).model_copy(update={"reuse_answers": "off"})
    async with open_docent(settings) as core:
        await require_index(core)
        await core.answerer.answer(Question(questions[0]))  # loads the models
        runs = {"at once": await measure(core, platforms, questions, options.channels, at_once=True)}
        if not options.at_once_only:
            runs["one by one"] = await measure(core, platforms, questions, options.channels, at_once=False)
    return runs


def main() -> None:
    """Measure and print."""
    options = arguments()
    runs = asyncio.run(run(options))
    if options.json:
        print(json.dumps(runs, indent=2))
        return
    print(f"{options.questions} questions from {options.channels} channels ({options.platform})")
    print(table(runs))
    if not options.at_once_only:
        ratio = runs["at once"]["questions_a_minute"] / runs["one by one"]["questions_a_minute"]
        print(f"\nquestions a minute, at once : one by one  x{ratio:.2f}")


if __name__ == "__main__":
    try:
        main()
    except DocentError as error:
        sys.exit(str(error))
