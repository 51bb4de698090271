"""Charts as SVG for a page: bars that stack, lines with gaps, and one bar of shares; colours come by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape

from bot.evaluating.svg import Scale, round_up

# Small enough to be read where it is drawn as wide as a phone's screen.
_WIDTH, _HEIGHT = 380, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 374, 12, 172
# With more days than this, the points of a line stand too close together.
_POINTS = 31
_SHARE_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each day, None where nothing was measured. style: the class that gives it its colour."""

    name: str
    style: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and what is read by those who can't see it.

    identifier: of this chart alone on its page. days: what each place on the horizontal axis is called. unit: what
    stands behind a number, such as " s".
    """

    identifier: str
    title: str
    description: str
    days: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """True when no day has a value above 0."""
        return not any(value for series in self.series for value in series.values)

    def rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the days with their values as text, the latest first, without those that have none."""
        for place in reversed(range(len(self.days))):
            values = [series.values[place] for series in self.series]
            if any(values):
                yield self.days[place], tuple(number(value, self.unit) for value in values)


def number(value: float | None, unit: str = "") -> str:
    """Give a value as people read it, with three digits at most behind a point; "–" for none."""
    if value is None:
        return "–"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{unit}"


def stacked_bars(chart: Chart) -> Markup:
    """Draw a bar a day, made of its series from below; a day without anything has none."""
    totals = [sum(series.values[day] or 0 for series in chart.series) for day in range(len(chart.days))]
    top = round_up(max(totals, default=0.0))
    up = Scale(0, top, _BOTTOM, _TOP)
    step = (_RIGHT - _LEFT) / max(1, len(chart.days))
    width = step * (0.9 if step < 6 else 0.7)
    drawn = []
    for day, total in enumerate(totals):
        if not total:
            continue
        left, below = _LEFT + day * step + (step - width) / 2, 0.0
        parts = [f"<title>{escape(_told(chart, day))}</title>"]
        for series in chart.series:
            value = series.values[day] or 0.0
            if value:
                upper = up(below + value)
                parts.append(_rectangle(left, upper, width, up(below) - upper, f"piece {series.style}"))
                below += value
        drawn.append(f"<g>{''.join(parts)}</g>")
    return _svg(chart, [*_axes(chart, top, step), *drawn])


def lines(chart: Chart) -> Markup:
    """Draw a line a series; a day without a value is a gap in it."""
    known = [value for series in chart.series for value in series.values if value is not None]
    top = round_up(max(known, default=0.0))
    up = Scale(0, top, _BOTTOM, _TOP)
    step = (_RIGHT - _LEFT) / max(1, len(chart.days))
    drawn = []
    for series in chart.series:
        for run in _runs(series.values):
            points = [(_LEFT + (day + 0.5) * step, up(value), day) for day, value in run]
            if len(points) > 1:
                places = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
                drawn.append(f'<polyline points="{places}" class="line {escape(series.style)}"/>')
            if len(points) == 1 or len(chart.days) <= _POINTS:
                drawn.extend(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="point {escape(series.style)}">'
                    f"<title>{escape(_told(chart, day))}</title></circle>"
                    for x, y, day in points
                )
    return _svg(chart, [*_axes(chart, top, step), *drawn])


def shares(identifier: str, title: str, parts: Sequence[tuple[str, str, float]]) -> Markup:
    """Draw one bar of parts, each as wide as its share: name, class and value, in order."""
    whole = sum(value for *_, value in parts) or 1.0
    drawn, left = [], 0.0
    for name, style, value in parts:
        width = value / whole * _WIDTH
        told = f"<title>{escape(f'{name}: {value / whole:.0%}')}</title>"
        drawn.append(f"<g>{told}{_rectangle(left, 0, width, _SHARE_HEIGHT, f'piece {style}')}</g>")
        left += width
    described = "; ".join(f"{name} {value / whole:.0%}" for name, _, value in parts)
    return _framed(identifier, title, described, _SHARE_HEIGHT, drawn, "chart shares", 'preserveAspectRatio="none" ')


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Yield the days that follow each other without a gap, with their values."""
    for is_known, run in groupby(enumerate(values), key=lambda one: one[1] is not None):
        if is_known:
            yield [(day, value) for day, value in run if value is not None]


def _told(chart: Chart, day: int) -> str:
    values = ", ".join(
        f"{series.name} {number(series.values[day], chart.unit)}" for series in chart.series if series.values[day]
    )
    return f"{chart.days[day]}: {values}"


def _axes(chart: Chart, top: float, step: float) -> list[str]:
    """Draw the grid with its numbers, and the names of the first, the middle and the last day."""
    up = Scale(0, top, _BOTTOM, _TOP)
    drawn = []
    for value in (0.0, top / 2, top):
        y = up(value)
        drawn.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" class="grid"/>')
        drawn.append(
            f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{escape(number(value, chart.unit))}</text>'
        )
    last = len(chart.days) - 1
    anchors = {last: "end", last // 2: "middle", 0: "start"} if chart.days else {}
    for day, anchor in anchors.items():
        x = {"start": float(_LEFT), "middle": _LEFT + (day + 0.5) * step, "end": float(_RIGHT)}[anchor]
        drawn.append(f'<text x="{x:.1f}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{escape(chart.days[day])}</text>')
    return drawn


def _rectangle(x: float, y: float, width: float, height: float, style: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{max(height, 0.5):.1f}" '
        f'class="{escape(style)}"/>'
    )


def _svg(chart: Chart, drawn: Sequence[str]) -> Markup:
    return _framed(chart.identifier, chart.title, chart.description, _HEIGHT, drawn)


def _framed(
    identifier: str,
    title: str,
    description: str,
    height: int,
    drawn: Sequence[str],
    style: str = "chart",
    fitting: str = "",
) -> Markup:
    names = f"{escape(identifier)}-title {escape(identifier)}-description"
    # Everything that is put in was escaped where it was put in.
    return Markup(  # noqa: S704
        f'<svg class="{style}" viewBox="0 0 {_WIDTH} {height}" {fitting}role="img" aria-labelledby="{names}">'
        f'<title id="{escape(identifier)}-title">{escape(title)}</title>'
        f'<desc id="{escape(identifier)}-description">{escape(description)}</desc>{"".join(drawn)}</svg>'
    )
