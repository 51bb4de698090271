"""One probability from retrieval and evidence: does what was found answer the question?"""

from __future__ import annotations

import math

from core.answering.evidence import NO_SIGNALS, Signals

# Logistic regression on the development questions; how it was fitted stands in benchmarks/README.md.
_INTERCEPT = -4.6
_BEST_SIMILARITY = 4.0
_BEST_COVERAGE = 1.5
_CHUNK_SIMILARITY = 3.0
_CHUNK_COVERAGE = 2.5


def answer_probability(signals: Signals) -> float:
    """Give the probability, from 0 to 1, that the chosen evidence answers the question; 0 without evidence."""
    if signals == NO_SIGNALS:
        return 0.0
    score = (
        _INTERCEPT
        + _BEST_SIMILARITY * signals.best_similarity
        + _BEST_COVERAGE * signals.best_coverage
        + _CHUNK_SIMILARITY * signals.chunk_similarity
        + _CHUNK_COVERAGE * signals.chunk_coverage
    )
    return 1 / (1 + math.exp(-score))
