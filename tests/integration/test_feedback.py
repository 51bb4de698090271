"""Thumbs with reasons, and which questions they make golden."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import wording
from core.bootstrap import open_core
from core.evaluation.golden import GoldenAnswer
from core.models import Turn
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.feedback_office import ASKED, UNKNOWN, Office

ANSWER = "You get 30 vacation days [1].\n\n> Employees get 30 vacation days a year. [1]"
FEEDBACK = "SELECT given_by, value, reason FROM feedback ORDER BY given_by"


@pytest.fixture
async def office(migrated_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    model = FakeChatModel("You get 30 vacation days [1].")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        opened = Office(core, model, tmp_path / "docs")
        await opened.open()
        yield opened
        await opened.desk.drain(0)


async def test_a_turn_keeps_the_configuration_that_made_it_and_how_it_was_found(office: Office) -> None:
    await office.ask()
    ((configuration, found),) = await office.rows("SELECT configuration, found FROM turns")
    assert configuration == office.core.configuration()
    assert isinstance(found, dict)
    assert (found["searched"], found["uncertain"], found["model"]) == (ASKED, False, "fake")
    first = found["passages"][0]
    assert (first["collection"], first["document"], first["heading"]) == (
        "default",
        "vacation.md",
        "Vacation › Employees",
    )
    assert (len(first["content_hash"]), first["vector_rank"]) == (64, 1)


async def test_a_thumb_down_counts_at_once_and_its_reason_when_it_is_given(office: Office) -> None:
    await office.ask()
    assert await office.press("down") == wording.WHY
    assert await office.rows(FEEDBACK) == [("slack:U1", "down", "")]
    assert await office.press("down", reason="outdated") == wording.THANKS
    assert await office.rows(FEEDBACK) == [("slack:U1", "down", "outdated")]
    await office.press("down", reason="It is\n\n31   days")
    assert await office.rows(FEEDBACK) == [("slack:U1", "down", "It is 31 days")], "the last word counts"
    await office.press("up")
    assert await office.rows(FEEDBACK) == [("slack:U1", "up", "")]


async def test_a_liked_answer_makes_its_question_golden(office: Office) -> None:
    await office.ask()
    assert await office.press("up") == wording.THANKS
    (golden,) = await office.golden.all()
    assert (golden.question, golden.source, golden.history, golden.collections) == (ASKED, "thumb", (), ("default",))
    assert (golden.right.kind, golden.right.text) == ("answer", ANSWER)
    (cited,) = golden.right.cited
    assert (cited.collection, cited.document) == ("default", "vacation.md")
    assert cited.evidence == "Employees get 30 vacation days a year."


async def test_a_liked_refusal_is_a_golden_refusal(office: Office) -> None:
    await office.ask(UNKNOWN)
    await office.press("up")
    (golden,) = await office.golden.all()
    assert golden.right == GoldenAnswer("refusal")


async def test_a_golden_follow_up_keeps_the_turns_before_it(office: Office) -> None:
    await office.ask()
    follow_up = await office.ask("and for contractors?", number="2")
    await office.press("up", follow_up)
    (golden,) = await office.golden.all()
    assert golden.history == (Turn(ASKED, ANSWER),)


async def test_small_talk_is_never_golden(office: Office) -> None:
    await office.ask("thanks!")
    await office.press("up")
    assert await office.golden.all() == []


async def test_the_same_persons_thumb_down_takes_it_back_and_nobody_elses(office: Office) -> None:
    await office.ask()
    await office.press("up", user="U1")
    await office.press("down", user="U2")
    assert len(await office.golden.all()) == 1
    await office.press("down", user="U1")
    assert await office.golden.all() == []


async def test_it_stays_golden_while_anybody_likes_it(office: Office) -> None:
    await office.ask()
    for user in ("U1", "U2"):
        await office.press("up", user=user)
    await office.press("down", user="U1")
    assert await office.rows("SELECT given_by FROM golden") == [("slack:U2",)]
    await office.press("down", user="U2")
    assert await office.golden.all() == []


@pytest.mark.parametrize("kind", ["edited", "deleted"])
async def test_an_edited_or_deleted_question_is_golden_no_more(office: Office, kind: str) -> None:
    await office.ask()
    await office.press("up")
    words = "How much may a hotel cost?" if kind == "edited" else ""
    await office.desk.receive(replace(office.message(words), kind=kind))  # type: ignore[arg-type]
    await office.settle()
    assert await office.golden.all() == []


async def test_a_correction_takes_the_place_of_a_thumb_and_outlives_it(office: Office) -> None:
    question = await office.ask()
    await office.press("up")
    right = GoldenAnswer("answer", "31 days.")
    assert await office.golden.correct_question(question, right, "web:admin", ("default",)) is not None
    await office.press("down")
    (golden,) = await office.golden.all()
    assert (golden.source, golden.right, golden.question) == ("correction", right, ASKED)
    assert await office.golden.correct_question(99, right, "web:admin", ("default",)) is None


async def test_the_disliked_wait_for_a_correction_with_their_reasons(office: Office) -> None:
    question = await office.ask()
    await office.press("down", user="U1", reason="outdated")
    await office.press("down", user="U2")
    (disliked,) = await office.golden.disliked()
    assert (disliked.question_id, disliked.question, disliked.reasons) == (question, ASKED, ("outdated",))
    assert (disliked.refused, disliked.answer) == (False, ANSWER)
    await office.golden.correct_question(question, GoldenAnswer("refusal"), "web:admin", ("default",))
    assert await office.golden.disliked() == []
