"""A local server that speaks OpenAI's chat completions as model servers do, with their habits to choose from."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


class FakeModelServer:
    """Serves `/v1/chat/completions`; use it as an async context manager.

    reply: streamed word by word, with piece_seconds before each. requests: the bodies that came in.
    events: sent instead of the reply, as they are. status, body, content_type: answered instead of a stream.
    refuses: parameters that it answers with 400. disconnected: set when a client cuts a stream.
    """

    def __init__(self, reply: str = "The documents say so.", *, piece_seconds: float = 0.0) -> None:
        self.reply = reply
        self.piece_seconds = piece_seconds
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.events: list[bytes] | None = None
        self.status = 200
        self.body: str | None = None
        self.content_type = "application/json"
        self.refuses: set[str] = set()
        self.disconnected = asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._server = TestServer(app)

    async def __aenter__(self) -> FakeModelServer:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        """The address without `/v1`."""
        return str(self._server.make_url("")).rstrip("/")

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        refused = self.refuses & body.keys()
        if refused:
            error = {"error": {"message": f"Unrecognized request argument supplied: {sorted(refused)[0]}"}}
            return web.json_response(error, status=400)
        if self.body is not None:
            return web.Response(status=self.status, text=self.body, content_type=self.content_type)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            if self.events is not None:
                for event in self.events:
                    await response.write(event)
            else:
                await self._stream(response, body["max_tokens"])
        except (ConnectionResetError, asyncio.CancelledError):  # how aiohttp tells a handler that nobody listens
            self.disconnected.set()
            raise
        return response

    async def _stream(self, response: web.StreamResponse, max_tokens: int) -> None:
        for index, word in enumerate(self.reply.split(" ")[:max_tokens]):
            await asyncio.sleep(self.piece_seconds)
            await response.write(event({"choices": [{"delta": {"content": word if index == 0 else f" {word}"}}]}))
        await response.write(event({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
        await response.write(b"data: [DONE]\n\n")


def event(completion: dict[str, Any]) -> bytes:
    """Give the bytes of one server-sent event."""
    return b"data: " + json.dumps(completion).encode() + b"\n\n"
