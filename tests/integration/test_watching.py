"""Folders that are watched, pulled and ingested on a schedule: real folders, a real git remote, a real queue."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from bot.commands.status import show_pulls
from bot.serving import serve
from bot.settings import BotSettings
from bot.watching.keeper import WatchTimes
from bot.watching.service import Watching
from bot.wording import run_line
from core.bootstrap import Core, build_worker, open_core
from core.errors import ConfigurationError
from core.storage.pull_store import PullStore
from core.storage.run_store import StoredRun
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import write
from tests.integration.repositories import cloned, commit, git, pages, published
from tests.integration.worker_process import TIMES, SlowEmbedder

WATCH_TIMES = WatchTimes(quiet=0.3, burst=2.0, look=0.1, retry=0.3)
SECONDS = 60.0
# A schedule that is due at once and again and again; one that is not due in a test.
OFTEN, RARELY = 0.01, 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write((tmp_path / "docs").resolve(), **pages(*range(6)))


@pytest.fixture
async def core(migrated_url: str, folder: Path) -> AsyncIterator[Core]:
    """A core whose collection "default" mirrors the folder, and a worker."""
    async with opened(migrated_url) as core:
        await core.ingester.ingest(folder)
        yield core


@asynccontextmanager
async def opened(url: str, embedder: FakeEmbedder | None = None, **settings: object) -> AsyncIterator[Core]:
    async with open_core(settings_for(url, **settings), embedder=embedder or FakeEmbedder()) as core:
        task = asyncio.create_task(build_worker(core, TIMES).run())
        try:
            yield core
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def bot_settings(**changes: object) -> BotSettings:
    return BotSettings(_env_file=None, **changes)  # type: ignore[arg-type,call-arg]


@asynccontextmanager
async def watching(core: Core, **changes: object) -> AsyncIterator[None]:
    task = asyncio.create_task(Watching(core, bot_settings(**changes), WATCH_TIMES).run())
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(SECONDS):
        while not await holds():
            await asyncio.sleep(0.05)


async def ours(core: Core) -> list[StoredRun]:
    """The runs that nobody asked for in person, oldest first."""
    return [run for run in reversed(await core.runs.last(100)) if run.requested_by in ("watch", "schedule")]


async def ended(core: Core, count: int) -> bool:
    return sum(run.finished_at is not None for run in await ours(core)) >= count


async def stored(core: Core) -> set[str]:
    return set(await core.index.documents("default"))


async def settled(core: Core) -> None:
    """Wait until a watcher has had time to ask for more."""
    await asyncio.sleep(4 * WATCH_TIMES.quiet)
    await until(lambda: none_goes_on(core))


async def none_goes_on(core: Core) -> bool:
    return await core.runs.going_on("default") is None


async def test_what_changed_while_nobody_watched_is_found_at_the_start(core: Core, folder: Path) -> None:
    write(folder, **pages(7))
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
    assert "page-7.md" in await stored(core)


async def test_serving_watches(core: Core, folder: Path) -> None:
    task = asyncio.create_task(serve(core, bot_settings(watch="on", web_port=0)))
    write(folder, **pages(7))
    await until(lambda: ended(core, 1))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "page-7.md" in await stored(core)


async def test_a_burst_of_changes_is_one_run(core: Core, folder: Path) -> None:
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        for number in range(10, 40):
            write(folder, **pages(number))
            await asyncio.sleep(0.01)
        await until(lambda: ended(core, 2))
        await settled(core)
        runs = await ours(core)
    assert [run.summary["added"] for run in runs] == [0, 30]
    assert {run.requested_by for run in runs} == {"watch"}


async def test_changes_during_a_run_are_one_more_run_after_it(migrated_url: str, folder: Path) -> None:
    async with opened(migrated_url, SlowEmbedder(1.0)) as core:
        await core.ingester.ingest(folder)
        async with watching(core, watch="on"):
            await until(lambda: ended(core, 1))
            write(folder, **pages(10))
            await until(lambda: running(core))
            for number in (11, 12, 13):
                write(folder, **pages(number))
                await asyncio.sleep(0.1)
            await until(lambda: ended(core, 3))
            await settled(core)
            runs = await ours(core)
            assert len(runs) == 3
            assert {"page-10.md", "page-11.md", "page-12.md", "page-13.md"} <= await stored(core)


async def running(core: Core) -> bool:
    busy = await core.runs.going_on("default")
    return busy is not None and busy.status == "running" and bool(busy.progress)


@pytest.mark.parametrize("name", [".git/config.md", ".hidden.md", "picture.png"])
async def test_what_no_ingest_reads_asks_for_no_run(name: str, core: Core, folder: Path) -> None:
    (folder / ".git").mkdir()
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        (folder / name).write_text("something")
        await settled(core)
        assert len(await ours(core)) == 1


async def test_a_new_rule_in_docentignore_takes_documents_out(core: Core, folder: Path) -> None:
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        (folder / ".docentignore").write_text("page-3.md\n")
        await until(lambda: ended(core, 2))
    assert await stored(core) == {f"page-{number}.md" for number in (0, 1, 2, 4, 5)}


async def test_a_folder_that_was_replaced_is_watched_again(core: Core, folder: Path) -> None:
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        shutil.move(folder, folder.with_name("old"))
        write(folder, **pages(*range(7)))
        await until(lambda: holds(core, "page-6.md"))
        write(folder, **pages(8))
        await until(lambda: holds(core, "page-8.md"))


async def holds(core: Core, path: str) -> bool:
    return path in await stored(core)


async def test_a_large_removal_waits_for_confirmation_and_says_so_once(core: Core, folder: Path) -> None:
    with capture_logs() as logs:
        async with watching(core, watch="on", ingest_every=OFTEN):
            await until(lambda: ended(core, 1))
            for number in range(4):
                (folder / f"page-{number}.md").unlink()
            await until(lambda: waits(core))
            await asyncio.sleep(3 * OFTEN * 60)
            assert len(await stored(core)) == 6
            waiting = [run for run in await ours(core) if run.status == "waiting"]
    assert len(waiting) == 1
    line = run_line(waiting[0], is_alive=True)
    assert f"would remove 4 of 6 documents, confirm with: docent ingest {folder} --collection default --yes" in line
    said = [entry for entry in logs if entry["event"] == "ingest waits for confirmation"]
    assert [(entry["removed"], entry["stored"]) for entry in said] == [(4, 6)]
    assert said[0]["remedy"] == f"docent ingest {folder} --collection default --yes"


async def test_a_removal_that_was_undone_waits_for_nobody(core: Core, folder: Path) -> None:
    async with watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        for number in range(4):
            (folder / f"page-{number}.md").unlink()
        await until(lambda: waits(core))
        write(folder, **pages(0, 1, 2, 3, 9))
        await until(lambda: holds(core, "page-9.md"))
        await until(lambda: none_goes_on(core))
    assert len(await stored(core)) == 7
    assert [run.status for run in await ours(core)].count("waiting") == 0


async def waits(core: Core) -> bool:
    busy = await core.runs.going_on("default")
    return busy is not None and busy.status == "waiting"


async def test_two_processes_that_watch_queue_one_run(core: Core, folder: Path) -> None:
    async with watching(core, watch="on"), watching(core, watch="on"):
        await until(lambda: ended(core, 1))
        await settled(core)
        before = len(await ours(core))
        write(folder, **pages(20))
        await until(lambda: holds(core, "page-20.md"))
        await settled(core)
        runs = (await ours(core))[before:]
    assert sum(run.summary["added"] for run in runs) == 1


async def test_of_requests_at_the_same_time_one_is_queued(migrated_url: str, folder: Path) -> None:
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder()) as core:
        asked = [core.runs.request_once("default", str(folder), requested_by="watch") for _ in range(8)]
        ids = await asyncio.gather(*asked)
        assert sum(run_id is not None for run_id in ids) == 1


async def test_folders_outside_of_the_roots_are_not_watched(migrated_url: str, folder: Path, tmp_path: Path) -> None:
    async with opened(migrated_url, ingest_roots=str(tmp_path / "elsewhere")) as core:
        await core.ingester.ingest(folder)
        with capture_logs() as logs:
            async with watching(core, watch="on"):
                await asyncio.sleep(4 * WATCH_TIMES.retry)
        assert await ours(core) == []
        assert sum(entry["event"] == "folder not kept" for entry in logs) == 1


async def test_a_schedule_ingests_what_nobody_watched(core: Core, folder: Path) -> None:
    async with watching(core, ingest_every=OFTEN):
        await until(lambda: ended(core, 2))
        write(folder, **pages(30))
        await until(lambda: holds(core, "page-30.md"))
    assert {run.requested_by for run in await ours(core)} == {"schedule"}


def test_pulling_without_any_run_to_pull_for_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="INGEST_EVERY"):
        Watching(None, bot_settings(git_pull="on"))  # type: ignore[arg-type]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A repository that others push to, and that is cloned from."""
    return published(tmp_path / "remote", *range(6))


