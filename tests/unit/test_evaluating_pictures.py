"""The pictures are well-formed, inside their frame, and say what the figures say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bot.evaluating.comparison_picture import comparison_picture
from bot.evaluating.reliability_picture import reliability_picture
from bot.evaluating.svg import Page, Scale, round_up
from core.evaluation.comparison import compare
from core.evaluation.report import report_on
from tests.unit.evaluation_builders import result, run_of

SVG = "{http://www.w3.org/2000/svg}"
BEFORE = [
    result(number, right=number > 12, answerable=number % 3 > 0, first_token_ms=900.0 + number, total_ms=2000.0)
    for number in range(36)
]
AFTER = [
    result(number, answerable=number % 3 > 0, first_token_ms=700.0, total_ms=2500.0, confidence=number / 36)
    for number in range(36)
]
COMPARISON = compare(
    run_of(BEFORE, CHAT_MODEL="bundled"),
    run_of(AFTER, "after", CHAT_MODEL='<none> & "more"', SEED="1", TOP_K="2", A="1"),
)
REPORTS = {"before": report_on(BEFORE), "RERANKER=none <&>": report_on(AFTER)}


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def numbers(svg: str, tag: str, *names: str) -> list[float]:
    return [float(element.get(name, "0")) for element in ElementTree.fromstring(svg).iter(SVG + tag) for name in names]


@pytest.mark.parametrize("svg", [comparison_picture(COMPARISON), reliability_picture(REPORTS)])
def test_everything_stands_inside_the_frame(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    across = numbers(svg, "line", "x1", "x2") + numbers(svg, "circle", "cx") + numbers(svg, "text", "x")
    down = numbers(svg, "line", "y1", "y2") + numbers(svg, "circle", "cy") + numbers(svg, "text", "y")
    assert across
    assert all(0 <= x <= width for x in across)
    assert all(0 <= y <= height for y in down)


@pytest.mark.parametrize("svg", [comparison_picture(COMPARISON), reliability_picture(REPORTS)])
def test_a_picture_is_described_and_has_colours_for_dark_screens(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_a_comparison_says_its_verdicts_in_words() -> None:
    told = texts(comparison_picture(COMPARISON))
    assert "Champion and challenger over 36 questions" in told
    assert any(text.startswith("Overall: the challenger is better (+0.361") for text in told)
    assert "+0.361  better" in told
    assert "+500  worse" in told, "the time in all"
    assert "tokens a second" not in told, "no item has it"


def test_a_comparison_says_what_differs_but_not_all_of_it() -> None:
    told = texts(comparison_picture(COMPARISON))
    assert 'CHAT_MODEL bundled → <none> & "more"; SEED - → 1; TOP_K - → 2; and 1 more' in told
    same = texts(comparison_picture(compare(run_of(AFTER), run_of(AFTER))))
    assert "Nothing that the runs record was set otherwise." in same


def test_a_comparison_of_few_items_is_a_sentence() -> None:
    few = comparison_picture(compare(run_of(AFTER[:3]), run_of(AFTER[:3])))
    assert "Overall: 3 items are too few to tell the runs apart." in texts(few)
    assert numbers(few, "polyline", "points") == []


def test_better_is_drawn_to_the_right_of_nought_when_more_is_better() -> None:
    svg = comparison_picture(COMPARISON)
    zero = next(e for e in ElementTree.fromstring(svg).iter(f"{SVG}line") if e.get("class") == "zero")
    first = next(e for e in ElementTree.fromstring(svg).iter(f"{SVG}circle") if e.get("class") == "good")
    assert float(first.get("cx", "0")) > float(zero.get("x1", "0"))


def test_a_reliability_plot_has_a_dot_and_a_count_for_each_bin() -> None:
    svg = reliability_picture({"after": report_on(AFTER)})
    bins = report_on(AFTER).reliability
    assert len(numbers(svg, "circle", "cx")) == len(bins) > 5
    assert {str(one.count) for one in bins} <= set(texts(svg))
    assert any(text.startswith("n = 36, Brier score 0.") for text in texts(svg))


def test_runs_stand_side_by_side_under_their_names() -> None:
    assert {"before", "RERANKER=none <&>"} <= set(texts(reliability_picture(REPORTS)))


def test_words_are_escaped() -> None:
    page = Page(100, 100, "a <b>", "c & d")
    page.text(1, 2, "<script>&")
    assert texts(page.svg()) == ["<script>&"]


def test_a_scale_keeps_to_its_ends() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(value) for value in (-5, 0, 2.5, 10, 99)] == [100, 100, 125, 200, 200]


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1), (0.07, 0.08), (0.594, 0.6), (1, 1), (1.01, 2), (43, 50), (2500, 3000), (9100, 10000)]
)
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert round_up(value) == pytest.approx(end)
