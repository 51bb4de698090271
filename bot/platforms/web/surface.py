"""The page as a platform: keeps what each answer looks like now, and wakes those who look at it."""

from __future__ import annotations

import asyncio

from bot.messages import IncomingMessage, Reply, Sent

# A last message stays until its answer is certain to stand in the database.
_LAST_SECONDS = 60.0


class WebSurface:
    """Implements `bot.messages.Surface`; the message of an answer is known by the key of its question."""

    platform = "web"
    edit_seconds = 0.1

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}
        self._told: dict[str, str] = {}
        self._changed = asyncio.Event()
        self.is_closed = False

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Do nothing: the page shows the question by itself."""

    async def show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        """Make this the present look of an answer."""
        self._replies[message.key] = reply
        if reply.stage == "final":
            asyncio.get_running_loop().call_later(_LAST_SECONDS, self._drop, message.key, reply)
        self._wake()
        return Sent((message.key,))

    async def retract(self, message: IncomingMessage, sent: Sent) -> None:
        """Show nothing more of an answer."""
        self.clear(message.key)

    async def whisper(self, message: IncomingMessage, text: str) -> None:
        """Keep a word for who asks at this moment (see `told`)."""
        self._told[message.key] = text

    def told(self, key: str) -> str:
        """Give what was whispered about a question that was just taken, and forget it; "" for nothing."""
        return self._told.pop(key, "")

    def reply(self, key: str) -> Reply | None:
        """Give the present look of an answer; None when this process knows of none."""
        return self._replies.get(key)

    def clear(self, key: str) -> None:
        """Forget how an answer looked: another one is coming, or none."""
        self._replies.pop(key, None)
        self._wake()

    @property
    def change(self) -> asyncio.Event:
        """What is set when an answer looks different next time. Take it before looking at any."""
        return self._changed

    def close(self) -> None:
        """Wake everyone for the last time: the process ends."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _drop(self, key: str, reply: Reply) -> None:
        if self._replies.get(key) is reply:
            del self._replies[key]
