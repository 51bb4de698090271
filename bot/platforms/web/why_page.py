"""The page /why/{id}: the way of one question, from how it was asked to how long each stage took."""

from __future__ import annotations

from typing import get_args

from aiohttp import web
from markupsafe import Markup

from bot import wording
from bot.platforms.web.charts import number, shares
from bot.platforms.web.frame import Pages
from bot.platforms.web.queries import read_id
from bot.why import Way, way_of_turn
from core.bootstrap import Core
from core.models import Stage
from core.storage.asked_store import AskedStore

_COLOURS = 5


def add_why(application: web.Application, pages: Pages, core: Core) -> None:
    """Serve GET /why/{id}, by a question's id."""
    store = AskedStore(core.database)

    async def handle(request: web.Request) -> web.Response:
        question_id = read_id(request.match_info["id"])
        found = await store.one(question_id) if question_id is not None else None
        if found is None:
            raise web.HTTPNotFound
        asked, turn = found
        way = way_of_turn(turn.question, turn.kind, turn.confidence, turn.found, turn.timings) if turn else None
        return pages.render(
            request,
            "why.html",
            asked=asked,
            turn=turn,
            way=way,
            stages=drawn_stages(way) if way else None,
            stage_style=stage_style,
            number=number,
            wording=wording,
        )

    application.router.add_get("/why/{id}", handle)


def stage_style(stage: Stage) -> str:
    """Give the classes by which a stage is coloured, the same ones in every answer: five colours, then their tints."""
    place = get_args(Stage).index(stage)
    return f"stage-{place % _COLOURS + 1}{' faint' if place >= _COLOURS else ''}"


def drawn_stages(way: Way) -> Markup | None:
    """Draw where the time of an answer went; None where no stage was timed."""
    timed = [
        (row.stage.replace("_", " "), stage_style(row.stage), row.milliseconds)
        for row in way.stages
        if row.milliseconds > 0
    ]
    return shares("stages", wording.WHY_TIMES, timed) if timed else None
