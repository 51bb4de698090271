"""Brings the search by meaning and the search by words into one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.models import RetrievedChunk
from core.ports import Embeddings
from core.storage.search_store import Candidate

# The share of the cosine similarity in the score; the rest is BM25 (chosen in benchmarks/README.md).
COSINE_SHARE = 0.6


def fuse(candidates: Sequence[Candidate], *, cosine_share: float = COSINE_SHARE) -> list[Candidate]:
    """Give the candidates best first, each with its fused score from 0 to 1.

    Scores are summed, not ranks: how far the best stands out matters. BM25 has no upper bound, so it is
    measured against the best of this question; cosine similarity keeps its own scale.
    """
    best = max((candidate.bm25 for candidate in candidates), default=0.0)
    nearest = max((1 - candidate.retrieved.cosine_distance for candidate in candidates), default=0.0)
    scored = []
    for candidate in candidates:
        similarity = max(0.0, 1 - candidate.retrieved.cosine_distance)
        words = candidate.bm25 / best * max(nearest, 0.0) if best > 0 else 0.0
        score = cosine_share * similarity + (1 - cosine_share) * words
        scored.append(replace(candidate, retrieved=replace(candidate.retrieved, score=score)))
    return sorted(scored, key=lambda candidate: (-candidate.retrieved.score, candidate.retrieved.id))


@dataclass(frozen=True, slots=True)
class Thinned:
    """What was chosen, and what a chosen one says nearly the same as, both best first."""

    chosen: tuple[Candidate, ...]
    duplicates: tuple[Candidate, ...]


def thin(candidates: Sequence[Candidate], *, limit: int, duplicate_similarity: float) -> Thinned:
    """Choose up to `limit` candidates, leaving out those that say nearly the same as a better one.

    This is maximal marginal relevance with a hard edge: a chunk is dropped when its cosine similarity to a
    chosen one is above duplicate_similarity, and the order of the others stays.
    """
    chosen: list[Candidate] = []
    duplicates: list[Candidate] = []
    vectors: list[Embeddings] = []
    for candidate in candidates:
        if len(chosen) == limit:
            break
        if vectors and float(np.max(np.stack(vectors) @ candidate.embedding)) > duplicate_similarity:
            duplicates.append(candidate)
            continue
        chosen.append(candidate)
        vectors.append(candidate.embedding)
    return Thinned(tuple(chosen), tuple(duplicates))


def chunks_of(candidates: Sequence[Candidate]) -> tuple[RetrievedChunk, ...]:
    """Give the chunks of candidates in their order."""
    return tuple(candidate.retrieved for candidate in candidates)
