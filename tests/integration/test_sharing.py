"""Runs that go through the queue: planned, confirmed, shared by workers, cancelled, taken up again after a death."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from core.bootstrap import Core, build_worker, open_core
from core.ingestion.sharing import FolderMissingError, SharedRuns
from core.storage.batch_store import BatchStore
from core.storage.run_store import StoredRun
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import write
from tests.integration.worker_process import TIMES, SlowEmbedder

SECONDS = 60.0


def documents(count: int) -> dict[str, str]:
    return {f"page-{number:03}": f"# Page {number}\n\nThis is page number {number} of them." for number in range(count)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write((tmp_path / "docs").resolve(), **documents(6))


@pytest.fixture
async def start(migrated_url: str) -> AsyncIterator[Callable[..., object]]:
    """Open one more core, with a worker unless that is not wanted."""
    async with AsyncExitStack() as stack:

        async def start_core(embedder: FakeEmbedder | None = None, *, works: bool = True) -> Core:
            core = await stack.enter_async_context(
                open_core(settings_for(migrated_url), embedder=embedder or FakeEmbedder())
            )
            if works:
                await stack.enter_async_context(working(core))
            return core

        yield start_core


@asynccontextmanager
async def working(core: Core) -> AsyncIterator[None]:
    """Let a worker work while the block runs."""
    task = asyncio.create_task(build_worker(core, TIMES).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def worker_process(url: str, seconds: float, poison: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """Let a worker work in a process of its own; it is killed in the end, if it lives."""
    module = "tests.integration.worker_process"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, url, str(seconds), poison)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def request(core: Core, folder: Path, **more: object) -> int:
    asked: dict[str, object] = {"requested_by": "slack:UADA", "enqueue": True, **more}
    return await core.runs.request("hr", str(folder), **asked)  # type: ignore[arg-type]


async def until(core: Core, run_id: int, wanted: Callable[[StoredRun], object]) -> StoredRun:
    """Wait until a run is as it should be, and give it."""
    async with asyncio.timeout(SECONDS):
        while True:
            run = await core.runs.get(run_id)
            assert run is not None
            if wanted(run):
                return run
            await asyncio.sleep(0.05)


def is_over(run: StoredRun) -> bool:
    return run.finished_at is not None


async def stored(core: Core) -> list[str]:
    return sorted(await core.index.documents("hr"))


async def count(core: Core, statement: str) -> int:
    async with core.database.begin() as connection:
        return int(await connection.scalar(text(statement)) or 0)


async def test_a_run_is_planned_and_brought_to_its_end_by_a_worker(start, folder: Path) -> None:
    core = await start()
    run = await until(core, await request(core, folder), is_over)
    assert run.status == "done"
    assert (run.plan["added"], run.plan["chunks_embedded"], run.plan["chunks_kept"]) == (6, 6, 0)
    assert (run.summary["added"], run.summary["chunks_embedded"], run.summary["failed"]) == (6, 6, [])
    assert (run.progress["done"], run.progress["total"]) == (6, 6)
    assert len(await stored(core)) == 6
    assert await count(core, "SELECT count(*) FROM ingest_batches") == 0, "batches go with their run"
    async with asyncio.timeout(SECONDS):  # the queue forgets a job a moment after its work is done
        while await count(core, "SELECT count(*) FROM procrastinate_jobs"):
            await asyncio.sleep(0.05)


async def test_nothing_is_loaded_until_there_is_work(start, folder: Path) -> None:
    class Untouched(FakeEmbedder):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(f"{name} was asked for")

    core = await start(Untouched())
    async with asyncio.timeout(SECONDS):
        while not await count(core, "SELECT count(*) FROM procrastinate_workers"):
            await asyncio.sleep(0.05)


async def test_a_dry_run_plans_and_changes_nothing(start, folder: Path) -> None:
    core = await start()
    run = await until(core, await request(core, folder, dry_run=True), is_over)
    assert (run.status, run.plan["added"], run.plan["chunks_embedded"]) == ("done", 6, 6)
    assert await core.index.status() == []


async def test_a_file_that_fails_is_planned_as_failed_and_not_as_added(start, folder: Path) -> None:
    core = await start()
    (folder / "broken.pdf").write_text("no PDF", encoding="utf-8")
    run = await until(core, await request(core, folder, dry_run=True), is_over)
    assert (run.plan["added"], run.plan["failed"]) == (6, 1)


async def test_a_file_that_can_not_be_read_is_told_and_the_rest_goes_in(start, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 no more than this")
    core = await start()
    run = await until(core, await request(core, folder), is_over)
    assert run.status == "failed in part"
    assert [entry["document"] for entry in run.summary["failed"]] == ["broken.pdf"]
    assert run.plan["failed"] == 1
    assert len(await stored(core)) == 6


async def test_a_large_removal_waits_and_is_done_once_it_is_confirmed(start, folder: Path) -> None:
    core = await start()
    await until(core, await request(core, folder), is_over)
    for number in range(3):
        (folder / f"page-00{number}.md").unlink()
    run_id = await request(core, folder)
    run = await until(core, run_id, lambda run: run.status == "waiting")
    assert (run.plan["removed"], run.plan["stored"]) == (3, 6)
    assert len(await stored(core)) == 6
    assert await core.runs.confirm(run_id)
    run = await until(core, run_id, is_over)
    assert (run.status, run.summary["removed"]) == ("done", 3)
    assert len(await stored(core)) == 3


async def test_a_confirmation_covers_no_more_than_what_was_seen(start, folder: Path) -> None:
    core = await start()
    await until(core, await request(core, folder), is_over)
    for number in range(3):
        (folder / f"page-00{number}.md").unlink()
    run_id = await request(core, folder)
    await until(core, run_id, lambda run: run.status == "waiting")
    (folder / "page-003.md").unlink()
    await core.runs.confirm(run_id)
    run = await until(core, run_id, lambda run: run.plan["removed"] == 4)
    assert run.status == "waiting"
    assert len(await stored(core)) == 6


async def test_a_run_that_is_left_changes_nothing(start, folder: Path) -> None:
    core = await start(works=False)
    run_id = await request(core, folder)
    await core.runs.cancel(run_id)
    async with working(core):
        other = await request(core, folder, dry_run=True)
        await until(core, other, is_over)
    assert await core.index.status() == []


async def test_a_cancel_stops_a_run_between_two_groups_and_keeps_what_was_written(start, tmp_path: Path) -> None:
    folder = write((tmp_path / "many").resolve(), **documents(200))
    core = await start(SlowEmbedder(0.3))
    run_id = await request(core, folder)
    await until(core, run_id, lambda run: run.progress.get("done", 0) >= 64)
    assert await core.runs.cancel(run_id)
    run = await until(core, run_id, is_over)
    assert run.status == "cancelled"
    assert 64 <= run.summary["added"] < 200
    assert 64 <= len(await stored(core)) < 200


async def test_two_worker_processes_share_one_run(start, migrated_url: str, tmp_path: Path) -> None:
    folder = write((tmp_path / "many").resolve(), **documents(64 * 6))
    core = await start(works=False)
    async with worker_process(migrated_url, 0.5) as first, worker_process(migrated_url, 0.5) as second:
        async with asyncio.timeout(SECONDS):
            while await count(core, "SELECT count(*) FROM procrastinate_workers") < 4:
                await asyncio.sleep(0.1)
        run = await until(core, await request(core, folder), is_over)
    assert (run.status, run.summary["added"]) == ("done", 384)
    workers = run.summary["workers"]
    assert {int(owner.rpartition(":")[2]) for owner in workers} == {first.pid, second.pid}
    assert sum(workers.values()) == 6
    assert len(await stored(core)) == 384


async def test_what_a_killed_worker_had_in_hand_is_done_by_another(start, migrated_url: str, tmp_path: Path) -> None:
    folder = write((tmp_path / "many").resolve(), **documents(64 * 3))
    core = await start(works=False)
    run_id = await request(core, folder)
    async with worker_process(migrated_url, 1.0) as process:
        await until(core, run_id, lambda run: run.progress.get("done", 0) >= 64)
        process.kill()
        await process.wait()
    async with working(core):
        run = await until(core, run_id, is_over)
    assert (run.status, run.summary["added"]) == ("done", 192)
    assert len(run.summary["workers"]) == 2
    assert len(await stored(core)) == 192


async def test_a_batch_that_kills_worker_after_worker_fails_and_the_rest_goes_in(
    start, migrated_url: str, folder: Path
) -> None:
    (folder / "poison.md").write_text("# Poison\n\ncyanide", "utf-8")
    write(folder, **{f"z{name}": words for name, words in documents(64).items()})
    core = await start(works=False)
    run_id = await request(core, folder)
    async with worker_process(migrated_url, 0.0, "cyanide") as process:
        await process.wait()
    async with core.database.begin() as connection:  # as after two deaths more
        await connection.execute(text("UPDATE procrastinate_jobs SET attempts = 2 WHERE status = 'doing'"))
    async with worker_process(migrated_url, 0.0, "cyanide"):
        run = await until(core, run_id, is_over)
    assert run.status == "failed in part"
    reasons = {entry["document"]: entry["reason"] for entry in run.summary["failed"]}
    assert "died" in reasons["poison.md"]
    assert len(await stored(core)) == 71 - len(reasons) > 0


async def test_a_worker_that_lost_its_database_for_a_while_goes_on(start, folder: Path) -> None:
    core = await start()
    async with asyncio.timeout(SECONDS):
        while not await count(core, "SELECT count(*) FROM procrastinate_workers"):
            await asyncio.sleep(0.05)
    async with core.database.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    run = await until(core, await request(core, folder), is_over)
    assert run.status == "done"


async def test_a_run_whose_collection_is_taken_waits_for_it(start, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr("core.ingestion.sharing._BUSY_SECONDS", 0.1)
    core = await start(works=False)
    async with core.index.lock("hr"):
        async with working(core):
            run_id = await request(core, folder)
            async with asyncio.timeout(SECONDS):
                while not await count(core, "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL"):
                    await asyncio.sleep(0.05)
        assert (await until(core, run_id, lambda run: True)).status == "queued"
    async with working(core):
        assert (await until(core, run_id, is_over)).status == "done"


async def test_a_folder_that_has_gone_fails_the_run_with_why(start, folder: Path) -> None:
    core = await start()
    shutil.rmtree(folder)
    run = await until(core, await request(core, folder), is_over)
    assert run.status == "failed"
    assert "isn't there" in run.error


async def test_a_folder_that_became_a_link_meanwhile_is_refused(start, folder: Path, tmp_path: Path) -> None:
    core = await start(works=False)
    run_id = await request(core, folder)
    shutil.rmtree(folder)
    folder.symlink_to(write(tmp_path / "secret", salaries="# Salaries\n\nEverybody's."))
    async with working(core):
        run = await until(core, run_id, is_over)
    assert run.status == "failed"
    assert "is a link to elsewhere" in run.error
    assert await core.index.status() == []


async def test_a_worker_without_the_folder_leaves_its_batch_to_one_that_has_it(start, folder: Path) -> None:
    core = await start(works=False)
    run_id = await request(core, folder)
    batches = BatchStore(core.database)
    shared = SharedRuns(core.ingester, core.runs, batches)
    await core.runs.start(run_id, "host:1")
    await batches.split(run_id, [[{"kind": "added", "path": "page-000.md", "size": 1}]])
    (batch,) = await batches.of_run(run_id)
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(FolderMissingError, match="isn't on this machine"):
        await shared.bring_in(batch.id)
    elsewhere.rename(folder)
    for _ in range(2):  # a batch is done once, however often it is asked for
        await shared.bring_in(batch.id)
    (batch,) = await batches.of_run(run_id)
    assert batch.outcome is not None
    assert batch.outcome["added"] == 1
