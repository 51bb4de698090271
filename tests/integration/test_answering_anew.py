"""The desk gives kept answers again, keeps those of public places only, and answers anew when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import Command, IncomingMessage, Press, Reply
from core.bootstrap import Core, open_core
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write

ASKED = "How many vacation days do employees get?"
MARK = "_Answered before, on "


def question(thread: str, *, is_public: bool | None = True, private: bool = False) -> IncomingMessage:
    """Give a question in a thread. is_public: what the platform says of the channel, None where it said nothing."""
    audience = None if is_public is None else Audience(Scope("slack", "T1", "C1"), is_public)
    conversation = ConversationKey("slack", "T1", "C1", thread)
    return IncomingMessage(
        "question", f"slack:T1:C1:{thread}", conversation, "U1", ASKED, private, {"ts": thread}, audience=audience
    )


class Office:
    """A desk over a database, with a model that can be held back."""

    def __init__(self, core: Core, model: FakeChatModel) -> None:
        self.core = core
        self.model = model
        self.surface = FakeSurface()
        self.desk = Dispatcher(core, Admins(""))

    async def settle(self) -> None:
        while self.desk.busy:
            await asyncio.sleep(0.01)

    async def ask(self, message: IncomingMessage) -> Reply:
        """Ask and give the last message."""
        await self.desk.receive(message)
        await self.settle()
        return self.surface.final()[-1]

    async def kept(self) -> int:
        async with self.core.database.begin() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM kept_answers")) or 0)


@pytest.fixture
async def office(migrated_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    model = FakeChatModel("You get 30 vacation days [1].", piece_seconds=0.01)
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        await core.ingester.ingest(write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES))
        opened = Office(core, model)
        await opened.desk.begin()
        await opened.desk.resume(opened.surface)
        yield opened
        await opened.desk.drain(0)


async def test_the_second_who_asks_gets_the_answer_at_once_marked_and_with_a_button(office: Office) -> None:
    first = await office.ask(question("1"))
    assert MARK not in first.text
    again = await office.ask(question("2"))
    assert again.text.startswith(f"{first.text}\n\n{MARK}")
    assert (again.footnotes, again.actions) == (first.footnotes, (*first.actions, "anew"))
    assert len(office.surface.messages["slack:T1:C1:2#2"]) == 1, "one message, without a search before it"
    assert len(office.model.prompts) == 1
    turns = await office.core.conversations.turns(question("2").conversation)
    assert [turn.answer for turn in turns] == [first.text], "the mark is no part of what is remembered"


@pytest.mark.parametrize(
    "message",
    [question("1", private=True, is_public=False), question("1", is_public=False), question("1", is_public=None)],
)
async def test_nothing_that_was_asked_in_private_is_kept(office: Office, message: IncomingMessage) -> None:
    await office.ask(message)
    assert await office.kept() == 0
    assert MARK not in (await office.ask(question("2"))).text


async def test_in_private_too_what_was_asked_in_public_is_answered_at_once(office: Office) -> None:
    await office.ask(question("1"))
    assert MARK in (await office.ask(question("2", private=True, is_public=False))).text


async def test_the_button_answers_anew_in_the_same_message_for_whoever_reads_it(office: Office) -> None:
    await office.ask(question("1"))
    again = await office.ask(question("2"))
    office.model.enqueue("Employees have 30 vacation days [1].")
    assert await office.desk.press(Press("slack", again.question_id, "anew", "U9")) == ""
    assert await office.desk.press(Press("slack", again.question_id, "anew", "U8")) == wording.ANSWERED_ANEW
    await office.settle()
    assert len(office.surface.messages) == 2
    fresh = office.surface.final()[-1]
    assert fresh.text.startswith("Employees have 30 vacation days [1].")
    assert (MARK in fresh.text, fresh.actions) == (False, ("up", "down", "evidence"))
    turns = await office.core.conversations.turns(question("2").conversation)
    assert [turn.answer for turn in turns] == [fresh.text]
    third = await office.ask(question("3"))
    assert third.text.startswith("Employees have 30 vacation days [1].")
    assert MARK in third.text


async def test_a_question_that_is_taken_back_takes_its_kept_answer_along(office: Office) -> None:
    await office.ask(question("1"))
    assert await office.kept() == 1
    await office.desk.receive(replace(question("1"), kind="deleted", text=""))
    assert await office.kept() == 0


async def test_forget_takes_the_kept_answer_along(office: Office) -> None:
    await office.ask(question("1"))
    await office.desk.command(Command("slack", "forget", "", "U1", question("1").conversation))
    assert await office.kept() == 0
