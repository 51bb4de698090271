"""The two searches over chunks, by meaning and by words, in one statement; what may be seen is decided in its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.models import RetrievedChunk
from core.ports import Embeddings
from core.retrieval.lexical import query_weights
from core.storage.chunk_rows import CHUNK_COLUMNS, retrieved_chunk
from core.storage.database import Database
from core.storage.indexed_text import sparse_text
from core.storage.vector_index import ef_search
from core.storage.word_query import word_query

# The share of the 10 nearest chunks that the vector index should find.
_RECALL = 0.98
# What the HNSW scan may pass by under a filter until its limit is filled; pgvector's own 20,000 can be too few.
_MAX_SCAN = 500_000
# Distances of so many chunks are computed in some tens of milliseconds.
_FEW = 20_000
# Those of this share of all chunks, too: the vector index would have to pass by so many others as to take longer still.
_FEW_SHARE = 1 / 8
# The most chunks that are scored for words, where a word that can't be told apart from others stands in more.
_MOST_SCORED = 5_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by either search. bm25: 0 when the word search didn't find it."""

    retrieved: RetrievedChunk
    bm25: float
    embedding: Embeddings


_DISTANCE = "c.embedding <=> CAST(:embedding AS vector)"
# The expression that is indexed, and how it is searched.
_HALF = "CAST(c.embedding AS halfvec({dimensions})) <=> CAST(:embedding AS halfvec({dimensions}))"
_DOCUMENTS = "documents d JOIN collections k ON k.id = d.collection_id AND k.name = ANY(:collections)"
_SEEN = f"c.document_id IN (SELECT d.id FROM {_DOCUMENTS})"  # noqa: S608
# How the nearest chunks are looked for, and the filter on words. Among few that may be seen, the distance of each is
# computed, document by document: OFFSET 0 keeps Postgres from the vector index, which would have to pass by too many
# others, and from reading all chunks. Among many, the vector index is read in its order with a filter: IS TRUE keeps
# Postgres from a join, which would end that order.
_WAYS = {  # all of it is built from constants
    "all": (f"SELECT c.id FROM chunks c ORDER BY {_HALF} LIMIT :vector_limit", "TRUE"),  # noqa: S608
    "many": (
        f"SELECT c.id FROM chunks c WHERE ({_SEEN}) IS TRUE ORDER BY {_HALF} LIMIT :vector_limit",  # noqa: S608
        _SEEN,
    ),
    "few": (
        f"SELECT seen.id FROM {_DOCUMENTS} CROSS JOIN LATERAL "  # noqa: S608
        f"(SELECT c.id, {_DISTANCE} AS distance FROM chunks c WHERE c.document_id = d.id OFFSET 0) AS seen "
        "ORDER BY distance, seen.id LIMIT :vector_limit",
        _SEEN,
    ),
}

_SEARCH = f"""
WITH nearest AS MATERIALIZED ({{nearest}}),
worded AS MATERIALIZED (
    SELECT matching.id, -(matching.term_weights <#> CAST(:weights AS sparsevec)) AS bm25
    FROM (
        SELECT c.id, c.term_weights FROM chunks c
        WHERE c.full_text @@ CAST(:words AS tsquery) AND {{seen}}
        LIMIT :most_scored
    ) AS matching
    ORDER BY bm25 DESC, matching.id
    LIMIT :text_limit
),
found AS (SELECT id FROM nearest UNION SELECT id FROM worded)
SELECT {CHUNK_COLUMNS}, vector_send(c.embedding) AS embedding, {_DISTANCE} AS distance,
    -(c.term_weights <#> CAST(:weights AS sparsevec)) AS bm25,
    c.id IN (SELECT id FROM nearest) AS by_meaning, c.id IN (SELECT id FROM worded) AS by_words
FROM found
JOIN chunks c USING (id)
JOIN documents d ON d.id = c.document_id
JOIN collections k ON k.id = d.collection_id
"""  # noqa: S608  (built from constants)

_IS_EVERYTHING_SEEN = text("SELECT NOT EXISTS (SELECT FROM collections WHERE name <> ALL(:collections))")
_SEEN_CHUNKS = text(
    f"SELECT count(*) FROM (SELECT FROM {_DOCUMENTS} CROSS JOIN LATERAL "  # noqa: S608
    "(SELECT FROM chunks c WHERE c.document_id = d.id OFFSET 0) AS seen LIMIT :most) AS counted"
)


