"""Slack's rate limits: calls a minute by method, and posts a second by channel."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_rules import SlackRules

WINDOW = 60.0  # seconds that a tier counts over


class RateLimits:
    """Counts the calls of one app in one workspace."""

    def __init__(self, rules: SlackRules, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        # By channel: the moment at which its allowance for posts is whole again.
        self._posts: defaultdict[str, float] = defaultdict(float)

    def check(self, method: str, channel: str = "") -> None:
        """Count one call. Raises SlackMethodError ("ratelimited", HTTP 429) when it is one too many."""
        now = self._clock()
        if method == "chat.postMessage":
            self._check_post(channel, now)
            return
        limit = self._rules.calls_per_minute.get(method, 0)
        if not limit:
            return
        calls = self._calls[method]
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) >= limit:
            raise rate_limited(calls[0] + WINDOW - now)
        calls.append(now)

    def _check_post(self, channel: str, now: float) -> None:
        interval = 1.0 / self._rules.posts_per_second
        whole_again = max(self._posts[channel], now) + interval
        wait = whole_again - now - interval * self._rules.post_burst
        if wait > 1e-9:
            raise rate_limited(wait)
        self._posts[channel] = whole_again


def rate_limited(wait: float) -> SlackMethodError:
    """Give Slack's 429 for a wait in seconds; the header holds whole seconds, at least one."""
    return SlackMethodError("ratelimited", status=429, retry_after=max(1, math.ceil(wait)))
