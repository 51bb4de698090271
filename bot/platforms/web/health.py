"""The health endpoint: is the database there, is something ingested, which models answer."""

from __future__ import annotations

from aiohttp import web

from core.bootstrap import Core
from core.errors import StoreError


def build_app(core: Core) -> web.Application:
    """Give an application with GET /healthz: 200 when questions can be answered, else 503."""

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
        }
        return web.json_response(body, status=200 if documents else 503)

    app = web.Application()
    app.router.add_get("/healthz", health)
    return app
