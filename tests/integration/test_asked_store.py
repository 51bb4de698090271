"""The list of questions for those who look after the bot: newest first, filtered, paged, without names."""

from __future__ import annotations

from dataclasses import asdict, replace

from core.models import Answer
from core.storage.asked_store import AskedStore
from core.storage.database import Database
from core.storage.question_store import QuestionStore
from tests.integration.askings import TIMINGS, Asking, ask, run

REFUSED = Answer("And a yacht?", "", "refused")


async def test_questions_come_newest_first_in_pages(database: Database) -> None:
    ids = [await ask(database, Asking()) for _ in range(5)]
    store = AskedStore(database)
    first, has_older = await store.page("all", limit=3)
    assert ([one.id for one in first], has_older) == (ids[:1:-1], True)
    second, has_older = await store.page("all", before=first[-1].id, limit=3)
    assert ([one.id for one in second], has_older) == ([ids[1], ids[0]], False)


async def test_each_filter_gives_its_own(database: Database) -> None:
    quoted = await ask(database, Asking())
    refused = await ask(database, Asking(REFUSED))
    failed = await ask(database, Asking(None, status="failed"))
    await QuestionStore(database).give_feedback(refused, "slack:U2", "down", "it stands in the handbook")
    await run(database, "UPDATE turns SET outdated_at = now() WHERE kind = 'quoted'")
    store = AskedStore(database)
    found = {
        which: [one.id for one in (await store.page(which))[0]]
        for which in ("all", "phrased", "quoted", "refused", "failed", "disliked", "outdated")
    }
    assert found == {
        "all": [failed, refused, quoted],
        "phrased": [],
        "quoted": [quoted],
        "refused": [refused],
        "failed": [failed],
        "disliked": [refused],
        "outdated": [quoted],
    }


async def test_votes_stand_there_with_their_reasons_and_nobodys_name(database: Database) -> None:
    question_id = await ask(database, Asking(user="UGRACE"))
    await QuestionStore(database).give_feedback(question_id, "slack:UADA", "down", "outdated")
    ((asked,), _) = await AskedStore(database).page("all")
    assert asked.votes == (("down", "outdated"),)
    assert not any(name in str(asdict(asked)) for name in ("UGRACE", "UADA"))


async def test_what_its_asker_withdrew_is_not_told(database: Database) -> None:
    question_id = await ask(database, Asking(None, status="retracted"))
    store = AskedStore(database)
    assert await store.page("all") == ([], False)
    assert await store.one(question_id) is None
    assert await run(database, "SELECT text FROM questions") == [("",)], "and nothing of it is kept"


async def test_one_question_comes_with_its_answer_and_how_it_was_found(database: Database) -> None:
    answer = replace(Answer("How long?", "Ten days.", "quoted", timings=TIMINGS), condensed="leave: how long?")
    question_id = await ask(database, Asking(answer))
    found = await AskedStore(database).one(question_id)
    assert found is not None
    asked, turn = found
    assert asked.outcome == "quoted"
    assert turn is not None
    assert (turn.answer, turn.found["searched"]) == ("Ten days.", "leave: how long?")
    assert turn.timings["stages"] == TIMINGS.stages


async def test_a_question_without_an_answer_and_one_that_nobody_knows_are_told_apart(database: Database) -> None:
    question_id = await ask(database, Asking(None))
    store = AskedStore(database)
    found = await store.one(question_id)
    assert found is not None
    assert (found[0].outcome, found[1]) == ("other", None)
    assert await store.one(question_id + 1) is None
