"""The pages to sign in and out."""

from __future__ import annotations

import secrets
from http import HTTPStatus

import structlog
from aiohttp import web

from bot import wording
from bot.platforms.web.frame import Pages
from bot.platforms.web.guarding import SESSION_COOKIE, set_cookie
from bot.platforms.web.rates import Rate
from bot.platforms.web.security import VISITOR, own_path
from bot.platforms.web.sessions import Sessions

log = structlog.get_logger()

# Of one address.
_TRIES_A_MINUTE = 5


def add_sign_in(application: web.Application, pages: Pages, sessions: Sessions) -> None:
    """Serve /sign-in and /sign-out."""
    tries = Rate(_TRIES_A_MINUTE, 60.0)

    def page(request: web.Request, target: str, why: str = "", status: int = HTTPStatus.OK) -> web.Response:
        needs = "" if sessions.can_reach("member") or sessions.is_open else wording.web_needs_password("WEB_PASSWORD")
        status = HTTPStatus.FORBIDDEN if needs else status
        return pages.render(request, "sign_in.html", status, target=own_path(target), why=why, needs=needs)

    async def show(request: web.Request) -> web.Response:
        if sessions.is_open:
            raise web.HTTPSeeOther("/")
        return page(request, request.query.get("next", "/"))

    async def sign_in(request: web.Request) -> web.Response:
        form = await request.post()
        password, target = str(form.get("password", "")), own_path(str(form.get("next", "/")))
        if wait := tries.take(request.remote or ""):
            return page(request, target, wording.web_too_many_tries(wait), HTTPStatus.TOO_MANY_REQUESTS)
        begun = await sessions.begin(password)
        if begun is None:
            log.warning("wrong password on the page", address=request.remote)
            return page(request, target, wording.WEB_WRONG_PASSWORD, HTTPStatus.FORBIDDEN)
        token, _role = begun
        answer = web.HTTPSeeOther(target)
        # What somebody else may have put into this browser before is worth nothing from now on.
        request[VISITOR] = secrets.token_urlsafe(32)
        set_cookie(request, answer, SESSION_COOKIE, token)
        raise answer

    async def sign_out(request: web.Request) -> web.Response:
        await sessions.end(request.cookies.get(SESSION_COOKIE, ""))
        answer = web.HTTPSeeOther("/sign-in")
        answer.del_cookie(SESSION_COOKIE, path="/")
        request[VISITOR] = secrets.token_urlsafe(32)
        raise answer

    application.router.add_get("/sign-in", show)
    application.router.add_post("/sign-in", sign_in)
    application.router.add_post("/sign-out", sign_out)
