"""One search: embed the question, ask Postgres by meaning and by words, fuse, thin near-duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from core.models import RetrievedChunk
from core.ports import Embedder
from core.retrieval.fusion import chunks_of, fuse, thin
from core.retrieval.lexical import question_terms
from core.storage.search_store import SearchStore

# How deep each list is read before fusing.
_DEPTH = 50
# Two chunks this similar are the same text in two places.
_DUPLICATE = 0.97


class Retriever:
    """Finds chunks for a question in one index."""

    def __init__(self, store: SearchStore, embedder: Embedder, language: str) -> None:
        self._store = store
        self._embedder = embedder
        self._language = language

    async def retrieve(
        self, question: str, *, limit: int = 10, collections: Sequence[str] | None = None
    ) -> tuple[RetrievedChunk, ...]:
        """Give up to `limit` chunks, best first. Raises StoreError or ModelError.

        collections: names that may be searched, None for all; the filter is part of the SQL.
        """
        embedding = (await asyncio.to_thread(self._embedder.embed, [question]))[0]
        candidates = await self._store.search(
            embedding,
            question_terms(question, self._language),
            collections=collections,
            vector_limit=max(_DEPTH, limit),
            text_limit=max(_DEPTH, limit),
        )
        return chunks_of(thin(fuse(candidates), limit=limit, duplicate_similarity=_DUPLICATE))
