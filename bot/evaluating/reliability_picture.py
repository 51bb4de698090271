"""Draws how well the probability keeps its word: predicted against observed, with counts below."""

from __future__ import annotations

from collections.abc import Mapping

from bot.evaluating.labels import amount
from bot.evaluating.svg import Page, Scale
from core.evaluation.report import Report

_SIDE = 320  # of the square of one run
_PANEL = 430
_TOP = 108
_COUNTS = 64  # height of the bars of counts


def reliability_picture(reports: Mapping[str, Report]) -> str:
    """Give the picture as SVG, a square beside the other for each named report."""
    width = max(_PANEL * len(reports), 560)
    height = _TOP + _SIDE + _COUNTS + 86
    title = "How often the documents answer when Docent says so"
    page = Page(width, height, title, "; ".join(f"{name}: {_figures(report)}" for name, report in reports.items()))
    page.text(20, 32, title, "title")
    page.text(
        20,
        54,
        "Dots: the share that is answerable, with its 95 % interval. On the line, the probability is right.",
        "small",
    )
    for number, (name, report) in enumerate(reports.items()):
        _draw_panel(page, number * _PANEL, name, report)
    return page.svg()


def _draw_panel(page: Page, left: float, name: str, report: Report) -> None:
    bottom = _TOP + _SIDE
    across = Scale(0, 1, left + 64, left + 64 + _SIDE)
    up = Scale(0, 1, bottom, _TOP)
    page.text(across(0), _TOP - 14, name if len(name) <= 56 else f"{name[:55]}…", "head")
    for share in (0, 0.2, 0.4, 0.6, 0.8, 1):
        page.line(across(share), up(0), across(share), up(1), "grid")
        page.line(across(0), up(share), across(1), up(share), "grid")
        page.text(across(0) - 8, up(share) + 4, f"{share:.1f}", "small number", "end")
        page.text(across(share), bottom + _COUNTS + 26, f"{share:.1f}", "small number", "middle")
    page.line(across(0), up(0), across(1), up(1), "dashed")
    most = max((one.count for one in report.reliability), default=1)
    floor = bottom + _COUNTS + 12
    for one in report.reliability:
        bar = (_COUNTS - 16) * one.count / most
        page.bar(across(one.low) + 2, floor - bar, across(one.high) - across(one.low) - 4, bar)
        middle = (across(one.low) + across(one.high)) / 2
        page.text(middle, floor - bar - 3, str(one.count), "small number", "middle")
        x = across(one.predicted)
        page.line(x, up(one.least), x, up(one.most), "second")
    page.polyline([(across(one.predicted), up(one.observed)) for one in report.reliability], "second")
    for one in report.reliability:
        page.dot(across(one.predicted), up(one.observed), "second")
    axis = "probability that the documents answer; bars: how many questions"
    page.text(across(0.5), floor + 32, axis, "small", "middle")
    page.text(across(0.5), floor + 50, _figures(report), "small", "middle")


def _figures(report: Report) -> str:
    count = report.figures.answerable + report.figures.unanswerable
    return (
        f"n = {count}, Brier score {amount(report.brier_score, 'share')}, "
        f"area under the curve {amount(report.confidence_area_under_curve, 'share')}"
    )
