"""Draws what ingests cost: the seconds of each step, and how time and memory grow with the number of documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from benchmarks.ingest_tables import DOCENT, LANGCHAIN, Figures, Growth, Results, command
from bot.evaluating.svg import Page, Scale, round_up

WIDTH = 900
LEFT, RIGHT, TOP, ROW = 320, 760, 104, 34
PANEL = 220


def steps_picture(results: Results, conditions: Mapping[str, str]) -> str:
    """Give an SVG: for each step a dot a side, on an axis of seconds where each line is ten times the last."""
    seconds = [command(some) for found in results.values() for some in found.values()]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    axis = Scale(low, max(high, low + 1), LEFT, RIGHT)
    bottom = TOP + ROW * len(results)
    page = Page(WIDTH, bottom + 70, "Keeping an index true to a folder", _told(results))
    page.text(20, 32, "Keeping an index true to a folder: seconds of a command", "title")
    page.text(20, 54, _told(results))
    page.dot(LEFT + 6, 78, "second")
    page.text(LEFT + 18, 82, "Docent", "small")
    page.dot(LEFT + 86, 78, "hollow")
    page.text(LEFT + 98, 82, "LangChain's indexing API, PGVector", "small")
    for power in range(low, max(high, low + 1) + 1):
        page.line(axis(power), TOP - 8, axis(power), bottom, "grid")
        page.text(axis(power), bottom + 18, f"{10.0**power:,.6g} s", "small number", "middle")
    for number, (step, found) in enumerate(results.items()):
        y = TOP + ROW * number + 12
        page.text(LEFT - 14, y + 4, step, anchor="end")
        ours = axis(math.log10(command(found[DOCENT])))
        if LANGCHAIN in found:
            theirs = axis(math.log10(command(found[LANGCHAIN])))
            page.line(ours, y, theirs, y)
            page.dot(theirs, y, "hollow")
            page.text(RIGHT + 16, y + 4, _times(found), "number")
        page.dot(ours, y, "second")
    page.text(20, bottom + 48, conditions["machine"], "small")
    return page.svg()


def _told(results: Results) -> str:
    step, found = next(iter(results.items()))
    alone = f"{step}: {command(found[DOCENT]):.1f} s"
    return f"{alone}, LangChain {command(found[LANGCHAIN]):.1f} s" if LANGCHAIN in found else alone


def _times(found: Mapping[str, list[Figures]]) -> str:
    return f"x{command(found[LANGCHAIN]) / command(found[DOCENT]):.1f}"


def growth_picture(rows: Sequence[Growth], conditions: Mapping[str, str]) -> str:
    """Give an SVG with two curves over the number of documents: the seconds, and the memory at its highest."""
    title = f"From {rows[0].documents:,} to {rows[-1].documents:,} documents"
    page = Page(WIDTH, 2 * PANEL + 150, title, conditions["machine"])
    page.text(20, 32, title, "title")
    page.text(20, 54, conditions["machine"], "small")
    _panel(page, 84, "seconds of the first ingest", rows, {"first": lambda row: row.seconds})
    megabytes: dict[str, Callable[[Growth], float]] = {
        "first": lambda row: row.memory / 1e6,
        "second": lambda row: row.postgres / 1e6,
    }
    _panel(page, PANEL + 114, "megabytes of memory at their highest", rows, megabytes)
    page.dot(LEFT + 306, PANEL + 110, "first")
    page.text(LEFT + 316, PANEL + 114, "ingest", "small")
    page.dot(LEFT + 376, PANEL + 110, "second")
    page.text(LEFT + 386, PANEL + 114, "Postgres", "small")
    return page.svg()


def _panel(
    page: Page, top: float, words: str, rows: Sequence[Growth], lines: Mapping[str, Callable[[Growth], float]]
) -> None:
    highest = round_up(max(figure(row) for figure in lines.values() for row in rows))
    across = Scale(0, round_up(rows[-1].documents), 90, WIDTH - 40)
    up = Scale(0, highest, top + PANEL - 60, top + 14)
    page.text(20, top, words, "head")
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = up(share * highest)
        page.line(90, y, WIDTH - 40, y, "grid")
        page.text(80, y + 4, f"{share * highest:,.6g}", "small number", "end")
    for row in rows:
        page.text(across(row.documents), top + PANEL - 40, f"{row.documents:,}", "small number", "middle")
    for style, figure in lines.items():
        points = [(across(row.documents), up(figure(row))) for row in rows]
        page.polyline(points, style)
        for x, y in points:
            page.dot(x, y, style, 4)
