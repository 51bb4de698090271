"""The HTTP side of the simulated Slack: Web API calls, response_urls and the door to Socket Mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_methods import ApiCall, WebApi
from bot.simulate.slack_response_urls import respond
from bot.simulate.slack_sockets import SocketHub
from bot.simulate.slack_state import SlackState

JsonObject = dict[str, Any]


def build_app(
    state: SlackState, api: WebApi, hub: SocketHub, publish: Callable[[JsonObject], object]
) -> web.Application:
    """Give the application that answers as slack.com, hooks.slack.com and the Socket Mode hosts do."""

    async def call_method(request: web.Request) -> web.StreamResponse:
        arguments, token = await _read(request)
        call = api.call(request.match_info["method"], token, arguments)
        if call.answer_lost and request.transport is not None:
            request.transport.abort()
        return _answer(state, call)

    async def answer_response_url(request: web.Request) -> web.Response:
        body = await request.json()
        try:
            events = respond(state, request.match_info["token"], body)
        except SlackMethodError as refusal:
            return web.Response(status=refusal.status, text=refusal.error)
        for event in events:
            publish(event)
        return web.Response(text="ok")

    app = web.Application(client_max_size=4 * 1024**2)
    app.router.add_route("*", "/api/{method}", call_method)
    app.router.add_post("/response/{token}", answer_response_url)
    app.router.add_get("/link/", hub.handle)
    return app


async def _read(request: web.Request) -> tuple[JsonObject, str]:
    """Give the arguments of a call, without the token, and the token."""
    arguments: JsonObject = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        arguments |= body if isinstance(body, dict) else {}
    else:
        arguments |= dict(await request.post())
    in_header = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    in_body = str(arguments.pop("token", ""))
    return arguments, in_header or in_body


def _answer(state: SlackState, call: ApiCall) -> web.Response:
    if call.status >= 500:
        return web.Response(status=call.status, text="Slack is having trouble.", content_type="text/html")
    # Those of the token that was used.
    scopes = state.app_scopes if call.method == "apps.connections.open" else state.scopes
    headers = {"X-OAuth-Scopes": ",".join(sorted(scopes))}
    if call.retry_after is not None:
        headers["Retry-After"] = str(call.retry_after)
    return web.json_response(call.answer, status=call.status, headers=headers)
