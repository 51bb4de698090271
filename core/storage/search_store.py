"""The two searches over chunks, by meaning and by words, in one statement; what may be seen is decided in its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.models import Chunk, RetrievedChunk
from core.ports import Embeddings
from core.retrieval.lexical import query_weights
from core.storage.database import Database
from core.storage.indexed_text import sparse_text

# Rows that the HNSW scan keeps in sight; 40 is pgvector's default, more finds more at little cost.
_EF_SEARCH = 120
# What the HNSW scan may pass by under a filter until its limit is filled; pgvector's own 20,000 can be too few.
_MAX_SCAN = 500_000
# Distances of so many chunks are computed in some tens of milliseconds.
_FEW = 10_000
# A term in more than this share of all chunks tells nothing about one of them, so it brings no candidates.
_COMMON_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by either search. bm25: 0 when the word search didn't find it."""

    retrieved: RetrievedChunk
    bm25: float
    embedding: Embeddings


_COLUMNS = """
    c.id, c.document_id, k.name AS collection, d.path, d.title, c.ordinal, c.heading, c.text, c.search_text,
    c.content_hash, c.page, c.first_line, c.last_line
"""

_NEAREST = "SELECT c.id, c.embedding <=> CAST(:embedding AS vector) AS distance FROM chunks c"
_DOCUMENTS = "documents d JOIN collections k ON k.id = d.collection_id AND k.name = ANY(:collections)"
_SEEN = f"c.document_id IN (SELECT d.id FROM {_DOCUMENTS})"  # noqa: S608
# How the nearest chunks are looked for, and the filter on words. Among few that may be seen, the distance of each is
# computed, document by document: OFFSET 0 keeps Postgres from the vector index, which would have to pass by too many
# others, and from reading all chunks. Among many, the vector index is read in its order with a filter: IS TRUE keeps
# Postgres from a join, which would end that order.
_WAYS = {  # all of it is built from constants
    "all": (f"{_NEAREST} ORDER BY distance LIMIT :vector_limit", "TRUE"),
    "many": (f"{_NEAREST} WHERE ({_SEEN}) IS TRUE ORDER BY distance LIMIT :vector_limit", _SEEN),
    "few": (
        f"SELECT seen.id, distance FROM {_DOCUMENTS} CROSS JOIN LATERAL "  # noqa: S608
        f"({_NEAREST} WHERE c.document_id = d.id OFFSET 0) AS seen ORDER BY distance, seen.id LIMIT :vector_limit",
        _SEEN,
    ),
}

_SEARCH = f"""
WITH nearest AS MATERIALIZED ({{nearest}}),
worded AS MATERIALIZED (
    SELECT c.id, -(c.term_weights <#> CAST(:weights AS sparsevec)) AS bm25
    FROM chunks c
    WHERE c.full_text @@ CAST(:words AS tsquery) AND {{seen}}
    ORDER BY bm25 DESC, c.id
    LIMIT :text_limit
),
found AS (SELECT id FROM nearest UNION SELECT id FROM worded)
SELECT {_COLUMNS}, c.embedding::text AS embedding, c.embedding <=> CAST(:embedding AS vector) AS distance,
    -(c.term_weights <#> CAST(:weights AS sparsevec)) AS bm25,
    c.id IN (SELECT id FROM nearest) AS by_meaning, c.id IN (SELECT id FROM worded) AS by_words
FROM found
JOIN chunks c USING (id)
JOIN documents d ON d.id = c.document_id
JOIN collections k ON k.id = d.collection_id
"""  # noqa: S608  (built from constants)
_STATEMENTS = {way: text(_SEARCH.format(nearest=nearest, seen=seen)) for way, (nearest, seen) in _WAYS.items()}

_IS_EVERYTHING_SEEN = text("SELECT NOT EXISTS (SELECT FROM collections WHERE name <> ALL(:collections))")
_SEEN_CHUNKS = text(
    f"SELECT count(*) FROM (SELECT FROM {_DOCUMENTS} CROSS JOIN LATERAL "  # noqa: S608
    "(SELECT FROM chunks c WHERE c.document_id = d.id OFFSET 0) AS seen LIMIT :most) AS counted"
)


class SearchStore:
    """Read-only access to chunks for questions.

    few: among so many chunks that may be seen, no index is used. scanned: what the index may pass by at most.
    """

    def __init__(self, database: Database, *, few: int = _FEW, scanned: int = _MAX_SCAN) -> None:
        self._database = database
        self._few = few
        self._scanned = scanned

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
            words = _telling(weights, frequencies, total)
            # Transaction-local: the scan goes on until the limit is filled, also under a filter on collections.
            await connection.execute(
                text(
                    "SELECT set_config('hnsw.ef_search', :ef, true), "
                    "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
                    "set_config('hnsw.max_scan_tuples', :most, true), "
                    "set_config('hnsw.scan_mem_multiplier', '8', true)"
                ),
                {"ef": str(max(_EF_SEARCH, vector_limit)), "most": str(self._scanned)},
            )
            way = await self._way(connection, collections)
            rows = (
                await connection.execute(
                    _STATEMENTS[way],
                    {
                        "embedding": "[" + ",".join(f"{value:.7g}" for value in embedding) + "]",
                        "weights": sparse_text(weights),
                        "words": " | ".join(_quoted(word) for word in words),
                        **({} if way == "all" else {"collections": list(collections or ())}),
                        "vector_limit": vector_limit,
                        "text_limit": text_limit if words else 0,
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
            retrieved = _retrieved(
                row,
                distance=float(row.distance),
                vector_rank=vector_rank if row.by_meaning else None,
                text_rank=text_ranks.get(row.id),
            )
            vector = _vector(row.embedding)
            candidates.append(Candidate(retrieved, float(row.bm25), vector))
        return candidates

    async def _way(self, connection: AsyncConnection, collections: Sequence[str] | None) -> str:
        """Choose how to look for the nearest chunks: among all, many or few."""
        if collections is None:
            return "all"
        names = {"collections": list(collections)}
        if await connection.scalar(_IS_EVERYTHING_SEEN, names):
            return "all"
        seen = await connection.scalar(_SEEN_CHUNKS, {**names, "most": self._few + 1}) or 0
        return "few" if seen <= self._few else "many"


def _telling(weights: Mapping[str, float], frequencies: Mapping[str, int], total: int) -> list[str]:
    """Choose the terms that bring candidates: all but the common ones, or the rarest when all are common."""
    rare = [term for term in weights if frequencies[term] <= _COMMON_SHARE * total]
    return rare or sorted(weights, key=lambda term: frequencies[term])[:2]


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def _vector(written: str) -> Embeddings:
    import numpy as np

    return np.fromstring(written[1:-1], sep=",", dtype=np.float32)


def _retrieved(
    row: Any, *, distance: float, vector_rank: int | None = None, text_rank: int | None = None
) -> RetrievedChunk:
    lines = (row.first_line, row.last_line) if row.first_line is not None else None
    chunk = Chunk(row.ordinal, row.text, row.heading, row.search_text, row.content_hash, row.page, lines)
    return RetrievedChunk(
        id=row.id,
        document_id=row.document_id,
        collection=row.collection,
        document=row.path,
        title=row.title,
        chunk=chunk,
        cosine_distance=distance,
        score=0.0,
        vector_rank=vector_rank,
        text_rank=text_rank,
    )
