"""Keeps our calls inside Slack's rate limits, so that 429s stay the exception.

https://docs.slack.dev/apis/web-api/rate-limits: one post a second and channel with short bursts, and so many
calls a minute of most other methods, all conversations together.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

# A little more than a minute: Slack counts when a call arrives.
_WINDOW = 62.0


class PostPace:
    """One post a second in a channel, three at once after a silence."""

    def __init__(self, seconds: float = 1.0, burst: int = 3, clock: Clock = time.monotonic) -> None:
        self._seconds = seconds
        self._burst = burst
        self._clock = clock
        self._free: dict[str, float] = {}  # channel -> when its allowance is whole again

    def reserve(self, channel: str) -> float:
        """Take the next place in a channel's line and give the seconds until it is its turn."""
        now = self._clock()
        self._free = {name: at for name, at in self._free.items() if at > now}
        whole = max(self._free.get(channel, now), now) + self._seconds
        self._free[channel] = whole
        return max(0.0, whole - now - self._seconds * self._burst)

    async def wait(self, channel: str) -> None:
        """Wait until one may post in a channel."""
        await asyncio.sleep(self.reserve(channel))


class MinuteBudget:
    """So many calls in any minute."""

    def __init__(self, calls: int, clock: Clock = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._made: deque[float] = deque()

    def left(self) -> int:
        """Give how many calls may be made now."""
        now = self._clock()
        while self._made and self._made[0] <= now - _WINDOW:
            self._made.popleft()
        return self._calls - len(self._made)

    def take(self, spare: int = 0) -> bool:
        """Count a call if more than `spare` are left; False when it may not be made now."""
        if self.left() <= spare:
            return False
        self._made.append(self._clock())
        return True

    async def wait(self) -> None:
        """Count a call, once it may be made."""
        while not self.take():
            delay = self._made[0] + _WINDOW - self._clock()
            await asyncio.sleep(max(0.05, delay))
