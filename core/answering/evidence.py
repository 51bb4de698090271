"""Chooses the few quotable pieces of the retrieved chunks that answer the question.

Each piece is scored by its embedding's similarity to the question, by the share of the question's weight in words
that it holds, and by its chunk's retrieval score; the best are taken within a budget of words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.answering.units import Unit, units_of
from core.ingestion.chunking import HEADING_SEPARATOR
from core.ingestion.plain_text import plain
from core.models import Evidence, RetrievedChunk
from core.ports import Embedder, Embeddings
from core.retrieval.condense import Query
from core.retrieval.lexical import tokenize
from core.retrieval.retriever import embed_query

# Chosen on the development sets, see benchmarks/README.md.
_CHUNKS = 5
_WORDS_WEIGHT = 0.3
_CHUNK_WEIGHT = 0.5
_PIECES = 3
_BUDGET_WORDS = 70
# A piece that scores below this share of the best one only distracts from it.
_TAIL_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells how well the evidence answers, taken from its best piece and that piece's chunk.

    Similarities go from -1 to 1, coverage (the share of the question's words) from 0 to 1.
    """

    piece_similarity: float
    chunk_similarity: float
    chunk_coverage: float


NO_SIGNALS = Signals(0.0, 0.0, 0.0)


class EvidenceChooser:
    """Chooses evidence with the embedder that retrieval uses."""

    def __init__(self, embedder: Embedder, language: str) -> None:
        self._embedder = embedder
        self._language = language

    async def choose(self, query: Query, passages: Sequence[RetrievedChunk]) -> tuple[tuple[Evidence, ...], Signals]:
        """Give the evidence, best first, and how good it looks; nothing when there are no passages."""
        units = [unit for passage in passages[:_CHUNKS] for unit in units_of(passage)]
        if not units:
            return (), NO_SIGNALS
        asked = await asyncio.to_thread(embed_query, self._embedder, query)
        vectors = await asyncio.to_thread(self._embedder.embed, [meaning(unit) for unit in units])
        return choose(query.terms, units, asked, vectors, self._language)


def choose(
    terms: Mapping[str, float], units: Sequence[Unit], asked: Embeddings, vectors: Embeddings, language: str
) -> tuple[tuple[Evidence, ...], Signals]:
    """Choose among units: asked has shape (dimensions,), vectors (len(units), dimensions), all of length 1.

    terms: the question's terms with their weights.
    """
    similarities = vectors @ asked
    coverages = np.array([_coverage(terms, meaning(unit), language) for unit in units], dtype=np.float32)
    retrieval = np.array([unit.chunk.score for unit in units], dtype=np.float32)
    scores = similarities + _WORDS_WEIGHT * coverages + _CHUNK_WEIGHT * retrieval
    chosen: list[int] = []
    words = 0
    for index in np.argsort(-scores, kind="stable"):
        length = len(units[index].plain.split())
        if len(chosen) == _PIECES:
            break
        if chosen and scores[index] < _TAIL_SHARE * scores[chosen[0]]:
            break
        if chosen and (words + length > _BUDGET_WORDS or _repeats(units[index], [units[i] for i in chosen])):
            continue
        chosen.append(int(index))
        words += length
    top = units[chosen[0]].chunk
    signals = Signals(
        piece_similarity=float(similarities[chosen[0]]),
        chunk_similarity=1 - top.cosine_distance,
        chunk_coverage=_coverage(terms, top.chunk.search_text, language),
    )
    full = 1 + _WORDS_WEIGHT + _CHUNK_WEIGHT
    evidence = tuple(
        Evidence(
            chunk=units[index].chunk,
            text=units[index].text,
            score=float(np.clip(scores[index] / full, 0, 1)),
            position=units[index].position,
            lead=units[index].lead,
        )
        for index in chosen
    )
    return evidence, signals


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


def _coverage(wanted: Mapping[str, float], text: str, language: str) -> float:
    """Give the share of the question's weight that a text holds; squared, so that a follow-up's own words decide."""
    total = sum(weight**2 for weight in wanted.values())
    told = set(tokenize(text, language))
    return sum(weight**2 for term, weight in wanted.items() if term in told) / total if total else 0.0


def _repeats(unit: Unit, chosen: Sequence[Unit]) -> bool:
    return any(unit.plain == other.plain or unit.plain in other.plain for other in chosen)
