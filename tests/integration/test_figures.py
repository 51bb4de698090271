"""What the dashboard's figures are made of: how questions ended, votes, times and outdated answers, day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.models import Answer, Timings
from core.storage.database import Database
from core.storage.figures_store import FiguresStore
from core.storage.question_store import QuestionStore
from tests.integration.askings import TIMINGS, Asking, ask, run

PHRASED = Answer("How long?", "Ten days [1].", "phrased", timings=TIMINGS)
REFUSED = Answer("And a yacht?", "", "refused", timings=Timings(total_ms=40.0))


async def test_every_day_is_there_also_one_without_a_question(database: Database) -> None:
    figures = await FiguresStore(database).days(7)
    assert len(figures.days) == 7
    assert [later.day - earlier.day for earlier, later in zip(figures.days, figures.days[1:], strict=False)] == [
        timedelta(days=1)
    ] * 6
    assert {day.questions for day in figures.days} == {0}
    assert figures.days[-1].whole_p50 is None
    ((zone,),) = await run(database, "SHOW timezone")
    assert figures.zone == zone


async def test_questions_are_counted_by_how_they_ended(database: Database) -> None:
    for asking in (
        Asking(PHRASED),
        Asking(),
        Asking(REFUSED),
        Asking(None, status="failed"),
        Asking(None),
        Asking(None, status="cancelled"),
        Asking(None, status="retracted"),
        Asking(None, status="open"),
        Asking(PHRASED, days=3),
        Asking(PHRASED, days=30),
    ):
        await ask(database, asking)
    days = (await FiguresStore(database).days(7)).days
    assert days[-1].outcomes == {"phrased": 1, "quoted": 1, "refused": 1, "failed": 1, "other": 2}
    assert days[-4].outcomes == {"phrased": 1}
    assert sum(day.questions for day in days) == 7


async def test_votes_count_on_the_day_of_their_question(database: Database) -> None:
    questions = QuestionStore(database)
    question_id = await ask(database, Asking(days=2))
    await questions.give_feedback(question_id, "slack:U1", "up")
    await questions.give_feedback(question_id, "slack:U2", "down")
    await questions.give_feedback(question_id, "slack:U3", "down")
    days = (await FiguresStore(database).days(7)).days
    assert [(day.up, day.down) for day in days[-3:]] == [(1, 2), (0, 0), (0, 0)]


async def test_times_go_from_the_question_to_the_first_token_and_to_the_last_message(database: Database) -> None:
    for deliver in (0.0, 100.0, 1000.0):
        timings = replace(TIMINGS, stages={**TIMINGS.stages, "deliver": deliver})
        await ask(database, Asking(replace(PHRASED, timings=timings)))
    today = (await FiguresStore(database).days(7)).days[-1]
    assert (today.first_token_p50, today.first_token_p95) == (400.0, 400.0), "the desk's queue is part of the wait"
    assert today.whole_p50 == 1000.0
    assert today.whole_p95 is not None
    assert 1000.0 < today.whole_p95 < 1900.0
    assert today.speed_p50 == 20.0


async def test_an_answer_that_the_model_wrote_nothing_for_has_no_first_token(database: Database) -> None:
    await ask(database, Asking(REFUSED))
    today = (await FiguresStore(database).days(7)).days[-1]
    assert (today.first_token_p50, today.speed_p50, today.whole_p50) == (None, None, 40.0)


async def test_outdated_answers_are_counted_and_the_latest_named(database: Database) -> None:
    store = FiguresStore(database)
    assert await store.outdated(7) == (0, ())
    ids = [await ask(database, Asking(PHRASED)) for _ in range(3)]
    await ask(database, Asking(PHRASED, days=20))
    await run(database, "UPDATE turns SET outdated_at = now() - make_interval(secs => id)")
    await run(
        database,
        "UPDATE turns SET outdated_told_at = now() WHERE id = (SELECT turn_id FROM questions WHERE id = :id)",
        id=ids[0],
    )
    total, latest = await store.outdated(7, limit=2)
    assert total == 3
    assert [(one.question_id, one.is_told) for one in latest] == [(ids[0], True), (ids[1], False)]


async def test_the_last_examination_of_the_golden_set_is_summed_up(database: Database) -> None:
    store = FiguresStore(database)
    assert await store.golden() is None
    await run(
        database,
        "INSERT INTO golden (question, kind, answer, source, given_by) VALUES ('a', 'answer', '', 'thumb', 'x'), "
        "('b', 'answer', '', 'thumb', 'x')",
    )
    await run(database, "INSERT INTO golden_runs (configuration) VALUES ('old'), ('new')")
    await run(
        database,
        "INSERT INTO golden_results (run_id, golden_id, kind, answer, cited, agrees) "
        "SELECT r.id, g.id, 'answer', '', '[]', g.question = 'a' FROM golden g CROSS JOIN golden_runs r "
        "WHERE r.configuration = 'new'",
    )
    golden = await store.golden()
    assert golden is not None
    assert (golden.questions, golden.agreeing) == (2, 1)


async def test_the_questions_of_a_few_days_are_found_without_reading_all(database: Database) -> None:
    await run(
        database,
        "INSERT INTO questions (key, platform, workspace, channel, thread, asked_by, text, private, handle, status, "
        "owner, created_at) SELECT 'old-' || n, 'slack', 'T', 'C', '', 'U', 'words', false, '{}', 'failed', '', "
        "now() - make_interval(days => 1000 + n) FROM generate_series(1, 3000) AS n",
    )
    await run(database, "ANALYZE questions")
    plan = await run(
        database,
        "EXPLAIN SELECT count(*) FROM questions q WHERE q.created_at >= (current_date - (CAST(:days AS int) - 1))"
        "::timestamptz",
        days=7,
    )
    assert any("ix_questions_created_at" in line for (line,) in plan)
