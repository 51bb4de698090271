"""Runs and comparisons are shown as tables."""

import io

from rich.console import Console, RenderableType

from bot.evaluating.labels import LABELS, amount, signed
from bot.evaluating.tables import comparison_lines, comparison_table, report_table
from core.evaluation.comparison import MEASURES, compare
from core.evaluation.report import report_on
from tests.unit.evaluation_builders import result, run_of

BEFORE = [result(number, right=number > 12) for number in range(20)]
AFTER = [result(number) for number in range(20)]
COMPARISON = compare(run_of(BEFORE, CHAT_MODEL="bundled"), run_of(AFTER, "after", CHAT_MODEL="none"))


def shown(what: RenderableType) -> str:
    output = io.StringIO()
    Console(file=output, width=160).print(what)
    return output.getvalue()


def line(text: str, beginning: str) -> list[str]:
    """Give the cells of the row that begins so."""
    found = next(one for one in text.splitlines() if beginning in one)
    return [cell.strip() for cell in found.strip("│").split("│")]


def test_each_report_has_a_column_and_each_figure_a_row() -> None:
    several = report_on([*AFTER, result(20, kind="list", uncertain=True), result(21, answerable=False)])
    told = shown(report_table({"[bold]before": report_on(BEFORE), "after": several}))
    assert "[bold]before" in told
    assert line(told, LABELS["overall"]) == ["overall right", "0.350", "1.000"]
    assert line(told, "answerable, unanswerable")[1:] == ["20, 0", "21, 1"]
    assert line(told, "numeric")[1:] == ["0.350 of 20", "1.000 of 20"]
    assert line(told, "list")[1:] == ["-", "1.000 of 1"]
    assert line(told, "called uncertain")[1:] == ["-", "1.000 of 1"]
    assert line(told, "in all (median)")[1:] == ["100 ms", "100 ms"]
    assert line(told, "first token (median)")[1:] == ["-", "-"]
    assert "chat" not in told, "no answer was small talk"


def test_unsupported_sentences_and_failures_stand_in_the_table() -> None:
    failed = report_on([result(1, sentences=3, unsupported=("x",)), result(2, model_failure="too slow")])
    told = shown(report_table({"run": failed}))
    assert line(told, "unsupported sentences")[1] == "1 of 3"
    assert line(told, "the model failed")[1] == "1"


def test_a_comparison_has_both_sides_the_interval_and_a_verdict() -> None:
    told = shown(comparison_table(COMPARISON))
    overall = line(told, LABELS["overall"])
    assert overall[1:4] == ["0.350", "1.000", "+0.650"]
    assert overall[5:] == ["20", "better"]
    assert line(told, LABELS["tokens_per_second"])[1:] == ["-", "-", "-", "-", "0", "too few items to tell"]
    assert line(told, "right: numeric")[6] == "better"


def test_what_differs_and_the_verdict_stand_below() -> None:
    lines = comparison_lines(COMPARISON)
    assert lines[:3] == ["champion:   before", "challenger: after", "  CHAT_MODEL: bundled -> none"]
    assert lines[-1].startswith("Overall: the challenger is better (+0.650, 95 % interval [+0.4")
    assert lines[-1].endswith(", over 20 items).")


def test_runs_that_do_not_differ_are_called_so() -> None:
    lines = comparison_lines(compare(run_of(AFTER), run_of(AFTER)))
    assert lines[2] == "  made with the same settings, versions and documents"
    assert lines[-1].startswith("Overall: no difference shown (+0.000")
    few = comparison_lines(compare(run_of(AFTER[:3]), run_of(AFTER[:3])))
    assert few[-1] == "Overall: 3 items are too few to tell the runs apart."


def test_every_figure_has_its_words() -> None:
    assert {measure.name for measure in MEASURES} <= set(LABELS)


def test_amounts_have_their_unit() -> None:
    assert [amount(1234.5, unit) for unit in ("share", "ms", "tokens/s", "words")] == [
        "1234.500",
        "1,234 ms",
        "1234.5",
        "1234.5",
    ]
    assert amount(None, "ms") == "-"
    assert (signed(-0.05, "share"), signed(1234, "ms"), signed(0.5, "words")) == ("-0.050", "+1,234", "+0.5")
