"""The record of runs: who asked, how far it is, how it ends, who has to be told."""

from __future__ import annotations

import pytest

from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore, StoredRun


@pytest.fixture
def runs(database: Database) -> RunStore:
    return RunStore(database)


async def request(runs: RunStore, collection: str = "hr", **more: object) -> int:
    return await runs.request(collection, f"/docs/{collection}", requested_by="slack:UADA", **more)  # type: ignore[arg-type]


async def got(runs: RunStore, run_id: int) -> StoredRun:
    run = await runs.get(run_id)
    assert run is not None
    return run


async def test_a_run_goes_from_its_request_to_its_end(runs: RunStore) -> None:
    run_id = await request(runs, dry_run=True)
    assert (await got(runs, run_id)).status == "queued"
    assert await runs.start(run_id, "host:1")
    await runs.note_plan(run_id, {"added": 2})
    await runs.note_progress(run_id, {"done": 1, "total": 2})
    run = await got(runs, run_id)
    assert (run.status, run.owner, run.plan, run.progress["done"]) == ("running", "host:1", {"added": 2}, 1)
    await runs.finish(run_id, "done", {"added": 2})
    run = await got(runs, run_id)
    assert (run.status, run.summary, run.requested_by, run.dry_run) == ("done", {"added": 2}, "slack:UADA", True)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert not await runs.start(run_id, "host:2"), "what has ended is not begun again"


async def test_a_run_waits_for_its_confirmation_once(runs: RunStore) -> None:
    run_id = await request(runs)
    await runs.start(run_id, "host:1")
    await runs.wait(run_id, {"removed": 9})
    assert (await got(runs, run_id)).status == "waiting"
    assert await runs.confirm(run_id)
    assert not await runs.confirm(run_id)
    run = await got(runs, run_id)
    assert (run.status, run.confirmed, run.plan) == ("queued", True, {"removed": 9})


async def test_a_cancelled_run_stays_cancelled_and_keeps_what_it_did(runs: RunStore) -> None:
    waiting, running = await request(runs), await request(runs, "it")
    assert await runs.cancel(waiting)
    assert (await got(runs, waiting)).finished_at is not None
    await runs.start(running, "host:1")
    assert await runs.cancel(running)
    assert (await got(runs, running)).finished_at is None, "its worker has not stopped yet"
    await runs.finish(running, "done", {"added": 1})
    run = await got(runs, running)
    assert (run.status, run.summary) == ("cancelled", {"added": 1})
    assert run.finished_at is not None
    assert not await runs.cancel(running)


async def test_a_start_marks_what_a_dead_process_left_of_the_same_collection(runs: RunStore) -> None:
    dead, other, stopping = await request(runs), await request(runs, "it"), await request(runs)
    for run_id in (dead, other):
        await runs.start(run_id, "host:1")
    await runs.start(stopping, "host:1")
    await runs.cancel(stopping)
    new = await request(runs)
    await runs.start(new, "host:2")
    assert [(await got(runs, run)).status for run in (dead, stopping, other, new)] == [
        "interrupted",
        "interrupted",
        "running",
        "running",
    ]


async def test_who_is_at_work_is_known_by_the_lock_and_not_by_the_record_alone(
    runs: RunStore, database: Database
) -> None:
    assert await runs.going_on("hr") is None
    run_id = await request(runs)
    assert (await runs.going_on("hr")).id == run_id  # type: ignore[union-attr]
    async with IndexStore(database).lock("hr"):
        await runs.start(run_id, "host:1")
        assert (await runs.going_on("hr")).status == "running"  # type: ignore[union-attr]
        assert await runs.going_on("it") is None
    assert await runs.going_on("hr") is None, "whoever ran it has died"


async def test_a_report_is_taken_by_one_process_at_a_time_and_not_too_often(runs: RunStore) -> None:
    told = await request(runs, report={"platform": "slack"})
    await request(runs, report={"platform": "discord"})
    await request(runs)
    assert [run.id for run in await runs.open_reports("slack", 60)] == [told]
    assert await runs.open_reports("slack", 60) == []
    assert [run.report for run in await runs.open_reports("slack")] == [{"platform": "slack"}]
    await runs.note_report(told, None)
    assert await runs.open_reports("slack") == []


async def test_the_last_runs_come_newest_first(runs: RunStore) -> None:
    ids = [await request(runs) for _ in range(3)]
    assert [run.id for run in await runs.last(2)] == ids[:0:-1]
