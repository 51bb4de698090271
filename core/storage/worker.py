"""Takes jobs off the queue and does them, by procrastinate; a job whose worker died is taken up again.

https://procrastinate.readthedocs.io: each worker says every few seconds that it lives, and one that has not for a while
counts as dead. What is done twice for that reason must do no harm.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from core.ending import end
from core.errors import DocentError, StoreError
from core.storage.database import Database
from core.storage.jobs import BATCH_TASK, BATCHES, RUN_TASK, RUNS

log = structlog.get_logger()

# A run outlives several batches that kill their workers, among them the one that coordinates it.
_TRIES = {RUN_TASK: 12, BATCH_TASK: 3}
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0


class Work(Protocol):
    """What a worker does with its jobs. A DocentError means: try again, here or elsewhere."""

    async def coordinate(self, run_id: int) -> None:
        """Do a run's own job."""
        ...

    async def bring_in(self, batch_id: int) -> None:
        """Do the job of a batch."""
        ...

    async def give_up_run(self, run_id: int, reason: str) -> None:
        """End a run that failed again and again."""
        ...

    async def give_up_batch(self, batch_id: int, reason: str) -> None:
        """End a batch that failed again and again."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerTimes:
    """Seconds: between signs of life, until a worker counts as dead, between looks at the queue, to end a job in."""

    heartbeat: float = 5.0
    dead: float = 20.0
    look: float = 5.0
    grace: float = 5.0


class Worker:
    """One process's share of the work: one run to coordinate and one batch to bring in at a time."""

    def __init__(self, database: Database, work: Work, times: WorkerTimes | None = None) -> None:
        self._database = database
        self._work = work
        self._times = times or WorkerTimes()

    async def run(self) -> None:
        """Work until cancelled; a job that is cut off by that goes back to the queue. A lost database is waited for."""
        wait = _FIRST_WAIT
        while True:
            started = time.monotonic()
            try:
                await self._run_connected()
            except (ConnectorException, StoreError) as error:
                wait = _FIRST_WAIT if time.monotonic() - started > _LONGEST_WAIT else wait
                log.error("worker lost its queue", error=str(error.__cause__ or error), retry_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _run_connected(self) -> None:
        """Work until cancelled, or until something of it ends by a lost connection, which it raises."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
        self._add_tasks(app)
        async with app.open_async():
            _still_wanted()
            parts = [asyncio.create_task(self._take(app, queue), name=queue) for queue in (RUNS, BATCHES)]
            parts.append(asyncio.create_task(self._rescue_again_and_again(app), name="rescue"))
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                for part in done:
                    part.result()
                raise StoreError("A worker stopped by itself; see the log above.")
            finally:
                await end(parts)

    async def _take(self, app: App, queue: str) -> None:
        await app.run_worker_async(
            queues=[queue],
            concurrency=1,
            fetch_job_polling_interval=self._times.look,
            update_heartbeat_interval=self._times.heartbeat,
            stalled_worker_timeout=self._times.dead,
            shutdown_graceful_timeout=self._times.grace,
            delete_jobs="successful",
            install_signal_handlers=False,
        )

    def _add_tasks(self, app: App) -> None:
        @app.task(name=RUN_TASK, queue=RUNS, retry=_Retry(), pass_context=True)
        async def coordinate(context: JobContext, run_id: int) -> None:
            try:
                await self._work.coordinate(run_id)
            except DocentError as error:
                if _has_tries(context.job):
                    raise
                await self._work.give_up_run(run_id, str(error))

        @app.task(name=BATCH_TASK, queue=BATCHES, retry=_Retry(), pass_context=True)
        async def bring_in(context: JobContext, batch_id: int) -> None:
            try:
                await self._work.bring_in(batch_id)
            except DocentError as error:
                if _has_tries(context.job):
                    raise
                await self._work.give_up_batch(batch_id, str(error))
            except Exception as error:
                # A fault of ours: not tried again, told, and for the log.
                await self._work.give_up_batch(batch_id, type(error).__name__)
                raise

    async def _rescue_again_and_again(self, app: App) -> None:
        while True:
            await self.rescue(app)
            await asyncio.sleep(self._times.dead / 2)

    async def rescue(self, app: App) -> None:
        """Put the jobs of dead workers back on the queue; one that killed several is given up. Raises StoreError."""
        for queue in (RUNS, BATCHES):
            for job in await app.job_manager.get_stalled_jobs(queue=queue, seconds_since_heartbeat=self._times.dead):
                await self._rescue_job(app, job)

    async def _rescue_job(self, app: App, job: Job) -> None:
        log.warning("job of a dead worker", task=job.task_name, arguments=job.task_kwargs, tried=job.attempts + 1)
        try:
            if _has_tries(job):
                await app.job_manager.retry_job(job)
                return
            reason = f"The worker died {job.attempts + 1} times while at it."
            if job.task_name == RUN_TASK:
                await self._work.give_up_run(int(str(job.task_kwargs["run_id"])), reason)
            else:
                await self._work.give_up_batch(int(str(job.task_kwargs["batch_id"])), reason)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException as error:
            # Another process was faster; a lost connection shows with the next call.
            log.info("job rescued elsewhere", error=str(error.__cause__ or error))


def _still_wanted() -> None:
    """Raise the cancellation that came while a pool of connections opened: psycopg's loses it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Retry(BaseRetryStrategy):
    """Tries again what a shutdown cut off, and what may pass: a lost database, a folder that is elsewhere."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, DocentError):
            return RetryDecision(retry_in={"seconds": 2**job.attempts})
        return None


def _has_tries(job: Job) -> bool:
    return job.attempts + 1 < _TRIES[job.task_name]
