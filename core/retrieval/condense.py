"""Decides whether a question leans on the one before it, and gives the text to search with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.models import Turn

_OPENING = re.compile(
    r"^\W*(?:and|but|or|so|also|then|what about|how about|what if|same|why|why not|how come|ok(?:ay)?\b.*\b(?:and|but)"
    r"|und|et|y)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|him|her|his|that|those|this|these|there|one|ones|former|latter|else"
    r"|instead|too|as well|same|other|second|third|last one|first one)\b",
    re.IGNORECASE,
)
# A question of so few words rarely names its subject.
_SHORT = 5
_LOOK_BACK = 3


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs the one before it to be understood: "and for contractors?", "why is that?"."""
    words = re.findall(r"\w+", question)
    return (
        len(words) <= _SHORT
        or bool(_OPENING.match(question))
        or (bool(_POINTING.search(question)) and len(words) <= 4 * _SHORT)
    )


def condense(question: str, history: Sequence[Turn]) -> str:
    """Give the question as it is searched: with the questions that it leans on put before it.

    history: earlier turns, oldest first. A question that stands alone changes the topic and is searched alone.
    """
    parts = [question.strip()]
    for turn in reversed(history[-_LOOK_BACK:]):
        if not leans_on_history(parts[0]):
            break
        parts.insert(0, turn.question.strip())
    return " ".join(parts)
