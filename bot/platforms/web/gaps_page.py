"""The page /admin/gaps: what was asked and the documents could not answer."""

from __future__ import annotations

from aiohttp import web

from bot import wording
from bot.platforms.web.frame import Pages
from bot.platforms.web.queries import PERIODS, read_days
from core.bootstrap import Core
from core.reporting.reporter import GapReporter
from core.storage.gap_store import GapStore

# Longer lists stand in `docent gaps --json`.
_GROUPS, _DOCUMENTS = 50, 30


def add_gaps(application: web.Application, pages: Pages, core: Core) -> None:
    """Serve GET /admin/gaps, with ?days=7, 30 or 90."""
    reporter = GapReporter(GapStore(core.database), core.embedder, core.settings.search_language)

    async def handle(request: web.Request) -> web.Response:
        days = read_days(request)
        report = await reporter.report(days)
        uses = (*report.never_cited, *report.disliked)
        names = {document.collection for group in report.groups for document in group.nearest}
        return pages.render(
            request,
            "gaps.html",
            days=days,
            choices=PERIODS,
            report=report,
            groups=report.groups[:_GROUPS],
            more_groups=len(report.groups) - _GROUPS,
            documents=_DOCUMENTS,
            most=max((group.asked for group in report.groups), default=1),
            several=len(names | {use.document.collection for use in uses}) > 1,
            wording=wording,
        )

    application.router.add_get("/admin/gaps", handle)
