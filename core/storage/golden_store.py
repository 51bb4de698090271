"""Golden questions: a thumb up makes one, a thumb down takes it back, an admin corrects, adds and removes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.evaluation.golden import Cited, GoldenAnswer, GoldenQuestion
from core.models import Turn
from core.storage.database import Database
from core.storage.tables import golden, golden_results

# No more turns than can matter: a follow-up leans on the last ones, and a prompt has room for few.
_HISTORY = 3
# As it was answered: its turn may have another text than the question after an edit that was not answered yet.
_FROM_TURN = f"""
    SELECT q.id, t.question, coalesce(earlier.turns, '[]'::jsonb) AS history, t.kind, t.answer, t.citations
    FROM questions q
    JOIN turns t ON t.id = q.turn_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('question', e.question, 'answer', e.answer) ORDER BY e.id) AS turns
        FROM (
            SELECT * FROM turns
            WHERE turns.conversation_id = t.conversation_id AND turns.id < t.id AND NOT EXISTS (
                SELECT 1 FROM jsonb_array_elements(turns.citations) AS cited
                WHERE coalesce(cited ->> 'collection', '') <> ALL (:collections)
            )
            ORDER BY turns.id DESC LIMIT {_HISTORY}
        ) AS e
    ) AS earlier ON true
    WHERE q.id = :question_id AND t.kind <> 'chat'
"""  # noqa: S608  (built from constants)
_THUMB = text(
    f"""
    INSERT INTO golden (question_id, question, history, collections, kind, answer, cited, source, given_by)
    SELECT id, question, history, to_jsonb(CAST(:collections AS text[])),
        CASE WHEN kind = 'refused' THEN 'refusal' ELSE 'answer' END, answer, citations, 'thumb', :given_by
    FROM ({_FROM_TURN}) AS answered
    ON CONFLICT (question_id) DO NOTHING
    """  # noqa: S608  (built from constants)
)
_CORRECTION = text(
    f"""
    INSERT INTO golden (question_id, question, history, collections, kind, answer, source, given_by)
    SELECT id, question, history, to_jsonb(CAST(:collections AS text[])), :kind, :answer, 'correction', :given_by
    FROM ({_FROM_TURN}) AS answered
    ON CONFLICT (question_id) DO UPDATE SET kind = :kind, answer = :answer, cited = '[]', source = 'correction',
        given_by = :given_by, created_at = now()
    RETURNING id
    """  # noqa: S608  (built from constants)
)
# Whoever else thinks that it is right keeps it golden.
_TAKE_BACK = text(
    """
    WITH other AS (
        SELECT given_by FROM feedback
        WHERE question_id = :question_id AND value = 'up' AND given_by <> :given_by ORDER BY created_at LIMIT 1
    ), kept AS (
        UPDATE golden SET given_by = other.given_by FROM other
        WHERE golden.question_id = :question_id AND golden.given_by = :given_by AND source = 'thumb'
    )
    DELETE FROM golden
    WHERE question_id = :question_id AND given_by = :given_by AND source = 'thumb' AND NOT EXISTS (SELECT 1 FROM other)
    """
)
_DISLIKED = text(
    """
    SELECT q.id, t.question, t.kind = 'refused' AS refused, t.answer, max(f.created_at) AS given_at,
        array_remove(array_agg(DISTINCT f.reason), '') AS reasons
    FROM feedback f
    JOIN questions q ON q.id = f.question_id
    JOIN turns t ON t.id = q.turn_id
    WHERE f.value = 'down' AND NOT EXISTS (SELECT 1 FROM golden g WHERE g.question_id = q.id)
    GROUP BY q.id, t.id
    ORDER BY given_at DESC
    LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class Disliked:
    """A question whose answer somebody disliked, and whose right answer nobody has told yet.

    answer: Markdown, "" for a refusal. reasons: why, as far as people said.
    """

    question_id: int
    question: str
    refused: bool
    answer: str
    reasons: tuple[str, ...]
    given_at: datetime


