"""Draws SVG: a page with text, lines, dots and bars by class, readable on light and on dark screens."""

from __future__ import annotations

from html import escape
from typing import Literal

Anchor = Literal["start", "middle", "end"]

# Colours by what they mean; the dark ones take over where the reader's screen asks for it.
_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "faint": "#59636e",
    "grid": "#d8dee4",
    "first": "#6e40c9",
    "second": "#0969da",
    "good": "#1a7f37",
    "bad": "#cf222e",
}
_DARK = {
    "paper": "#0d1117",
    "ink": "#e6edf3",
    "faint": "#9198a1",
    "grid": "#2f363d",
    "first": "#b392f0",
    "second": "#58a6ff",
    "good": "#3fb950",
    "bad": "#ff7b72",
}
_RULES = """
svg { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
text { fill: var(--ink); }
.title { font-size: 17px; font-weight: 600; }
.head { font-weight: 600; }
.small { font-size: 11px; fill: var(--faint); }
.faint { fill: var(--faint); }
.number { font-variant-numeric: tabular-nums; }
line { stroke: var(--faint); stroke-width: 2; }
line.grid { stroke: var(--grid); stroke-width: 1; }
line.zero { stroke: var(--faint); stroke-width: 1; }
line.dashed { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 4 4; }
polyline { fill: none; stroke-width: 2; }
polyline.first { stroke: var(--first); } polyline.second { stroke: var(--second); }
line.first { stroke: var(--first); } line.second { stroke: var(--second); }
line.good { stroke: var(--good); } line.bad { stroke: var(--bad); }
text.good { fill: var(--good); } text.bad { fill: var(--bad); }
circle.hollow { fill: var(--paper); stroke: var(--first); stroke-width: 2; }
circle.first { fill: var(--first); } circle.second { fill: var(--second); }
circle.good { fill: var(--good); } circle.bad { fill: var(--bad); } circle.none { fill: var(--faint); }
rect.paper { fill: var(--paper); }
rect.bar { fill: var(--grid); }
"""


class Page:
    """A drawing of a fixed size in pixels, origin at the upper left; what is drawn later lies on top."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        """Begin a page; title and description are for people who can't see it."""
        self._width = width
        self._height = height
        self._title = title
        self._description = description
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, style: str = "", anchor: Anchor = "start") -> None:
        """Write words on the base line y."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}"{_class(style)} text-anchor="{anchor}">{escape(words, quote=False)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str = "") -> None:
        """Draw a line."""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{_class(style)}/>')

    def polyline(self, points: list[tuple[float, float]], style: str) -> None:
        """Draw a line through points."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{places}"{_class(style)}/>')

    def dot(self, x: float, y: float, style: str, radius: float = 5) -> None:
        """Draw a dot around a point."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"{_class(style)}/>')

    def bar(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a bar from its upper left corner."""
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="bar"/>')

    def svg(self) -> str:
        """Give the page as a file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self._width}" height="{self._height}" '
            f'viewBox="0 0 {self._width} {self._height}" role="img" aria-labelledby="title description">'
        )
        names = (
            f'<title id="title">{escape(self._title, quote=False)}</title>'
            f'<desc id="description">{escape(self._description, quote=False)}</desc>'
        )
        style = (
            f"<style>\n:root {{ {_variables(_LIGHT)} }}\n"
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(_DARK)} }} }}{_RULES}</style>"
        )
        paper = f'<rect width="{self._width}" height="{self._height}" class="paper"/>'
        return "\n".join([head, names, style, paper, *self._parts, "</svg>"]) + "\n"


class Scale:
    """Places values from low to high on pixels from start to end; a value outside is put on the nearer end."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low = low
        self._high = high
        self._start = start
        self._end = end

    def __call__(self, value: float) -> float:
        """Give the pixel of a value."""
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)


def round_up(value: float) -> float:
    """Give the next 1, 2, 3, 4, 5, 6 or 8 times a power of ten, for the end of an axis; 1 for nothing to show."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
