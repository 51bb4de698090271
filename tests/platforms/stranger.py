"""A local server that is neither Slack nor Discord, or one of them that keeps silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer


@asynccontextmanager
async def stranger(answer: Callable[[web.Request], web.Response] | None) -> AsyncIterator[str]:
    """Give the address of a server that answers every request like this; None: never."""
    over = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        if answer is None:
            await over.wait()
        return answer(request) if answer else web.Response()

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    server = TestServer(application)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        over.set()
        await server.close()
