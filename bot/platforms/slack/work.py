"""Work that goes on after an event was acknowledged: kept, in order where that matters, and never failing silently."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

Result = TypeVar("Result")

log = structlog.get_logger()


class Work:
    """The running tasks of one platform."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def start(self, coroutine: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        """Run something in a task of its own; what it raises is logged."""
        task = self._begin(coroutine, name)
        task.add_done_callback(_log_failure)
        return task

    async def uninterrupted(self, coroutine: Coroutine[Any, Any, Result], name: str) -> Result:
        """Wait for something that goes on to its end also when the waiting is cancelled."""
        task = self._begin(coroutine, name)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure)
            raise

    def order(self, key: str) -> asyncio.Lock:
        """Give the lock that keeps things about one message in the order of their arrival."""
        return self._locks.setdefault(key, asyncio.Lock())

    async def finish(self, seconds: float) -> None:
        """Wait a while for what is running, then cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(list(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, coroutine: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        task = asyncio.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _log_failure(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("slack work failed", work=task.get_name(), error_type=type(error).__name__, error=str(error))
