"""What evidence is: which quotable pieces of the retrieved chunks are chosen, and how they are shown and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.answering.units import Unit
from core.ingestion.chunking import HEADING_SEPARATOR
from core.ingestion.plain_text import plain
from core.models import Evidence, RetrievedChunk
from core.ports import Passage
from core.retrieval.condense import Query
from core.retrieval.lexical import tokenize

_PIECES = 3
_BUDGET_WORDS = 70


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen. passages: the chunks in their final order. evidence: best first, none without passages.

    probability: from 0 to 1, that the evidence answers the question.
    """

    passages: tuple[RetrievedChunk, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    probability: float = 0.0


class Chooser(Protocol):
    """Chooses the evidence for a question among retrieved chunks."""

    async def choose(self, query: Query, passages: Sequence[RetrievedChunk]) -> Choice:
        """Choose among passages, which come best first as the retriever sees it. Raises ModelError."""
        ...


def pack(scores: NDArray[np.floating], units: Sequence[Unit], *, tail_share: float) -> list[int]:
    """Give the indices of the best pieces, best first: a few, within a budget of words, and none twice.

    scores: one a piece, above 0 for what may count. tail_share: a piece that scores below this share of the best one
    only distracts from it.
    """
    chosen: list[int] = []
    words = 0
    for index in np.argsort(-scores, kind="stable"):
        length = len(units[index].plain.split())
        if len(chosen) == _PIECES:
            break
        if chosen and scores[index] < tail_share * scores[chosen[0]]:
            break
        if chosen and (words + length > _BUDGET_WORDS or _repeats(units[index], [units[i] for i in chosen])):
            continue
        chosen.append(int(index))
        words += length
    return chosen


def _repeats(unit: Unit, chosen: Sequence[Unit]) -> bool:
    return any(unit.plain == other.plain or unit.plain in other.plain for other in chosen)


def evidence_of(unit: Unit, score: float) -> Evidence:
    """Make evidence of a piece; score is cut to 0 to 1."""
    return Evidence(
        chunk=unit.chunk,
        text=unit.text,
        score=float(np.clip(score, 0, 1)),
        position=unit.position,
        lead=unit.lead,
    )


def passage_of(chunk: RetrievedChunk, units: Sequence[Unit]) -> Passage:
    """Give a chunk and its pieces as a reader sees them."""
    heading = chunk.chunk.heading
    if not heading.startswith(chunk.title):
        heading = HEADING_SEPARATOR.join(part for part in (chunk.title, heading) if part)
    return Passage(heading, tuple((plain(unit.lead, one_line=True), unit.plain) for unit in units))


def meaning(unit: Unit) -> str:
    """Give a piece as it is compared with a question: under its nearest heading, led by what opens it."""
    return ". ".join(part for part in (_heading(unit.chunk), plain(unit.lead, one_line=True), unit.plain) if part)


def described(evidence: Evidence) -> str:
    """Give evidence as the model reads it: plain words on one line, led by its heading."""
    return f"{heading_of(evidence)}: {evidence_words(evidence)}"


def heading_of(evidence: Evidence) -> str:
    """Give the nearest heading of evidence, or its document's title."""
    return _heading(evidence.chunk)


def _heading(chunk: RetrievedChunk) -> str:
    return chunk.chunk.heading.rsplit(HEADING_SEPARATOR, 1)[-1] or chunk.title


def evidence_words(evidence: Evidence) -> str:
    """Give evidence in plain words on one line, its lead first."""
    return " ".join(part for part in (plain(evidence.lead, one_line=True), plain(evidence.text, one_line=True)) if part)


def coverage(wanted: Mapping[str, float], text: str, language: str) -> float:
    """Give the share of the question's weight that a text holds; squared, so that a follow-up's own words decide."""
    total = sum(weight**2 for weight in wanted.values())
    told = set(tokenize(text, language))
    return sum(weight**2 for term, weight in wanted.items() if term in told) / total if total else 0.0
