"""What people are told of the line before the chat model."""

from bot.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def measured(clock: Clock, parallel: int) -> Pace:
    """Give a pace that has seen one answer of 8 seconds."""
    pace = Pace(parallel, clock)
    pace.enter(0)
    pace.begin(0)
    clock.now += 8
    pace.leave(0)
    return pace


def test_one_answer_at_a_time_waits_for_all_before_it() -> None:
    pace = measured(Clock(), 1)
    for question in (1, 2, 3):
        pace.enter(question)
    assert [pace.outlook(question) for question in (1, 2, 3)] == [(0, 0), (1, 8), (2, 16)]


def test_answers_that_are_made_at_once_wait_for_those_that_take_a_place_only() -> None:
    pace = measured(Clock(), 2)
    for question in (1, 2, 3, 4):
        pace.enter(question)
    assert [pace.outlook(question) for question in (1, 2, 3, 4)] == [(0, 0), (0, 0), (1, 4), (2, 8)]


def test_nothing_is_promised_before_an_answer_was_measured_or_for_one_that_has_begun() -> None:
    pace = Pace()
    pace.enter(1)
    pace.enter(2)
    assert pace.outlook(2) == (1, None)
    pace.begin(1)
    assert pace.outlook(1) == (0, None)
    assert pace.waiting == 1
