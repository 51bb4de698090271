"""A chunk with its document as a statement selects it, and the RetrievedChunk that its row becomes."""

from __future__ import annotations

from typing import Any

from core.models import Chunk, RetrievedChunk

# Of chunks c, documents d and collections k.
CHUNK_COLUMNS = """
    c.id, c.document_id, k.name AS collection, d.path, d.title, c.ordinal, c.heading, c.text, c.search_text,
    c.content_hash, c.page, c.first_line, c.last_line
"""


def retrieved_chunk(
    row: Any,
    *,
    cosine_distance: float = 0.0,
    score: float = 0.0,
    vector_rank: int | None = None,
    text_rank: int | None = None,
) -> RetrievedChunk:
    """Give the chunk of a row with CHUNK_COLUMNS, and how it was found."""
    lines = (row.first_line, row.last_line) if row.first_line is not None else None
    return RetrievedChunk(
        id=row.id,
        document_id=row.document_id,
        collection=row.collection,
        document=row.path,
        title=row.title,
        chunk=Chunk(row.ordinal, row.text, row.heading, row.search_text, row.content_hash, row.page, lines),
        cosine_distance=cosine_distance,
        score=score,
        vector_rank=vector_rank,
        text_rank=text_rank,
    )
