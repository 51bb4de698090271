"""Has the reader read the candidates in steps: the first few, and more only while it is not sure of an answer.

Reading is most of the time until people see the evidence, and for half of all questions the first four chunks will
do. benchmarks/README.md, "How the constants were chosen", has what each step costs and gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.ports import UNREAD, Passage, Reader, Reading

# After so many passages it is asked whether the others need to be read. Chosen on the development set, as the next.
_STEPS = (4, 8)
# Log-odds that what was read holds the answer, from which on it is believed.
_SURE = 1.0


def read_in_steps(reader: Reader, question: str, passages: Sequence[Passage]) -> list[Reading]:
    """Give the reading of each passage, which come best first; those that were left unread weigh next to nothing.

    A reader on a scale of its own can't say when it is sure, and reads them all. Raises ModelError.
    """
    readings: list[Reading] = []
    for end in (*_STEPS, len(passages)) if reader.is_calibrated else (len(passages),):
        readings += reader.read(question, passages[len(readings) : end])
        if len(readings) == len(passages) or log_odds_of(readings) >= _SURE:
            break
    return readings + [np.full(len(passage.pieces), UNREAD, np.float32) for passage in passages[len(readings) :]]


def log_odds_of(readings: Sequence[Reading]) -> float:
    """Give the log-odds that any of the pieces answers; -inf without pieces."""
    return float(np.logaddexp.reduce(np.concatenate([np.array([-np.inf], np.float32), *readings])))
