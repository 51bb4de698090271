"""Answers that rest on a passage that has changed since: marked where an ingest ends, told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.storage.database import Database

# A chunk is the same wherever it stands in its collection: a document that has moved outdates nothing.
_MARK = text(
    """
    UPDATE turns SET outdated_at = now()
    FROM (SELECT collection FROM ingest_runs WHERE id = :run_id) AS run
    WHERE outdated_at IS NULL AND EXISTS (
        SELECT 1 FROM jsonb_array_elements(citations) AS cited
        WHERE cited ->> 'collection' = run.collection AND NOT EXISTS (
            SELECT 1 FROM chunks c
            JOIN documents d ON d.id = c.document_id
            JOIN collections k ON k.id = d.collection_id
            WHERE c.content_hash = cited ->> 'content_hash' AND k.name = run.collection
        )
    )
    """
)
# Conversation by conversation, each with all of its outdated answers. Of two processes that ask at once, one gets each.
_CLAIM = text(
    """
    WITH due AS (
        SELECT t.id, t.conversation_id, q.id AS question_id, t.question
        FROM turns t JOIN questions q ON q.turn_id = t.id
        WHERE t.outdated_at IS NOT NULL AND t.outdated_told_at IS NULL
            AND t.created_at > now() - make_interval(days => :days)
            AND q.platform = :platform AND q.status = 'answered'
    ), taken AS (
        SELECT id FROM conversations
        WHERE id IN (SELECT conversation_id FROM due ORDER BY conversation_id LIMIT :limit)
        FOR NO KEY UPDATE SKIP LOCKED
    ), told AS (
        UPDATE turns SET outdated_told_at = now()
        FROM due JOIN taken ON taken.id = due.conversation_id
        WHERE turns.id = due.id AND turns.outdated_told_at IS NULL
        RETURNING due.*
    )
    SELECT * FROM told ORDER BY conversation_id, id
    """
)
_GONE = text(
    """
    SELECT cited ->> 'document' AS document
    FROM questions q
    JOIN turns t ON t.id = q.turn_id
    CROSS JOIN LATERAL jsonb_array_elements(t.citations) WITH ORDINALITY AS each (cited, place)
    WHERE q.id = ANY (:question_ids) AND cited ->> 'collection' = ANY (:collections) AND NOT EXISTS (
        SELECT 1 FROM chunks c
        JOIN documents d ON d.id = c.document_id
        JOIN collections k ON k.id = d.collection_id
        WHERE c.content_hash = cited ->> 'content_hash' AND k.name = cited ->> 'collection'
    )
    ORDER BY t.id, place
    """
)


@dataclass(frozen=True, slots=True)
class OutdatedAnswer:
    """An answer that its conversation has to be told of. question: as it was answered."""

    question_id: int
    question: str


async def mark_outdated(connection: AsyncConnection, run_id: int) -> int:
    """Mark the answers that cite what a run's collection holds no more, inside of the caller's transaction.

    Gives how many were not marked before.
    """
    return (await connection.execute(_MARK, {"run_id": run_id})).rowcount


class OutdatedStore:
    """Which conversations have to be told; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, platform: str, *, days: int, limit: int) -> list[list[OutdatedAnswer]]:
        """Give the outdated answers of which a platform's conversations were not told yet; they count as told now.

        They come by conversation, the oldest answer first. days: how old an answer may be. limit: of conversations.
        """
        async with self._database.begin() as connection:
            rows = await connection.execute(_CLAIM, {"platform": platform, "days": days, "limit": limit})
            return [
                [OutdatedAnswer(row.question_id, row.question) for row in of_one]
                for _, of_one in groupby(rows, key=lambda row: row.conversation_id)
            ]

    async def gone(self, question_ids: Sequence[int], collections: Sequence[str]) -> list[str]:
        """Give the documents of which answers cite what is there no more, in the order of the answers.

        collections: names that may be seen.
        """
        values = {"question_ids": list(question_ids), "collections": list(collections)}
        async with self._database.begin() as connection:
            return list(dict.fromkeys((await connection.scalars(_GONE, values)).all()))
