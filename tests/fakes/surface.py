"""A platform that keeps what it was asked to show."""

from __future__ import annotations

import itertools
from collections import deque

from bot.messages import IncomingMessage, Reply, Sent
from core.errors import PlatformError


class FakeSurface:
    """Implements `bot.messages.Surface`. messages: our message id -> every reply that it showed, oldest first."""

    edit_seconds = 0.0

    def __init__(self, platform: str = "slack") -> None:
        self.platform = platform
        self.acknowledged: list[str] = []
        self.messages: dict[str, list[Reply]] = {}
        self.retracted: list[str] = []
        self.looked_for: list[str] = []
        self.whispers: list[tuple[str, str]] = []
        self.failures: deque[PlatformError] = deque()
        self._numbers = itertools.count(1)

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Remember the question's key."""
        self.acknowledged.append(message.key)

    async def show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        """Append the reply to a new message or to the one in `sent`; raises the next of `failures`.

        Of a process that died nothing is found here: `looked_for` tells where it was looked for.
        """
        if self.failures:
            raise self.failures.popleft()
        if sent is None or not sent.ids:
            if sent is not None and message.key not in self.looked_for:
                self.looked_for.append(message.key)
            sent = Sent((f"{message.key}#{next(self._numbers)}",))
        self.messages.setdefault(sent.ids[0], []).append(reply)
        return sent

    async def retract(self, message: IncomingMessage, sent: Sent) -> None:
        """Remember the ids."""
        self.retracted.extend(sent.ids)

    async def whisper(self, message: IncomingMessage, text: str) -> None:
        """Remember who was told what."""
        self.whispers.append((message.user, text))

    def final(self) -> list[Reply]:
        """Give what each of our messages shows now."""
        return [replies[-1] for replies in self.messages.values()]
