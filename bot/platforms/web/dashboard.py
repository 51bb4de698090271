"""The page /admin: how Docent does, in figures and charts, and what stands around it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from bot import wording
from bot.dispatch import Dispatcher
from bot.platforms.web.charts import Chart, Series, lines, stacked_bars
from bot.platforms.web.frame import Pages
from bot.platforms.web.health import States
from bot.platforms.web.queries import PERIODS, read_days
from core.bootstrap import Core
from core.storage.access_store import CollectionAccess
from core.storage.figures_store import DayFigures, Figures, FiguresStore, Outcome

_RUNS = 8
_OUTCOMES: Sequence[Outcome] = ("phrased", "quoted", "refused", "failed", "other")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its picture."""

    chart: Chart
    picture: Markup


def add_dashboard(application: web.Application, pages: Pages, core: Core, desk: Dispatcher, platforms: States) -> None:
    """Serve GET /admin, with ?days=7, 30 or 90."""
    store = FiguresStore(core.database)

    async def handle(request: web.Request) -> web.Response:
        days = read_days(request)
        figures = await store.days(days)
        outdated, latest = await store.outdated(days)
        collections = await core.access.collections()
        runs = await core.runs.last(_RUNS)
        going_on = [await core.runs.going_on(name) for name in {run.collection for run in runs}]
        return pages.render(
            request,
            "dashboard.html",
            days=days,
            choices=PERIODS,
            zone=figures.zone,
            totals=totals(figures.days),
            charts=drawn(figures),
            busy=desk.busy,
            waiting=desk.waiting,
            settings=core.settings,
            platforms={name: state.partition(":")[0] for name, state in platforms.states.items()},
            model=core.model.name if core.model else "",
            embedder=core.embedder.name,
            configuration=core.configuration()[:12],
            runs=runs,
            alive={run.id for run in going_on if run is not None},
            collections=collections,
            places=places(collections),
            outdated=outdated,
            latest_outdated=latest,
            golden=await store.golden(),
            wording=wording,
        )

    application.router.add_get("/admin", handle)


def totals(days: Sequence[DayFigures]) -> dict[str, int]:
    """Give the sums of a period: questions, each outcome, up and down."""
    counted: dict[str, int] = {outcome: sum(day.outcomes.get(outcome, 0) for day in days) for outcome in _OUTCOMES}
    votes = {"up": sum(day.up for day in days), "down": sum(day.down for day in days)}
    return {"questions": sum(counted.values()), **counted, **votes}


def drawn(figures: Figures) -> list[Drawn]:
    """Draw the charts of a period."""
    days = figures.days

    def chart(name: str, unit: str, *series: Series) -> Chart:
        title, description = wording.CHARTS[name]
        return Chart(name, title, description, tuple(wording.day(day.day) for day in days), series, unit)

    def measured(name: str, style: str, value: Callable[[DayFigures], float | None]) -> Series:
        return Series(name, style, tuple(value(day) for day in days))

    def seconds(name: str, style: str, value: Callable[[DayFigures], float | None]) -> Series:
        return Series(name, style, tuple(_seconds(value(day)) for day in days))

    outcomes = [
        Series(wording.OUTCOMES[outcome], outcome, tuple(day.outcomes.get(outcome, 0) for day in days))
        for outcome in _OUTCOMES
    ]
    bars = [
        chart("questions", "", *outcomes),
        chart("votes", "", measured("👍", "up", lambda day: day.up), measured("👎", "down", lambda day: day.down)),
    ]
    times = [
        chart(
            "first-token",
            " s",
            seconds(wording.MEDIAN, "median", lambda day: day.first_token_p50),
            seconds(wording.SLOWEST, "slowest", lambda day: day.first_token_p95),
        ),
        chart(
            "answer",
            " s",
            seconds(wording.MEDIAN, "median", lambda day: day.whole_p50),
            seconds(wording.SLOWEST, "slowest", lambda day: day.whole_p95),
        ),
        chart("speed", "", measured(wording.MEDIAN, "median", lambda day: day.speed_p50)),
    ]
    return [*(Drawn(one, stacked_bars(one)) for one in bars), *(Drawn(one, lines(one)) for one in times)]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def places(collections: Sequence[CollectionAccess]) -> Mapping[str, Sequence[str]]:
    """Give the places that are limited, each with the collections that it may see."""
    limited: dict[str, list[str]] = {}
    for collection in collections:
        for place in collection.named_for:
            limited.setdefault(place, []).append(collection.name)
    return dict(sorted(limited.items()))
