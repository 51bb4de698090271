"""Whole documents as their chunks hold them, for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from core.models import RetrievedChunk
from core.storage.chunk_rows import CHUNK_COLUMNS, retrieved_chunk
from core.storage.database import Database

# A document may have moved since: the one of that path comes first, then one that holds the very chunk.
_FIND = text(
    """
    SELECT d.id
    FROM documents d JOIN collections k ON k.id = d.collection_id
    WHERE k.name = :collection AND k.name = ANY (:collections) AND (
        d.path = :path OR EXISTS (SELECT FROM chunks c WHERE c.document_id = d.id AND c.content_hash = :content_hash)
    )
    ORDER BY EXISTS (SELECT FROM chunks c WHERE c.document_id = d.id AND c.content_hash = :content_hash) DESC,
        d.path = :path DESC, d.id
    LIMIT 1
    """
)
_CHUNKS = text(
    f"""
    SELECT {CHUNK_COLUMNS}
    FROM chunks c JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id
    WHERE d.id = :document_id
    ORDER BY c.ordinal
    LIMIT :most
    """  # noqa: S608  no value in it
)
# The longest ones have most to say; of several with one title, one.
_TITLES = text(
    """
    SELECT title FROM (
        SELECT d.title, max(d.size) AS size
        FROM documents d JOIN collections k ON k.id = d.collection_id
        WHERE k.name = ANY (:collections) AND length(d.title) BETWEEN 3 AND 60
        GROUP BY d.title
    ) AS named
    ORDER BY size DESC, title
    LIMIT :limit
    """
)
_MOST_CHUNKS = 4000


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """A document. chunks: in their order, at least one. is_whole: False where there are more than can be shown."""

    collection: str
    path: str
    title: str
    chunks: tuple[RetrievedChunk, ...]
    is_whole: bool


class DocumentStore:
    """Read-only access to documents. collections: names that may be seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cited(
        self, collection: str, path: str, content_hash: str, collections: Sequence[str]
    ) -> WholeDocument | None:
        """Give the document of a citation, under its new path when it has moved; None when it is gone or unseen.

        Raises StoreError.
        """
        place = {"collection": collection, "path": path, "content_hash": content_hash}
        async with self._database.begin() as connection:
            document_id = await connection.scalar(_FIND, {**place, "collections": list(collections)})
            if document_id is None:
                return None
            rows = await connection.execute(_CHUNKS, {"document_id": document_id, "most": _MOST_CHUNKS + 1})
            chunks = [retrieved_chunk(row) for row in rows]
        if not chunks:
            return None
        first = chunks[0]
        is_whole = len(chunks) <= _MOST_CHUNKS
        return WholeDocument(first.collection, first.document, first.title, tuple(chunks[:_MOST_CHUNKS]), is_whole)

    async def titles(self, collections: Sequence[str], limit: int) -> list[str]:
        """Give the titles of some documents, the longest documents first. Raises StoreError."""
        async with self._database.begin() as connection:
            values = {"collections": list(collections), "limit": limit}
            return list((await connection.scalars(_TITLES, values)).all())
