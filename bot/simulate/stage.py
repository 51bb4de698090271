"""A conversation that is played against a local server: what a person can do in it, and what it looks like."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.dispatch import Dispatcher

# A slow machine may answer with a large model.
ANSWER_SECONDS = 300.0
PRESS_SECONDS = 30.0


class Stage(Protocol):
    """One person in one channel with Docent. What waits raises TimeoutError."""

    async def ask(self, question: str) -> None:
        """Ask, the first time by a mention, then as a follow-up; returns when it is answered."""
        ...

    async def show_evidence(self) -> None:
        """Press the button under the newest answer that shows its evidence, where there is one."""
        ...

    async def reingest(self, argument: str) -> None:
        """Let an admin give the command, and confirm what waits for that; returns when its end is told."""
        ...

    def transcript(self) -> str:
        """Give the channel as text."""
        ...

    def page(self) -> str:
        """Give the channel, and how it came about, as one HTML file."""
        ...


Open = Callable[[Dispatcher], AbstractAsyncContextManager[Stage]]
