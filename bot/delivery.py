"""Shows one answer while it grows: evidence first, edits at a humane rate, the final message always."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import wording
from bot.links import NO_LINKS, Links
from bot.messages import Footnote, Reply
from core.models import Answer, Citation

Show = Callable[[Reply], Awaitable[None]]


class Throttle:
    """Shows the newest reply at most once in `seconds`; what comes between is skipped, the last is never lost."""

    def __init__(self, show: Show, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._seconds = seconds
        self._clock = clock
        self._next = 0.0
        self._pending: Reply | None = None
        self._timer: asyncio.Task[None] | None = None

    async def offer(self, reply: Reply) -> None:
        """Show this soon, unless a newer one comes first. Never waits for the platform."""
        self._pending = reply
        if self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._pending is not None:
            await asyncio.sleep(max(0.0, self._next - self._clock()))
            reply, self._pending = self._pending, None
            if reply is not None:
                try:
                    await self._show(reply)
                finally:
                    # One that was refused counts like any other: without this, every word would try again at once.
                    self._next = self._clock() + self._seconds

    async def finish(self, reply: Reply) -> None:
        """Show the last one, after the time that the platform wants; raises what showing raises."""
        self._pending = None
        if self._timer is not None:
            # One that is on its way is let through: two edits at once may arrive in either order.
            await asyncio.gather(self._timer, return_exceptions=True)
        await asyncio.sleep(max(0.0, self._next - self._clock()))
        await self._show(reply)

    async def stop(self) -> None:
        """Show nothing more."""
        self._pending = None
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)


def footnotes(citations: tuple[Citation, ...], links: Links = NO_LINKS) -> tuple[Footnote, ...]:
    """Give the footnotes of citations."""
    return tuple(
        Footnote(citation.number, wording.place(citation.chunk), links.url(citation.chunk)) for citation in citations
    )


def final_reply(answer: Answer, question_id: int, links: Links = NO_LINKS) -> Reply:
    """Give the last message of an answer: text, footnotes, buttons; small talk has neither footnotes nor buttons.

    An answer that is given again says so, and has a button to ask anew.
    """
    if answer.small_talk is not None:
        return closing_reply(wording.answer_text(answer))
    if answer.refused:
        return Reply("final", wording.answer_text(answer), actions=("up", "down", "human"), question_id=question_id)
    reply = Reply(
        "final",
        wording.answer_text(answer),
        footnotes=footnotes(answer.citations, links),
        actions=("up", "down", "evidence", "human") if answer.uncertain else ("up", "down", "evidence"),
        question_id=question_id,
    )
    if answer.made_at is None:
        return reply
    marked = f"{reply.text}\n\n_{wording.answered_before(answer.made_at)}_"
    return replace(reply, text=marked, actions=(*reply.actions, "anew"))


def working_reply(question_id: int, *, status: str, text: str = "", footnotes: tuple[Footnote, ...] = ()) -> Reply:
    """Give the message of an answer that is still being made, with a button to stop it."""
    return Reply("working", text, status=status, footnotes=footnotes, actions=("cancel",), question_id=question_id)


def closing_reply(text: str) -> Reply:
    """Give a last message without an answer: why there is none."""
    return Reply("final", text)
