"""An answer is given again while nothing that it depends on has changed, over a real Postgres; and never otherwise."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import wording
from bot.commands import ask, forget
from bot.conversing import converse
from core.answering.reuse import SearchBegun
from core.bootstrap import Core, open_core
from core.errors import ModelBusyError, QuestionError
from core.models import Answer, ConversationKey, Question, Turn
from core.storage.index_store import IndexSettings
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, write

ASKED = "How many vacation days do employees get?"
PHRASED = "You get 30 vacation days [1]."
CHANGED = VACATION.replace("30", "31")
KEY = ConversationKey("slack", "T1", "C1", "1")


@dataclass
class House:
    """Docent over a folder; prompts: what its chat model was asked, by any of its processes."""

    core: Core
    model: FakeChatModel
    folder: Path

    async def ask(self, words: str = ASKED, **more: Any) -> Answer:
        """Ask, keep the answer where it may be kept, and give it."""
        answer = await self.core.reusing.answer(Question(words, **more))
        await self.core.reusing.keep(answer)
        return answer

    async def ingest(self, name: str = "default", **files: str) -> None:
        await self.core.ingester.ingest(write(self.folder / name, **files), name, confirmed=True)

    async def kept(self) -> int:
        async with self.core.database.begin() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM kept_answers")) or 0)


Start = Callable[..., Any]


@pytest.fixture
async def start(migrated_url: str, tmp_path: Path) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def start_house(**settings: Any) -> House:
            model = FakeChatModel(PHRASED)
            opened = open_core(settings_for(migrated_url, **settings), embedder=FakeEmbedder(), model=model)
            return House(await stack.enter_async_context(opened), model, tmp_path)

        yield start_house


@pytest.fixture
async def house(start: Start) -> House:
    opened: House = await start()
    await opened.ingest(vacation=VACATION, expenses=EXPENSES)
    return opened


async def test_what_was_asked_before_is_answered_without_search_and_model(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await house.ask()
    assert (first.kind, first.reused) == ("phrased", False)

    def embed(*_: object) -> None:
        raise AssertionError("nothing is searched")

    monkeypatch.setattr(house.core.embedder, "embed", embed)
    again = await house.ask("  how many vacation days\ndo employees get ")
    assert again.reused
    assert again.question == again.condensed == "how many vacation days\ndo employees get"
    assert (again.text, again.kind, again.model, again.confidence) == (
        first.text,
        first.kind,
        first.model,
        first.confidence,
    )
    assert [(one.number, one.chunk.chunk, one.chunk.document, one.evidence) for one in again.citations] == [
        (one.number, one.chunk.chunk, one.chunk.document, one.evidence) for one in first.citations
    ]
    assert again.passages == first.passages
    assert len(house.model.prompts) == 1
    assert again.timings.total_ms > 0


async def test_a_kept_answer_comes_alone_and_a_new_one_after_the_search_has_begun(house: House) -> None:
    events = [event async for event in house.core.reusing.stream(Question(ASKED))]
    assert events[0] == SearchBegun()
    await house.core.reusing.keep(events[-1])
    (only,) = [event async for event in house.core.reusing.stream(Question(ASKED))]
    assert isinstance(only, Answer)
    assert only.reused


async def test_another_process_gives_it_again_too(house: House, start: Start) -> None:
    await house.ask()
    assert (await (await start()).ask()).reused


@pytest.mark.parametrize(
    "setting", [{"temperature": 0.5}, {"max_tokens": 60}, {"search_language": "simple"}, {"reuse_answers": "off"}]
)
async def test_another_configuration_answers_anew(house: House, start: Start, setting: dict[str, Any]) -> None:
    await house.ask()
    assert not (await (await start(**setting)).ask()).reused


async def test_switched_off_nothing_is_kept(start: Start) -> None:
    house = await start(reuse_answers="off")
    await house.ingest(vacation=VACATION)
    assert (await house.ask()).kind == "phrased"
    assert await house.kept() == 0


async def test_a_change_of_a_cited_chunk_removes_the_answer_with_the_same_ingest(house: House) -> None:
    await house.ask()
    await house.ingest(vacation=CHANGED, expenses=EXPENSES)
    assert await house.kept() == 0
    again = await house.ask()
    assert not again.reused
    assert "31 vacation days" in again.text


async def test_a_removed_document_removes_the_answer(house: House) -> None:
    await house.ask()
    (house.folder / "default" / "vacation.md").unlink()
    await house.ingest(expenses=EXPENSES)
    assert await house.kept() == 0
    assert (await house.ask()).refused


async def test_a_rebuilt_index_removes_every_answer(house: House) -> None:
    await house.ask()
    await house.core.index.reset(IndexSettings("fake", 384, "english", 2))
    assert await house.kept() == 0


async def test_what_changes_elsewhere_leaves_the_answer_and_what_moves_is_shown_where_it_is(house: House) -> None:
    await house.ask()
    (house.folder / "default" / "vacation.md").unlink()
    await house.ingest(leave=VACATION, expenses=EXPENSES.replace("120", "130"))
    again = await house.ask()
    assert again.reused
    assert again.citations[0].chunk.document == "leave.md"


async def test_an_answer_that_lost_a_citation_is_never_given_even_if_nothing_removed_it(house: House) -> None:
    await house.ask()
    async with house.core.database.begin() as connection:
        await connection.execute(text("DELETE FROM chunks"))
    assert await house.kept() == 1
    assert (await house.ask()).refused


async def test_an_answer_whose_chunk_has_other_words_is_never_given(house: House) -> None:
    await house.ask()
    async with house.core.database.begin() as connection:
        await connection.execute(text("UPDATE kept_citations SET content_hash = 'another'"))
    assert not (await house.ask()).reused


async def test_an_answer_is_not_kept_when_its_evidence_changed_while_it_was_made(house: House) -> None:
    answer = await house.core.reusing.answer(Question(ASKED))
    await house.ingest(vacation=CHANGED, expenses=EXPENSES)
    await house.core.reusing.keep(answer)
    assert await house.kept() == 0


async def test_an_answer_is_not_kept_while_an_ingest_takes_its_evidence_and_neither_waits(house: House) -> None:
    answer = await house.core.reusing.answer(Question(ASKED))
    async with house.core.database.begin() as connection:
        await connection.execute(text("DELETE FROM chunks"))
        await house.core.reusing.keep(answer)
        assert await house.kept() == 0


async def test_an_answer_is_given_only_where_the_same_collections_are_seen(house: House) -> None:
    await house.ingest("hr", salaries="# Salaries\n\nSenior engineers earn 70000 EUR a year.\n")
    await house.ask()
    assert not (await house.ask(collections=("default",))).reused
    assert (await house.ask(collections=("default", "hr"))).reused, "that is all of them"
    assert (await house.ask(collections=("hr", "default"))).reused
    await house.ingest("it", laptops="# Laptops\n\nEveryone gets a laptop.\n")
    assert not (await house.ask()).reused


async def test_an_answer_from_what_may_not_be_seen_is_never_given(house: House) -> None:
    await house.ask(collections=("default",))
    key, _ = await house.core.reusing._place(Question(ASKED, collections=("default",)))
    assert await house.core.kept.find(key, ["default"]) is not None
    assert await house.core.kept.find(key, ["hr"]) is None


async def test_a_follow_up_that_leans_on_its_conversation_is_neither_kept_nor_answered_from_the_store(
    house: House,
) -> None:
    short = "Employees get 30 vacation days?"
    history = (Turn("What do employees get?", "Vacation [1]."),)
    assert not (await house.ask(short, history=history)).uncertain
    assert await house.kept() == 0
    await house.ask(short)
    assert (await house.ask(short)).reused
    assert not (await house.ask(short, history=history)).reused


async def test_a_question_that_stands_alone_is_answered_from_the_store_in_a_conversation_too(house: House) -> None:
    await house.ask()
    assert (await house.ask(history=(Turn("What may a hotel cost?", "120 EUR [1]."),))).reused


async def test_refusals_small_talk_and_answers_without_the_busy_model_are_not_kept(house: House) -> None:
    assert (await house.ask("Which zebra won the lottery in Peru?")).refused
    assert (await house.ask("thanks!")).small_talk == "thanks"
    house.model.enqueue(ModelBusyError("busy"))
    assert (await house.ask()).kind == "quoted"
    assert await house.kept() == 0


async def test_what_cannot_be_asked_is_refused_as_ever(house: House) -> None:
    with pytest.raises(QuestionError, match="empty"):
        await house.ask(" ")


async def test_asked_anew_it_is_answered_anew_and_the_new_answer_takes_the_place(house: House) -> None:
    await house.ask()
    house.model.enqueue("Employees have 30 vacation days [1].")
    fresh = await house.ask(fresh=True)
    assert not fresh.reused
    again = await house.ask()
    assert again.reused
    assert again.text == fresh.text
    assert await house.kept() == 1


async def test_asked_anew_without_success_the_old_answer_is_gone(house: House) -> None:
    await house.ask()
    house.model.enqueue(ModelBusyError("busy"))
    await house.ask(fresh=True)
    assert await house.kept() == 0


async def test_the_plain_answerer_neither_reuses_nor_keeps(house: House) -> None:
    await house.ask()
    plain = await house.core.answerer.answer(Question(ASKED))
    assert (plain.reused, plain.reuse_key) == (False, "")


async def test_an_answer_is_forgotten_with_the_conversation_in_which_it_was_made(house: House) -> None:
    answer = await house.core.reusing.answer(Question(ASKED))
    await house.core.reusing.keep(answer, await house.core.conversations.add(KEY, answer))
    elsewhere = await house.ask()
    await house.core.conversations.add(ConversationKey("slack", "T1", "C2", "1"), elsewhere)
    assert elsewhere.reused
    await house.core.conversations.forget(KEY)
    assert not (await house.ask()).reused


async def test_an_answer_is_kept_no_longer_than_conversations(start: Start) -> None:
    house = await start(retention_days=30)
    await house.ingest(vacation=VACATION, expenses=EXPENSES)
    await house.ask()
    await house.ask("What may a hotel cost a night?")
    assert await house.kept() == 2
    async with house.core.database.begin() as connection:
        await connection.execute(text("UPDATE kept_answers SET made_at = now() - interval '31 days'"))
    assert not (await house.ask()).reused
    assert await house.kept() == 1, "keeping one takes away what is too old"


async def test_nobodys_words_are_kept(house: House) -> None:
    await house.ask()
    async with house.core.database.begin() as connection:
        rows = await connection.execute(text("SELECT row_to_json(kept_answers)::text FROM kept_answers"))
        (kept,) = rows.scalars()
    assert "Employees get 30 vacation days a year." in kept
    assert "how many vacation days" not in kept.lower()


# --- On the command line


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(**_: object) -> AsyncIterator[Core]:
        yield house.core

    monkeypatch.setattr("bot.commands.ask.open_docent", opened)
    monkeypatch.setattr("bot.commands.forget.open_docent", opened)

    async def run(**given: Any) -> str:
        usual = {"question": ASKED, "conversation": None, "collection": None, "batch": None, "out": None}
        usual |= {"json": False, "why": False, "fresh": False}
        assert await ask.run(argparse.Namespace(**{**usual, **given})) == 0
        return capsys.readouterr().out

    return run


async def test_ask_gives_it_again_says_so_and_asks_anew_on_demand(command: Callable[..., Any]) -> None:
    assert "Answered before" not in await command()
    assert "Answered before" in await command()
    assert json.loads(await command(json=True))["reused"] is True
    assert "Answered before" not in await command(fresh=True)
    assert json.loads(await command(json=True, fresh=True))["reused"] is False


async def test_a_batch_is_answered_anew(command: Callable[..., Any], house: House, tmp_path: Path) -> None:
    await command()
    batch = tmp_path / "questions.jsonl"
    batch.write_text(f"{json.dumps({'question': ASKED})}\n" * 2, encoding="utf-8")
    lines = (await command(question=None, batch=batch)).splitlines()
    assert [json.loads(line)["reused"] for line in lines] == [False, False]
    assert len(house.model.prompts) == 3


async def test_forgetting_everything_takes_single_questions_along(command: Callable[..., Any], house: House) -> None:
    await command()
    await command(question="What may a hotel cost a night?", conversation="ana")
    assert await house.kept() == 2
    await forget.run(argparse.Namespace(conversation=None, all=True, user=None))
    assert await house.kept() == 0


async def test_the_chat_says_it_and_anew_asks_the_last_question_anew(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.ask()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"/anew\n{ASKED}\n/anew\n"))
    await converse(house.core)
    shown = capsys.readouterr().out
    assert wording.NOTHING_TO_ASK_ANEW in shown
    assert shown.count("Answered before") == 1
    assert len(house.model.prompts) == 2
