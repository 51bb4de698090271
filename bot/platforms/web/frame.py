"""The frame of every page: its templates, what each of them is told, and the headers around it."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.platforms.web.security import IS_SIGNED_IN, csrf_of, role_of
from bot.platforms.web.statics import Statics

_TEMPLATES = Path(__file__).with_name("templates")


class Pages:
    """Draws pages from the templates; what is put into them is escaped. statics: the files that pages may use."""

    def __init__(self) -> None:
        self.statics = Statics()
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = self.statics.address

    def render(self, request: web.Request, name: str, status: int = HTTPStatus.OK, **values: object) -> web.Response:
        """Give a page, never to be kept by what lies between. name: of its template, which extends base.html.

        A template has `csrf` (a form sends it back in a field of that name), `role` ("admin", "member", or "" for
        who is not signed in), `path` (of the request) and `can_sign_out`, besides the values.
        """
        page = web.Response(
            text=self.draw(request, name, **values),
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-store"},
        )
        page.enable_compression()
        return page

    def draw(self, request: web.Request, name: str, **values: object) -> str:
        """Give the HTML of a template, for a part of a page too."""
        told = {
            "csrf": csrf_of(request),
            "role": role_of(request) or "",
            "path": request.path,
            "can_sign_out": request.get(IS_SIGNED_IN, False),
        }
        return self._environment.get_template(name).render({**told, **values})
