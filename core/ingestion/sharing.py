"""Runs that many workers share: one plans a run and ends it, whoever is free brings in its batches."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from core.errors import ConfigurationError, DocentError, ModelError, StoreError
from core.ingestion.ingest import Ingester, owner
from core.ingestion.outcome import CancelledRunError, IngestRunningError, Outcome, Progress, Summary, summarise
from core.ingestion.plan import Plan, Work, batches_of, work_of
from core.storage.batch_store import BatchStore, StoredBatch
from core.storage.run_store import RunStore, StoredRun

# A plan of so few files tells its chunks as well: loading them once more costs little.
_REHEARSED_FILES = 50
_REHEARSED = ("added", "changed", "moved", "chunks_embedded", "chunks_kept")
_BUSY_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_NOTE_SECONDS = 2.0


class FolderMissingError(ConfigurationError):
    """A worker's machine does not have the folder; another may."""


class SharedRuns:
    """What workers do with the jobs of a run; every method may be repeated by another worker after a crash."""

    def __init__(self, ingester: Ingester, runs: RunStore, batches: BatchStore) -> None:
        self._ingester = ingester
        self._runs = runs
        self._batches = batches

    async def coordinate(self, run_id: int) -> None:
        """Bring a run from its plan to its end, or to where someone has to confirm it.

        Raises StoreError, after which it may be tried again; other failures are the run's end and recorded there.
        """
        run = await self._runs.get(run_id)
        if run is None or run.finished_at is not None or run.status == "waiting":
            return
        try:
            async with self._ingester.lock(run.collection):
                if await self._runs.start(run_id, owner()):
                    async with self._recorded(run_id):
                        await self._carry_out(run)
                else:
                    await self._stop(run)
        except IngestRunningError:
            await self._runs.enqueue_again(run_id, _BUSY_SECONDS)

    @asynccontextmanager
    async def _recorded(self, run_id: int) -> AsyncIterator[None]:
        """Record how the body failed, but for what may pass; a death leaves the run to the next worker."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, DocentError) else type(error).__name__
            await self._runs.finish(run_id, "failed", {}, error=reason)
            await self._batches.drop(run_id)
            if not isinstance(error, DocentError):
                raise

    async def _carry_out(self, run: StoredRun) -> None:
        started = time.monotonic()
        folder = Path(run.folder)
        if await asyncio.to_thread(os.path.realpath, folder) != run.folder:
            raise ConfigurationError(f"The folder {run.folder!r} is a link to elsewhere by now; ask for it anew.")
        plan: Plan | None = None
        if not await self._batches.of_run(run.id):
            plan = await self._plan(run, folder)
            if plan is None:
                return
            await self._ingester.prepare(folder, run.collection, rebuild=run.rebuild)
            await self._batches.split(run.id, [[item.as_json() for item in batch] for batch in _batches(plan)])
        if not await self._watch(run, started):
            return
        batches = await self._batches.of_run(run.id)
        # After a restart the plan is made anew: what was brought in is unchanged by now, what is gone is still gone.
        rest = plan or await self._ingester.plan(folder, run.collection)
        await self._ingester.finish(rest, run.collection)
        summary = summarise(run.collection, rest, _total(batches), seconds=time.monotonic() - started)
        workers = dict(Counter(batch.owner for batch in batches))
        await self._runs.finish(run.id, summary.status, {**summary.as_json(), "workers": workers})
        await self._batches.drop(run.id)

    async def _plan(self, run: StoredRun, folder: Path) -> Plan | None:
        """Give the plan when it is to be carried out; None when that was all, or when it waits for someone."""
        started = time.monotonic()
        plan = await self._ingester.plan(folder, run.collection, rebuild=run.rebuild)
        work, written = work_of(plan), plan.as_json()
        # Confirmed is what someone has seen: not that still more goes.
        confirmed = run.confirmed and len(plan.removed) <= run.plan.get("removed", len(plan.removed))
        waits = plan.removes_much and not confirmed
        if run.dry_run or waits or len(work) <= _REHEARSED_FILES:
            outcome = await self._ingester.rehearse(folder, work)
            # A file that fails is none that is added.
            written |= {name: getattr(outcome, name) for name in _REHEARSED}
            written["failed"] = len(plan.failed) + len(outcome.failed)
            if run.dry_run:
                seconds = time.monotonic() - started
                summary = summarise(run.collection, plan, outcome, dry_run=True, seconds=seconds)
                await self._runs.note_plan(run.id, written)
                await self._runs.finish(run.id, summary.status, summary.as_json())
                return None
        if waits:
            await self._runs.wait(run.id, written)
            return None
        await self._runs.note_plan(run.id, written)
        return plan

    async def _watch(self, run: StoredRun, started: float) -> bool:
        """Note how far the batches are until all are done; False when the run was ended meanwhile."""
        while True:
            batches = await self._batches.of_run(run.id)
            await self._runs.note_progress(run.id, _progress(batches, time.monotonic() - started))
            if all(batch.outcome is not None for batch in batches):
                return True
            now = await self._runs.get(run.id)
            if now is None or now.status != "running":
                await self._stop(now or run)
                return False
            await asyncio.sleep(_LOOK_SECONDS)

    async def _stop(self, run: StoredRun) -> None:
        """End a run that somebody cancelled, with what it did until then; one that ended otherwise is left as it is."""
        batches = await self._batches.of_run(run.id)
        if run.status == "cancelled":
            outcome = _total(batches)
            summary = Summary(
                collection=run.collection,
                added=outcome.added,
                changed=outcome.changed,
                moved=outcome.moved,
                unchanged=run.plan.get("unchanged", 0),
                failed=outcome.failed,
                chunks_embedded=outcome.chunks_embedded,
                chunks_kept=outcome.chunks_kept,
                stored=run.plan.get("stored", 0),
            )
            await self._runs.finish(run.id, "cancelled", summary.as_json())
        await self._batches.drop(run.id)

    async def bring_in(self, batch_id: int) -> None:
        """Bring in one batch; nothing where it is done, or where nobody wants it any more.

        Raises StoreError and FolderMissingError, after which it may be tried again, here or elsewhere.
        """
        batch = await self._batches.get(batch_id)
        run = await self._runs.get(batch.run_id) if batch is not None else None
        if batch is None or batch.outcome is not None or run is None or run.status != "running":
            return
        folder = Path(run.folder)
        if not await asyncio.to_thread(folder.is_dir):
            raise FolderMissingError(f"The folder {run.folder!r} isn't on this machine; mount it there, too.")
        work = [Work(**item) for item in batch.work]
        try:
            collection_id = await self._ingester.prepare(folder, run.collection)
            outcome = await self._ingester.bring_in(folder, collection_id, work, _Note(self._batches, batch_id))
        except CancelledRunError:
            return
        except (ConfigurationError, ModelError) as error:
            # Its other batches would fare the same.
            await self._runs.finish(run.id, "failed", {}, error=str(error))
            return
        await self._batches.finish(batch_id, owner(), asdict(outcome))

    async def give_up_run(self, run_id: int, reason: str) -> None:
        """End a run that no worker could bring to its end. Raises StoreError."""
        await self._runs.finish(run_id, "failed", {}, error=reason)
        await self._batches.drop(run_id)

    async def give_up_batch(self, batch_id: int, reason: str) -> None:
        """Count the files of a batch that no worker could bring in as failed; the rest of its run goes on."""
        batch = await self._batches.get(batch_id)
        if batch is not None:
            failed = tuple((str(item["path"]), reason) for item in batch.work)
            await self._batches.finish(batch_id, owner(), asdict(Outcome(failed=failed)))


class _Note:
    """Records how far a batch is, every few seconds, and stops it when its run is not wanted any more."""

    def __init__(self, batches: BatchStore, batch_id: int) -> None:
        self._batches = batches
        self._batch_id = batch_id
        self._next = 0.0

    async def __call__(self, progress: Progress) -> None:
        """Take a step. Raises CancelledRunError."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _NOTE_SECONDS
        if not await self._batches.note_progress(self._batch_id, owner(), asdict(progress)):
            raise CancelledRunError("The run has ended; what it had brought in stays.")


def _batches(plan: Plan) -> list[list[Work]]:
    return list(batches_of(work_of(plan)))


def _total(batches: Sequence[StoredBatch]) -> Outcome:
    done = (Outcome.from_json(batch.outcome) for batch in batches if batch.outcome is not None)
    return sum(done, Outcome())


def _progress(batches: Sequence[StoredBatch], seconds: float) -> dict[str, object]:
    """Give how far a run is as JSON values: that of each batch together; seconds: since it began."""
    done = chunks = 0
    document = ""
    for batch in batches:
        if batch.outcome is not None:
            done += len(batch.work)
            chunks += int(batch.outcome["chunks_embedded"])
        elif batch.progress:
            done += int(batch.progress["done"])
            chunks += int(batch.progress["chunks"])
            document = str(batch.progress["document"]) or document
    total = sum(len(batch.work) for batch in batches)
    rate = round(chunks / seconds, 1) if seconds > 0 else 0.0
    return {**asdict(Progress(done, total, chunks, document, rate)), "seconds": round(seconds, 1)}
