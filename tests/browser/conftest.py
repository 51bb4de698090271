"""A real Chromium at a real server; every request, error and refused resource of its pages is written down."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.page_builders import HANDBOOK, Served, served

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, for containers that run as root; the rest keeps the browser itself off the network.
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
_NOTE_REFUSALS = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__refused.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def missing(what: str) -> None:
    """Skip for want of something, or fail where DOCENT_BROWSER says that it has to be there."""
    if os.environ.get("DOCENT_BROWSER") == "required":
        pytest.fail(f"{what}; DOCENT_BROWSER=required wants it", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Any]:
    """Give a running browser."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        missing("Playwright is not installed: .venv/bin/pip install -c constraints.txt playwright")
    program = next((path for name in _CHROMIUMS if (path := shutil.which(name))), None)
    if program is None:
        missing("there is no Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Give the script that checks a page for people with disabilities."""
    if not AXE.exists():
        missing("axe-core is not installed: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


class Window:
    """One page with what went over the network for it and what went wrong in it.

    allowed: what may stand in the console all the same, such as a status that the test is about.
    """

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.allowed: tuple[str, ...] = ()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        page.on("console", self._note)
        page.on("dialog", self._refuse)

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"console: {message.text}")

    async def _refuse(self, dialog: Any) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    async def goto(self, path: str = "/") -> None:
        await self.page.goto(self.address + path)

    async def ask(self, question: str) -> None:
        """Type a question, press Enter, and wait for the last answer."""
        before = await self.page.locator("article").count()
        await self.page.fill("#question", question)
        await self.page.press("#question", "Enter")
        await self.page.wait_for_selector(f"article:nth-of-type({before + 1}):not([data-events])")

    async def check(self) -> None:
        """Fail when anything went wrong, or went elsewhere."""
        refused = await self.page.evaluate("window.__refused ?? []")
        errors = [error for error in self.errors if not any(text in error for text in self.allowed)]
        assert not errors
        assert not refused
        own = urlsplit(self.address).netloc
        foreign = [url for url in self.requests if not url.startswith("data:") and urlsplit(url).netloc != own]
        assert not foreign


OpenWindow = Callable[..., Any]


@pytest.fixture
async def open_window(chromium: Any) -> AsyncIterator[OpenWindow]:
    """Give what opens a page of a browser of its own; all are checked at the end."""
    windows: list[Window] = []
    async with AsyncExitStack() as stack:

        async def open_one(process: Served, **options: object) -> Window:
            context = await chromium.new_context(**options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(15_000)
            if options.get("java_script_enabled", True):
                await context.add_init_script(_NOTE_REFUSALS)
            window = Window(await context.new_page(), process.address)
            windows.append(window)
            return window

        yield open_one
        for window in windows:
            await window.check()


@pytest.fixture
async def serve(migrated_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Give what starts the page over the handbook and the given files."""
    async with AsyncExitStack() as stack:

        async def start(files: dict[str, str] | None = None, **options: object) -> Served:
            process = await stack.enter_async_context(served(migrated_url, **options))  # type: ignore[arg-type]
            for name, text in {**HANDBOOK, **(files or {})}.items():
                (tmp_path / name).write_text(text, encoding="utf-8")
            await process.core.ingester.ingest(tmp_path, collection="handbook")
            return process

        yield start
