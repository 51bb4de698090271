"""A local hub with a content host on another port, answering downloads as the Hugging Face hub does."""

from __future__ import annotations

import hashlib

from aiohttp import web
from aiohttp.test_utils import TestServer


class FakeHub:
    """Holds one file, `owner/name/small.gguf`; use it as an async context manager.

    content: the file. headers: of the requests that reached the hub and the content host.
    cut_after: bytes after which the content host drops the connection, once. etag: what the hub says the checksum is.
    ignores_range: the content host sends the whole file whatever is asked. status, error: answered by the hub instead.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.hub_headers: list[dict[str, str]] = []
        self.content_headers: list[dict[str, str]] = []
        self.cut_after: int | None = None
        self.etag: str | None = None
        self.ignores_range = False
        self.status = 302
        self.error = ""
        hub, host = web.Application(), web.Application()
        hub.router.add_get("/owner/name/resolve/main/small.gguf", self._redirect)
        hub.router.add_get("/old/name/resolve/main/small.gguf", self._moved)
        host.router.add_get("/blobs/1", self._send)
        self._hub, self._host = TestServer(hub), TestServer(host)

    async def __aenter__(self) -> FakeHub:
        await self._hub.start_server()
        await self._host.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hub.close()
        await self._host.close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return str(self._hub.make_url("")).rstrip("/")

    async def _moved(self, request: web.Request) -> web.Response:
        # A renamed repository: a redirect on the same host, without a word about the file.
        return web.Response(status=307, headers={"Location": "/owner/name/resolve/main/small.gguf"})

    async def _redirect(self, request: web.Request) -> web.Response:
        self.hub_headers.append(dict(request.headers))
        if self.status != 302:
            return web.Response(status=self.status, headers={"X-Error-Code": self.error})
        etag = self.etag or hashlib.sha256(self.content).hexdigest()
        headers = {
            "Location": str(self._host.make_url("/blobs/1")),
            "X-Linked-ETag": f'"{etag}"',
            "X-Linked-Size": str(len(self.content)),
            "ETag": '"5d3f0b1f8a0c5b7de0c9b1a25e0c3f6a6d1f0d21"',
        }
        return web.Response(status=302, headers=headers)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.content_headers.append(dict(request.headers))
        start = 0 if self.ignores_range else request.http_range.start or 0
        if start >= len(self.content):
            return web.Response(status=416)
        body = self.content[start:]
        headers = {"Content-Length": str(len(body)), "ETag": f'"{"f" * 64}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        cut, self.cut_after = self.cut_after, None
        await response.write(body[:cut])
        if cut is not None and request.transport:
            request.transport.close()
        return response
