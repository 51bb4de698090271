"""The REST interface's frame: every request is read, counted, checked for faults and limits, and answered in JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.simulate.discord_errors import ApiError, Json, refusal
from bot.simulate.discord_limits import Clock, Grant, RateLimiter, retry_after_header

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY: web.RequestKey[Any] = web.RequestKey("body", object)
FILES: web.RequestKey[list[Json]] = web.RequestKey("files", list)
PREFIX = "/api/v10"
# Statuses that count towards the ban of an address: 10,000 of them in 10 minutes.
INVALID = (401, 403, 429)
# These carry their own token, and are exempt from the global limit.
TOKEN_IN_PATH = ("/interactions/", "/webhooks/")


@dataclass(slots=True)
class RecordedRequest:
    """One request as it came and was answered.

    path: without the prefix, ids in place. route: the same with placeholders. body: the JSON, None without one.
    at: seconds on the server's clock. status: 0 until it is answered.
    """

    method: str
    path: str
    route: str
    body: Any
    at: float
    status: int = 0


@dataclass(slots=True)
class Fault:
    """An answer that was arranged beforehand for the next requests whose "METHOD /path" contains a text."""

    route: str
    times: int
    answer: Callable[[], web.Response]


class RestFrame:
    """What all routes share: records, arranged faults, authorization, limits and errors."""

    def __init__(self, token: str, limiter: RateLimiter, clock: Clock = time.monotonic) -> None:
        self.token = token
        self.requests: list[RecordedRequest] = []
        self._limiter = limiter
        self._clock = clock
        self._faults: list[Fault] = []

    @property
    def statuses(self) -> Counter[int]:
        """How many answers each status had."""
        return Counter(request.status for request in self.requests)

    @property
    def invalid_requests(self) -> int:
        """How many answers count towards a ban of the address."""
        return sum(self.statuses[status] for status in INVALID)

    def arrange(self, route: str, times: int, answer: Callable[[], web.Response]) -> None:
        """Answer the next requests whose "METHOD /path" contains route in a given way."""
        self._faults.append(Fault(route, times, answer))

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Wrap every route."""
        if not request.path.startswith(PREFIX):
            return await handler(request)
        resource = request.match_info.route.resource
        record = RecordedRequest(
            request.method,
            request.path.removeprefix(PREFIX),
            f"{request.method} {resource.canonical.removeprefix(PREFIX)}" if resource else "",
            None,
            self._clock(),
        )
        self.requests.append(record)
        response = await self._answer(request, handler, record)
        record.status = response.status
        return response

    async def _answer(self, request: web.Request, handler: Handler, record: RecordedRequest) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            request[BODY], request[FILES] = await read_body(request)
            record.body = request[BODY]
            arranged = self._arranged(f"{request.method} {record.path}")
            if arranged is not None:
                return arranged
            carries_token = record.path.startswith(TOKEN_IN_PATH)
            if not carries_token and request.headers.get("Authorization") != f"Bot {self.token}":
                raise ApiError(401, 0, "401: Unauthorized")
            if not carries_token:
                grant = self._limiter.take_global()
                if not grant.passes:
                    return too_many_requests(grant.reset_after, everywhere=True)
            grant = self._limiter.take(record.route, _top_level_resource(request))
            headers = grant.headers()
            if not grant.passes:
                return too_many_requests(grant.reset_after, grant=grant)
            response = await handler(request)
        except ApiError as error:
            response = json_response(error.body(), error.status)
        except web.HTTPException as error:
            response = json_response({"message": f"{error.status}: {error.reason}", "code": 0}, error.status)
        response.headers.update(headers)
        return response

    def _arranged(self, request: str) -> web.Response | None:
        for fault in self._faults:
            if fault.route in request and fault.times > 0:
                fault.times -= 1
                return fault.answer()
        return None


async def read_body(request: web.Request) -> tuple[Any, list[Json]]:
    """Read JSON, or `payload_json` with files; give the body (None when there is none) and the files' metadata.

    Raises ApiError 50109 for what isn't JSON.
    """
    if not request.can_read_body:
        return None, []
    text, files = "", []
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == "payload_json":
                text = await part.text()
            else:
                content = bytes(await part.read())
                files.append({"filename": part.filename or "file", "size": len(content), "content_type": "text/plain"})
    else:
        text = await request.text()
    try:
        return json.loads(text) if text else {}, files
    except ValueError:
        raise refusal(50109) from None


def body_of(request: web.Request) -> Json:
    """Give the body of a request that must be an object, {} when it is missing. Raises ApiError 50035."""
    body = request[BODY]
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ApiError(400, 50035, "Invalid Form Body")
    return body


def number(request: web.Request, name: str) -> int:
    """Give an id from the path. Raises ApiError 50035 when it is no number."""
    text = request.match_info[name]
    if not text.isdigit():
        fault = {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": f'Value "{text}" is not snowflake.'}]}
        raise ApiError(400, 50035, "Invalid Form Body", {name: fault})
    return int(text)


def json_response(body: Any, status: int = 200) -> web.Response:
    """Answer in JSON; the content type has no charset, as Discord's has none and libraries compare it exactly."""
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def no_content() -> web.Response:
    """Answer 204."""
    return web.Response(status=204)


def too_many_requests(
    seconds: float, *, grant: Grant | None = None, everywhere: bool = False, shared: bool = False
) -> web.Response:
    """Answer 429 as Discord's own limiter does, with `Via`, by which libraries tell it from Cloudflare's."""
    message = "The resource is being rate limited." if shared else "You are being rate limited."
    response = json_response({"message": message, "retry_after": round(seconds, 3), "global": everywhere}, 429)
    response.headers.update({"Via": "1.1 google", "Retry-After": retry_after_header(seconds)})
    response.headers["X-RateLimit-Scope"] = "global" if everywhere else "shared" if shared else "user"
    if everywhere:
        response.headers["X-RateLimit-Global"] = "true"
    if grant is not None:
        response.headers.update(grant.headers())
    return response


def banned(seconds: float) -> web.Response:
    """Answer 429 as Cloudflare does for a banned address: HTML, and no `Via`."""
    return web.Response(
        text="<html><title>Access denied | Error 1015</title></html>",
        status=429,
        content_type="text/html",
        headers={"Retry-After": retry_after_header(seconds)},
    )


def _top_level_resource(request: web.Request) -> str:
    """Name the channel, guild or webhook that a limit is counted for."""
    return "+".join(request.match_info.get(name, "") for name in ("channel_id", "guild_id", "application_id", "token"))
