"""Puts jobs on the queue, which is procrastinate's in our own Postgres, in the transaction that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StoreError

if TYPE_CHECKING:
    from procrastinate import App

# Two queues, so that batches never wait behind a run that waits for them.
RUNS = "docent-runs"
BATCHES = "docent-batches"
RUN_TASK = "docent.run"
BATCH_TASK = "docent.batch"


async def enqueue_run(connection: AsyncConnection, run_id: int, seconds: float = 0.0) -> None:
    """Let a worker take up a run, in so many seconds, once the connection's transaction is committed."""
    await _defer(connection, RUN_TASK, RUNS, [{"run_id": run_id}], seconds)


async def enqueue_batches(connection: AsyncConnection, batch_ids: Sequence[int]) -> None:
    """Let workers take up batches, once the connection's transaction is committed."""
    await _defer(connection, BATCH_TASK, BATCHES, [{"batch_id": batch_id} for batch_id in batch_ids])


async def _defer(
    connection: AsyncConnection, task: str, queue: str, arguments: Sequence[dict[str, Any]], seconds: float = 0.0
) -> None:
    from procrastinate.exceptions import ConnectorException

    driver = (await connection.get_raw_connection()).driver_connection
    try:
        job = _queue().configure_task(
            task,
            queue=queue,
            connection=driver,
            schedule_in={"milliseconds": round(seconds * 1000)} if seconds else None,
        )
        await job.batch_defer_async(*arguments)
    except ConnectorException as error:
        raise StoreError(f"The queue refused {len(arguments)} jobs: {error.__cause__ or error}.") from error


@cache
def _queue() -> App:
    # Imported late: most commands put nothing on the queue. Its own connections are never opened here.
    from procrastinate import App, PsycopgConnector

    return App(connector=PsycopgConnector())
