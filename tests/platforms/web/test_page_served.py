"""`docent serve` has the page, whatever else is configured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot import wording
from bot.serving import serve as serve_process
from bot.settings import BotSettings
from core.bootstrap import Core
from tests.fakes.chat_model import FakeChatModel
from tests.page_builders import ASKED
from tests.platforms.web.browser import browser
from tests.platforms.web.conftest import Serve
from tests.platforms.web.test_page_conversation import QUOTED, thread_of

SECONDS = 60.0


@asynccontextmanager
async def running(core: Core, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[str]:
    """Serve until the end of the block; gives the page's address, as it was printed."""
    task = asyncio.create_task(serve_process(core, BotSettings(_env_file=None, web_port=0)))  # type: ignore[call-arg]
    try:
        printed = ""
        async with asyncio.timeout(SECONDS):
            while not (address := re.search(r"Ask it at (http://[\d.:]+)", printed)):
                await asyncio.sleep(0.01)
                printed += capsys.readouterr().out
        yield address[1]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_any_token_the_page_answers(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    process = await serve()
    async with running(process.core, capsys) as address, browser(address) as visitor:
        page = await visitor.ask(ASKED)
        path = f"/c/{thread_of(page)}"
        async with asyncio.timeout(SECONDS):
            while QUOTED not in (page := await visitor.get(path)).words or page.xpath("//@data-events"):
                await asyncio.sleep(0.05)
        assert (await visitor.get("/healthz")).status == 200
        assert (await visitor.get("/metrics", Host="prometheus.example")).status == 200


async def test_what_was_open_at_a_crash_is_answered_by_the_next_start(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.2))
    async with browser(process.address) as visitor:
        path = f"/c/{thread_of(await visitor.ask(ASKED))}"
        cookies = visitor.cookies
    await process.desk.drain(0)
    second = await serve()
    async with running(second.core, capsys) as address, browser(address, cookies) as visitor:
        async with asyncio.timeout(SECONDS):
            while (page := await visitor.get(path)).xpath("//@data-events"):
                await asyncio.sleep(0.05)
    assert QUOTED in page.words
    assert wording.GIVEN_UP not in page.words


async def test_open_streams_do_not_hold_up_the_end(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    process = await serve(model=FakeChatModel("word " * 300, piece_seconds=0.2))
    loop = asyncio.get_running_loop()
    async with browser(process.address) as visitor:
        page = await visitor.ask(ASKED)
        number = page.xpath("//article/@id")[0].removeprefix("q")
        listening = asyncio.create_task(visitor.get(f"/c/{thread_of(page)}/{number}/events"))
        await asyncio.sleep(0.5)
        started = loop.time()
        process.surface.close()
        heard = await listening
        assert loop.time() - started < 2
    assert "event: done" not in heard.text
