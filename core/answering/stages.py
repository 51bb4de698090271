"""Times the stages of one answer, one after the other, so that together they are all of its time."""

from __future__ import annotations

from collections.abc import Callable

from core.models import Stage, Timings

# The stages before the candidates are there.
_RETRIEVING: tuple[Stage, ...] = ("condense", "embed", "search")


class StageClock:
    """Runs from its making; at every moment it is in one stage, also when the answer fails in it."""

    def __init__(self, first: Stage, clock: Callable[[], float]) -> None:
        """first: the stage that begins now. clock: gives seconds."""
        self._clock = clock
        self._started = self._entered = clock()
        self._stage = first
        self._seconds: dict[Stage, float] = {}
        self._first_token_ms: float | None = None

    def enter(self, stage: Stage) -> None:
        """End the stage that runs and begin another; one that comes again adds up."""
        now = self._clock()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._entered
        self._stage, self._entered = stage, now

    def first_token(self) -> None:
        """Note the model's first token; from now on it writes."""
        self.enter("tokens")
        self._first_token_ms = _milliseconds(self._entered - self._started)

    def stop(self, *, prompt_tokens: int = 0, completion_tokens: int = 0) -> Timings:
        """End the stage that runs and give what was timed, in milliseconds."""
        self.enter(self._stage)
        return Timings(
            retrieve_ms=_milliseconds(sum(self._seconds.get(stage, 0.0) for stage in _RETRIEVING)),
            choose_ms=_milliseconds(self._seconds.get("choose", 0.0)),
            first_token_ms=self._first_token_ms,
            total_ms=_milliseconds(self._entered - self._started),
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            stages={stage: _milliseconds(seconds) for stage, seconds in self._seconds.items()},
        )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
