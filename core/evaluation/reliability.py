"""Owns how well a probability keeps its word: what was predicted against what came true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Predicted probability that the documents answer, and whether they do.
Prediction = tuple[float, bool]

_Z = 1.959964  # of the 95 % interval


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions between two probabilities.

    predicted: their mean. observed: the share that came true, with its 95 % interval from `least` to `most`.
    """

    low: float
    high: float
    count: int
    predicted: float
    observed: float
    least: float
    most: float


def reliability(predictions: Sequence[Prediction], bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Sort predictions into bins of equal width from 0 to 1; empty bins are left out."""
    sorted_in: dict[int, list[Prediction]] = {}
    for probability, truth in predictions:
        sorted_in.setdefault(min(int(probability * bins), bins - 1), []).append((probability, truth))
    return tuple(_bin(number / bins, (number + 1) / bins, within) for number, within in sorted(sorted_in.items()))


def brier_score(predictions: Sequence[Prediction]) -> float | None:
    """Give the mean squared distance of prediction and truth: 0 is perfect, .25 is a coin; None without any."""
    if not predictions:
        return None
    return sum((probability - truth) ** 2 for probability, truth in predictions) / len(predictions)


def wilson_interval(successes: int, count: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson 1927), which stays within 0 and 1 also for few."""
    share = successes / count
    centre = share + _Z**2 / (2 * count)
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _bin(low: float, high: float, within: Sequence[Prediction]) -> ReliabilityBin:
    true = sum(truth for _, truth in within)
    least, most = wilson_interval(true, len(within))
    predicted = sum(probability for probability, _ in within) / len(within)
    return ReliabilityBin(low, high, len(within), predicted, true / len(within), least, most)
