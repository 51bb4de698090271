"""A browser without scripts: keeps cookies, fills in the forms of our pages, follows redirects when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession, CookieJar
from lxml import html


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer. address: path and query of where it came from, after redirects."""

    status: int
    text: str
    address: str
    headers: dict[str, str]

    @property
    def page(self) -> html.HtmlElement:
        return html.fromstring(self.text)

    @property
    def words(self) -> str:
        """All that stands on the page, in one line."""
        return " ".join(self.page.find("body").text_content().split())

    def xpath(self, path: str) -> list[html.HtmlElement]:
        return list(self.page.xpath(path))

    @property
    def csrf(self) -> str:
        """What our forms on this page have to send back."""
        return str(self.page.xpath("//input[@name='csrf']/@value")[0])


class Browser:
    """One browser at one address."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Seen:
        return await self._send("GET", path, follow=follow, headers=_named(headers))

    async def post(self, path: str, fields: dict[str, str], *, follow: bool = True, **headers: str) -> Seen:
        return await self._send("POST", path, data=fields, follow=follow, headers=_named(headers))

    async def send(self, path: str, fields: dict[str, str], *, at: str = "/", follow: bool = True) -> Seen:
        """Post a form with the token of the page that it stands on."""
        page = await self.get(at)
        return await self.post(path, {"csrf": page.csrf, **fields}, follow=follow)

    async def ask(self, question: str, thread: str = "") -> Seen:
        """Ask on the first page, or on in a conversation."""
        at = f"/c/{thread}" if thread else "/"
        return await self.send("/ask", {"question": question, "thread": thread}, at=at)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self._session.cookie_jar}

    async def _send(self, method: str, path: str, *, follow: bool, **options: object) -> Seen:
        sent = self._session.request(method, self._address + path, allow_redirects=follow, **options)  # type: ignore[arg-type]
        async with sent as response:
            text = await response.text()
            return Seen(response.status, text, response.url.path_qs, dict(response.headers))


@asynccontextmanager
async def browser(address: str, cookies: dict[str, str] | None = None) -> AsyncIterator[Browser]:
    """Open a browser. cookies: those that it has already."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies=cookies) as session:
        yield Browser(session, address)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
