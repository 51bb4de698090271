"""Decides whether a question leans on the ones before it, and makes of both what is searched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.ingestion.plain_text import plain
from core.markers import MARKER
from core.models import Turn
from core.retrieval.lexical import question_terms

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
# Of the last answer, its beginning tells what the talk is about.
_ANSWER_WORDS = 25
# How much the words of the last question and answer count beside those of the follow-up itself, and how much the
# follow-up's own embedding counts beside that of the whole; chosen in benchmarks/README.md.
_QUESTION_WEIGHT = 0.5
_ANSWER_WEIGHT = 0.3
# A long answer must not drown the follow-up: together its words weigh at most this share of the follow-up's.
_ANSWER_SHARE = 0.5
_OWN_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: `text` for people to see, weighted texts to embed, weighted terms to look up."""

    text: str
    embedded: tuple[tuple[str, float], ...]
    terms: Mapping[str, float]

    @property
    def leans_on_history(self) -> bool:
        """True when earlier turns are searched with it."""
        return len(self.embedded) > 1


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs the one before it to be understood: "and for contractors?", "why is that?"."""
    words = re.findall(r"\w+", question)
    return (
        len(words) <= _SHORT
        or bool(_OPENING.match(question))
        or (bool(_POINTING.search(question)) and len(words) <= 4 * _SHORT)
    )


def condense(question: str, history: Sequence[Turn], language: str = "english") -> Query:
    """Make the query of a question; one that leans on earlier turns (oldest first) is searched with them.

    A question that stands alone changes the topic and is searched alone.
    """
    question = question.strip()
    own = _weighted(question, 1.0, language)
    leaning: list[Turn] = []
    first = question
    for turn in reversed(history[-_LOOK_BACK:]):
        if not leans_on_history(first):
            break
        leaning.insert(0, turn)
        first = turn.question.strip()
    if not leaning:
        return Query(question, ((question, 1.0),), own)
    asked = " ".join(turn.question.strip() for turn in leaning)
    told_gist = gist(leaning[-1].answer)
    told = _weighted(told_gist, _ANSWER_WEIGHT, language)
    share = min(1.0, _ANSWER_SHARE * max(1, len(own)) / (sum(told.values()) or 1.0))
    terms = {
        **{term: weight * share for term, weight in told.items()},
        **_weighted(asked, _QUESTION_WEIGHT, language),
        **own,
    }
    whole = " ".join(part for part in (asked, told_gist, question) if part)
    return Query(f"{asked} {question}", ((whole, 1.0), (question, _OWN_WEIGHT)), terms)


def _weighted(text: str, weight: float, language: str) -> dict[str, float]:
    return dict.fromkeys(question_terms(text, language), weight)


def gist(answer: str) -> str:
    """Give the beginning of an answer in plain words, without its markers: what it was about."""
    return " ".join(MARKER.sub("", plain(answer, one_line=True)).split()[:_ANSWER_WORDS])
