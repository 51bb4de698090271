"""One search: embed the question, ask Postgres by meaning and by words, fuse, thin near-duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.models import RetrievedChunk
from core.ports import Embedder, Embeddings
from core.retrieval.condense import Query
from core.retrieval.fusion import chunks_of, fuse, thin
from core.storage.search_store import SearchStore

# How deep each list is read before fusing.
_DEPTH = 50
# Two chunks this similar are the same text in two places.
_DUPLICATE = 0.97


@dataclass(frozen=True, slots=True)
class Nearest:
    """The chunks that a search found, and those that say nearly the same as one of them, both best first."""

    chunks: tuple[RetrievedChunk, ...]
    duplicates: tuple[RetrievedChunk, ...] = ()


class Retriever:
    """Finds chunks for a question in one index."""

    def __init__(self, store: SearchStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    async def retrieve(
        self, query: Query, *, limit: int = 10, collections: Sequence[str] | None = None
    ) -> tuple[RetrievedChunk, ...]:
        """Give up to `limit` chunks, best first. Raises StoreError or ModelError.

        collections: names that may be searched, None for all; the filter is part of the SQL.
        """
        embedding = await self.embed(query)
        return (await self.nearest(embedding, query, limit=limit, collections=collections)).chunks

    async def embed(self, query: Query) -> Embeddings:
        """Give the embedding of a query (see embed_query), made off the event loop. Raises ModelError."""
        return await asyncio.to_thread(embed_query, self._embedder, query)

    async def nearest(
        self, embedding: Embeddings, query: Query, *, limit: int = 10, collections: Sequence[str] | None = None
    ) -> Nearest:
        """Search like `retrieve` with a query that is embedded already. Raises StoreError."""
        candidates = await self._store.search(
            embedding,
            query.terms,
            collections=collections,
            vector_limit=max(_DEPTH, 2 * limit),
            text_limit=max(_DEPTH, 2 * limit),
        )
        thinned = thin(fuse(candidates), limit=limit, duplicate_similarity=_DUPLICATE)
        return Nearest(chunks_of(thinned.chosen), chunks_of(thinned.duplicates))


def embed_query(embedder: Embedder, query: Query) -> Embeddings:
    """Embed a query as one unit vector of shape (dimensions,): the weighted sum of its texts' embeddings."""
    vector: Embeddings = embed_queries(embedder, [query])[0]
    return vector


def embed_queries(embedder: Embedder, queries: Sequence[Query]) -> Embeddings:
    """Embed queries together: a row for each, as `embed_query` gives it."""
    vectors = embedder.embed([text for query in queries for text, _ in query.embedded])
    totals = []
    start = 0
    for query in queries:
        weights = np.array([weight for _, weight in query.embedded], dtype=np.float32)
        total = weights @ vectors[start : start + len(weights)]
        totals.append(total / np.linalg.norm(total))
        start += len(weights)
    return np.stack(totals)
