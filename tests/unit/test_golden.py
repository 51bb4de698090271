"""When an answer agrees with the golden one, and how two answers differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.evaluation.examination import compared
from core.evaluation.golden import Cited, Difference, GoldenAnswer, GoldenQuestion, agrees, differences
from core.storage.golden_run_store import GoldenResult

LEAVE = Cited("handbook", "leave.md", "Employees get **30** vacation days a year.", "one")
CARRY = Cited("handbook", "leave.md", "Five days can be carried over to March.", "two")
RIGHT = GoldenAnswer("answer", "Employees get 30 vacation days a year [1].", (LEAVE,))
LIKED = GoldenQuestion(1, "How many vacation days?", RIGHT, "thumb")
REFUSAL = GoldenAnswer("refusal")


def corrected(text: str) -> GoldenQuestion:
    return GoldenQuestion(2, "How many vacation days?", GoldenAnswer("answer", text), "correction")


def citing(*cited: Cited, text: str = RIGHT.text) -> GoldenAnswer:
    return GoldenAnswer("answer", text, cited)


@pytest.mark.parametrize(
    ("now", "is_right"),
    [
        (RIGHT, True),
        (citing(CARRY, LEAVE), True),
        (citing(replace(LEAVE, evidence="employees get 30 vacation days, a year")), True),
        (citing(replace(LEAVE, evidence="In a year employees get 30 vacation days")), True),
        (citing(replace(LEAVE, document="moved/leave.md")), True),
        (citing(replace(LEAVE, evidence="Employees get **31** vacation days a year.")), False),
        (citing(replace(LEAVE, document="other.md", evidence="In a year employees get 30 vacation days")), False),
        (citing(CARRY), False),
        (REFUSAL, False),
    ],
)
def test_a_liked_answer_is_agreed_with_by_what_cites_its_evidence(now: GoldenAnswer, is_right: bool) -> None:
    assert agrees(LIKED, now) is is_right


def test_all_of_the_evidence_of_a_liked_answer_has_to_be_cited() -> None:
    both = replace(LIKED, right=citing(LEAVE, CARRY))
    assert agrees(both, citing(CARRY, LEAVE))
    assert not agrees(both, citing(LEAVE))


def test_a_golden_refusal_is_agreed_with_by_refusing() -> None:
    silent = replace(LIKED, right=REFUSAL)
    assert agrees(silent, REFUSAL)
    assert not agrees(silent, RIGHT)


@pytest.mark.parametrize(
    ("right", "is_right"),
    [
        ("30 vacation days a year.", True),
        ("Every employee gets 30 days of vacation.", True),
        ("30 of these vacation days.", True),
        ("31 vacation days a year.", False),
        ("30 days, of which 5 can be carried over.", False),
        ("Ask the facilities team about parking permits.", False),
        ("Employees get no 30 vacation days a year.", False),
    ],
)
def test_a_correction_is_agreed_with_by_its_numbers_its_words_and_its_denial(right: str, is_right: bool) -> None:
    assert agrees(corrected(right), RIGHT) is is_right


def test_numbers_of_markers_and_of_lists_are_no_numbers_of_an_answer() -> None:
    listed = GoldenAnswer("answer", "1. Ask Ada [1].\n2. Ask Ben [12].", ())
    assert differences(GoldenAnswer("answer", "Ask Ada [3].\nAsk Ben [4].", ()), listed) == ()


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (RIGHT, ()),
        (REFUSAL, ("kind",)),
        (citing(CARRY), ("evidence",)),
        (citing(replace(LEAVE, content_hash="edited")), ("passage",)),
        (citing(LEAVE, text="Employees get 31 vacation days a year [1]."), ("numbers",)),
        (citing(LEAVE, text="At Acme employees get 30 vacation days a year [1]."), ("names",)),
        (citing(LEAVE, text="A year has 30 vacation days for employees [1]."), ()),
    ],
)
def test_what_differs_is_named(now: GoldenAnswer, found: tuple[Difference, ...]) -> None:
    assert differences(RIGHT, now) == found


def test_what_was_liked_was_right_then_and_a_correction_is_not_known_to_have_been() -> None:
    assert compared(LIKED, REFUSAL, None).got_worse
    assert not compared(corrected("31 days."), RIGHT, None).got_worse


def test_only_what_agreed_the_last_time_gets_worse() -> None:
    was_right, was_wrong = (GoldenResult(1, 1, RIGHT, agreed) for agreed in (True, False))
    assert compared(LIKED, REFUSAL, was_right).got_worse
    assert not compared(LIKED, REFUSAL, was_wrong).got_worse
    assert compared(LIKED, REFUSAL, was_wrong).has_changed
    assert not compared(LIKED, RIGHT, was_right).has_changed
    assert compared(LIKED, RIGHT, was_wrong).has_changed, "right again"
