"""The door of the page: lets requests in by role, refuses forged ones, and turns failures into pages."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from bot import wording
from bot.incidents import logged
from bot.platforms.web.frame import Pages
from bot.platforms.web.security import (
    HEADERS,
    IS_SIGNED_IN,
    ROLE,
    VISITOR,
    Role,
    is_csrf_token,
    is_from_here,
    is_https,
    is_same_origin,
    needed_role,
    suffices,
)
from bot.platforms.web.sessions import VARIABLES, Sessions
from core.errors import StoreError
from core.storage.web_session_store import SESSION_DAYS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

VISITOR_COOKIE = "docent_visitor"
SESSION_COOKIE = "docent_session"
# Of a form, in bytes; the longest question is far shorter.
BODY_BYTES = 256 * 1024
_VISITOR_DAYS = 90
_DAY = 86_400


class Guard:
    """Stands before every path but the open ones, which see to themselves (health, metrics, signed requests)."""

    def __init__(self, pages: Pages, sessions: Sessions, open_paths: frozenset[str]) -> None:
        self._pages = pages
        self._sessions = sessions
        self._open_paths = open_paths

    def install(self, application: web.Application) -> None:
        """Put the guard before an application's handlers."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._handle(request, handler)

        application.middlewares.append(guard)
        application.on_response_prepare.append(self._add_headers)

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in self._open_paths:
            return await handler(request)
        request = request.clone(client_max_size=BODY_BYTES)
        request[VISITOR] = request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(32)
        try:
            response = await self._answer(request, handler)
        except web.HTTPRedirection as redirection:
            self._keep_visitor(request, redirection)
            raise
        self._keep_visitor(request, response)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refusal = self._forged(request) or await self._kept_out(request) or await self._forged_form(request)
            return refusal or await handler(request)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            known = {404: wording.WEB_NOT_FOUND, 405: wording.WEB_NOT_FOUND, 413: wording.WEB_TOO_LARGE}
            return self._refuse(request, known.get(error.status, wording.WEB_NOT_UNDERSTOOD), HTTPStatus(error.status))
        except StoreError as error:
            why = wording.database_gone(logged("page failed", error))
            return self._refuse(request, why, HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception as error:  # noqa: BLE001  whatever it is, who looks at the page gets a sentence
            return self._refuse(request, wording.failed(logged("page failed", error)), HTTPStatus.INTERNAL_SERVER_ERROR)

    def _forged(self, request: web.Request) -> web.Response | None:
        """Refuse what another site made a browser send. Without passwords the way here decides who is let in."""
        if self._sessions.is_open and not is_from_here(request):
            return self._refuse(request, wording.WEB_WRONG_HOST, HTTPStatus.FORBIDDEN)
        if request.method not in ("GET", "HEAD") and not is_same_origin(request):
            return self._refuse(request, wording.WEB_FORGED, HTTPStatus.FORBIDDEN)
        return None

    async def _kept_out(self, request: web.Request) -> web.Response | None:
        """Find out as whom someone comes; give a page, or the way to sign in, to who may not see what they ask for."""
        resource = request.match_info.route.resource
        needed = needed_role(resource.canonical if resource is not None else request.path)
        role = await self._role(request)
        if role is not None:
            request[ROLE] = role
        if needed is None or suffices(role, needed):
            return None
        if role is None and self._sessions.has_password(needed):
            there = f"?next={quote(request.path_qs, safe='')}" if request.method == "GET" else ""
            raise web.HTTPSeeOther(f"/sign-in{there}")
        why = wording.web_needs_password(VARIABLES[needed])
        if self._sessions.has_password(needed):
            why = wording.WEB_ADMINS_ONLY
        return self._refuse(request, why, HTTPStatus.FORBIDDEN, can_sign_in=self._sessions.can_reach(needed))

    async def _role(self, request: web.Request) -> Role | None:
        if self._sessions.is_open:
            return "admin"
        role = await self._sessions.role(request.cookies.get(SESSION_COOKIE, ""))
        request[IS_SIGNED_IN] = role is not None
        return role

    async def _forged_form(self, request: web.Request) -> web.Response | None:
        if request.method in ("GET", "HEAD"):
            return None
        if request.content_type != "application/x-www-form-urlencoded":
            return self._refuse(request, wording.WEB_NOT_UNDERSTOOD, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        token = (await request.post()).get("csrf", "")
        if not isinstance(token, str) or not is_csrf_token(request, token):
            return self._refuse(request, wording.WEB_FORGED, HTTPStatus.FORBIDDEN)
        return None

    def _refuse(self, request: web.Request, why: str, status: HTTPStatus, *, can_sign_in: bool = False) -> web.Response:
        return self._pages.render(request, "problem.html", status, why=why, can_sign_in=can_sign_in)

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if request.path not in self._open_paths:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)

    def _keep_visitor(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let a browser keep who it is, for longer with all that it does; styles and pictures are for everyone."""
        is_known = request.cookies.get(VISITOR_COOKIE) == request[VISITOR]
        if response.prepared or request.path.startswith("/static/") or (is_known and request.method == "GET"):
            return
        set_cookie(request, response, VISITOR_COOKIE, request[VISITOR], days=_VISITOR_DAYS)


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, *, days: int = SESSION_DAYS
) -> None:
    """Set a cookie that no script can read and no other site can send with a form."""
    response.set_cookie(
        name, value, max_age=days * _DAY, path="/", httponly=True, samesite="Lax", secure=is_https(request)
    )
