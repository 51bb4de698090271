"""Ingest runs: who asked for what, how far it is, how it ended, and who still has to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.storage.database import Database
from core.storage.jobs import enqueue_run
from core.storage.outdated_store import mark_outdated
from core.storage.tables import ingest_runs

# queued: nobody works at it yet. waiting: for someone to confirm what it would remove. interrupted: its process died,
# or a later run took its place. "failed in part": some documents could not be read, the rest is in.
RunStatus = Literal["queued", "waiting", "running", "done", "failed in part", "failed", "cancelled", "interrupted"]
Ended = Literal["done", "failed in part", "failed", "cancelled", "interrupted"]

_GOING_ON = ("queued", "waiting", "running")

# Looks at the lock without touching it: an attempt to take it could turn away a run that starts in that moment.
_IS_LOCKED = text(
    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE locktype = 'advisory' AND objsubid = 1 AND datname = current_database() "
    "AND (classid::bigint << 32 | objid::bigint) = hashtextextended(:name, 0))"
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it is recorded.

    requested_by: who asked: "cli:ann", "slack:U1", "discord:2", "watch". owner: the process that works at it, host:pid.
    plan, progress, summary: as they were noted (JSON); empty before. error: why it failed, one line, or "".
    report: where a chat is told about it, None where nobody is (any more).
    A run that was cancelled while it was running has no finished_at until its worker has stopped.
    """

    id: int
    collection: str
    folder: str
    status: RunStatus
    requested_by: str
    owner: str
    dry_run: bool
    rebuild: bool
    confirmed: bool
    plan: Mapping[str, Any]
    progress: Mapping[str, Any]
    summary: Mapping[str, Any]
    error: str
    report: Mapping[str, Any] | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunStore:
    """The record of runs; each method is one transaction and raises StoreError for what the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(
        self,
        collection: str,
        folder: str,
        *,
        requested_by: str,
        dry_run: bool = False,
        rebuild: bool = False,
        confirmed: bool = False,
        report: Mapping[str, Any] | None = None,
        enqueue: bool = False,
    ) -> int:
        """Record that someone wants a collection to mirror a folder, and give the run's id; it is queued.

        enqueue: for whichever worker takes it; False when the caller runs it itself.
        """
        async with self._database.begin() as connection:
            return await _insert(
                connection,
                enqueue=enqueue,
                collection=collection,
                folder=folder,
                requested_by=requested_by,
                dry_run=dry_run,
                rebuild=rebuild,
                confirmed=confirmed,
                report=dict(report) if report is not None else None,
            )

    async def request_once(self, collection: str, folder: str, *, requested_by: str) -> int | None:
        """Request a run for whichever worker takes it; None when one of the collection is yet to begin already."""
        yet_to_begin = select(ingest_runs.c.id).where(
            ingest_runs.c.collection == collection,
            ingest_runs.c.status.in_(("queued", "waiting")),
            ingest_runs.c.dry_run.is_(False),
        )
        async with self._database.begin() as connection:
            # Of two processes that ask at once, the second sees what the first has asked for.
            await connection.execute(_ONE_AT_A_TIME, {"name": f"docent request {collection}"})
            if (await connection.execute(yet_to_begin.limit(1))).first() is not None:
                return None
            return await _insert(
                connection, enqueue=True, collection=collection, folder=folder, requested_by=requested_by
            )

    async def enqueue_again(self, run_id: int, seconds: float) -> None:
        """Let a worker take up a run later: something else has its collection."""
        async with self._database.begin() as connection:
            await enqueue_run(connection, run_id, seconds)

    async def get(self, run_id: int) -> StoredRun | None:
        """Give the run with an id."""
        async with self._database.begin() as connection:
            row = (await connection.execute(select(ingest_runs).where(ingest_runs.c.id == run_id))).one_or_none()
        return _stored(row) if row else None

    async def start(self, run_id: int, owner: str) -> bool:
        """Let `owner` run it; False when it was cancelled or has ended. The caller holds the collection's lock.

        Whatever else runs on the collection then is no more than a record of a process that died: interrupted.
        """
        async with self._database.begin() as connection:
            started = await connection.execute(
                update(ingest_runs)
                .where(ingest_runs.c.id == run_id, ingest_runs.c.status.in_(("queued", "running")))
                .values(status="running", owner=owner, started_at=func.coalesce(ingest_runs.c.started_at, func.now()))
            )
            if not started.rowcount:
                return False
            collection = select(ingest_runs.c.collection).where(ingest_runs.c.id == run_id).scalar_subquery()
            await connection.execute(
                update(ingest_runs)
                .where(
                    ingest_runs.c.collection == collection,
                    ingest_runs.c.id != run_id,
                    or_(ingest_runs.c.status == "running", _is_stopping()),
                )
                .values(status="interrupted", finished_at=func.now())
            )
        return True

    async def note_plan(self, run_id: int, plan: Mapping[str, Any]) -> None:
        """Record what the run is going to do."""
        await self._update(run_id, plan=dict(plan))

    async def note_progress(self, run_id: int, progress: Mapping[str, Any]) -> None:
        """Record how far the run is: done and total documents, chunks, the current document, chunks a second."""
        await self._update(run_id, progress=dict(progress))

    async def note_report(self, run_id: int, report: Mapping[str, Any] | None) -> None:
        """Record where a chat is told about the run; None when everything is told."""
        await self._update(run_id, report=dict(report) if report is not None else None)

    async def _update(self, run_id: int, **values: object) -> None:
        async with self._database.begin() as connection:
            await connection.execute(update(ingest_runs).where(ingest_runs.c.id == run_id).values(**values))

    async def wait(self, run_id: int, plan: Mapping[str, Any]) -> None:
        """Let a running run wait for someone to confirm its plan."""
        await self._move(run_id, ("running",), status="waiting", plan=dict(plan))

    async def confirm(self, run_id: int) -> bool:
        """Queue a waiting run again, now that someone has seen its plan; False when it doesn't wait (any more)."""
        statement = update(ingest_runs).where(ingest_runs.c.id == run_id, ingest_runs.c.status == "waiting")
        async with self._database.begin() as connection:
            if not (await connection.execute(statement.values(status="queued", confirmed=True))).rowcount:
                return False
            await enqueue_run(connection, run_id)
        return True

    async def cancel(self, run_id: int) -> bool:
        """Stop a run; False when it has ended. One that is running is finished by its worker after its batch."""
        if await self._move(run_id, ("queued", "waiting"), status="cancelled", finished_at=func.now()):
            return True
        return await self._move(run_id, ("running",), status="cancelled")

    async def finish(self, run_id: int, status: Ended, summary: Mapping[str, Any], *, error: str = "") -> None:
        """Record how a run ended, once; one that was cancelled meanwhile stays cancelled.

        In the same transaction the answers are marked that rest on what it changed or took out.
        """
        values = {"summary": dict(summary), "error": error, "finished_at": func.now()}
        this = update(ingest_runs).where(ingest_runs.c.id == run_id)
        async with self._database.begin() as connection:
            ended = await connection.execute(
                this.where(ingest_runs.c.status.in_(_GOING_ON)).values(status=status, **values)
            )
            if not ended.rowcount:
                await connection.execute(this.where(_is_stopping()).values(**values))
            await mark_outdated(connection, run_id)

    async def _move(self, run_id: int, old: Sequence[str], **values: object) -> bool:
        statement = update(ingest_runs).where(ingest_runs.c.id == run_id, ingest_runs.c.status.in_(old))
        async with self._database.begin() as connection:
            return bool((await connection.execute(statement.values(**values))).rowcount)

    async def going_on(self, collection: str) -> StoredRun | None:
        """Give the run that a collection is busy with: the one that runs, else the oldest that is queued or waits.

        A run that nobody holds the collection's lock for (see IndexStore.lock) is the record of a process that died.
        """
        query = select(ingest_runs).where(
            ingest_runs.c.collection == collection, ingest_runs.c.status.in_(_GOING_ON) | _is_stopping()
        )
        async with self._database.begin() as connection:
            rows = [_stored(row) for row in await connection.execute(query.order_by(ingest_runs.c.id))]
            held = bool(await connection.scalar(_IS_LOCKED, {"name": lock_name(collection)}))
        running = [run for run in rows if run.status in {"running", "cancelled"}]
        if held and running:
            return running[-1]
        return next((run for run in rows if run not in running), None)

    async def open_reports(self, platform: str, seconds: float = 0.0) -> list[StoredRun]:
        """Give the runs that a platform's chats have to be told about and were not told of for `seconds`, oldest first.

        They count as told now: of two processes that ask at once, one gets each.
        """
        due = (
            select(ingest_runs.c.id)
            .where(
                ingest_runs.c.report["platform"].astext == platform,
                or_(
                    ingest_runs.c.reported_at.is_(None),
                    ingest_runs.c.reported_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds),
                ),
            )
            .with_for_update(skip_locked=True)
        )
        async with self._database.begin() as connection:
            rows = await connection.execute(
                update(ingest_runs)
                .where(ingest_runs.c.id.in_(due))
                .values(reported_at=func.now())
                .returning(ingest_runs)
            )
            return sorted((_stored(row) for row in rows), key=lambda run: run.id)

    async def last(self, limit: int = 5) -> list[StoredRun]:
        """Give the last runs, newest first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(select(ingest_runs).order_by(ingest_runs.c.id.desc()).limit(limit))
            return [_stored(row) for row in rows]

    async def counts(self) -> dict[RunStatus, int]:
        """Give how many runs on record have each status, 0 included."""
        query = select(ingest_runs.c.status, func.count().label("runs")).group_by(ingest_runs.c.status)
        async with self._database.begin() as connection:
            counted = {row.status: row.runs for row in await connection.execute(query)}
        return {status: counted.get(status, 0) for status in get_args(RunStatus)}


def lock_name(collection: str) -> str:
    """Give the name of the lock that whoever ingests into a collection holds."""
    return f"docent ingest {collection}"


async def _insert(connection: AsyncConnection, *, enqueue: bool, **values: object) -> int:
    """Record a queued run and give its id. enqueue: see `request`."""
    statement = insert(ingest_runs).values(status="queued", **values).returning(ingest_runs.c.id)
    run_id = int((await connection.execute(statement)).scalar_one())
    if enqueue:
        await enqueue_run(connection, run_id)
    return run_id


def _is_stopping() -> ColumnElement[bool]:
    return (ingest_runs.c.status == "cancelled") & ingest_runs.c.finished_at.is_(None)


def _stored(row: Any) -> StoredRun:
    return StoredRun(**{name: getattr(row, name) for name in StoredRun.__slots__})
