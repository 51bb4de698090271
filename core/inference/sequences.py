"""Owns which tokens each sequence of a chat model's cache holds, and where a new prompt finds its beginning in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A shorter beginning is read again sooner than it is copied from another sequence.
_WORTH_COPYING = 16


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a prompt goes: its sequence, and the one (maybe itself) whose first `known` tokens it begins with."""

    sequence: int
    source: int
    known: int


class Sequences:
    """The sequences of a cache. What one holds stays after its text is done, until another text is put there."""

    def __init__(self, count: int) -> None:
        self._held: list[list[int]] = [[] for _ in range(count)]
        self._last_use = [0] * count
        self._in_use: set[int] = set()
        self._uses = 0

    def held(self, sequence: int) -> list[int]:
        """Give the tokens of a sequence in the cache; whoever reads more of them into it adds them here."""
        return self._held[sequence]

    def place(self, prompt: Sequence[int]) -> Placement | None:
        """Take a sequence for a prompt; None while all are in use.

        The prompt's last token is never known: it has to be read for what follows it. The sequence that was not used
        for longest is taken, so that conversations find what they go on with; the prompt that goes on with all that a
        free sequence holds takes that one.
        """
        free = sorted(set(range(len(self._held))) - self._in_use, key=lambda one: self._last_use[one])
        if not free:
            return None
        shared = [_shared(prompt, held) for held in self._held]
        source = max(range(len(shared)), key=lambda one: (shared[one], one in free))
        goes_on = source in free and shared[source] == len(self._held[source]) > 0
        sequence = source if goes_on else free[0]
        if source != sequence and shared[source] - shared[sequence] < _WORTH_COPYING:
            source = sequence
        known = min(shared[source], len(prompt) - 1)
        self._held[sequence] = list(prompt[:known])
        self._in_use.add(sequence)
        return Placement(sequence, source, known)

    def release(self, sequence: int) -> None:
        """Note that the text of a sequence is done; what it holds stays."""
        self._in_use.remove(sequence)
        self._uses += 1
        self._last_use[sequence] = self._uses

    def clear(self) -> None:
        """Note that the cache is empty, and nothing in use."""
        self._held = [[] for _ in self._held]
        self._in_use.clear()


def _shared(prompt: Sequence[int], held: Sequence[int]) -> int:
    """Give how many tokens two texts have in common at their beginning."""
    length = min(len(prompt), len(held))
    different = np.nonzero(np.asarray(prompt[:length]) != np.asarray(held[:length]))[0]
    return int(different[0]) if different.size else length
