"""The health endpoint: is the database there, is something ingested, which models answer."""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from core.bootstrap import Core
from core.errors import StoreError


class States(Protocol):
    """Tells how each platform is."""

    @property
    def states(self) -> dict[str, str]:  # noqa: D102
        ...


def add_health(application: web.Application, core: Core, platforms: States) -> None:
    """Serve GET /healthz: 200 when questions can be answered, else 503.

    A platform that failed is named, but leaves the status alone: a restart would not mend its token.
    """

    async def health(_request: web.Request) -> web.Response:
        try:
            collections = await core.index.status()
        except StoreError:
            return web.json_response({"ok": False, "database": "unreachable"}, status=503)
        documents = sum(collection.documents for collection in collections)
        body = {
            "ok": documents > 0,
            "database": "ok",
            "documents": documents,
            "chunks": sum(collection.chunks for collection in collections),
            "model": core.model.name if core.model else "none",
            "embedder": core.embedder.name,
            "platforms": platforms.states,
        }
        return web.json_response(body, status=200 if documents else 503)

    application.router.add_get("/healthz", health)
