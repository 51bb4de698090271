"""Re-ingesting from a chat with the real desk, queue and worker: who may, what is shown where, what survives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import Action, Command, IncomingMessage, Press, Reply
from core.bootstrap import Core, build_worker, open_core
from core.errors import PlatformError
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write
from tests.integration.worker_process import TIMES

CHANNEL = ConversationKey("slack", "T1", "C1", "")
PLACE = IncomingMessage("question", "slack:T1:C1:77", CHANNEL, "UADMIN", "/docent reingest", handle={"channel": "C1"})


class Process:
    """A process that serves: its own core, desk and surface over the shared database, without a worker."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.surface = FakeSurface()
        self.desk = Dispatcher(core, Admins("slack:UADMIN", managers=True))
        self.desk.attach(self.surface)

    async def say(self, argument: str = "", user: str = "UADMIN", **more: object) -> str:
        command = Command("slack", "reingest", argument, user, CHANNEL, "Ada", PLACE)
        return await self.desk.command(replace(command, **more))  # type: ignore[arg-type]

    async def press(self, action: Action, user: str = "UADMIN", *, run: int = 1, manages: bool = False) -> str:
        return await self.desk.press(Press("slack", run, action, user, manages=manages))

    async def look(self) -> None:
        await self.desk._reports.look(self.surface)

    async def until(self, words: str) -> list[Reply]:
        """Wait until the last message shows these words, and give all that it showed."""
        async with asyncio.timeout(30):
            while True:
                await self.look()
                *_, shown = [[], *self.surface.messages.values()]
                if shown and words in shown[-1].text + shown[-1].status:
                    return shown
                await asyncio.sleep(0.05)


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return (tmp_path / "docs").resolve()


@pytest.fixture
async def start(migrated_url: str, root: Path) -> AsyncIterator[Start]:
    write(root / "hr", vacation=VACATION, expenses=EXPENSES)
    async with AsyncExitStack() as stack:

        async def start_process(*, ingests: bool = True, works: bool = True) -> Process:
            settings = settings_for(migrated_url, ingest_roots=str(root))
            core = await stack.enter_async_context(open_core(settings, embedder=FakeEmbedder()))
            if ingests:
                await core.ingester.ingest(root / "hr", "hr")
            if works:
                task = asyncio.create_task(build_worker(core, TIMES).run())
                stack.push_async_callback(asyncio.gather, task, return_exceptions=True)
                stack.callback(task.cancel)
            return Process(core)

        yield start_process


async def audited(process: Process) -> list[tuple[object, ...]]:
    async with process.core.database.begin() as connection:
        rows = await connection.execute(text("SELECT actor, action, allowed, outcome FROM audit ORDER BY id"))
        return [tuple(row) for row in rows]


async def requested(process: Process) -> list[str]:
    return [run.requested_by for run in await process.core.runs.last(9) if run.requested_by.startswith("slack")]


async def test_others_are_refused_in_private_and_nothing_happens(start: Start) -> None:
    process = await start(works=False)
    assert await process.say("hr", "U1") == wording.NOT_AN_ADMIN
    assert (process.surface.messages, await requested(process)) == ({}, [])
    assert await audited(process) == [("U1", "reingest", False, "refused")]


async def test_a_change_is_planned_shown_and_summed_up_in_one_message(start: Start, root: Path) -> None:
    process = await start()
    write(root / "hr", vacation=VACATION.replace("30", "31"), parental="# Parental leave\n\n20 weeks.")
    assert await process.say("hr") == wording.REINGEST_BEGUN
    replies = await process.until("Done:")
    assert len(process.surface.messages) == 1
    assert replies[0].text == "**Ingesting hr**, asked for by Ada"
    assert "1 added, 1 changed, 0 moved, 0 removed, 1 unchanged, 0 failed" in replies[-1].text
    assert "Chunks: 2 embedded, 1 kept" in replies[-1].text
    assert replies[-1].stage == "final"
    assert await process.core.runs.open_reports("slack") == [], "all is told"
    (run, *_) = await process.core.runs.last(1)
    assert await audited(process) == [("UADMIN", "reingest", True, f"run {run.id}")]


async def test_a_dry_run_shows_the_plan_and_changes_nothing(start: Start, root: Path) -> None:
    process = await start()
    write(root / "hr", parental="# Parental leave\n\n20 weeks.")
    await process.say("hr --dry-run")
    replies = await process.until("Nothing was changed.")
    assert "Plan: 1 added, 0 changed, 0 moved, 0 removed, 2 unchanged, 0 failed." in replies[-1].text
    assert "Chunks: 1 to embed, 0 to keep." in replies[-1].text
    assert len(await process.core.index.documents("hr")) == 2


async def test_a_new_folder_under_a_root_becomes_a_collection(start: Start, root: Path) -> None:
    process = await start()
    write(root / "it", laptop="# Laptop\n\nAsk the service desk.")
    assert "it" in await process.desk.folders()
    await process.say("it")
    await process.until("Done: 1 added")
    assert [entry.name for entry in await process.core.index.status()] == ["hr", "it"]


@pytest.mark.parametrize("name", ["../secret", "/etc", "link", "sales"])
async def test_a_folder_that_may_not_be_ingested_is_refused_with_a_sentence(
    start: Start, root: Path, tmp_path: Path, name: str
) -> None:
    process = await start(works=False)
    (root / "link").symlink_to(write(tmp_path / "secret", salaries="# Salaries"))
    said = await process.say(name)
    known = ["hr"]
    assert said in (wording.folder_outside(name), wording.no_such_folder(name, known))
    assert (process.surface.messages, await requested(process)) == ({}, [])
    assert (await audited(process))[0][3].startswith("refused")  # type: ignore[attr-defined]


