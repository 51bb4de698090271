"""Owns what a golden question is, and whether an answer of today agrees with the right one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.answering.support import content_words
from core.markers import without_markers
from core.models import Answer, Turn

Kind = Literal["answer", "refusal"]
Source = Literal["thumb", "correction"]
# How two answers differ. kind: one of them refuses. evidence: something that the first cites is not cited by the
# second. passage: the same evidence, but a cited chunk has changed around it. numbers, names: their texts hold others.
# words: an answer tells too little of what a correction tells, or does not deny what that denies.
Difference = Literal["kind", "evidence", "passage", "numbers", "names", "words"]

# Of a correction's content words that the question does not hold, an answer that agrees holds at least this share.
_SHARED = 0.5
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<!\n)\b[A-Z][\w-]+")
_LIST_NUMBER = re.compile(r"^\W*\d{1,3}[.)]\s", re.MULTILINE)
_DENIAL = re.compile(r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """What an answer rests on: a document of a collection, the evidence in it, verbatim, and its chunk's hash."""

    collection: str
    document: str
    evidence: str
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """An answer as far as it is compared: "" as its text, and nothing cited, for a refusal."""

    kind: Kind
    text: str = ""
    cited: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question whose right answer is known: by a thumb up, or by an admin's correction.

    question_id: the one in a chat that it came from, None where it came from none, or where that is forgotten.
    history: turns before it, oldest first. collections: those that may be searched; None for all.
    """

    id: int
    question: str
    right: GoldenAnswer
    source: Source
    history: tuple[Turn, ...] = ()
    collections: tuple[str, ...] | None = None
    question_id: int | None = None


def golden_answer(answer: Answer) -> GoldenAnswer:
    """Give what is compared of an answer of the core."""
    if answer.kind in ("refused", "chat"):
        return GoldenAnswer("refusal")
    cited = tuple(
        Cited(one.chunk.collection, one.chunk.document, one.evidence, one.chunk.chunk.content_hash)
        for one in answer.citations
    )
    return GoldenAnswer("answer", answer.text, cited)


def agrees(golden: GoldenQuestion, answer: GoldenAnswer, language: str = "english") -> bool:
    """Tell whether an answer is as right as the golden one.

    Both answer or both refuse. After a thumb up, all that the golden answer cites is cited: in the same document with
    the same content words, or word for word elsewhere. A correction cites nothing: its numbers must all be told, and
    half of its content words that the question does not hold, and a denial by a denial.
    """
    found = set(against_golden(golden, answer, language))
    return not found & ({"kind", "evidence"} if golden.source == "thumb" else {"kind", "numbers", "words"})


def against_golden(golden: GoldenQuestion, answer: GoldenAnswer, language: str = "english") -> tuple[Difference, ...]:
    """Give how an answer differs from the right one."""
    right = golden.right
    if golden.source == "thumb" or right.kind != answer.kind or right.kind == "refusal":
        return differences(right, answer, language)
    found: list[Difference] = []
    told = " ".join([answer.text, *(one.evidence for one in answer.cited)])
    if not _numbers(right.text) <= _numbers(told):
        found.append("numbers")
    words = content_words(_bare(right.text), language)
    wanted = words - content_words(golden.question, language) or words
    shared = len(wanted & content_words(_bare(told), language)) / len(wanted) if wanted else 1.0
    if shared < _SHARED or (_denies(right.text) and not _denies(told)):
        found.append("words")
    return tuple(found)


def differences(before: GoldenAnswer, now: GoldenAnswer, language: str = "english") -> tuple[Difference, ...]:
    """Give how two answers to one question differ; nothing where one says what the other says."""
    if before.kind != now.kind:
        return ("kind",)
    found: list[Difference] = []
    if not all(_is_cited(one, now.cited, language) for one in before.cited):
        found.append("evidence")
    elif {one.content_hash for one in before.cited} - {one.content_hash for one in now.cited}:
        found.append("passage")
    if _numbers(before.text) != _numbers(now.text):
        found.append("numbers")
    if _names(before.text) != _names(now.text):
        found.append("names")
    return tuple(found)


def _is_cited(wanted: Cited, cited: Sequence[Cited], language: str) -> bool:
    words, told = _words(wanted.evidence), content_words(wanted.evidence, language)
    return any(
        _words(one.evidence) == words
        or (
            (one.collection, one.document) == (wanted.collection, wanted.document)
            and content_words(one.evidence, language) == told
        )
        for one in cited
    )


def _bare(text: str) -> str:
    """Give a text without its [n] markers and the numbers of its list items."""
    return _LIST_NUMBER.sub("", without_markers(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(_bare(text)))


def _names(text: str) -> set[str]:
    """Give the words with a capital inside of sentences."""
    return {name.lower() for name in _NAME.findall(_bare(text))}


def _denies(text: str) -> bool:
    return _DENIAL.search(text) is not None
