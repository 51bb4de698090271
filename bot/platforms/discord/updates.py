"""Shows what a command has to say: to its giver alone, or in one message that all see and that is edited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import structlog

from bot.messages import CommandUpdate, IncomingMessage, Reply, Sent
from bot.platforms.discord.surface import DiscordSurface
from core.errors import PlatformError

log = structlog.get_logger()


class CommandView:
    """The message of one command. deferred: the command, with its unseen "is thinking…" response in the handle."""

    def __init__(self, surface: DiscordSurface, deferred: IncomingMessage) -> None:
        self._surface = surface
        self._hidden = replace(deferred, handle={**deferred.handle, "hidden": "yes"})
        public = {name: value for name, value in deferred.handle.items() if name != "response"}
        self._public = replace(deferred, key=f"{deferred.key}:public", handle=public)
        self._sent_hidden: Sent | None = None
        self._sent_public: Sent | None = None

    async def show(self, update: CommandUpdate) -> None:
        """Show the newest update in place of the one before. Raises PlatformError."""
        reply = Reply("final", update.text)
        if not update.private:
            if self._sent_public is None:
                await self._surface.unsay(self._hidden)
            self._sent_public = await self._surface.show(self._public, reply, self._sent_public)
            return
        try:
            self._sent_hidden = await self._surface.show(self._hidden, reply, self._sent_hidden)
        except PlatformError:
            # Its time under the command is over; a direct message still reaches the person alone.
            await self._surface.whisper(self._hidden, update.text)

    async def close(self) -> None:
        """Take away what would say "is thinking…" for ever when there was nothing to say. Raises PlatformError."""
        if self._sent_hidden is None and self._sent_public is None:
            await self._surface.unsay(self._hidden)


async def relay(
    updates: AsyncIterator[CommandUpdate],
    view: CommandView,
    seconds: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Show updates at most once in so many seconds; the last one always. Raises PlatformError when that is refused."""
    left: CommandUpdate | None = None
    next_at = clock()
    async for update in updates:
        left = update
        if clock() >= next_at:
            try:
                await view.show(update)
                left = None
            except PlatformError as error:
                # What the command does is not undone by a progress line that could not be shown.
                log.warning("progress not shown", reason=str(error))
            next_at = clock() + seconds
    if left is not None:
        await sleep(max(0.0, next_at - clock()))
        await view.show(left)
    await view.close()
