"""Charts that the server draws: valid SVG without styles, gaps where nothing was measured, words for who can't see."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bot.platforms.web.charts import Chart, Series, lines, number, shares, stacked_bars

SPACE = "{http://www.w3.org/2000/svg}"
DAYS = tuple(f"{day} Nov" for day in range(1, 8))


def chart(*series: Series, days: tuple[str, ...] = DAYS, unit: str = "") -> Chart:
    return Chart("asked", "Questions a day", "What was asked & how it ended", days, series, unit)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def found(svg: str, name: str, style: str = "") -> list[ElementTree.Element]:
    return [one for one in parsed(svg).iter(name) if style in one.get("class", "").split() or not style]


PHRASED = Series("phrased", "phrased", (0, 2, 0, 4, 0, 0, 1))
REFUSED = Series("refused", "refused", (0, 1, 0, 0, 0, 0, 1))


def test_a_bar_stands_on_the_one_below_it() -> None:
    svg = stacked_bars(chart(PHRASED, REFUSED))
    first, refused = found(svg, "rect", "phrased")[0], found(svg, "rect", "refused")[0]
    assert (first.get("x"), first.get("width")) == (refused.get("x"), refused.get("width"))
    top = float(first.get("y", "0"))
    assert float(refused.get("y", "0")) + float(refused.get("height", "0")) == pytest.approx(top)
    assert float(first.get("height", "0")) == pytest.approx(2 * float(refused.get("height", "0")))


def test_a_day_without_a_question_has_no_bar() -> None:
    assert len(found(stacked_bars(chart(PHRASED, REFUSED)), "g")) == 3


def test_a_day_without_a_value_is_a_gap_in_the_line() -> None:
    svg = lines(chart(Series("median", "p50", (1.0, 2.0, None, 3.0, 4.0, None, 5.0)), unit=" s"))
    assert [len(line.get("points", "").split()) for line in found(svg, "polyline")] == [2, 2]
    assert len(found(svg, "circle")) == 5, "a single day shows as a point"


def test_a_long_time_is_drawn_without_points_unless_they_stand_alone() -> None:
    values = (1.0,) * 40 + (None, 2.0, None) + (1.0,) * 40
    days = tuple(map(str, range(len(values))))
    assert len(found(lines(chart(Series("median", "p50", values), days=days)), "circle")) == 1


@pytest.mark.parametrize("draw", [stacked_bars, lines])
@pytest.mark.parametrize("values", [(), (0.0,), (None, None), (0.001, 1e9)])
def test_whatever_there_is_can_be_drawn(draw, values: tuple[float | None, ...]) -> None:
    days = tuple(map(str, range(len(values))))
    drawn = draw(chart(Series("median", "p50", values), days=days))
    for shape in parsed(drawn).iter():
        for side in ("x", "y", "cx", "cy"):
            assert 0 <= float(shape.get(side, 0)) <= 400


@pytest.mark.parametrize("draw", [stacked_bars, lines])
def test_what_it_shows_can_be_read_aloud_and_by_no_style_of_its_own(draw) -> None:
    svg = draw(chart(PHRASED))
    root = parsed(svg)
    assert root.get("role") == "img"
    named = {part.get("id"): part.text for part in root}
    assert [named[name] for name in root.get("aria-labelledby", "").split()] == [
        "Questions a day",
        "What was asked & how it ended",
    ]
    assert "style=" not in svg
    assert "<style" not in svg


def test_hostile_names_stay_words() -> None:
    svg = stacked_bars(chart(Series('<script>"', 'x" onload="y', (1.0,)), days=("</svg>",)))
    assert not found(svg, "script")
    assert all(set(one.attrib) <= {"x", "y", "width", "height", "class"} for one in parsed(svg).iter("rect"))


def test_the_axes_are_labelled() -> None:
    words = [text.text for text in found(lines(chart(Series("m", "p50", (3.0,) * 7), unit=" s")), "text")]
    assert words == ["0 s", "1.50 s", "3 s", "7 Nov", "4 Nov", "1 Nov"]


def test_the_same_figures_stand_in_rows_the_latest_first() -> None:
    assert list(chart(PHRASED, REFUSED).rows()) == [
        ("7 Nov", ("1", "1")),
        ("4 Nov", ("4", "0")),
        ("2 Nov", ("2", "1")),
    ]
    assert not chart(PHRASED).is_empty
    assert chart(Series("none", "p50", (None, 0.0))).is_empty


def test_shares_fill_the_whole_bar() -> None:
    svg = shares("stages", "Where the time went", [("search", "s1", 30.0), ("writing", "s2", 90.0)])
    widths = [float(one.get("width", "0")) for one in found(svg, "rect")]
    assert widths == [95.0, 285.0]
    assert "search 25%; writing 75%" in svg
    assert found(shares("stages", "Where the time went", []), "rect") == []


@pytest.mark.parametrize(
    ("value", "told"), [(None, "–"), (0, "0"), (3.0, "3"), (0.25, "0.25"), (12.34, "12.3"), (1234.5, "1,234")]
)
def test_numbers_are_as_long_as_they_need_to_be(value: float | None, told: str) -> None:
    assert number(value) == told