@pytest.fixture
def checkout(remote: Path, tmp_path: Path) -> Path:
    return cloned(remote, tmp_path / "checkout")


async def test_a_checkout_is_pulled_before_its_run(core: Core, remote: Path, checkout: Path) -> None:
    await core.ingester.ingest(checkout)
    commit(remote, **pages(50))
    async with watching(core, ingest_every=RARELY, git_pull="on"):
        await until(lambda: ended(core, 1))
    assert "page-50.md" in await stored(core)
    assert await PullStore(core.database).failed() == []


async def test_a_pull_that_fails_is_told_and_the_ingest_goes_on(core: Core, remote: Path, checkout: Path) -> None:
    await core.ingester.ingest(checkout)
    commit(remote, **pages(50))
    commit(checkout, **pages(60))
    with capture_logs() as logs:
        async with watching(core, ingest_every=RARELY, git_pull="on"):
            await until(lambda: ended(core, 1))
    assert "page-60.md" in await stored(core)
    (failed,) = await PullStore(core.database).failed()
    assert failed.collection == "default"
    assert "fast-forward" in failed.error
    shown = Console(file=StringIO(), width=200)
    show_pulls(shown, [failed])
    assert "default: git pull failed, fatal: Not possible to fast-forward" in shown.file.getvalue()  # type: ignore[attr-defined]
    assert [entry["reason"] for entry in logs if entry["event"] == "git pull failed"] == [failed.error]
    git(checkout, "reset", "--hard", "HEAD~1")
    async with watching(core, ingest_every=RARELY, git_pull="on"):
        await until(lambda: ended(core, 2))
    assert "page-50.md" in await stored(core)
    assert await PullStore(core.database).failed() == []


async def test_a_folder_without_git_is_not_pulled(core: Core) -> None:
    async with watching(core, ingest_every=RARELY, git_pull="on"):
        await until(lambda: ended(core, 1))
    assert await PullStore(core.database).failed() == []
