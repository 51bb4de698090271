"""A reader without a model: a piece answers as far as it holds the question's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.ports import Passage, Reading
from core.retrieval.lexical import question_terms, tokenize


class FakeReader:
    """Implements `core.ports.Reader`: the log-odds of a piece are 8 times the share of the question's terms, less 4.

    questions: what it was asked, oldest first.
    """

    is_calibrated = True

    def __init__(self) -> None:
        self.questions: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Score each piece by the terms that it shares with the question, its lead's included."""
        self.questions.append(question)
        wanted = set(question_terms(question))
        return [np.array([_log_odds(wanted, piece) for piece in passage.pieces], np.float32) for passage in passages]


def _log_odds(wanted: set[str], piece: tuple[str, str]) -> float:
    told = set(tokenize(re.sub(r"\s+", " ", " ".join(piece))))
    return 8 * len(wanted & told) / max(1, len(wanted)) - 4
