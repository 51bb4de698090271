"""Reads the question sets of an evaluation from files, in JSON lines or SQuAD's format."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluating.places import read_text
from core.errors import ConfigurationError
from core.evaluation.questions import EvaluationItem, SquadDocument, parse_questions, parse_squad


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions to ask. documents: what they are about when the set brings it along, None when it is ingested."""

    name: str
    items: tuple[EvaluationItem, ...]
    documents: tuple[SquadDocument, ...] | None = None


def read_sets(paths: Sequence[Path], sample: int | None = None) -> tuple[QuestionSet, ...]:
    """Read sets; sample: ask only so many of each, drawn the same way each time.

    Raises ConfigurationError when one can't be read or is none, when one holds no question and when two have one name.
    """
    sets = tuple(_drawn(_read(path), sample) for path in paths)
    name, count = Counter(one.name for one in sets).most_common(1)[0]
    if count > 1:
        raise ConfigurationError(f"{count} of the question sets are called {name!r}; give each file a name of its own.")
    return sets


def _read(path: Path) -> QuestionSet:
    text = read_text(path, "question set")
    name = re.sub(r"[^\w.-]+", "-", path.stem).strip(".-") or "questions"
    if not _is_squad(text):
        return QuestionSet(name, parse_questions(text, str(path)))
    squad = parse_squad(text, str(path))
    if not squad.items:
        raise ConfigurationError(f"{path} holds no question.")
    _check_ids(squad.items, path)
    return QuestionSet(name, squad.items, squad.documents)


def _is_squad(text: str) -> bool:
    """Tell whether a text is one JSON object with "data", as SQuAD's files are; a set has an object a line."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and "data" in value


def _check_ids(items: Sequence[EvaluationItem], path: Path) -> None:
    identifier, count = Counter(item.id for item in items).most_common(1)[0]
    if count > 1:
        raise ConfigurationError(f"{path}: {count} questions have the id {identifier!r}; give each one of its own.")


def _drawn(questions: QuestionSet, count: int | None) -> QuestionSet:
    if count is None or count >= len(questions.items):
        return questions
    places = sorted(random.Random(0).sample(range(len(questions.items)), count))  # noqa: S311  (meant to repeat)
    return QuestionSet(questions.name, tuple(questions.items[place] for place in places), questions.documents)
