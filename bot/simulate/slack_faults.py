"""Faults that are waiting for a method's next calls: an error code, an HTTP status, a 429, a lost answer."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_limits import rate_limited


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call. refusal: the answer it gets; None lets the call do its work and cuts the answer off."""

    refusal: SlackMethodError | None

    @property
    def loses_answer(self) -> bool:
        """True when the call does its work and nobody hears of it."""
        return self.refusal is None


class Faults:
    """The faults in waiting, oldest first, by method."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail_next(self, method: str, error: str = "internal_error", *, status: int = 200, times: int = 1) -> None:
        """Refuse the next calls with an error code, and an HTTP status where it is not 200."""
        self._add(method, Fault(SlackMethodError(error, status=status)), times)

    def rate_limited(self, method: str, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next calls with HTTP 429 and Retry-After in seconds."""
        self._add(method, Fault(rate_limited(retry_after)), times)

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Do what the next calls ask for, but cut the connection before the answer, as a network can."""
        self._add(method, Fault(None), times)

    def take(self, method: str) -> Fault | None:
        """Give the fault for a call that comes in now, None for none."""
        waiting = self._waiting[method]
        return waiting.popleft() if waiting else None

    def _add(self, method: str, fault: Fault, times: int) -> None:
        self._waiting[method].extend([fault] * times)
