"""Answers that are kept to be given again, each as long as the chunks that it cites are what they were.

Where a cited chunk goes, its citation loses it (ON DELETE SET NULL) in the transaction that takes it out, so an answer
that lost one is never found; the same transaction deletes the answer itself. Nothing here waits for a row that somebody
else holds while it holds a chunk, so keeping an answer and ingesting never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.models import Answer, Citation, RetrievedChunk
from core.storage.chunk_rows import CHUNK_COLUMNS, retrieved_chunk
from core.storage.database import Database
from core.storage.tables import chunks, collections, kept_answers, kept_citations

_SEEN = """
    chunks c
    JOIN documents d ON d.id = c.document_id
    JOIN collections k ON k.id = d.collection_id AND k.name = ANY(:collections)
"""
# One statement, so that all of it is seen at one moment: an ingest that commits in between changes nothing.
_FIND = text(
    f"""
    SELECT * FROM (
        SELECT a.text AS answer, a.kind, a.model, a.confidence, a.passages, a.made_at, n.number, n.evidence,
            {CHUNK_COLUMNS}, bool_and(c.id IS NOT NULL) OVER () AS stands
        FROM kept_answers a
        JOIN kept_citations n ON n.answer_id = a.id
        LEFT JOIN ({_SEEN}) ON c.id = n.chunk_id AND c.content_hash = n.content_hash
        WHERE a.key = :key AND (:days = 0 OR a.made_at > now() - make_interval(days => :days))
    ) AS cited
    WHERE stands
    ORDER BY number
    """  # noqa: S608  (built from constants)
)
_PASSAGES = text(f"SELECT {CHUNK_COLUMNS} FROM {_SEEN} WHERE c.id = ANY(:ids)")  # noqa: S608  (built from constants)


class AnswerStore:
    """Kept answers by key. days: how long one is kept; 0: as long as what it cites stands."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days

    async def collections(self) -> tuple[str, ...]:
        """Give the names of all collections, in order."""
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(select(collections.c.name).order_by(collections.c.name))).all())

    async def find(self, key: str, seen: Sequence[str]) -> Answer | None:
        """Give the answer that is kept under a key, if every chunk that it cites is as it was; else None.

        seen: the collections that may be seen; an answer that cites another one is not found. The answer is without
        its question, which nobody kept, and of its passages those are there that still stand.
        """
        async with self._database.begin() as connection:
            values = {"key": key, "collections": list(seen), "days": self._days}
            rows = (await connection.execute(_FIND, values)).all()
            if not rows:
                return None
            kept = rows[0]
            found = {passage.pop("chunk"): passage for passage in kept.passages}
            standing = await connection.execute(_PASSAGES, {"ids": list(found), "collections": list(seen)})
            passages = {row.id: retrieved_chunk(row, **found[row.id]) for row in standing}
        return Answer(
            question="",
            text=kept.answer,
            kind=kept.kind,
            citations=tuple(
                Citation(row.number, retrieved_chunk(row, **found.get(row.id, {})), row.evidence) for row in rows
            ),
            passages=tuple(passages[identifier] for identifier in found if identifier in passages),
            model=kept.model,
            confidence=kept.confidence,
            made_at=kept.made_at,
        )

    async def keep(self, key: str, answer: Answer, turn_id: int | None = None) -> bool:
        """Keep an answer under a key, in the place of an earlier one; False when what it cites has changed meanwhile.

        turn_id: the turn that it became; when that is forgotten, so is the answer.
        """
        cited = {citation.chunk.id: citation.chunk.chunk.content_hash for citation in answer.citations}
        values = {
            "turn_id": turn_id,
            "text": answer.text,
            "kind": answer.kind,
            "model": answer.model,
            "confidence": answer.confidence,
            "passages": [_noted(passage) for passage in answer.passages],
            "made_at": func.now(),
        }
        async with self._database.begin() as connection:
            await remove_lost(connection)
            if self._days:
                await _remove(connection, kept_answers.c.made_at < func.now() - timedelta(days=self._days))
            statement = upsert(kept_answers).values(key=key, **values)
            statement = statement.on_conflict_do_update(index_elements=["key"], set_=values)
            answer_id = (await connection.execute(statement.returning(kept_answers.c.id))).scalar_one()
            await connection.execute(delete(kept_citations).where(kept_citations.c.answer_id == answer_id))
            standing = select(chunks.c.id, chunks.c.content_hash).where(chunks.c.id.in_(cited))
            held = await connection.execute(standing.with_for_update(read=True, key_share=True, skip_locked=True))
            if {row.id: row.content_hash for row in held} != cited:
                await connection.execute(delete(kept_answers).where(kept_answers.c.id == answer_id))
                return False
            await connection.execute(
                insert(kept_citations),
                [
                    {
                        "answer_id": answer_id,
                        "number": citation.number,
                        "chunk_id": citation.chunk.id,
                        "content_hash": citation.chunk.chunk.content_hash,
                        "evidence": citation.evidence,
                    }
                    for citation in answer.citations
                ],
            )
        return True

    async def drop(self, key: str) -> None:
        """Delete what is kept under a key."""
        async with self._database.begin() as connection:
            await connection.execute(delete(kept_answers).where(kept_answers.c.key == key))

    async def forget_unremembered(self) -> None:
        """Delete the answers that became no turn of a conversation: those of single questions on the command line."""
        async with self._database.begin() as connection:
            await connection.execute(delete(kept_answers).where(kept_answers.c.turn_id.is_(None)))


async def remove_lost(connection: AsyncConnection) -> None:
    """Delete the answers that lost a cited chunk, inside of the caller's transaction."""
    lost = select(kept_citations.c.answer_id).where(kept_citations.c.chunk_id.is_(None))
    await _remove(connection, kept_answers.c.id.in_(lost))


async def _remove(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Delete answers; those that another transaction holds are left to it."""
    free = select(kept_answers.c.id).where(which).with_for_update(skip_locked=True)
    await connection.execute(delete(kept_answers).where(kept_answers.c.id.in_(free)))


def _noted(passage: RetrievedChunk) -> dict[str, Any]:
    return {
        "chunk": passage.id,
        "cosine_distance": passage.cosine_distance,
        "score": passage.score,
        "vector_rank": passage.vector_rank,
        "text_rank": passage.text_rank,
    }
