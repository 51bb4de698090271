"""The desk over a real Postgres: one answer a question, whatever happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import Command, IncomingMessage, Press, Reply
from core.bootstrap import Core, open_core
from core.errors import ConfigurationError, PlatformError, StoreError
from core.models import ConversationKey
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write

THREAD = ConversationKey("slack", "T1", "C1", "100.1")
ADMINS = "slack:UADMIN"
ASKED = "How many vacation days do employees get?"


def question(
    words: str = "How many vacation days do employees get?", key: str = "slack:T1:C1:100.1"
) -> IncomingMessage:
    return IncomingMessage("question", key, THREAD, "U1", words, handle={"ts": "100.1"})


OpenCore = Callable[[FakeChatModel], "asyncio.Future[Core]"]


class Process:
    """A process of Docent: its own core, desk and surface over the shared database."""

    def __init__(self, core: Core, model: FakeChatModel) -> None:
        self.core = core
        self.model = model
        self.surface = FakeSurface()
        self.desk = Dispatcher(core, Admins(ADMINS, managers=True))

    async def settle(self) -> None:
        """Wait until every answer is there."""
        while self.desk.busy:
            await asyncio.sleep(0.01)

    async def ask(self, message: IncomingMessage) -> None:
        await self.desk.receive(message)
        await self.settle()


@pytest.fixture
async def start(migrated_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    async with AsyncExitStack() as stack:

        async def start_process(model: FakeChatModel | None = None, *, ingest: bool = True) -> Process:
            model = model or FakeChatModel("You get 30 vacation days [1].")
            core = await stack.enter_async_context(
                open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model)
            )
            if ingest:
                await core.ingester.ingest(folder)
            process = Process(core, model)
            stack.push_async_callback(process.desk.drain, 0)
            await process.desk.begin()
            await process.desk.resume(process.surface)
            return process

        yield start_process


async def test_a_question_is_acknowledged_and_answered_with_footnotes_and_buttons(start) -> None:
    process = await start()
    await process.ask(question())
    assert process.surface.acknowledged == ["slack:T1:C1:100.1"]
    (replies,) = process.surface.messages.values()
    final = replies[-1]
    assert final.stage == "final"
    assert final.text.startswith("You get 30 vacation days [1].")
    assert final.footnotes[0].place.startswith("vacation.md, Vacation › Employees")
    assert set(final.actions) == {"up", "down", "evidence"}


async def test_while_it_grows_the_message_shows_the_evidence_and_a_way_to_stop(start) -> None:
    process = await start(FakeChatModel("You get 30 vacation days [1].", piece_seconds=0.02))
    await process.ask(question())
    (replies,) = process.surface.messages.values()
    working = [reply for reply in replies if reply.stage == "working"]
    assert any(reply.footnotes for reply in working)
    assert all(reply.actions == ("cancel",) for reply in working)


async def test_the_same_event_twice_is_answered_once(start) -> None:
    process = await start()
    await asyncio.gather(*(process.desk.receive(question()) for _ in range(5)))
    await process.settle()
    assert len(process.surface.messages) == 1
    await process.ask(question())
    assert len(process.surface.messages) == 1


async def test_two_processes_answer_an_event_once(start) -> None:
    first, second = await start(), await start(ingest=False)
    await asyncio.gather(first.desk.receive(question()), second.desk.receive(question()))
    await first.settle()
    await second.settle()
    assert len(first.surface.messages) + len(second.surface.messages) == 1


async def test_a_follow_up_remembers_only_its_own_conversation(start) -> None:
    process = await start()
    await process.ask(question())
    await process.ask(question("and for contractors?", "slack:T1:C1:100.2"))
    elsewhere = replace(question("and for contractors?", "slack:T1:C2:1"), conversation=replace(THREAD, channel="C2"))
    await process.ask(elsewhere)
    here, there = process.model.prompts[1], process.model.prompts[2:]
    assert "employees" in here[1].content
    assert all("employees get?" not in prompt[-1].content for prompt in there)
    assert all(len(prompt) == 2 for prompt in there), "no turn of another conversation"


async def test_small_talk_is_answered_in_one_message_and_not_remembered(start) -> None:
    process = await start()
    await process.ask(question())
    await process.ask(question("thanks!", "slack:T1:C1:100.2"))
    assert process.surface.messages["slack:T1:C1:100.2#2"] == [Reply("final", wording.SMALL_TALK["thanks"])]
    assert [turn.question for turn in await process.core.conversations.turns(THREAD)] == [ASKED]
    async with process.core.database.begin() as connection:
        statuses = (await connection.scalars(text("SELECT status FROM questions"))).all()
    assert statuses == ["answered", "answered"]


async def test_small_talk_that_was_not_said_to_us_is_left_alone(start) -> None:
    process = await start()
    await process.ask(question())
    await process.ask(replace(question("thanks!", "slack:T1:C1:100.2"), addressed=False))
    await process.ask(replace(question("thanks! and for contractors?", "slack:T1:C1:100.3"), addressed=False))
    assert process.surface.acknowledged == ["slack:T1:C1:100.1", "slack:T1:C1:100.3"]


async def test_a_dead_process_leaves_its_questions_to_the_next_in_the_same_message(start) -> None:
    slow = FakeChatModel("word " * 200, piece_seconds=0.05)
    first = await start(slow)
    await first.desk.receive(question())
    while not first.surface.messages:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    sent_before = set(first.surface.messages)
    await first.desk.drain(0)  # what kill -9 leaves: an open question, no sign of life
    second = await start(ingest=False)
    await second.settle()
    assert set(second.surface.messages) == sent_before, "edited, not posted again"
    assert second.surface.final()[0].stage == "final"


async def test_what_a_dead_process_may_have_posted_without_a_note_is_looked_for(start) -> None:
    first = await start(FakeChatModel("word " * 200, piece_seconds=0.05))
    await first.desk.receive(question())
    await asyncio.sleep(0.05)
    await first.desk.drain(0)
    async with first.core.database.begin() as connection:
        await connection.execute(text("UPDATE questions SET sent = NULL"))
    second = await start(ingest=False)
    await second.settle()
    assert first.surface.looked_for == []
    assert second.surface.looked_for == [question().key]


async def test_a_living_process_keeps_its_questions(start) -> None:
    first = await start(FakeChatModel("word " * 100, piece_seconds=0.02))
    await first.desk.receive(question())
    second = await start(ingest=False)
    assert second.desk.busy == 0
    await first.settle()
    assert len(first.surface.messages) == 1
    assert second.surface.messages == {}


async def test_a_question_that_kills_its_process_again_and_again_is_closed_honestly(start) -> None:
    first = await start(FakeChatModel("word " * 200, piece_seconds=0.05))
    await first.desk.receive(question())
    await asyncio.sleep(0.05)
    await first.desk.drain(0)
    async with first.core.database.begin() as connection:
        await connection.execute(text("UPDATE questions SET attempts = 3"))
    second = await start(ingest=False)
    await second.settle()
    assert second.surface.final()[0].text == wording.GIVEN_UP


async def test_cancel_stops_the_model_and_says_so(start) -> None:
    process = await start(FakeChatModel("word " * 200, piece_seconds=0.05))
    await process.desk.receive(question())
    while not process.model.prompts:
        await asyncio.sleep(0.01)
    (replies,) = process.surface.messages.values()
    question_id = replies[-1].question_id
    assert await process.desk.press(Press("slack", question_id, "cancel", "U2")) == wording.ONLY_THE_ASKER
    assert await process.desk.press(Press("slack", question_id, "cancel", "U1")) == ""
    assert process.surface.final()[0].text == wording.CANCELLED
    assert (process.desk.busy, process.model.waiting) == (0, 0)
    assert await process.desk.press(Press("slack", question_id, "cancel", "U1")) == wording.NOT_RUNNING


@pytest.mark.parametrize(("admin", "manages"), [("UADMIN", False), ("UBOSS", True)])
async def test_admins_may_cancel_what_others_asked_also_those_whom_the_platform_calls_so(
    start, admin: str, manages: bool
) -> None:
    process = await start(FakeChatModel("word " * 200, piece_seconds=0.05))
    await process.desk.receive(question())
    while not process.model.prompts:
        await asyncio.sleep(0.01)
    (replies,) = process.surface.messages.values()
    pressed = Press("slack", replies[-1].question_id, "cancel", admin, manages)
    assert await process.desk.press(pressed) == ""
    assert process.surface.final()[0].text == wording.CANCELLED


async def test_an_edited_question_gets_its_answer_replaced(start) -> None:
    process = await start()
    await process.ask(question())
    edited = replace(question("What may a hotel cost a night?"), kind="edited")
    await process.ask(edited)
    assert len(process.surface.messages) == 1
    assert "120 EUR" in process.surface.final()[0].text
    turns = await process.core.conversations.turns(THREAD)
    assert [turn.question for turn in turns] == ["What may a hotel cost a night?"]


async def test_an_edit_that_changes_no_word_changes_nothing(start) -> None:
    process = await start()
    await process.ask(question())
    await process.ask(replace(question(), kind="edited"))
    assert len(process.model.prompts) == 1


async def test_a_deleted_question_gets_its_answer_retracted_and_forgotten(start) -> None:
    process = await start()
    await process.ask(question())
    await process.ask(replace(question(""), kind="deleted"))
    assert process.surface.retracted == list(process.surface.messages)
    assert await process.core.conversations.turns(THREAD) == ()
    await process.ask(question())
    assert len(process.surface.messages) == 1, "a late redelivery of it is not answered"


async def test_edits_and_deletions_of_what_was_never_asked_are_nothing(start) -> None:
    process = await start()
    await process.ask(replace(question(), kind="edited"))
    await process.ask(replace(question(), kind="deleted"))
    assert process.surface.messages == {}


async def test_evidence_and_feedback_work_also_after_a_restart(start) -> None:
    first = await start()
    await first.ask(question())
    question_id = first.surface.final()[0].question_id
    second = await start(ingest=False)
    shown = await second.desk.press(Press("slack", question_id, "evidence", "U2"))
    assert "> Employees get 30 vacation days a year." in shown
    assert await second.desk.press(Press("slack", question_id, "up", "U2")) == wording.THANKS
    assert await second.desk.press(Press("slack", question_id, "down", "U2")) == wording.WHY
    async with second.core.database.begin() as connection:
        rows = (await connection.execute(text("SELECT given_by, value FROM feedback"))).all()
    assert [tuple(row) for row in rows] == [("slack:U2", "down")]
    assert await second.desk.press(Press("discord", question_id, "evidence", "U2")) == wording.NO_EVIDENCE


async def test_nothing_ingested_is_said_kindly(start) -> None:
    process = await start(ingest=False)
    await process.ask(question())
    assert process.surface.final()[0].text == wording.NOTHING_INGESTED_CHAT


@pytest.mark.parametrize(("words", "said"), [(" ", wording.EMPTY_QUESTION), ("x" * 5000, wording.too_long(4000))])
async def test_a_question_that_cannot_be_asked_is_answered_with_why(start, words: str, said: str) -> None:
    process = await start()
    await process.ask(question(words))
    assert process.surface.final()[0].text == said


async def test_an_unforeseen_failure_ends_in_a_sentence_with_a_reference(start, monkeypatch) -> None:
    process = await start()

    async def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(process.core.conversations, "turns", explode)
    await process.ask(question())
    said = process.surface.final()[0].text
    assert "reference" in said
    assert "secret" not in said


async def test_a_database_that_is_gone_is_said_to_the_asker_alone(start, monkeypatch) -> None:
    process = await start()

    async def gone(*_: object, **__: object) -> None:
        raise StoreError("connection refused to postgresql://secret")

    monkeypatch.setattr(process.desk._questions, "claim", gone)
    await process.ask(question())
    ((user, said),) = process.surface.whispers
    assert user == "U1"
    assert "reference" in said
    assert "secret" not in said


async def test_a_channel_that_refuses_leaves_the_question_closed(start) -> None:
    process = await start()
    process.surface.failures.extend([PlatformError("not_in_channel")] * 9)
    await process.ask(question())
    async with process.core.database.begin() as connection:
        assert await connection.scalar(text("SELECT status FROM questions")) == "failed"


def command(name: str, argument: str = "", user: str = "U1") -> Command:
    return Command("slack", name, argument, user, THREAD)  # type: ignore[arg-type]


async def test_forget_removes_this_conversation_and_says_so(start) -> None:
    process = await start()
    await process.ask(question())
    assert await process.desk.command(command("forget")) == wording.forgotten(1)
    assert await process.desk.command(command("forget")) == wording.NO_MEMORY


async def test_forget_in_a_channel_removes_what_its_giver_asked_there_in_any_thread(start) -> None:
    process = await start()
    await process.ask(question())
    other = replace(THREAD, thread="300.3")
    theirs = IncomingMessage("question", "slack:T1:C1:300.3", other, "U2", ASKED)
    await process.ask(theirs)
    in_channel = replace(command("forget"), conversation=replace(THREAD, thread=""))
    assert await process.desk.command(in_channel) == wording.forgotten(1)
    assert await process.core.conversations.turns(THREAD) == ()
    assert len(await process.core.conversations.turns(other)) == 1


async def test_status_and_help_speak(start) -> None:
    process = await start()
    assert "default: 2 documents" in await process.desk.command(command("status"))
    assert await process.desk.command(command("help")) == wording.HELP


async def test_docent_knows_where_it_took_part(start) -> None:
    process = await start()
    assert not await process.desk.participates(THREAD)
    await process.ask(question())
    assert await process.desk.participates(THREAD)
    assert not await process.desk.participates(replace(THREAD, thread="other"))


@pytest.mark.parametrize("setting", ["U123", "slack:", ":U1"])
def test_a_wrong_list_of_admins_is_refused(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="DOCENT_ADMINS"):
        Admins(setting)


def test_who_manages_a_workspace_is_an_admin_only_where_that_is_so_configured() -> None:
    assert Admins("").include("slack", "U1", manages=True) is False
    assert Admins("", managers=True).include("slack", "U1", manages=True) is True
    assert Admins("slack:U2", managers=True).include("slack", "U1") is False
    assert Admins("slack:U2").include("slack", "U2") is True
