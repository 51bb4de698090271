"""Answers whose passages changed: marked where an ingest ends, their conversations told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import build_parser
from bot.commands import ingest as ingest_command
from bot.messages import IncomingMessage
from bot.notices import below
from core.bootstrap import build_worker, open_core
from core.errors import PlatformError
from core.models import ConversationKey
from core.storage.question_store import StoredQuestion
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION
from tests.integration.feedback_office import ASKED, Office
from tests.integration.worker_process import TIMES

MARKED = "SELECT question, outdated_at IS NOT NULL, outdated_told_at IS NOT NULL FROM turns ORDER BY id"
HOTEL = "How much may a hotel cost a night?"
MORE = VACATION.replace("30", "31")


@pytest.fixture
async def office(migrated_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    model = FakeChatModel("You get 30 vacation days [1].")
    settings = settings_for(migrated_url, ingest_roots=str(tmp_path))
    async with open_core(settings, embedder=FakeEmbedder(), model=model) as core:
        opened = Office(core, model, tmp_path / "docs")
        await opened.open()
        yield opened
        await opened.desk.drain(0)


async def look(office: Office) -> None:
    assert office.desk._outdated is not None
    await office.desk._outdated.look(office.surface)


async def test_only_answers_that_cite_what_changed_are_marked_and_their_thread_is_told_once(office: Office) -> None:
    await office.ask()
    await office.ask(HOTEL, "2")
    await office.ingest(vacation=MORE)
    assert await office.rows(MARKED) == [(ASKED, True, False), (HOTEL, False, False)]
    await look(office)
    (told,) = office.told()
    assert told.text == (
        f"My answer to “{ASKED}” rests on a passage that has changed since: vacation.md. "
        "Ask again to hear what holds now."
    )
    assert (told.stage, told.actions, told.question_id) == ("final", ("anew",), 1)
    assert [name for name in office.surface.messages if "outdated" in name] == ["slack:T1:C1:1:outdated#3"]
    await look(office)
    await office.ingest(vacation=VACATION.replace("30", "32"))
    await look(office)
    assert len(office.told()) == 1


async def test_what_is_removed_outdates_answers_and_what_is_moved_or_unchanged_does_not(office: Office) -> None:
    await office.ask()
    await office.ask(HOTEL, "2")
    (office.folder / "leave").mkdir()
    (office.folder / "vacation.md").rename(office.folder / "leave" / "vacation.md")
    (office.folder / "expenses.md").unlink()
    await office.ingest(onboarding="# Onboarding\n\nDay one begins at ten.")
    assert await office.rows(MARKED) == [(ASKED, False, False), (HOTEL, True, False)]


async def test_answers_of_one_conversation_are_told_together(office: Office) -> None:
    await office.ask()
    await office.ask(HOTEL, number="2")
    await office.ingest(vacation=MORE, expenses=EXPENSES.replace("120", "130"))
    await look(office)
    (told,) = office.told()
    assert told.text.startswith(f"My answers to “{ASKED}”, “{HOTEL}” rest on passages that have changed since: ")
    assert ("vacation.md, expenses.md" in told.text, told.actions) == (True, ())


async def test_many_conversations_are_told_a_few_at_a_time_and_none_is_left_out(office: Office) -> None:
    for thread in range(6):
        await office.ask(ASKED, str(thread + 1))
    await office.ingest(vacation=MORE)
    await look(office)
    assert len(office.told()) == 5
    await look(office)
    assert len(office.told()) == 6


async def test_an_old_answer_is_marked_and_nobody_told(office: Office) -> None:
    await office.ask()
    await office.rows("UPDATE turns SET created_at = now() - interval '31 days' RETURNING id")
    await office.ingest(vacation=MORE)
    await look(office)
    assert (await office.rows(MARKED), office.told()) == ([(ASKED, True, False)], [])


async def test_documents_that_may_not_be_seen_there_now_are_not_named(office: Office) -> None:
    await office.ask()
    await office.core.access.set_private(["default"], private=True)
    await office.ingest(vacation=MORE)
    await look(office)
    (told,) = office.told()
    assert "vacation.md" not in told.text


async def test_a_platform_that_refuses_is_not_asked_again(office: Office) -> None:
    await office.ask()
    await office.ingest(vacation=MORE)
    office.surface.failures.append(PlatformError("The thread is locked."))
    await look(office)
    await look(office)
    assert office.told() == []


async def test_a_run_of_the_queue_marks_too_and_a_dry_run_does_not(office: Office) -> None:
    await office.ask()
    (office.folder / "vacation.md").write_text(MORE, encoding="utf-8")
    folder = str(office.folder.resolve())
    worker = asyncio.create_task(build_worker(office.core, TIMES).run())
    try:
        for dry_run in (True, False):
            run_id = await office.core.runs.request(
                "default", folder, requested_by="watch", dry_run=dry_run, enqueue=True
            )
            async with asyncio.timeout(30):
                while (run := await office.core.runs.get(run_id)) is None or run.finished_at is None:
                    await asyncio.sleep(0.05)
            assert run.status == "done", run.error
            assert await office.rows(MARKED) == [(ASKED, not dry_run, False)]
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_the_command_line_marks_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.ask()
    (office.folder / "vacation.md").write_text(MORE, encoding="utf-8")

    class Opened:
        async def __aenter__(self):
            return office.core

        async def __aexit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(ingest_command, "open_docent", lambda **_: Opened())
    assert await ingest_command.run(build_parser().parse_args(["ingest", str(office.folder), "--json"])) == 0
    assert await office.rows(MARKED) == [(ASKED, True, False)]


@pytest.mark.parametrize(
    ("handle", "kept"),
    [
        ({"channel": "7", "message": "8"}, {"channel": "7", "message": "8"}),
        (
            {"channel": "7", "application": "1", "token": "t", "at": "1", "response": "9"},
            {"channel": "7", "application": "1", "alone": "yes"},
        ),
    ],
)
def test_a_message_below_an_answer_never_takes_the_answers_place(handle: dict[str, str], kept: dict[str, str]) -> None:
    conversation = ConversationKey("discord", "1", "7")
    stored = StoredQuestion(
        3, "discord:message:8", conversation, "5", ASKED, False, None, handle, "answered", 1, {"ids": ["7:9"]}, 4
    )
    place = below(stored, "outdated")
    assert place == IncomingMessage("question", "discord:message:8:outdated", conversation, "5", ASKED, handle=kept)
