"""The metrics endpoint: what the desk and the database tell Prometheus."""

from __future__ import annotations

from aiohttp import web

from bot.dispatch import Dispatcher
from bot.metrics import CONTENT_TYPE, Stock
from core.bootstrap import Core
from core.errors import StoreError


def add_metrics(application: web.Application, core: Core, desk: Dispatcher) -> None:
    """Serve GET /metrics in Prometheus' text format; without a database it tells what this process knows."""

    async def metrics(_request: web.Request) -> web.Response:
        try:
            stock = Stock(await core.index.status(), await core.runs.counts())
        except StoreError:
            stock = None
        body = desk.metrics.scrape(open_questions=desk.busy, waiting=desk.waiting, stock=stock)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    application.router.add_get("/metrics", metrics)
