"""How the stages of one answer are told: to people who ask why, and in JSON."""

from __future__ import annotations

import io

from rich.console import Console

from bot.answer_json import answer_json
from bot.terminal import show_why
from core.models import Answer, Timings

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
