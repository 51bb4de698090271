"""The batches of a run: its work in pieces that any worker may take, and what has become of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from core.storage.database import Database
from core.storage.jobs import enqueue_batches
from core.storage.tables import ingest_batches, ingest_runs

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A piece of a run's work. outcome: None until a worker has done it. owner: who works, or worked, at it."""

    id: int
    run_id: int
    work: Sequence[JsonObject]
    progress: JsonObject
    outcome: JsonObject | None
    owner: str


class BatchStore:
    """The record of batches; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def split(self, run_id: int, batches: Sequence[Sequence[JsonObject]]) -> None:
        """Record a run's work and put it on the queue, all or nothing."""
        rows = [{"run_id": run_id, "work": [dict(item) for item in work]} for work in batches]
        if not rows:
            return
        async with self._database.begin() as connection:
            made = await connection.scalars(insert(ingest_batches).returning(ingest_batches.c.id), rows)
            await enqueue_batches(connection, sorted(made.all()))

    async def get(self, batch_id: int) -> StoredBatch | None:
        """Give the batch with an id."""
        async with self._database.begin() as connection:
            row = (
                await connection.execute(select(ingest_batches).where(ingest_batches.c.id == batch_id))
            ).one_or_none()
        return StoredBatch(**row._mapping) if row else None

    async def of_run(self, run_id: int) -> list[StoredBatch]:
        """Give a run's batches in the order of its work."""
        query = select(ingest_batches).where(ingest_batches.c.run_id == run_id).order_by(ingest_batches.c.id)
        async with self._database.begin() as connection:
            return [StoredBatch(**row._mapping) for row in await connection.execute(query)]

    async def note_progress(self, batch_id: int, owner: str, progress: JsonObject) -> bool:
        """Record who works at a batch and how far they are; False when its run does not want it any more."""
        async with self._database.begin() as connection:
            run = await connection.scalar(
                update(ingest_batches)
                .where(ingest_batches.c.id == batch_id)
                .values(owner=owner, progress=dict(progress))
                .returning(ingest_batches.c.run_id)
            )
            status = await connection.scalar(select(ingest_runs.c.status).where(ingest_runs.c.id == run))
        return status == "running"

    async def finish(self, batch_id: int, owner: str, outcome: JsonObject) -> None:
        """Record what a batch gave; the first who does it counts."""
        async with self._database.begin() as connection:
            await connection.execute(
                update(ingest_batches)
                .where(ingest_batches.c.id == batch_id, ingest_batches.c.outcome.is_(None))
                .values(owner=owner, outcome=dict(outcome))
            )

    async def drop(self, run_id: int) -> None:
        """Forget the batches of a run that has ended; jobs for them find nothing to do."""
        async with self._database.begin() as connection:
            await connection.execute(delete(ingest_batches).where(ingest_batches.c.run_id == run_id))
