"""Lets a platform serve a desk against a local server, for tests and for `docent simulate`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from bot.messages import Desk
from bot.supervision import Platform


class Server(Protocol):
    """A local server, as far as waiting for it goes."""

    async def until(self, happened: Callable[[], bool], seconds: float, /) -> None:
        """Wait until something is true. Raises TimeoutError."""
        ...


@asynccontextmanager
async def running(server: Server, platform: Platform, desk: Desk, seconds: float = 30.0) -> AsyncIterator[None]:
    """Run a platform until the block ends, which begins once it is connected.

    seconds: to wait for that. Raises TimeoutError, and what ended the platform before.
    """
    task = asyncio.create_task(platform.run(desk))
    try:
        await server.until(lambda: platform.state == "connected" or task.done(), seconds)
        if task.done():
            task.result()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
