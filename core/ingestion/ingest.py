"""Makes a collection mirror a folder: plan, bring in what is new, then take out what is gone."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from core.errors import DocentError, IngestionError, StoreError
from core.ingestion import loaders
from core.ingestion.bringing import Bringer, Reporter
from core.ingestion.cutting import Load
from core.ingestion.listing import list_folder
from core.ingestion.matching import check_match, settings_of
from core.ingestion.outcome import (
    CancelledRunError,
    IngestRunningError,
    Outcome,
    Progress,
    RemovalNotConfirmedError,
    Report,
    Summary,
    summarise,
)
from core.ingestion.owners import OwnerRules, read_owner_rules
from core.ingestion.plan import Plan, Work, make_plan, work_of
from core.ports import Embedder
from core.storage.index_store import CollectionBusyError, IndexSettings, IndexStore, ListedOwners
from core.storage.run_store import Ended, RunStore

_REMOVED_AT_ONCE = 100
_SECONDS_BETWEEN_NOTES = 2.0


class Ingester:
    """Ingests folders with one embedder into one index.

    `ingest` does all of it in this process. Whoever shares the work out does the same steps: under `lock`, `plan`,
    `prepare`, `bring_in` for each of `batches_of(work_of(plan))` wherever and as often as need be, then `finish`.
    """

    def __init__(
        self,
        store: IndexStore,
        runs: RunStore,
        embedder: Embedder,
        language: str,
        load: Load = loaders.load,
        file_seconds: float = 60.0,
    ) -> None:
        """load: reads a file within limits of its own. file_seconds: the limit of cutting one into chunks."""
        self._store = store
        self._runs = runs
        self._embedder = embedder
        self._language = language
        self._bringer = Bringer(store, embedder, language, load, file_seconds)

    async def check_settings(self) -> IndexSettings:
        """Compare the index with this embedder and language; gives what an ingest records.

        Raises ConfigurationError when questions and chunks would be embedded differently.
        """
        stored = await self._store.settings()
        wanted = await self._settings()
        check_match(stored, wanted)
        return wanted

    async def _settings(self) -> IndexSettings:
        return await asyncio.to_thread(settings_of, self._embedder, self._language)

    @asynccontextmanager
    async def lock(self, collection: str) -> AsyncIterator[None]:
        """Hold the one right to ingest into a collection; IngestRunningError says who has it and how far they are."""
        try:
            async with self._store.lock(collection):
                yield
        except CollectionBusyError:
            raise IngestRunningError(collection, await self._runs.going_on(collection)) from None

    async def plan(self, folder: Path, collection: str, *, rebuild: bool = False) -> Plan:
        """Say what an ingest would do; rebuild: as if nothing were stored.

        Raises ConfigurationError for a bad folder or embedder, StoreError without a database.
        """
        if not rebuild:
            await self.check_settings()
        listing = await asyncio.to_thread(list_folder, folder, loaders.SUPPORTED)
        stored = {} if rebuild else await self._store.documents(collection)
        plan = await asyncio.to_thread(make_plan, folder, listing, stored)
        return await asyncio.to_thread(_with_owner_rules, plan, folder)

    async def rehearse(self, folder: Path, work: Sequence[Work]) -> Outcome:
        """Say what bringing files in would give: chunks to embed and to keep, files that fail. Nothing is written."""
        return await self._bringer.rehearse(folder, work)

    async def prepare(self, folder: Path, collection: str, *, rebuild: bool = False) -> int:
        """Make the index ready and give the collection's id; rebuild: empty the whole index, all collections, first.

        Raises ConfigurationError when the embedder doesn't fit the index.
        """
        if rebuild:
            await self._store.reset(await self._settings())
        elif await self._store.settings() != (wanted := await self.check_settings()):
            await self._store.save_settings(wanted)
        return await self._store.collection(collection, str(await asyncio.to_thread(folder.resolve)))

    async def bring_in(
        self, folder: Path, collection_id: int, work: Sequence[Work], report: Reporter | None = None
    ) -> Outcome:
        """Load, cut, embed and write files; done twice, the index is the same. `report` is told of these files alone.

        Raises ModelError or StoreError; what was written by then stays.
        """
        return await self._bringer.bring_in(folder, collection_id, work, report)

    async def finish(self, plan: Plan, collection: str) -> None:
        """Take out what is gone, note new clocks and owners: last of all, so that what has moved is never absent."""
        for start in range(0, len(plan.removed), _REMOVED_AT_ONCE):
            await self._store.remove(plan.removed[start : start + _REMOVED_AT_ONCE])
        if plan.touched:
            await self._store.touch(plan.touched)
        if plan.owner_rules is not None:
            noted = await self._store.listed_owners(collection)
            await self._store.note_listed_owners(await asyncio.to_thread(_renewed, plan.owner_rules, noted))

    async def ingest(
        self,
        folder: Path,
        collection: str = "default",
        *,
        dry_run: bool = False,
        rebuild: bool = False,
        confirmed: bool = False,
        requested_by: str = "",
        planned: Callable[[Plan], None] | None = None,
        report: Report | None = None,
    ) -> Summary:
        """Bring a collection in line with a folder and give the summary.

        rebuild: empty the whole index first (all collections: vectors of two embedders can't live together).
        confirmed: more than a third of the collection may go. planned: told of the plan before anything is done.
        Raises ConfigurationError for a bad folder or embedder, RemovalNotConfirmedError before anything is written,
        IngestRunningError when another ingest has the collection, CancelledRunError when someone cancelled this one.
        """
        started = time.monotonic()
        if dry_run:
            plan = await self.plan(folder, collection, rebuild=rebuild)
            if planned:
                planned(plan)
            outcome = await self.rehearse(folder, work_of(plan))
            return summarise(collection, plan, outcome, dry_run=True, seconds=time.monotonic() - started)
        async with self.lock(collection):
            plan = await self.plan(folder, collection, rebuild=rebuild)
            if planned:
                planned(plan)
            if plan.removes_much and not confirmed:
                raise RemovalNotConfirmedError(folder, collection, len(plan.removed), plan.stored)
            place = str(await asyncio.to_thread(folder.resolve))
            run = await self._runs.request(
                collection, place, requested_by=requested_by, rebuild=rebuild, confirmed=confirmed
            )
            await self._runs.start(run, owner())
            await self._runs.note_plan(run, plan.as_json())
            async with self._recorded(run):
                collection_id = await self.prepare(folder, collection, rebuild=rebuild)
                outcome = await self.bring_in(folder, collection_id, work_of(plan), self._noting(run, report))
                await self.finish(plan, collection)
                summary = summarise(collection, plan, outcome, seconds=time.monotonic() - started)
            await self._runs.finish(run, summary.status, summary.as_json())
            return summary

    @asynccontextmanager
    async def _recorded(self, run: int) -> AsyncIterator[None]:
        """Record how the body failed, if it does."""
        try:
            yield
        except BaseException as error:
            is_failure = isinstance(error, Exception)  # and not the end of the process
            status: Ended = "failed" if is_failure else "cancelled"
            reason = str(error) if isinstance(error, DocentError) else type(error).__name__ if is_failure else ""
            # Without its database a run can't be recorded as failed: the next one will mark it as interrupted.
            with suppress(StoreError):
                await asyncio.shield(self._runs.finish(run, status, {}, error=reason))
            raise

    def _noting(self, run: int, report: Report | None) -> Reporter:
        """Tell `report` of each step, and the run's record every few seconds; there a cancellation is seen, too."""
        noted = time.monotonic() - _SECONDS_BETWEEN_NOTES

        async def note(progress: Progress) -> None:
            nonlocal noted
            if report:
                report(progress)
            if time.monotonic() - noted >= _SECONDS_BETWEEN_NOTES:
                noted = time.monotonic()
                await self._runs.note_progress(run, asdict(progress))
                stored = await self._runs.get(run)
                if stored is not None and stored.status == "cancelled":
                    raise CancelledRunError("The ingest was cancelled; what it had brought in stays.")

        return note


def _with_owner_rules(plan: Plan, folder: Path) -> Plan:
    """Read the folder's list of owners into a plan; one that can't be read is told of like a document."""
    try:
        return replace(plan, owner_rules=read_owner_rules(folder))
    except IngestionError as error:
        return replace(plan, failed=(*plan.failed, ("the list of owners", str(error))))


def _renewed(rules: OwnerRules, noted: Sequence[ListedOwners]) -> list[ListedOwners]:
    """Give the documents whose listed owners are other ones now."""
    now = [replace(each, owners=rules.of(each.path)) for each in noted]
    return [new for new, old in zip(now, noted, strict=True) if new != old]


def owner() -> str:
    """Name this process to other machines: host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"
