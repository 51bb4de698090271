"""The questions that were asked, newest first, and one of them with its answer: without anybody's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from core.storage.database import Database
from core.storage.figures_store import OUTCOME

Filter = Literal["all", "phrased", "quoted", "refused", "failed", "disliked", "outdated"]

_WHERE: Mapping[Filter, str] = {
    "all": "true",
    "phrased": "t.kind = 'phrased'",
    "quoted": "t.kind = 'quoted'",
    "refused": "t.kind = 'refused'",
    "failed": "q.status = 'failed'",
    "disliked": "EXISTS (SELECT 1 FROM feedback f WHERE f.question_id = q.id AND f.value = 'down')",
    "outdated": "t.outdated_at IS NOT NULL",
}
# What its asker withdrew is told to nobody.
_ASKED = f"""
    SELECT q.id, q.platform, q.workspace, q.channel, q.private, q.text, q.created_at, {OUTCOME} AS outcome,
        t.question AS asked, t.answer, t.kind, t.confidence, t.timings, t.found, t.outdated_at,
        t.found ->> 'made_at' IS NOT NULL AS is_reused,
        coalesce((
            SELECT jsonb_agg(jsonb_build_array(f.value, f.reason) ORDER BY f.created_at)
            FROM feedback f WHERE f.question_id = q.id
        ), '[]') AS votes
    FROM questions q LEFT JOIN turns t ON t.id = q.turn_id
    WHERE q.status <> 'retracted' AND {{where}}
    ORDER BY q.id DESC
    LIMIT :limit
"""  # noqa: S608  (built from constants)
_LISTS = {
    name: text(_ASKED.format(where=f"(CAST(:before AS bigint) IS NULL OR q.id < :before) AND {where}"))
    for name, where in _WHERE.items()
}
_ONE = text(_ASKED.format(where="q.id = :id"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what came of it. outcome: see core.storage.figures_store.Outcome, or "open".

    votes: "up" or "down" with the reason that was given. outdated_at: when a cited passage had changed, else None.
    """

    id: int
    platform: str
    workspace: str
    channel: str
    private: bool
    text: str
    created_at: datetime
    outcome: str
    is_reused: bool
    outdated_at: datetime | None
    votes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """The answer that a question got. question: as it was asked then. found, timings: as they were stored."""

    question: str
    answer: str
    kind: str
    confidence: float
    found: Mapping[str, Any]
    timings: Mapping[str, Any]


class AskedStore:
    """Reads questions for those who look after the bot; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, which: Filter, *, before: int | None = None, limit: int = 30) -> tuple[list[Asked], bool]:
        """Give questions, newest first, and whether there are older ones.

        before: an id; only questions that came before it.
        """
        async with self._database.begin() as connection:
            rows = (await connection.execute(_LISTS[which], {"before": before, "limit": limit + 1})).all()
        return [_asked(row) for row in rows[:limit]], len(rows) > limit

    async def one(self, question_id: int) -> tuple[Asked, AskedTurn | None] | None:
        """Give a question with its answer (None where none is on record); None for an unknown or withdrawn one."""
        async with self._database.begin() as connection:
            row = (await connection.execute(_ONE, {"id": question_id, "limit": 1})).one_or_none()
        if row is None:
            return None
        if row.kind is None:
            return _asked(row), None
        return _asked(row), AskedTurn(row.asked, row.answer, row.kind, row.confidence, row.found, row.timings)


def _asked(row: Any) -> Asked:
    return Asked(
        id=row.id,
        platform=row.platform,
        workspace=row.workspace,
        channel=row.channel,
        private=row.private,
        text=row.text,
        created_at=row.created_at,
        outcome=row.outcome,
        is_reused=bool(row.is_reused),
        outdated_at=row.outdated_at,
        votes=tuple((value, reason) for value, reason in row.votes),
    )
