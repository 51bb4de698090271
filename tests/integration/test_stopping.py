"""A process that is asked to stop stops, also when a library loses the cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from core.ending import end
from core.storage.database import Database
from core.storage.worker import Worker


class NoWork:
    """Is never asked: nothing is queued."""

    async def coordinate(self, run_id: int) -> None:
        raise NotImplementedError

    async def bring_in(self, batch_id: int) -> None:
        raise NotImplementedError

    async def give_up_run(self, run_id: int, reason: str) -> None:
        raise NotImplementedError

    async def give_up_batch(self, batch_id: int, reason: str) -> None:
        raise NotImplementedError


async def test_a_task_that_lost_its_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def loses_the_first() -> None:
        nonlocal lost
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            lost += 1
        await asyncio.sleep(3600)

    async def fails() -> None:
        raise ValueError

    tasks = [asyncio.create_task(loses_the_first()), asyncio.create_task(fails())]
    await asyncio.sleep(0)
    await end(tasks, patience=0.01)
    assert lost == 1
    assert all(task.done() for task in tasks)
    await end([])


async def test_a_worker_stops_when_its_cancellation_comes_while_its_connections_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = asyncio.Event()

    class Opening:
        """What psycopg's pool does: waits, and takes a cancellation for the end of the wait."""

        async def __aenter__(self) -> None:
            opening.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

        async def __aexit__(self, *raised: object) -> None:
            pass

    monkeypatch.setattr("core.storage.worker.App.open_async", lambda _app: Opening())
    working = asyncio.create_task(Worker(database, NoWork()).run())
    await opening.wait()
    working.cancel()
    done, _ = await asyncio.wait([working], timeout=10)
    assert done
    assert working.cancelled()
