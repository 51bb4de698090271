"""Chooses the evidence: which of the retrieved chunks come first, and which of their pieces answer the question.

A reader, where there is one, reads the candidate chunks; how much of its belief in an answer lies in a chunk moves
that chunk up, and how much lies in a piece adds to the piece's score. The rest of a piece's score is its embedding's
similarity to the question, the share of the question's weight in words that it holds, and its chunk's score.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.answering.confidence import Signals, answer_probability
from core.answering.evidence import Choice, coverage, dropped_piece, evidence_of, meaning, pack, passage_of
from core.answering.reading import log_odds_of, read_in_steps
from core.answering.units import Unit, units_of
from core.models import Dropped, RetrievedChunk
from core.ports import Embedder, Embeddings, Reader, Reading
from core.retrieval.condense import Query

# Chosen on the development sets, see benchmarks/README.md.
_CHUNKS = 5
_WORDS_WEIGHT = 0.3
_CHUNK_WEIGHT = 0.5
_BELIEF_WEIGHT = 0.8
_CHUNK_BELIEF_WEIGHT = 0.3
# It sees a follow-up as one text with the question before, whose answer it may take for the one that is wanted.
_FOLLOW_UP_TRUST = 0.5
# A reader is surer of itself than it should be: its log-odds are divided by this before they become beliefs.
_TEMPERATURE = 2.0


class EvidenceChooser:
    """Implements `core.answering.evidence.Chooser`; reader None goes without one."""

    def __init__(self, embedder: Embedder, reader: Reader | None, language: str) -> None:
        self._embedder = embedder
        self._reader = reader
        self._language = language

    async def choose(self, query: Query, asked: Embeddings, passages: Sequence[RetrievedChunk]) -> Choice:
        """Order the passages, then choose among the pieces of the first ones (see Chooser). Raises ModelError."""
        pieces = [units_of(passage) for passage in passages]
        if not any(pieces):
            return Choice(tuple(passages), dropped=tuple(Dropped(passage, "unquotable") for passage in passages))
        log_odds: float | None = None
        beliefs = [np.zeros(len(units)) for units in pieces]
        if self._reader is not None:
            shown = [passage_of(passage, units) for passage, units in zip(passages, pieces, strict=True)]
            # It is sure of the answer to the question before, too.
            read = self._reader.read if query.leans_on_history else partial(read_in_steps, self._reader)
            readings = await asyncio.to_thread(read, query.text, shown)
            trust = _FOLLOW_UP_TRUST if query.leans_on_history else 1.0
            beliefs = [trust * belief for belief in beliefs_of(readings)]
            if self._reader.is_calibrated:
                log_odds = log_odds_of(readings)
        ranked = sorted(
            (
                (replace(passage, score=passage.score + _CHUNK_BELIEF_WEIGHT * float(belief.sum())), units, belief)
                for passage, units, belief in zip(passages, pieces, beliefs, strict=True)
            ),
            key=lambda one: -one[0].score,
        )
        quotable = [one for one in ranked if one[1]]
        first = quotable[:_CHUNKS]
        units = [replace(unit, chunk=passage) for passage, own, _ in first for unit in own]
        scores, similarities = await self._score(query, asked, units, np.concatenate([belief for *_, belief in first]))
        best = int(np.argmax(scores))
        chunk = units[best].chunk
        probability = answer_probability(
            Signals(
                piece_similarity=float(similarities[best]),
                chunk_similarity=1 - chunk.cosine_distance,
                chunk_coverage=coverage(query.terms, chunk.chunk.search_text, self._language),
                log_odds=log_odds,
            )
        )
        packed = pack(scores, units, probability)
        shares = scores / (1 + _WORDS_WEIGHT + _CHUNK_WEIGHT + _BELIEF_WEIGHT)
        pieces_left = sorted(packed.dropped, key=lambda one: -scores[one[0]])
        return Choice(
            passages=tuple(passage for passage, *_ in ranked),
            evidence=tuple(evidence_of(units[index], float(shares[index])) for index in packed.chosen),
            probability=probability,
            dropped=(
                *(dropped_piece(units[index], float(shares[index]), reason) for index, reason in pieces_left),
                *(Dropped(passage, "unread") for passage, *_ in quotable[_CHUNKS:]),
                *(Dropped(passage, "unquotable") for passage, own, _ in ranked if not own),
            ),
        )

    async def _score(
        self, query: Query, asked: Embeddings, units: Sequence[Unit], belief: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Give the scores of pieces, and of these the cosine similarities."""
        meanings = [meaning(unit) for unit in units]
        similarities = (await asyncio.to_thread(self._embedder.embed, meanings)) @ asked
        covered = np.array([coverage(query.terms, text, self._language) for text in meanings])
        retrieval = np.array([unit.chunk.score for unit in units])
        scores = similarities + _WORDS_WEIGHT * covered + _CHUNK_WEIGHT * retrieval + _BELIEF_WEIGHT * belief
        return scores, similarities


def beliefs_of(readings: Sequence[Reading]) -> list[NDArray[np.float64]]:
    """Give each piece's share of the belief that a reader has in an answer; in all they sum to 1."""
    tempered = [reading.astype(np.float64) / _TEMPERATURE for reading in readings]
    total = np.logaddexp.reduce(np.concatenate(tempered))
    return [np.exp(reading - total) for reading in tempered]
