"""Limits on how often something is done, by whom it is done, kept in memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

_MOST_NAMES = 10_000


class Rate:
    """Lets each name do something at most `most` times within any `seconds`."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        # When each name did it, oldest first; the name that did it last comes last.
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, name: str) -> int:
        """Count one more and give 0, or count nothing and give after how many seconds there may be one again."""
        now = self._clock()
        times = self._times.setdefault(name, deque())
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._most:
            return max(1, math.ceil(times[0] + self._seconds - now))
        times.append(now)
        self._times.move_to_end(name)
        while len(self._times) > _MOST_NAMES:
            self._times.popitem(last=False)
        return 0
