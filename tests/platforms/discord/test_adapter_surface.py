"""How changes for one question follow each other, seen at the seam where requests go out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.messages import IncomingMessage, Reply, Sent
from bot.platforms.discord.ledger import GONE, Ledger
from bot.platforms.discord.rest import Rest
from bot.platforms.discord.surface import DiscordSurface
from core.models import ConversationKey

ASKED = IncomingMessage(
    "question",
    "discord:interaction:5",
    ConversationKey("discord", "10", "20"),
    "2",
    "how much leave?",
    handle={"channel": "20", "application": "9", "token": "t", "at": "1000", "response": "77"},
)
LONG = "word " * 600  # two messages


class SlowRest(Rest):
    """Answers each request when it is let to; the first of two messages is known, the second is posted."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []
        self.done: list[str] = []
        self.let = asyncio.Event()

    async def __call__(
        self, method: str, path: str, ids: Mapping[str, str], body: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        self.begun.append(method)
        await self.let.wait()
        self.done.append(method)
        return {"channel_id": "20", "id": ids.get("message_id", "78"), "content": (body or {}).get("content")}


def surface_with(rest: Rest) -> DiscordSurface:
    return DiscordSurface(rest, clock=lambda: 1000.0)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_change_that_has_begun_is_finished_although_its_caller_was_cancelled() -> None:
    rest = SlowRest()
    surface = surface_with(rest)
    growing = asyncio.create_task(surface.show(ASKED, Reply("working", LONG), None))
    await settled()
    growing.cancel()
    final = asyncio.create_task(surface.show(ASKED, Reply("final", "Stopped."), None))
    await settled()
    assert rest.begun == ["PATCH"]  # one at a time
    rest.let.set()
    sent = await final
    assert rest.done == ["PATCH", "POST", "PATCH", "DELETE"]
    assert sent.ids == ("20:77",)


async def test_what_was_shown_to_a_cancelled_caller_is_retracted_too() -> None:
    rest = SlowRest()
    surface = surface_with(rest)
    growing = asyncio.create_task(surface.show(ASKED, Reply("working", LONG), None))
    await settled()
    growing.cancel()
    rest.let.set()
    await settled()
    await surface.retract(ASKED, Sent())
    assert rest.done == ["PATCH", "POST", "DELETE", "DELETE"]


async def test_changes_for_different_questions_do_not_wait_for_each_other() -> None:
    rest = SlowRest()
    surface = surface_with(rest)
    other = IncomingMessage("question", "discord:message:6", ASKED.conversation, "2", "", handle={"channel": "20"})
    tasks = [asyncio.create_task(surface.show(asked, Reply("final", "Yes."), None)) for asked in (ASKED, other)]
    await settled()
    assert rest.begun == ["PATCH", "POST"]
    rest.let.set()
    await asyncio.gather(*tasks)


def test_a_ledger_survives_being_written_down() -> None:
    ledger = Ledger(["20:77", GONE], ["abc", "def"], "working", by_token=False, embeds=False, apart=True)
    assert Ledger.read(ledger.sent()) == ledger
    assert Ledger.read(Sent()) == Ledger()


def test_a_ledger_of_somebody_elses_making_is_taken_up_as_far_as_it_goes() -> None:
    assert Ledger.read(Sent(("20:77", "20:78"), {"prints": "abc"})).prints == ["abc", ""]
