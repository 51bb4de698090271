"""How tasks are brought to their end, by all that start some and stop them together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any


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
