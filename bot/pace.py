"""Who waits for the model and for how long, from the answers that it gave before."""

from __future__ import annotations

import time
from collections.abc import Callable

# The newest answer counts this much in the moving average of seconds an answer.
_NEWEST = 0.3


class Pace:
    """The line before the model, in the order of arrival."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
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
        """Give how many are ahead and the seconds that they will take, None while nothing was measured."""
        if self._line.get(question_id) is not None:
            return 0, None
        ahead = list(self._line).index(question_id) if question_id in self._line else len(self._line)
        return ahead, None if self._average is None else ahead * self._average
