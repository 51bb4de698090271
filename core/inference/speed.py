"""Keeps how fast a model works: tokens a second over its last answers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LAST_ANSWERS = 20


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second over the last answers; None before the first."""

    prompt: float | None
    generation: float | None


class Meter:
    """The tokens and seconds of the last answers."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, float]] = deque(maxlen=LAST_ANSWERS)

    def add(self, tokens: int, seconds: float) -> None:
        """Note one answer; nothing is noted for no tokens or no time."""
        if tokens > 0 and seconds > 0:
            self._samples.append((tokens, seconds))

    @property
    def tokens_per_second(self) -> float | None:
        """All tokens by all seconds of the last answers, or None when there is none."""
        samples = list(self._samples)  # a copy, because another thread may add meanwhile
        seconds = sum(sample[1] for sample in samples)
        return sum(sample[0] for sample in samples) / seconds if samples else None
