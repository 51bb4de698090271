"""Discord's time limits and rate limits, and the buckets that count requests against them."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


# Per route, and per channel, guild or webhook token in it: those are the "top-level resources" that Discord
# counts apart (https://discord.com/developers/docs/topics/rate-limits), so edits of two messages in one channel
# share a bucket. The numbers are what headers have shown; Discord documents none.
BUCKETS: Mapping[str, Bucket] = {
    "POST /channels/{channel_id}/messages": Bucket(5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": Bucket(5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": Bucket(5, 1.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me": Bucket(1, 0.25),
    "DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me": Bucket(1, 0.25),
    "POST /channels/{channel_id}/typing": Bucket(5, 5.0),
    "POST /webhooks/{application_id}/{token}": Bucket(5, 5.0),
    "PATCH /webhooks/{application_id}/{token}/messages/{message_id}": Bucket(5, 5.0),
}
ANY_ROUTE = Bucket(50, 1.0)
ALL_ROUTES = Bucket(50, 1.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What time allows; seconds throughout.

    callback: until an interaction must be answered first. token: how long its token lives after that.
    heartbeat: the interval that the gateway asks for. resume: how long a lost session is kept.
    buckets: by route; others get any_route. all_routes: the global limit, which interaction routes don't count for.
    """

    callback: float = 3.0
    token: float = 900.0
    heartbeat: float = 41.25
    resume: float = 180.0
    buckets: Mapping[str, Bucket] = field(default_factory=lambda: dict(BUCKETS))
    any_route: Bucket = ANY_ROUTE
    all_routes: Bucket = ALL_ROUTES

    def scaled(self, factor: float) -> Limits:
        """Give the same limits with every time multiplied, so that tests need not wait for minutes."""
        return replace(
            self,
            callback=self.callback * factor,
            token=self.token * factor,
            heartbeat=self.heartbeat * factor,
            resume=self.resume * factor,
            buckets={route: Bucket(b.requests, b.seconds * factor) for route, b in self.buckets.items()},
            any_route=Bucket(self.any_route.requests, self.any_route.seconds * factor),
            all_routes=Bucket(self.all_routes.requests, self.all_routes.seconds * factor),
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """One request counted: what the headers say, and whether it may pass."""

    limit: int
    remaining: int
    reset_after: float
    bucket: str
    passes: bool

    def headers(self) -> dict[str, str]:
        """Give the X-RateLimit headers."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{time.time() + self.reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after:.3f}",
            "X-RateLimit-Bucket": self.bucket,
        }


class RateLimiter:
    """Counts requests in windows that open with the first request."""

    def __init__(self, limits: Limits, clock: Clock = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, route: str, resource: str) -> Grant:
        """Count a request to a route ("PATCH /channels/{channel_id}/…") of one top-level resource."""
        bucket = self._limits.buckets.get(route, self._limits.any_route)
        return self._take(route, resource, bucket)

    def take_global(self) -> Grant:
        """Count a request against the limit for all routes together."""
        return self._take("global", "", self._limits.all_routes)

    def _take(self, route: str, resource: str, bucket: Bucket) -> Grant:
        now = self._clock()
        ends, used = self._windows.get((route, resource), (0.0, 0))
        if now >= ends:
            ends, used = now + bucket.seconds, 0
        passes = used < bucket.requests
        used += passes
        self._windows[route, resource] = (ends, used)
        name = hashlib.sha256(route.encode()).hexdigest()[:32]
        # Headers carry milliseconds; rounded up, so that who waits for so long is never early.
        reset_after = max(math.ceil((ends - now) * 1000), 1) / 1000
        return Grant(bucket.requests, bucket.requests - used, reset_after, name, passes)


def retry_after_header(seconds: float) -> str:
    """Give the Retry-After header: whole seconds, rounded up."""
    return str(math.ceil(seconds))
