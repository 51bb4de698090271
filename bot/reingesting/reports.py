"""Tells chats how runs go: keeps the message of each as it should look, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.incidents import logged
from bot.messages import Surface
from bot.reingesting.drawing import draw, is_over
from bot.reingesting.place import Place
from core.errors import PlatformError, StoreError
from core.storage.run_store import RunStore, StoredRun

log = structlog.get_logger()

# Between two edits of one message: people read no faster, and platforms count.
_EDIT_SECONDS = 3.0
_LOOK_SECONDS = 1.0


class Reports:
    """Brings the messages of runs up to date, whichever process works at them or has begun to tell.

    ended: runs that were told of to their end here.
    """

    def __init__(self, runs: RunStore, surfaces: Mapping[str, Surface]) -> None:
        self._runs = runs
        self._surfaces = surfaces
        self.ended = 0

    async def keep(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            for surface in list(self._surfaces.values()):
                try:
                    await self.look(surface, max(_EDIT_SECONDS, surface.edit_seconds))
                except StoreError as error:
                    logged("could not look for runs", error)
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, surface: Surface, seconds: float = 0.0) -> None:
        """Show each run that was not shown for so many seconds. Raises StoreError."""
        for run in await self._runs.open_reports(surface.platform, seconds):
            await self._tell(surface, run)

    async def _tell(self, surface: Surface, run: StoredRun) -> None:
        assert run.report is not None  # open reports have one
        place = Place.read(run.report)
        try:
            sent = await surface.show(place.message, draw(run, place.asked_by), place.sent)
        except PlatformError as error:
            log.warning("run not shown", run=run.id, error=str(error))
        else:
            place = replace(place, sent=sent)
        if is_over(run):
            await self._runs.note_report(run.id, None)
            self.ended += 1
        elif place.written() != run.report:
            await self._runs.note_report(run.id, place.written())
