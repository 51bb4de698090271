"""Answers while they grow, as server-sent events: what the page shows of one, each time that it looks different."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from http import HTTPStatus

from aiohttp import web

from bot.platforms.web.ask_page import QUESTION, THREAD, exchange_words
from bot.platforms.web.conversation import Conversations
from bot.platforms.web.frame import Pages
from bot.platforms.web.security import visitor_of

# How often the database is asked how a question is that another process may be answering.
_LOOK_SECONDS = 2.0
# A line that says nothing, so that what lies between doesn't take the silence for an end.
_BEAT = b": still here\n\n"
_STREAMS_OF_ONE = 12


def add_streaming(application: web.Application, pages: Pages, conversations: Conversations) -> None:
    """Serve GET /c/{thread}/{question}/events.

    Events: `grow` with the answer's body, `done` with the whole exchange, each a JSON string of HTML. After `done`
    nothing follows; a connection that is lost before can be opened again at any time.
    """
    open_streams: Counter[str] = Counter()

    async def events(request: web.Request) -> web.StreamResponse:
        await conversations.own(request)
        visitor = visitor_of(request)
        if open_streams[visitor] >= _STREAMS_OF_ONE:
            raise web.HTTPTooManyRequests
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(status=HTTPStatus.OK, headers=headers)
        await response.prepare(request)
        open_streams[visitor] += 1
        try:
            await _send(request, response, pages, conversations)
        except ConnectionError:
            pass  # the browser has gone
        finally:
            open_streams[visitor] -= 1
            if not open_streams[visitor]:
                del open_streams[visitor]
        return response

    async def close(_application: web.Application) -> None:
        conversations.surface.close()

    application.router.add_get(f"/c/{THREAD}/{QUESTION}/events", events)
    application.on_shutdown.append(close)


async def _send(request: web.Request, response: web.StreamResponse, pages: Pages, conversations: Conversations) -> None:
    surface = conversations.surface
    await response.write(b"retry: 1000\n\n")
    last = ""
    asked = await conversations.own(request)
    while not surface.is_closed:
        change = surface.change
        shown = conversations.shown(asked)
        if not shown.is_open:
            words = {"thread": request.match_info["thread"], "said": {}, "asks_why": 0, **exchange_words()}
            await response.write(_event("done", pages.draw(request, "exchange.html", exchange=shown, **words)))
            return
        body = pages.draw(request, "growing.html", exchange=shown)
        await response.write(_event("grow", body) if body != last else _BEAT)
        last = body
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await change.wait()
        except TimeoutError:
            asked = await conversations.own(request)


def _event(name: str, html: str) -> bytes:
    return f"event: {name}\ndata: {json.dumps(html)}\n\n".encode()
