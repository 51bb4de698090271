"""Keeps each platform running: one that fails is started again with back-off and doesn't stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from bot.messages import Desk
from core.errors import PlatformError

log = structlog.get_logger()

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 300.0
# A platform that ran this long was well: the next failure starts with the first wait again.
_WELL_AFTER = 60.0


class Platform(Protocol):
    """A chat platform as `serve` sees it. state: one word on how it is, for the health page."""

    name: str

    @property
    def state(self) -> str:  # noqa: D102
        ...

    async def run(self, desk: Desk) -> None:
        """Connect and serve until cancelled. Raises PlatformError when it can't go on."""
        ...


class Supervisor:
    """Runs platforms side by side until it is cancelled."""

    def __init__(self, platforms: Mapping[str, Callable[[], Platform]], desk: Desk) -> None:
        self._builders = platforms
        self._desk = desk
        self._running: dict[str, Platform] = {}
        self._failures: dict[str, str] = {}

    async def run(self) -> None:
        """Start every platform and keep it running; returns only by cancellation."""
        async with asyncio.TaskGroup() as group:
            for name in self._builders:
                group.create_task(self._keep(name), name=f"platform-{name}")

    async def _keep(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        wait = _FIRST_WAIT
        while True:
            started = loop.time()
            try:
                # A library's client can't be started twice, so each try gets a new one.
                self._running[name] = self._builders[name]()
                self._failures.pop(name, None)
                await self._running[name].run(self._desk)
                reason = "ended by itself"
            except PlatformError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001  a fault in one platform must not take the others down
                reason = f"{type(error).__name__}: {error}"
            if loop.time() - started > _WELL_AFTER:
                wait = _FIRST_WAIT
            self._failures[name] = reason
            log.error("platform failed", platform=name, reason=reason, retry_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    @property
    def states(self) -> dict[str, str]:
        """How each platform is: its own word, or why it failed last."""
        return {
            name: f"failed: {self._failures[name]}" if name in self._failures else self._running[name].state
            for name in self._builders
            if name in self._failures or name in self._running
        }
