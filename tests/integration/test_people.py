"""`docent export --user` and `docent forget --user`: all that is stored about a person, and nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from core.models import Answer, ConversationKey
from core.storage.answer_store import AnswerStore
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.person_store import NOBODY, Forgotten, Person, PersonStore
from core.storage.question_store import QuestionStore
from tests.conftest import settings_for
from tests.integration.askings import ROOM, Asking, ask, run

GRACE = Person("slack", "UGRACE")
ALONE = ConversationKey("slack", "T1", "D1", "")
SECRET = Answer("My salary?", "See the letter.", "quoted")


async def fill(database: Database) -> tuple[int, int]:
    """Store what Grace did beside Ada; gives a question of Grace's and one of Ada's."""
    questions = QuestionStore(database)
    graces = await ask(database, Asking(SECRET, user="UGRACE"))
    await ask(database, Asking(SECRET, user="UGRACE", place=ALONE, private=True))
    adas = await ask(database, Asking(user="UADA"))
    await ask(database, Asking(user="UGRACE", place=ConversationKey("discord", "1", "2", "")))
    await questions.give_feedback(adas, "slack:UGRACE", "down", "wrong")
    await questions.give_feedback(graces, "slack:UADA", "up")
    await questions.give_feedback(adas, "slack:UADA", "up")
    await run(
        database,
        "INSERT INTO handovers (question_id, owner, asked_by, document) VALUES (:adas, 'slack:UBOSS', 'slack:UGRACE', "
        "'a.md'), (:adas, 'slack:UGRACE', 'slack:UADA', 'a.md')",
        adas=adas,
    )
    await run(
        database,
        "INSERT INTO golden (question_id, question, kind, answer, source, given_by) VALUES "
        "(:graces, 'My salary?', 'answer', '', 'thumb', 'slack:UADA'), (:adas, 'x', 'answer', '', 'thumb', "
        "'slack:UGRACE')",
        graces=graces,
        adas=adas,
    )
    await run(database, "INSERT INTO collections (name, folder) VALUES ('handbook', '/handbook')")
    await run(
        database,
        "INSERT INTO documents (collection_id, path, title, file_hash, size, modified_ns, owners) "
        "SELECT id, 'pay.md', 'Pay', '', 1, 1, '{slack:UGRACE,ann}' FROM collections",
    )
    await questions.audit("slack", "UGRACE", "reingest", allowed=False)
    await questions.audit("discord", "UGRACE", "reingest", allowed=False)
    await run(
        database,
        "INSERT INTO ingest_runs (collection, folder, status, requested_by, finished_at, report) VALUES "
        """('hr', '/hr', 'done', 'slack:UGRACE', now(), '{"user": "UGRACE"}'), """
        "('hr', '/hr', 'running', 'slack:UGRACE', NULL, NULL)",
    )
    return graces, adas


async def test_an_export_holds_what_the_person_did_and_nobody_elses_turns(database: Database) -> None:
    graces, _ = await fill(database)
    stored = await PersonStore(database).export(GRACE)
    assert {kind: len(rows) for kind, rows in stored.items()} == {
        "questions": 2,
        "answers": 2,
        "conversations": 2,
        "feedback": 1,
        "handovers": 2,
        "golden": 2,
        "audit": 1,
        "ingest_runs": 2,
        "owned_documents": 1,
    }
    assert stored["owned_documents"] == [{"collection": "handbook", "path": "pay.md"}]
    assert stored["questions"][0]["id"] == graces
    assert {turn["question"] for turn in stored["answers"]} == {"My salary?"}
    assert {place["channel"] for place in stored["conversations"]} == {"C1", "D1"}


async def test_forgetting_deletes_it_all_and_leaves_the_others_alone(database: Database) -> None:
    graces, adas = await fill(database)
    people = PersonStore(database)
    before = await people.export(Person("slack", "UADA"))
    gone = await people.forget(GRACE)
    assert gone == Forgotten(
        questions=2, answers=2, feedback=1, handovers=2, conversations=1, golden=1, audit=1, runs=1
    )
    assert await QuestionStore(database).get(graces) is None
    after = await people.export(GRACE)
    left = {kind for kind, rows in after.items() if rows}
    assert left == {"ingest_runs", "owned_documents"}, "a run that goes on is told of by name, and so are owners"
    assert [turn.question for turn in await ConversationStore(database).turns(ROOM)] == ["How long?"]
    adas_now = await people.export(Person("slack", "UADA"))
    assert adas_now["questions"] == before["questions"]
    assert {row["question_id"] for row in adas_now["feedback"]} == {adas}, "a vote goes with its question"
    assert await run(database, "SELECT actor, platform FROM audit ORDER BY id") == [
        (NOBODY, "slack"),
        ("UGRACE", "discord"),
    ]
    assert await run(database, "SELECT question_id, given_by FROM golden ORDER BY id") == [
        (None, "slack:UADA"),
        (adas, NOBODY),
    ]
    reports = await run(database, "SELECT requested_by, report FROM ingest_runs WHERE finished_at IS NOT NULL")
    assert reports == [(NOBODY, None)]


async def test_forgetting_twice_is_fine(database: Database) -> None:
    await fill(database)
    people = PersonStore(database)
    await people.forget(GRACE)
    assert await people.forget(GRACE) == Forgotten()
    assert Forgotten().is_nothing


async def test_a_kept_answer_goes_with_the_turn_that_it_became(database: Database) -> None:
    question_id = await ask(database, Asking(SECRET, user="UGRACE"))
    await run(
        database,
        "INSERT INTO kept_answers (key, turn_id, text, kind, model, confidence, passages) "
        "SELECT 'k', turn_id, 'See the letter.', 'quoted', 'none', 1, '[]' FROM questions WHERE id = :id",
        id=question_id,
    )
    await PersonStore(database).forget(GRACE)
    assert await AnswerStore(database, 0).find("k", ()) is None
    assert await run(database, "SELECT 1 FROM kept_answers") == []


async def test_a_question_that_is_being_answered_waits_for_the_next_time(database: Database) -> None:
    question_id = await ask(database, Asking(None, user="UGRACE", status="open"))
    people = PersonStore(database)
    assert await people.forget(GRACE) == Forgotten(still_open=1)
    await QuestionStore(database).close(question_id, "failed")
    assert await people.forget(GRACE) == Forgotten(questions=1)


async def test_a_browser_of_the_page_is_a_person_too(database: Database) -> None:
    visitor = ConversationKey("web", "", "abc123", "t1")
    await ask(database, Asking(SECRET, user="abc123", place=visitor))
    gone = await PersonStore(database).forget(Person("web", "abc123"))
    assert (gone.questions, gone.answers, gone.conversations) == (1, 1, 1)


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(migrated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `docent ...` over a database in which Grace and Ada asked; gives status, output and errors."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("EMBEDDER", "none-is-loaded")
    _with_database(migrated_url, fill)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def _with_database(url: str, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def open_and_work() -> Any:
        database = await Database.open(settings_for(url))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(open_and_work())


def test_the_export_is_json_on_the_output_or_in_a_file_of_ones_own(command: Command, tmp_path: Path) -> None:
    status, told, _ = command("export", "--user", "slack:UGRACE")
    assert status == 0
    exported = json.loads(told)
    assert exported["person"] == "slack:UGRACE"
    assert exported["questions"][0]["text"] == "My salary?"
    file = tmp_path / "grace.json"
    assert command("export", "--user", "slack:UGRACE", "--out", str(file))[0] == 0
    assert json.loads(file.read_text(encoding="utf-8")) == exported
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_forget_says_what_was_deleted_and_then_that_nothing_is_stored(command: Command) -> None:
    status, told, _ = command("forget", "--user", "slack:UGRACE")
    assert status == 0
    assert "Deleted of slack:UGRACE: 2 questions, 2 answers, 1 thumb, 2 handovers, 1 conversation." in told
    assert "Kept without the name: 1 golden question, 1 line of the audit, 1 ingest run." in told
    status, told, _ = command("forget", "--user", "slack:UGRACE")
    assert (status, told) == (0, "Nothing is stored about slack:UGRACE.\n")


def test_for_unknown_people_nothing_is_stored(command: Command) -> None:
    status, told, said = command("export", "--user", "discord:99")
    assert (status, told, said) == (0, "", "Nothing is stored about discord:99.\n")


@pytest.mark.parametrize("name", ["grace", "slack:", ":U1", ""])
def test_a_name_without_its_platform_is_refused(command: Command, name: str) -> None:
    status, _, said = command("export", "--user", name)
    assert status == 2
    assert "PLATFORM:ID" in said


def test_what_to_forget_is_said_once(command: Command) -> None:
    assert command("forget", "--user", "slack:U1", "--all")[0] == 2
    assert command("forget")[0] == 2
