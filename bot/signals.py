"""How a process is asked to stop, and how its tasks are."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

_STOPPING = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def stopped() -> AsyncIterator[asyncio.Event]:
    """Give an event that SIGTERM or SIGINT sets while the block runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _STOPPING:
            loop.remove_signal_handler(number)


async def end(tasks: Collection[asyncio.Task[Any]], *, patience: float = 10.0) -> None:
    """Cancel tasks and wait until all have ended; whatever they end with stays in them.

    One that goes on is cancelled again after `patience` seconds: a library that is about to begin may lose a
    cancellation.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience)
    await asyncio.gather(*tasks, return_exceptions=True)
