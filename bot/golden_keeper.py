"""Examines the golden set by itself in `docent serve`: after ingests, and when another configuration answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from core.bootstrap import Core
from core.errors import ConfigurationError, ModelError, StoreError
from core.evaluation.examination import examine
from core.storage.golden_run_store import GoldenRunStore
from core.storage.golden_store import GoldenStore

log = structlog.get_logger()

_LOOK_SECONDS = 10.0
_FREE_SECONDS = 0.5


class GoldenKeeper:
    """Looks whether an examination is due, and makes it; of several processes one at a time.

    busy: gives how many people's questions are being answered here; they go first.
    """

    def __init__(self, core: Core, busy: Callable[[], int]) -> None:
        self._core = core
        self._busy = busy
        self._questions = GoldenStore(core.database)
        self._runs = GoldenRunStore(core.database)

    async def keep(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreError, ModelError, ConfigurationError) as error:
                log.warning("golden questions not examined", error=str(error))
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> bool:
        """Examine if that is due, and log what changed; True when it was done.

        Raises StoreError, and ModelError of the embedder.
        """
        core = self._core
        configuration = core.configuration()
        if await core.index.settings() is None or not await self._runs.is_due(configuration):
            return False
        async with self._runs.turn() as is_ours:
            # Whoever had the turn before may have done it.
            if not is_ours or not await self._runs.is_due(configuration):
                return False
            examined = await examine(
                core.answerer,
                self._questions,
                self._runs,
                configuration,
                core.settings.search_language,
                ready=self._wait_until_free,
            )
        worse = [one.golden.id for one in examined if one.got_worse]
        told = {
            "examined": len(examined),
            "agreeing": sum(one.agrees for one in examined),
            "changed": [one.golden.id for one in examined if one.has_changed],
            "worse": worse,
        }
        (log.warning if worse else log.info)("golden questions examined", **told)
        return True

    async def _wait_until_free(self) -> None:
        while self._busy():  # noqa: ASYNC110  (the desk counts, and tells nobody)
            await asyncio.sleep(_FREE_SECONDS)
