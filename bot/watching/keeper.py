"""Asks for runs of one collection when its folder changes or its time has come: one at a time, never two queued."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from bot.reingesting.folders import Target
from bot.watching.changes import bursts_of_changes
from bot.watching.pulling import PullError, pull
from bot.wording import confirming_command
from core.bootstrap import Core
from core.errors import ConfigurationError, StoreError
from core.storage.pull_store import PullStore
from core.storage.run_store import StoredRun

log = structlog.get_logger()

Asker = Literal["watch", "schedule"]
_ASKERS = ("watch", "schedule")


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """Seconds: without a change until a burst is over, of a burst at most, between looks at a run, after a failure."""

    quiet: float = 2.0
    burst: float = 30.0
    look: float = 2.0
    retry: float = 30.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """What to keep in line, and when. every: seconds between runs on the schedule, 0 for none.

    checkout: what git has to pull first, None for nothing.
    """

    target: Target
    watches: bool
    every: float
    checkout: Path | None


class Keeper:
    """Keeps one collection in line with its folder."""

    def __init__(self, core: Core, keeping: Keeping, times: WatchTimes) -> None:
        self._core = core
        self._runs = core.runs
        self._pulls = PullStore(core.database)
        self._keeping = keeping
        self._target = keeping.target
        self._times = times
        self._asker: Asker = "watch" if keeping.watches else "schedule"
        # Set from the start: something may have changed while nobody looked.
        self._wanted = asyncio.Event()
        self._wanted.set()

    async def run(self) -> None:
        """Keep on until cancelled; a lost database and a folder that can't be watched are tried again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_again_and_again())
            if self._keeping.watches:
                group.create_task(self._watch())
            if self._keeping.every:
                group.create_task(self._tick())

    def _want(self, asker: Asker) -> None:
        self._asker = asker
        self._wanted.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._keeping.every)
            self._want("schedule")

    async def _watch(self) -> None:
        while True:
            try:
                async for _ in bursts_of_changes(self._target.folder, self._times.quiet, self._times.burst):
                    self._want("watch")
                reason = "the folder is not there any more, or another is in its place"
            except (OSError, RuntimeError, ExceptionGroup) as error:  # the watcher's own are RuntimeErrors
                reason = f"{type(error).__name__}: {error}"
            log.warning("folder not watched", folder=str(self._target.folder), reason=reason)
            await asyncio.sleep(self._times.retry)
            self._want("watch")

    async def _ask_again_and_again(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                await self._ask()
            except StoreError as error:
                log.error("no run can be asked for", collection=self._target.collection, error=str(error))
                await asyncio.sleep(self._times.retry)

    async def _ask(self) -> None:
        """Ask for a run and see it end; what changes meanwhile makes one more wanted. Raises StoreError."""
        is_free = await self._wait_until_free()
        asker = self._asker
        if is_free and self._keeping.checkout is not None:
            await self._pull(self._keeping.checkout)
        # What changes from here on is not sure to be seen by this run.
        self._wanted.clear()
        if not is_free:
            return
        collection, folder = self._target.collection, str(self._target.folder)
        run_id = await self._runs.request_once(collection, folder, requested_by=asker)
        if run_id is not None:
            await self._follow(run_id)

    async def _wait_until_free(self) -> bool:
        """Wait while a run goes on; False when one that waits for its confirmation would only be asked for again."""
        while (busy := await self._runs.going_on(self._target.collection)) is not None:
            if busy.status == "queued":
                break
            if busy.status == "waiting" and busy.requested_by in _ASKERS:
                if await self._is_as_before(busy):
                    return False
                await self._runs.cancel(busy.id)
            else:
                await asyncio.sleep(self._times.look)
        return True

    async def _is_as_before(self, waiting: StoredRun) -> bool:
        """Tell whether a new run would wait for the same confirmation. Raises StoreError."""
        try:
            plan = await self._core.ingester.plan(self._target.folder, self._target.collection)
        except ConfigurationError:
            return True
        now = plan.as_json()
        return all(now[kind] == waiting.plan.get(kind) for kind in ("added", "changed", "moved", "removed", "stored"))

    async def _pull(self, checkout: Path) -> None:
        try:
            await pull(checkout)
            error = ""
        except PullError as failure:
            error = str(failure)
            log.warning("git pull failed", collection=self._target.collection, checkout=str(checkout), reason=error)
        await self._pulls.note(self._target.collection, error)

    async def _follow(self, run_id: int) -> None:
        """See a run to its end and log when it needs someone. Raises StoreError."""
        while True:
            run = await self._runs.get(run_id)
            if run is None:
                return
            if run.status not in {"queued", "running"}:
                break
            await asyncio.sleep(self._times.look)
        if run.status == "waiting":
            log.warning(
                "ingest waits for confirmation",
                collection=run.collection,
                removed=run.plan.get("removed"),
                stored=run.plan.get("stored"),
                remedy=confirming_command(run),
            )
        elif run.status in {"failed", "failed in part"}:
            log.warning("ingest failed", collection=run.collection, status=run.status, error=run.error)