class GoldenStore:
    """The golden set; each method is one transaction and raises StoreError for what the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[GoldenQuestion]:
        """Give every golden question, oldest first."""
        async with self._database.begin() as connection:
            return [_stored(row) for row in await connection.execute(select(golden).order_by(golden.c.id))]

    async def get(self, golden_id: int) -> GoldenQuestion | None:
        """Give the golden question with an id."""
        async with self._database.begin() as connection:
            row = (await connection.execute(select(golden).where(golden.c.id == golden_id))).one_or_none()
        return _stored(row) if row else None

    async def thumb_up(self, question_id: int, given_by: str, collections: Sequence[str]) -> None:
        """Make the question of a liked answer golden, unless it is; nothing for one without an answer.

        collections: those that its asker may see.
        """
        async with self._database.begin() as connection:
            values = {"question_id": question_id, "given_by": given_by, "collections": list(collections)}
            await connection.execute(_THUMB, values)

    async def take_back(self, question_id: int, given_by: str) -> None:
        """Let a question be golden no more where it was by this person's thumb alone."""
        async with self._database.begin() as connection:
            await connection.execute(_TAKE_BACK, {"question_id": question_id, "given_by": given_by})

    async def drop_thumb(self, question_id: int) -> None:
        """Let a question be golden no more where thumbs made it so: its asker has edited or deleted it."""
        where = (golden.c.question_id == question_id, golden.c.source == "thumb")
        async with self._database.begin() as connection:
            await connection.execute(delete(golden).where(*where))

    async def correct_question(
        self, question_id: int, right: GoldenAnswer, given_by: str, collections: Sequence[str]
    ) -> int | None:
        """Tell the right answer to a question of a chat; gives the golden question's id, None for an unknown one.

        collections: those that its asker may see.
        """
        values = {"question_id": question_id, "given_by": given_by, "collections": list(collections)}
        async with self._database.begin() as connection:
            golden_id = await connection.scalar(_CORRECTION, {**values, "kind": right.kind, "answer": right.text})
            if golden_id is None:
                return None
            await _forget_results(connection, golden_id)
        return int(golden_id)

    async def correct(self, golden_id: int, right: GoldenAnswer, given_by: str) -> bool:
        """Tell the right answer to a golden question; False for an unknown one."""
        values = {"kind": right.kind, "answer": right.text, "cited": [], "source": "correction", "given_by": given_by}
        async with self._database.begin() as connection:
            corrected = await connection.execute(update(golden).where(golden.c.id == golden_id).values(**values))
            await _forget_results(connection, golden_id)
        return bool(corrected.rowcount)

    async def add(self, question: str, right: GoldenAnswer, given_by: str, collections: Sequence[str] | None) -> int:
        """Add a question that nobody had to ask, in the place of an equal one; gives its id.

        collections: where it is asked; None for all.
        """
        # Compared as JSON, where NULL is like any other value.
        same = text("collections IS NOT DISTINCT FROM CAST(:collections AS jsonb)").bindparams(
            collections=None if collections is None else json.dumps(list(collections))
        )
        async with self._database.begin() as connection:
            await connection.execute(
                delete(golden).where(golden.c.question_id.is_(None), golden.c.question == question, same)
            )
            statement = golden.insert().values(
                question=question,
                collections=None if collections is None else list(collections),
                kind=right.kind,
                answer=right.text,
                source="correction",
                given_by=given_by,
            )
            return int((await connection.execute(statement.returning(golden.c.id))).scalar_one())

    async def remove(self, golden_id: int) -> bool:
        """Let a question be golden no more; False for an unknown one."""
        async with self._database.begin() as connection:
            return bool((await connection.execute(delete(golden).where(golden.c.id == golden_id))).rowcount)

    async def disliked(self, limit: int = 20) -> list[Disliked]:
        """Give the questions whose answers were disliked and are not corrected, the last disliked one first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(_DISLIKED, {"limit": limit})
            return [
                Disliked(row.id, row.question, row.refused, row.answer, tuple(row.reasons), row.given_at)
                for row in rows
            ]


async def _forget_results(connection: AsyncConnection, golden_id: int) -> None:
    """Delete what was found before: it was compared with another answer."""
    await connection.execute(delete(golden_results).where(golden_results.c.golden_id == golden_id))


def _stored(row: Any) -> GoldenQuestion:
    return GoldenQuestion(
        id=row.id,
        question=row.question,
        right=GoldenAnswer(row.kind, row.answer, cited_from_json(row.cited)),
        source=row.source,
        history=tuple(Turn(turn["question"], turn["answer"]) for turn in row.history),
        collections=tuple(row.collections) if row.collections is not None else None,
        question_id=row.question_id,
    )


def cited_from_json(cited: Sequence[dict[str, Any]]) -> tuple[Cited, ...]:
    """Give what an answer cites from its JSON, in which turns note more."""
    return tuple(
        Cited(one["collection"], one["document"], one["evidence"], one.get("content_hash", "")) for one in cited
    )
