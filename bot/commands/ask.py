"""`docent ask`: one question with a streamed answer, or a file of questions with one loaded model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.answer_json import answer_json
from bot.commands.ready import require_index
from bot.links import Links, parse_links
from bot.opening import open_docent
from bot.settings import BotSettings
from bot.terminal import show_answer
from bot.terminal_why import show_why
from core.bootstrap import Core
from core.errors import ConfigurationError, QuestionError
from core.models import ConversationKey, Question, Turn
from core.settings import load_settings


async def run(arguments: argparse.Namespace) -> int:
    """Answer; exit status 1 when a line of a batch could not be asked."""
    if arguments.batch is not None and arguments.question is not None:
        raise ConfigurationError("Give either a QUESTION or --batch FILE, not both.")
    if arguments.batch is None and arguments.question is None:
        raise ConfigurationError('Give a QUESTION, such as: docent ask "How do I book leave?"; or --batch FILE.')
    if arguments.batch is not None and arguments.conversation is not None:
        raise ConfigurationError("--conversation goes with one QUESTION; a batch line brings its own history.")
    batch = list(_read_batch(arguments.batch)) if arguments.batch is not None else []
    links = parse_links(load_settings(BotSettings).source_url)
    async with open_docent() as core:
        if arguments.batch is None:
            # A question that can't be asked is said before anything loads.
            core.answerer.checked(arguments.question)
        await require_index(core)
        collections = tuple(arguments.collection) if arguments.collection else None
        if arguments.batch is not None:
            return await _answer_batch(core, batch, arguments.out, collections, links)
        return await _answer_one(core, arguments, collections, links)


def conversation_key(name: str) -> ConversationKey:
    """Give the key of a conversation on the command line."""
    return ConversationKey(platform="cli", channel=name)


async def _answer_one(
    core: Core, arguments: argparse.Namespace, collections: tuple[str, ...] | None, links: Links
) -> int:
    key = conversation_key(arguments.conversation) if arguments.conversation else None
    history = await core.conversations.turns(key) if key else ()
    question = Question(arguments.question, history, collections, arguments.fresh)
    if arguments.json:
        answer = await core.reusing.answer(question)
        print(json.dumps(answer_json(answer, links=links), ensure_ascii=False))
    else:
        answer = await show_answer(core.reusing, question, links=links)
    if arguments.why:
        show_why(answer)
    turn = None
    if key and answer.small_talk is None:
        turn = await core.conversations.add(key, answer)
        await core.conversations.expire(core.settings.retention_days)
    await core.reusing.keep(answer, turn)
    return 0


def _read_batch(path: Path) -> Iterator[tuple[object, Question]]:
    """Yield id and question of each line; raises ConfigurationError naming the line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The batch file {str(path)!r} can't be read: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"Line {number} of {path}"
        try:
            item: Any = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigurationError(f"{where} is no JSON: {error.msg} at column {error.colno}.") from error
        if not isinstance(item, dict) or not isinstance(item.get("question"), str):
            raise ConfigurationError(f'{where} has no text under "question".')
        turns = item.get("history") or []
        if not isinstance(turns, list) or not all(
            isinstance(turn, dict) and isinstance(turn.get("question"), str) and isinstance(turn.get("answer"), str)
            for turn in turns
        ):
            raise ConfigurationError(f'{where}: "history" must be a list of {{"question", "answer"}}.')
        history = tuple(Turn(turn["question"], turn["answer"]) for turn in turns)
        yield item.get("id"), Question(item["question"], history)


async def _answer_batch(
    core: Core,
    batch: list[tuple[object, Question]],
    out: Path | None,
    collections: tuple[str, ...] | None,
    links: Links,
) -> int:
    """Write one line an input line, in order, each as soon as it is there; a question that can't be asked says why.

    Every one is answered anew: batches are there to measure.
    """
    opened: TextIO | None = None
    failed = 0
    try:
        if out is not None:
            try:
                opened = out.open("w", encoding="utf-8")
            except OSError as error:
                raise ConfigurationError(f"The answers can't be written to {str(out)!r}: {error.strerror}.") from error
        target = opened or sys.stdout
        for number, (identifier, question) in enumerate(batch, start=1):
            asked = Question(question.text, question.history, collections)
            try:
                line = answer_json(await core.answerer.answer(asked), identifier, links=links)
            except QuestionError as error:
                failed += 1
                line = {"id": identifier, "question": question.text, "error": str(error)}
            print(json.dumps(line, ensure_ascii=False), file=target, flush=True)
            if sys.stderr.isatty():
                print(f"\r{number}/{len(batch)}", end="", file=sys.stderr, flush=True)
    finally:
        if opened is not None:
            opened.close()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return 1 if failed else 0