async def test_without_a_folder_every_collection_is_ingested(start: Start, root: Path) -> None:
    process = await start(works=False)
    await process.core.ingester.ingest(write(root / "it", laptop="# Laptop\n\nAsk the service desk."), "it")
    await process.say()
    assert [run.collection for run in await process.core.runs.last(2)] == ["it", "hr"]
    assert len(process.surface.messages) == 2


async def test_who_asks_while_a_run_goes_on_is_told_whose_it_is_and_how_far(start: Start) -> None:
    process = await start(works=False)
    await process.say("hr")
    (run,) = await process.core.runs.last(1)
    assert "asked for by Ada: it waits for a worker." in await process.say("hr", "UADMIN")
    async with process.core.index.lock("hr"):
        await process.core.runs.start(run.id, "host:1")
        await process.core.runs.note_progress(run.id, {"done": 3, "total": 9})
        assert "asked for by Ada: 3 of 9 documents so far." in await process.say("hr")
    assert len(await requested(process)) == 1


async def test_a_large_removal_waits_for_an_admin(start: Start, root: Path) -> None:
    process = await start()
    write(root / "hr", **{f"page{number}": f"# Page {number}\n\nWords." for number in range(4)})
    await process.core.ingester.ingest(root / "hr", "hr")
    for number in range(4):
        (root / "hr" / f"page{number}.md").unlink()
    await process.say("hr")
    replies = await process.until("This would remove 4 of 6 documents")
    assert replies[-1].actions == ("confirm", "leave")
    run = replies[-1].question_id
    assert await process.press("confirm", "U1", run=run) == wording.NOT_AN_ADMIN
    assert await process.press("confirm", "UBOSS", run=run, manages=True) == ""
    await process.until("4 removed")
    assert await process.press("confirm", run=run) == wording.RUN_OVER
    assert [row[:3] for row in await audited(process)] == [
        ("UADMIN", "reingest", True),
        ("U1", "confirm", False),
        ("UBOSS", "confirm", True),
        ("UADMIN", "confirm", True),
    ]
    assert len(process.surface.messages) == 1


async def test_a_removal_that_is_left_stays_undone(start: Start, root: Path) -> None:
    process = await start()
    write(root / "hr", **{f"page{number}": f"# Page {number}\n\nWords." for number in range(4)})
    await process.core.ingester.ingest(root / "hr", "hr")
    for number in range(4):
        (root / "hr" / f"page{number}.md").unlink()
    await process.say("hr")
    run = (await process.until("This would remove"))[-1].question_id
    assert await process.press("leave", run=run) == ""
    assert wording.RUN_LEFT in (await process.until(wording.RUN_LEFT))[-1].text
    assert len(await process.core.index.documents("hr")) == 6
    await process.say("hr")
    again = (await process.until("This would remove"))[-1].question_id
    await process.say("hr --dry-run")
    await process.until("Nothing was changed.")
    superseded = await process.core.runs.get(again)
    assert superseded is not None
    assert superseded.status == "cancelled", "whoever asks anew gets a plan of now"


async def test_stop_is_for_admins_and_of_this_platform(start: Start) -> None:
    process = await start(works=False)
    await process.say("hr")
    (run,) = await process.core.runs.last(1)
    assert await process.press("stop", "U1", run=run.id) == wording.NOT_AN_ADMIN
    assert await process.desk.press(Press("discord", run.id, "stop", "UADMIN")) == wording.RUN_OVER
    assert await process.press("stop", run=run.id) == ""
    assert (await process.core.runs.get(run.id)).status == "cancelled"  # type: ignore[union-attr]


async def test_another_process_goes_on_with_the_same_message(start: Start, root: Path) -> None:
    first = await start(works=False)
    write(root / "hr", parental="# Parental leave\n\n20 weeks.")
    await first.say("hr")
    (message,) = first.surface.messages
    second = await start(ingests=False)
    await second.until("Done: 1 added")
    assert list(second.surface.messages) == [message], "edited, not posted again"


async def test_where_nothing_can_be_shown_nothing_is_begun(start: Start) -> None:
    process = await start(works=False)
    process.surface.failures.append(PlatformError("not_in_channel"))
    assert await process.say("hr") == wording.REINGEST_UNSEEN
    assert await requested(process) == []


async def test_a_message_that_can_not_be_shown_does_not_keep_the_run_from_its_end(start: Start, root: Path) -> None:
    process = await start()
    await process.say("hr")
    process.surface.failures.extend([PlatformError("channel_not_found")] * 999)
    async with asyncio.timeout(30):
        while (await process.core.runs.last(1))[0].report is not None:
            await process.look()
            await asyncio.sleep(0.05)
    assert (await process.core.runs.last(1))[0].status == "done"


async def test_a_private_collection_is_not_told_of_in_a_public_channel(start: Start) -> None:
    process = await start(works=False)
    await process.core.access.set_private(["hr"], private=True)
    audience = Audience(Scope("slack", "T1", "C1"), is_public=True)
    assert await process.say("hr", audience=audience) == wording.not_in_public(["hr"])
    assert process.surface.messages == {}
    assert await process.say("hr", audience=replace(audience, is_public=False)) == wording.REINGEST_BEGUN
