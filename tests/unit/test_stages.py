"""The clock of an answer's stages."""

from __future__ import annotations

from core.answering.stages import StageClock
from core.models import Timings


class Seconds:
    """A clock that stands where it was put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_every_moment_belongs_to_one_stage() -> None:
    clock = Seconds()
    stages = StageClock("condense", clock)
    for stage, at in (("embed", 100.001), ("search", 100.011), ("choose", 100.041), ("prompt", 100.141)):
        clock.now = at
        stages.enter(stage)  # type: ignore[arg-type]
    clock.now = 100.151
    stages.enter("first_token")
    clock.now = 100.451
    stages.first_token()
    clock.now = 101.451
    stages.enter("check")
    clock.now = 101.456
    timings = stages.stop(prompt_tokens=200, completion_tokens=11)
    assert timings.stages == {
        "condense": 1.0,
        "embed": 10.0,
        "search": 30.0,
        "choose": 100.0,
        "prompt": 10.0,
        "first_token": 300.0,
        "tokens": 1000.0,
        "check": 5.0,
    }
    assert (timings.retrieve_ms, timings.choose_ms) == (41.0, 100.0)
    assert (timings.first_token_ms, timings.total_ms) == (451.0, 1456.0)
    assert (timings.prompt_tokens, timings.completion_tokens) == (200, 11)


def test_a_stage_that_fails_keeps_what_it_took_and_those_after_it_did_not_run() -> None:
    clock = Seconds()
    stages = StageClock("prompt", clock)
    clock.now = 100.5
    stages.enter("first_token")
    clock.now = 102.5
    stages.enter("check")
    timings = stages.stop()
    assert timings.stages == {"prompt": 500.0, "first_token": 2000.0, "check": 0.0}
    assert timings.first_token_ms is None, "no token came"


def test_a_stage_outside_of_the_core_is_added_and_the_rest_stays() -> None:
    timings = Timings(total_ms=7.0, stages={"search": 5.0})
    assert timings.including("deliver", 3.0) == Timings(total_ms=7.0, stages={"search": 5.0, "deliver": 3.0})
