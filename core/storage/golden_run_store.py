"""Examinations of the golden set: when one is due, what each question got, and what it got before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text

from core.evaluation.golden import GoldenAnswer
from core.storage.database import Database
from core.storage.golden_store import cited_from_json
from core.storage.tables import golden_results, golden_runs

_LOCK = "hashtextextended('docent golden', 0)"
# Due: nobody has examined yet, another configuration answers now, or an ingest has changed something since.
_IS_DUE = text(
    """
    SELECT EXISTS (SELECT 1 FROM golden) AND (
        (SELECT configuration FROM golden_runs ORDER BY id DESC LIMIT 1) IS DISTINCT FROM :configuration
        OR EXISTS (
            SELECT 1 FROM ingest_runs r
            WHERE NOT r.dry_run AND r.finished_at > (SELECT made_at FROM golden_runs ORDER BY id DESC LIMIT 1)
                AND (r.summary = '{}' OR (
                    SELECT sum((r.summary ->> kind)::int)
                    FROM unnest(ARRAY['added', 'changed', 'moved', 'removed']) AS kind
                ) > 0)
        )
    )
    """
)
# What each question got last, and in which run.
_LATEST = text(
    """
    SELECT DISTINCT ON (r.golden_id) r.*, n.made_at
    FROM golden_results r JOIN golden_runs n ON n.id = r.run_id
    WHERE CAST(:before AS bigint) IS NULL OR r.run_id < :before
    ORDER BY r.golden_id, r.run_id DESC
    """
)


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """What a golden question got in a run, and whether that agreed with the right answer of then."""

    run_id: int
    golden_id: int
    answer: GoldenAnswer
    agrees: bool


@dataclass(frozen=True, slots=True)
class GoldenRun:
    """One examination. configuration: see core.answering.configuration. made_at: when it was begun."""

    id: int
    configuration: str
    made_at: datetime


class GoldenRunStore:
    """The record of examinations; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_due(self, configuration: str) -> bool:
        """Tell whether the documents, or what answers from them, have changed since the last run.

        A run that ended without a summary may have changed something, too. False without golden questions.
        """
        async with self._database.begin() as connection:
            return bool(await connection.scalar(_IS_DUE, {"configuration": configuration}))

    async def now(self) -> datetime:
        """Give the database's time, by which ingests are dated."""
        async with self._database.begin() as connection:
            moment: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return moment

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Hold the one right to examine by itself; False while another process has it."""
        with self._database.translated():
            async with self._database.engine.connect() as connection:
                is_ours = bool(await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})")))
                await connection.commit()
                try:
                    yield is_ours
                finally:
                    if is_ours:
                        await connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
                        await connection.commit()

    async def save(
        self, configuration: str, made_at: datetime, results: Iterable[tuple[int, GoldenAnswer, bool]]
    ) -> int:
        """Record a whole run and give its id; results: golden id, answer, and whether it agrees.

        A question that was removed meanwhile is left out.
        """
        async with self._database.begin() as connection:
            statement = insert(golden_runs).values(configuration=configuration, made_at=made_at)
            run_id = int((await connection.execute(statement.returning(golden_runs.c.id))).scalar_one())
            there = set((await connection.scalars(text("SELECT id FROM golden FOR KEY SHARE"))).all())
            rows = [
                {
                    "run_id": run_id,
                    "golden_id": golden_id,
                    "kind": answer.kind,
                    "answer": answer.text,
                    "cited": [asdict(one) for one in answer.cited],
                    "agrees": agrees,
                }
                for golden_id, answer, agrees in results
                if golden_id in there
            ]
            if rows:
                await connection.execute(insert(golden_results), rows)
        return run_id

    async def last(self) -> GoldenRun | None:
        """Give the last run."""
        query = select(golden_runs).order_by(golden_runs.c.id.desc()).limit(1)
        async with self._database.begin() as connection:
            row = (await connection.execute(query)).one_or_none()
        return GoldenRun(row.id, row.configuration, row.made_at) if row else None

    async def latest(self, before: int | None = None) -> dict[int, GoldenResult]:
        """Give what each golden question got last, by its id; before: in a run before the one with this id."""
        async with self._database.begin() as connection:
            rows = await connection.execute(_LATEST, {"before": before})
            return {row.golden_id: _result(row) for row in rows}


def _result(row: Any) -> GoldenResult:
    answer = GoldenAnswer(row.kind, row.answer, cited_from_json(row.cited))
    return GoldenResult(row.run_id, row.golden_id, answer, row.agrees)
