"""How the way of one answer is told: to people who ask why, as rows and in the terminal, and its stages in JSON."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from bot import wording
from bot.answer_json import answer_json
from bot.terminal_why import show_why
from bot.why import Way, way_of_answer, way_of_turn
from core.models import Answer, Citation, Dropped, Timings, WrittenSentence
from core.storage.found import found_json
from tests.unit.builders import evidence, retrieved

TIMINGS = Timings(first_token_ms=300.0, total_ms=900.0, stages={"condense": 0.4, "embed": 9.0, "first_token": 250.0})


def why(answer: Answer) -> list[str]:
    console = Console(file=io.StringIO(), width=400)
    show_why(answer, console)
    assert isinstance(console.file, io.StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines()]


def test_the_stages_that_ran_are_shown_in_their_order() -> None:
    assert "condense 0 ms, embed 9 ms, first token 250 ms" in why(Answer("Why?", "So.", "quoted", timings=TIMINGS))


def test_an_answer_without_stages_has_no_empty_line_for_them() -> None:
    assert "" not in why(Answer("Why?", "So.", "quoted"))


def test_the_json_has_them_in_milliseconds() -> None:
    told = answer_json(Answer("Why?", "So.", "quoted", timings=TIMINGS))["timings"]
    assert told["stages_ms"] == {"condense": 0.4, "embed": 9.0, "first_token": 250.0}


DAYS = evidence("Employees get 30 vacation days.", number=7)
LONG = retrieved("\x1b[31mA long story.", number=9, document="story.md", heading="")
WHOLE = Answer(
    question="and me?",
    text="You get 30 days [1].",
    kind="phrased",
    citations=(Citation(1, DAYS.chunk, DAYS.text),),
    passages=(DAYS.chunk, LONG),
    model="small",
    condensed="How many days? and me?",
    confidence=0.62,
    written="You get 30 days [2]. You also get a yacht [1].",
    evidence=(DAYS,),
    dropped=(Dropped(LONG, "budget", "\x1b[31mA long story.", 0.41), Dropped(LONG, "duplicate")),
    sentences=(
        WrittenSentence("You get 30 days.", "corrected", 7),
        WrittenSentence("You also get a yacht.", "dropped", rule="words"),
    ),
    timings=Timings(completion_tokens=11, total_ms=900.0, stages={"first_token": 250.0, "tokens": 500.0}),
)


def test_the_way_holds_what_was_searched_found_chosen_dropped_and_written() -> None:
    way = way_of_answer(WHOLE)
    assert (way.searched, way.model, way.notes) == ("How many days? and me?", "small", ())
    assert [(row.place, row.evidence) for row in way.passages] == [
        ("leave.md, Leave, lines 1-2", (("Employees get 30 vacation days.", 0.8),)),
        ("story.md, lines 1-2", ()),
    ]
    assert [(row.why, row.score) for row in way.dropped] == [
        ("too long for the room that others left", 0.41),
        ("says nearly the same as a better chunk", None),
    ]
    assert [(row.fate, row.is_kept) for row in way.sentences] == [
        ("kept, its footnote corrected [1]", True),
        ("dropped: too many of its words are not in the evidence", False),
    ]
    assert "is 0.62: from 0.50, so it is answered" in way.decision
    assert way.speed == 20.0


def test_a_stored_turn_goes_the_same_way_as_its_answer() -> None:
    timings = {"completion_tokens": 11, "total_ms": 900.0, "stages": {"first_token": 250.0, "tokens": 500.0}}
    assert way_of_turn("and me?", "phrased", 0.62, found_json(WHOLE), timings) == way_of_answer(WHOLE)


def test_a_turn_of_before_says_what_is_missing() -> None:
    way = way_of_turn("How long?", "quoted", 0.4, {}, {"total_ms": 12.0})
    assert way.notes == (wording.WHY_MISSING,)
    assert (way.passages, way.dropped, way.stages, way.speed) == ((), (), (), None)
    assert "may not be the one" in way.decision


def test_an_answer_that_was_given_again_says_so_and_decides_nothing() -> None:
    way = way_of_answer(Answer("Why?", "So.", "quoted", made_at=datetime(2024, 5, 3, 12, tzinfo=UTC)))
    assert way.notes[0].startswith("Given again from the answer of 3 May 2024")
    assert way.decision == ""


def test_a_refusal_says_how_unlikely_an_answer_was() -> None:
    assert (
        "is 0.21: below 0.38, so nothing is answered"
        in way_of_answer(Answer("?", "", "refused", confidence=0.21)).decision
    )


def test_of_many_dropped_pieces_the_best_are_told_and_the_others_counted() -> None:
    many = tuple(Dropped(LONG, "tail", f"piece {number} " + "long " * 100, 0.3) for number in range(40))
    way = way_of_answer(Answer("Why?", "So.", "quoted", dropped=many))
    assert (len(way.dropped), way.dropped_more) == (12, 28)
    assert all(len(row.text) <= 240 for row in way.dropped)


def test_how_the_model_failed_is_not_stored_with_the_turn() -> None:
    found = found_json(Answer("Why?", "So.", "quoted", model_failure="http://secret:token@server is busy"))
    assert "secret" not in str(found)
    way: Way = way_of_turn("Why?", "quoted", 0.6, found, {})
    assert way.notes == (wording.WHY_MODEL_FAILED,)


def test_the_terminal_shows_all_of_it_and_no_escape_of_a_document() -> None:
    lines = why(WHOLE)
    shown = "\n".join(lines)
    assert "searched: How many days? and me?" in lines
    for words in (
        "chosen as evidence",
        "too long for the room that others left",
        "corrected [1]",
        "20.0 tokens a second",
    ):
        assert words in shown
    assert "\x1b" not in shown
