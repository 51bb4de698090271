"""Growing answers are shown at a humane rate, the newest first, and their end always."""

import asyncio
from itertools import pairwise

import pytest

from bot.delivery import Throttle
from bot.messages import Reply
from core.errors import PlatformError


def growing(number: int) -> Reply:
    return Reply("working", f"word {number}")


FINAL = Reply("final", "all words")


class Screen:
    """Shows replies; `let` holds back what is on its way while it is not set."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.shown: list[str] = []
        self.let = asyncio.Event()
        self.let.set()

    async def show(self, reply: Reply) -> None:
        self.begun.append(reply.text)
        await self.let.wait()
        self.shown.append(reply.text)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("refused", [False, True])
async def test_two_edits_are_never_nearer_than_the_platform_allows(
    monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    now, turn, shown_at = 100.0, asyncio.sleep, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        await turn(0)

    async def show(reply: Reply) -> None:
        shown_at.append(now)
        if refused and reply.stage == "working":
            raise PlatformError("refused")

    monkeypatch.setattr(asyncio, "sleep", sleep)
    throttle = Throttle(show, 1.5, clock=lambda: now)
    for number in range(20):
        await throttle.offer(growing(number))
        await turn(0)
        now += 0.1
    await throttle.finish(FINAL)
    gaps = [later - earlier for earlier, later in pairwise(shown_at)]
    assert gaps
    assert min(gaps) >= 1.5 - 1e-9


async def test_what_comes_while_an_edit_is_on_its_way_waits_for_nobody_and_only_the_newest_is_shown() -> None:
    screen = Screen()
    screen.let.clear()
    throttle = Throttle(screen.show, 0.0)
    for number in range(5):
        await asyncio.wait_for(throttle.offer(growing(number)), 5.0)
        await settled()
    assert screen.begun == ["word 0"]
    screen.let.set()
    await settled()
    assert screen.shown == ["word 0", "word 4"]


async def test_the_last_one_comes_after_what_was_on_its_way_and_nothing_comes_after_it() -> None:
    screen = Screen()
    screen.let.clear()
    throttle = Throttle(screen.show, 0.0)
    await throttle.offer(growing(0))
    await settled()
    await throttle.offer(growing(1))
    finishing = asyncio.create_task(throttle.finish(FINAL))
    await settled()
    assert screen.begun == ["word 0"]
    screen.let.set()
    await finishing
    await settled()
    assert screen.shown == ["word 0", "all words"]


async def test_a_refused_edit_does_not_keep_the_last_one_back() -> None:
    shown: list[str] = []

    async def show(reply: Reply) -> None:
        if reply.stage == "working":
            raise PlatformError("refused")
        shown.append(reply.text)

    throttle = Throttle(show, 0.0)
    await throttle.offer(growing(0))
    await settled()
    await throttle.finish(FINAL)
    assert shown == ["all words"]
