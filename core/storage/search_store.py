"""The two searches over chunks, by meaning and by words, in one statement; what may be seen is decided in its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.models import Chunk, RetrievedChunk
from core.ports import Embeddings
from core.retrieval.lexical import query_weights
from core.storage.database import Database
from core.storage.index_store import sparse_text

# Rows that the HNSW scan keeps in sight; 40 is pgvector's default, more finds more at little cost.
_EF_SEARCH = 120
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

_SEARCH = f"""
WITH visible AS MATERIALIZED (
    SELECT id FROM collections WHERE CAST(:collections AS text[]) IS NULL OR name = ANY(:collections)
),
nearest AS MATERIALIZED (
    SELECT c.id, c.embedding <=> CAST(:embedding AS vector) AS distance
    FROM chunks c
    WHERE CAST(:collections AS text[]) IS NULL
        OR c.document_id IN (SELECT d.id FROM documents d WHERE d.collection_id IN (SELECT id FROM visible))
    ORDER BY distance
    LIMIT :vector_limit
),
worded AS MATERIALIZED (
    SELECT c.id, -(c.term_weights <#> CAST(:weights AS sparsevec)) AS bm25
    FROM chunks c
    WHERE c.full_text @@ CAST(:words AS tsquery)
        AND (CAST(:collections AS text[]) IS NULL
            OR c.document_id IN (SELECT d.id FROM documents d WHERE d.collection_id IN (SELECT id FROM visible)))
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
ORDER BY distance, c.id
"""  # noqa: S608  (built from constants)


class SearchStore:
    """Read-only access to chunks for questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
                    "set_config('hnsw.iterative_scan', 'strict_order', true)"
                ),
                {"ef": str(max(_EF_SEARCH, vector_limit))},
            )
            rows = (
                await connection.execute(
                    text(_SEARCH),
                    {
                        "embedding": "[" + ",".join(f"{value:.7g}" for value in embedding) + "]",
                        "weights": sparse_text(weights),
                        "words": " | ".join(_quoted(word) for word in words),
                        "collections": list(collections) if collections is not None else None,
                        "vector_limit": vector_limit,
                        "text_limit": text_limit if words else 0,
                    },
                )
            ).all()
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
