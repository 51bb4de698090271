"""Draws a comparison: both runs' figures on the left, the differences with their intervals on the right."""

from __future__ import annotations

from collections.abc import Sequence

from bot.evaluating.labels import LABELS, VERDICTS, signed
from bot.evaluating.svg import Page, Scale, round_up
from bot.evaluating.tables import verdict_line
from core.evaluation.comparison import Compared, Comparison, Unit, Verdict

_WIDTH = 1020
_ROW = 26
_LEFT = 240  # where the figures' axis begins; labels end before it
_FIGURES_END = 510
_GAPS_START = 570
_GAPS_END = 810
_TOP = 132
_UNITS: tuple[tuple[Unit, str], ...] = (
    ("share", "shares and scores"),
    ("words", "words"),
    ("ms", "milliseconds"),
    ("tokens/s", "tokens a second"),
)
_COLOURS: dict[Verdict, str] = {"better": "good", "worse": "bad"}
_TOLD_DIFFERENCES = 3


def comparison_picture(comparison: Comparison) -> str:
    """Give the picture as SVG; figures that too few items have are left out."""
    shown = [one for one in comparison.figures if one.gap is not None]
    blocks = [(words, [one for one in shown if one.unit == unit]) for unit, words in _UNITS]
    blocks = [(words, rows) for words, rows in blocks if rows]
    height = _TOP + sum(_ROW * len(rows) + 64 for _, rows in blocks) + 8
    overall = next(one for one in comparison.figures if one.name == "overall")
    page = Page(_WIDTH, height, "Champion and challenger", verdict_line(overall))
    page.text(20, 32, f"Champion and challenger over {comparison.items} questions", "title")
    page.text(20, 54, verdict_line(overall))
    page.text(20, 76, _what_differs(comparison), "small")
    page.dot(_LEFT + 6, 100, "hollow")
    page.text(_LEFT + 18, 104, "champion", "small")
    page.dot(_LEFT + 96, 100, "second")
    page.text(_LEFT + 108, 104, "challenger", "small")
    page.text((_GAPS_START + _GAPS_END) / 2, 104, "challenger minus champion, 95 % interval", "small", "middle")
    top = _TOP
    for words, rows in blocks:
        _draw_block(page, top, words, rows)
        top += _ROW * len(rows) + 64
    return page.svg()


def _draw_block(page: Page, top: float, words: str, rows: Sequence[Compared]) -> None:
    unit = rows[0].unit
    highest = max(value for one in rows for value in (one.champion, one.challenger) if value is not None)
    most = 1.0 if unit == "share" else round_up(highest)
    widest = round_up(max(abs(bound) for one in rows if one.gap for bound in (one.gap.low, one.gap.high)))
    figures = Scale(0, most, _LEFT, _FIGURES_END)
    gaps = Scale(-widest, widest, _GAPS_START, _GAPS_END)
    bottom = top + _ROW * len(rows)
    page.text(20, top, words, "head")
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = figures(share * most)
        page.line(x, top + 6, x, bottom + 8, "grid")
        page.text(x, bottom + 22, _tick(share * most, unit), "small number", "middle")
    for share in (-1, -0.5, 0, 0.5, 1):
        x = gaps(share * widest)
        page.line(x, top + 6, x, bottom + 8, "grid" if share else "zero")
        page.text(x, bottom + 22, f"{share * widest:+,.6g}" if share else "0", "small number", "middle")
    for number, one in enumerate(rows, start=1):
        _draw_row(page, top + _ROW * number - 6, one, figures, gaps)


def _draw_row(page: Page, y: float, one: Compared, figures: Scale, gaps: Scale) -> None:
    if one.champion is None or one.challenger is None or one.gap is None:
        return
    colour = _COLOURS.get(one.verdict, "")
    page.text(_LEFT - 14, y + 4, LABELS[one.name], anchor="end")
    page.line(figures(one.champion), y, figures(one.challenger), y)
    page.dot(figures(one.champion), y, "hollow")
    page.dot(figures(one.challenger), y, "second", 4)
    low, high = gaps(one.gap.low), gaps(one.gap.high)
    page.line(low, y, high, y, colour)
    for end in (low, high):
        page.line(end, y - 4, end, y + 4, colour)
    page.dot(gaps(one.gap.difference), y, colour or "none", 4)
    told = f"{signed(one.gap.difference, one.unit)}  {VERDICTS[one.verdict]}"
    page.text(_GAPS_END + 16, y + 4, told, f"number {colour or 'faint'}")


def _tick(value: float, unit: Unit) -> str:
    return f"{value:.2f}" if unit == "share" else f"{value:,.6g}"


def _what_differs(comparison: Comparison) -> str:
    told = [f"{name} {first} → {second}" for name, (first, second) in comparison.differences.items()]
    more = len(told) - _TOLD_DIFFERENCES
    text = "; ".join(told[:_TOLD_DIFFERENCES]) + (f"; and {more} more" if more > 0 else "")
    return text[:150] or "Nothing that the runs record was set otherwise."
