"""Who waits for the model and for how long, from the answers that it gave before."""

from __future__ import annotations

import time
from collections.abc import Callable

# The newest answer counts this much in the moving average of seconds an answer.
_NEWEST = 0.3


class Pace:
    """The line before the model, in the order of arrival. parallel: answers that it makes at a time."""

    def __init__(self, parallel: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._parallel = parallel
        self._clock = clock
        self._line: dict[int, float | None] = {}  # question -> when the model began with it
        self._average: float | None = None

    def enter(self, question_id: int) -> None:
        """A question joins the line."""
        self._line.setdefault(question_id, None)

    def begin(self, question_id: int) -> None:
        """The model writes its first word for a question."""
        if self._line.get(question_id) is None:
            self._line[question_id] = self._clock()

    def leave(self, question_id: int) -> None:
        """A question is done; what it took goes into the average."""
        began = self._line.pop(question_id, None)
        if began is None:
            return
        took = self._clock() - began
        self._average = took if self._average is None else _NEWEST * took + (1 - _NEWEST) * self._average

    @property
    def waiting(self) -> int:
        """The number of questions that the model has not begun with."""
        return sum(began is None for began in self._line.values())

    def outlook(self, question_id: int) -> tuple[int, float | None]:
        """Give how many have to be done before a question's turn, and the seconds until then, None until measured.

        The answers that are made at once end one after the other, each of them so many times later as they are many.
        """
        if self._line.get(question_id) is not None:
            return 0, None
        place = list(self._line).index(question_id) if question_id in self._line else len(self._line)
        ahead = max(0, place - self._parallel + 1)
        return ahead, None if self._average is None else ahead * self._average / self._parallel
