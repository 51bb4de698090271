"""Finds the folders to keep in line, as the settings say, and keeps each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from bot.reingesting.folders import FolderRefusedError, Folders
from bot.settings import BotSettings
from bot.watching.keeper import Keeper, Keeping, WatchTimes
from bot.watching.pulling import checkout_of
from core.bootstrap import Core
from core.errors import ConfigurationError, StoreError
from core.storage.index_store import CollectionStatus

log = structlog.get_logger()


class Watching:
    """Keeps the known collections whose folders lie under the roots in line with them."""

    def __init__(self, core: Core, settings: BotSettings, times: WatchTimes | None = None) -> None:
        """Raises ConfigurationError for settings that contradict each other."""
        if settings.git_pull == "on" and settings.watch == "off" and not settings.ingest_every:
            raise ConfigurationError(
                "GIT_PULL=on pulls before runs that nobody asks for, and there are none: set INGEST_EVERY to minutes."
            )
        self._core = core
        self._settings = settings
        self._times = times or WatchTimes()
        self._refused: set[str] = set()

    @property
    def is_wanted(self) -> bool:
        """Tell whether there is anything to do."""
        return self._settings.watch == "on" or bool(self._settings.ingest_every)

    async def run(self) -> None:
        """Keep on until cancelled; collections that come, move or go meanwhile are noticed."""
        tasks: dict[Keeping, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    wanted = await self._keepings()
                except StoreError as error:
                    log.error("collections not known", error=str(error))
                else:
                    for gone in tasks.keys() - wanted:
                        tasks.pop(gone).cancel()
                    for new in wanted - tasks.keys():
                        tasks[new] = group.create_task(Keeper(self._core, new, self._times).run())
                await asyncio.sleep(self._times.retry)

    async def _keepings(self) -> set[Keeping]:
        return await asyncio.to_thread(self._choose, await self._core.index.status())

    def _choose(self, collections: Iterable[CollectionStatus]) -> set[Keeping]:
        folders = Folders.of(self._core.settings, collections)
        keepings = set()
        for name in folders.known:
            try:
                target = folders.choose(name)
            except FolderRefusedError as refusal:
                if name not in self._refused:
                    log.warning("folder not kept", collection=name, reason=str(refusal))
                self._refused.add(name)
                continue
            checkout = checkout_of(target.folder, folders.roots) if self._settings.git_pull == "on" else None
            keepings.add(Keeping(target, self._settings.watch == "on", self._settings.ingest_every * 60.0, checkout))
        return keepings
