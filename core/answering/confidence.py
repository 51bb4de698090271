"""One probability from retrieval and evidence: does what was found answer the question?"""

from __future__ import annotations

import math

from core.answering.evidence import NO_SIGNALS, Signals

# Logistic regression (classes weighted alike, so that 0.5 is indifference) on 600 questions over one handbook, 524 of
# them answerable: five-fold area under the curve .72. benchmarks/README.md tells how.
_INTERCEPT = -4.478
_PIECE_SIMILARITY = 4.514
_CHUNK_SIMILARITY = 2.503
_CHUNK_COVERAGE = 1.233


def answer_probability(signals: Signals) -> float:
    """Give the probability, from 0 to 1, that the chosen evidence answers the question; 0 without evidence."""
    if signals == NO_SIGNALS:
        return 0.0
    score = (
        _INTERCEPT
        + _PIECE_SIMILARITY * signals.piece_similarity
        + _CHUNK_SIMILARITY * signals.chunk_similarity
        + _CHUNK_COVERAGE * signals.chunk_coverage
    )
    return 1 / (1 + math.exp(-score))