class SearchStore:
    """Read-only access to chunks for questions.

    few, share: among so many chunks that may be seen, or that share of all, no index is used. scanned: what the index
    may pass by at most. scored: so many chunks are scored for words at most.
    """

    def __init__(
        self,
        database: Database,
        *,
        few: int = _FEW,
        share: float = _FEW_SHARE,
        scanned: int = _MAX_SCAN,
        scored: int = _MOST_SCORED,
    ) -> None:
        self._database = database
        self._few = few
        self._share = share
        self._scanned = scanned
        self._scored = scored

    async def search(
        self,
        embedding: Embeddings,
        terms: Mapping[str, float],
        *,
        collections: Sequence[str] | None,
        vector_limit: int,
        text_limit: int,
    ) -> list[Candidate]:
        """Find chunks by cosine distance and by BM25, nearest first; ties go by id.

        embedding: unit vector of shape (dimensions,). terms: the question's terms with their weights.
        collections: names that may be seen, None for all.
        """
        async with self._database.begin() as connection:
            total = await connection.scalar(text("SELECT chunks FROM index_settings")) or 0
            known = await connection.execute(
                text("SELECT term, chunks FROM terms WHERE term = ANY(:terms)"), {"terms": sorted(terms)}
            )
            frequencies = {row.term: row.chunks for row in known}
            weights = query_weights(terms, frequencies, total)
            words = word_query(weights, frequencies, total)
            # Transaction-local: the scan goes on until the limit is filled, also under a filter on collections. What
            # is compiled, or handed to other processes, takes longer than a search.
            await connection.execute(
                text(
                    "SELECT set_config('hnsw.ef_search', :ef, true), "
                    "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
                    "set_config('hnsw.max_scan_tuples', :most, true), "
                    "set_config('hnsw.scan_mem_multiplier', '8', true), "
                    "set_config('jit', 'off', true), "
                    "set_config('max_parallel_workers_per_gather', '0', true)"
                ),
                {"ef": str(max(search_width(total), vector_limit)), "most": str(self._scanned)},
            )
            way = await self._way(connection, collections, total)
            rows = (
                await connection.execute(
                    _statement(way, len(embedding)),
                    {
                        "embedding": "[" + ",".join(f"{value:.7g}" for value in embedding) + "]",
                        "weights": sparse_text(weights),
                        "words": words,
                        **({} if way == "all" else {"collections": list(collections or ())}),
                        "vector_limit": vector_limit,
                        "text_limit": text_limit if words else 0,
                        "most_scored": self._scored,
                    },
                )
            ).all()
        # Sorted here: asked to do it, Postgres may read the vector index once more, which can miss what was found.
        rows = sorted(rows, key=lambda row: (row.distance, row.id))
        by_words = sorted((row for row in rows if row.by_words), key=lambda row: (-row.bm25, row.id))
        text_ranks = {row.id: rank for rank, row in enumerate(by_words, start=1)}
        vector_rank = 0
        candidates = []
        for row in rows:
            vector_rank += row.by_meaning
            retrieved = retrieved_chunk(
                row,
                cosine_distance=float(row.distance),
                vector_rank=vector_rank if row.by_meaning else None,
                text_rank=text_ranks.get(row.id),
            )
            vector = _vector(row.embedding)
            candidates.append(Candidate(retrieved, float(row.bm25), vector))
        return candidates

    async def _way(self, connection: AsyncConnection, collections: Sequence[str] | None, total: int) -> str:
        """Choose how to look for the nearest chunks of `total`: among all, many or few."""
        if collections is None:
            return "all"
        names = {"collections": list(collections)}
        if await connection.scalar(_IS_EVERYTHING_SEEN, names):
            return "all"
        few = max(self._few, int(self._share * total))
        seen = await connection.scalar(_SEEN_CHUNKS, {**names, "most": few + 1}) or 0
        return "few" if seen <= few else "many"


def search_width(chunks: int) -> int:
    """Give the hnsw.ef_search with which so many chunks are searched."""
    return ef_search(chunks, _RECALL)


@lru_cache
def _statement(way: str, dimensions: int) -> TextClause:
    """Give the search for embeddings of so many dimensions."""
    nearest, seen = _WAYS[way]
    return text(_SEARCH.format(nearest=nearest, seen=seen).format(dimensions=dimensions))


def _vector(sent: bytes) -> Embeddings:
    """Read a vector as pgvector sends it: two 16-bit numbers, of which the first is its width, then the values."""
    import numpy as np

    return np.frombuffer(sent, dtype=">f4", offset=4).astype(np.float32)
