"""What evidence is: which quotable pieces of the retrieved chunks are chosen, and how they are shown and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.answering.units import Unit, led_by
from core.ingestion.chunking import HEADING_SEPARATOR
from core.ingestion.plain_text import plain
from core.models import Dropped, DropReason, Evidence, RetrievedChunk
from core.ports import Embeddings, Passage
from core.retrieval.condense import Query
from core.retrieval.lexical import tokenize

# Chosen on the development sets, see benchmarks/README.md.
_PIECES = 4
_BUDGET_WORDS = 72
# With the list that a piece opens, they may be more.
_LIST_WORDS = 100
# A piece that scores below this share of the best one only distracts from it; sooner where the answer is all but sure.
_TAIL_SHARE = 0.5
_SURE = 0.9
_SURE_TAIL_SHARE = 0.7
# So few words above a list, such as "Europe", are its label, and tell nothing without it.
_LABEL_WORDS = 6
# Each piece that was taken of a chunk already counts so much against another one: two chunks are safer than one.
_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen. passages: the chunks in their final order. evidence: best first, none without passages.

    probability: from 0 to 1, that the evidence answers the question. dropped: the other pieces of the chunks that were
    read, best first (not those that stand above chosen items and are quoted with them), then the chunks that were not.
    """

    passages: tuple[RetrievedChunk, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    probability: float = 0.0
    dropped: tuple[Dropped, ...] = ()


class Chooser(Protocol):
    """Chooses the evidence for a question among retrieved chunks."""

    async def choose(self, query: Query, asked: Embeddings, passages: Sequence[RetrievedChunk]) -> Choice:
        """Choose among passages, which come best first as the retriever sees it. Raises ModelError.

        asked: the embedding of the query.
        """
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    """Indices of pieces: those chosen, best first, and the others with why not."""

    chosen: tuple[int, ...]
    dropped: tuple[tuple[int, DropReason], ...]


def pack(scores: NDArray[np.floating], units: Sequence[Unit], probability: float) -> Packed:
    """Choose the best pieces: a few, within a budget of words, and none twice.

    In place of what only announces a list, its items are chosen, which are quoted under it.
    scores: one a piece, above 0 for what may count. units: in the order of their chunks. probability: that what was
    found answers the question.
    """
    led = led_by(units)
    announces = [_announces(unit, own) for unit, own in zip(units, led, strict=True)]
    tail = (_SURE_TAIL_SHARE if probability > _SURE else _TAIL_SHARE) * float(scores.max())
    empty = [index for index, own in enumerate(led) if announces[index] and not own]
    empty = empty if len(empty) < len(units) else []
    left = [index for index in range(len(units)) if index not in empty]
    chosen: list[int] = []
    dropped: list[tuple[int, DropReason]] = [(index, "empty") for index in empty]
    groups = words = 0
    taken: Counter[int] = Counter()
    while left and groups < _PIECES:
        best = max(left, key=lambda index: scores[index] - _SPREAD * taken[units[index].chunk.id])
        left.remove(best)
        brings = announces[best] and bool(led[best])
        group = [index for index in led[best] if index in left and not announces[index]] if brings else [best]
        group.sort(key=lambda index: -scores[index])
        lead_length = _length(units[best]) if brings else 0
        if chosen and scores[best] < tail:
            dropped.append((best, "tail"))
        elif not group or _repeats(units[best], [units[index] for index in chosen]):
            dropped.append((best, "repeats"))
        elif chosen and words + lead_length + _length(units[group[0]]) > _BUDGET_WORDS:
            dropped.append((best, "budget"))
        else:
            words += lead_length
            for index in group:
                if index != group[0] and words + _length(units[index]) > _LIST_WORDS:
                    break
                chosen.append(index)
                words += _length(units[index])
            left = [index for index in left if index not in chosen]
            taken[units[best].chunk.id] += 1
            groups += 1
    dropped += ((index, "tail" if scores[index] < tail else "enough") for index in left)
    return Packed(tuple(chosen), tuple(dropped))


def _announces(unit: Unit, led: Sequence[int]) -> bool:
    """Tell whether a piece tells nothing without what comes after it: it ends in a colon, or is the label of a list."""
    return unit.plain.rstrip("*_ ").endswith(":") or (bool(led) and _length(unit) <= _LABEL_WORDS)


def _length(unit: Unit) -> int:
    return len(unit.plain.split())


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


def dropped_piece(unit: Unit, score: float, reason: DropReason) -> Dropped:
    """Say why a piece did not become evidence; score is cut to 0 to 1."""
    return Dropped(unit.chunk, reason, unit.text, float(np.clip(score, 0, 1)))


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
