"""The page /admin/questions: what was asked lately, how it ended and what people thought of it; nobody's name."""

from __future__ import annotations

from typing import get_args

from aiohttp import web

from bot import wording
from bot.platforms.web.frame import Pages
from bot.platforms.web.queries import read_id
from core.bootstrap import Core
from core.storage.asked_store import AskedStore, Filter

_FILTERS: dict[str, Filter] = {name: name for name in get_args(Filter)}


def add_questions(application: web.Application, pages: Pages, core: Core) -> None:
    """Serve GET /admin/questions, with ?kind= (see Filter) and ?before=ID for older ones."""
    store = AskedStore(core.database)

    async def handle(request: web.Request) -> web.Response:
        which = _FILTERS.get(request.query.get("kind", ""), "all")
        before = read_id(request.query.get("before", ""))
        questions, has_older = await store.page(which, before=before)
        return pages.render(
            request,
            "questions.html",
            which=which,
            filters=list(_FILTERS),
            before=before,
            questions=questions,
            older=questions[-1].id if has_older else None,
            wording=wording,
        )

    application.router.add_get("/admin/questions", handle)
