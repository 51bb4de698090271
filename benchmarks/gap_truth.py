"""Compares groups of questions with the topics that they were written for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far groups are topics.

    precision: of the pairs in one group, the share with one topic. recall: of the pairs with one topic, the share in
    one group. f1: their harmonic mean. rand: the adjusted Rand index, 1 for the same partition, 0 for chance.
    """

    precision: float
    recall: float
    f1: float
    rand: float


def agreement(groups: Sequence[Hashable], topics: Sequence[Hashable]) -> Agreement:
    """Compare two partitions of the same questions, each given by a label for every question."""
    both = _pairs(list(zip(groups, topics, strict=True)))
    grouped, true, every = _pairs(groups), _pairs(topics), len(topics) * (len(topics) - 1) // 2
    precision, recall = both / grouped if grouped else 1.0, both / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    chance = grouped * true / every if every else 0.0
    most = (grouped + true) / 2
    return Agreement(precision, recall, f1, (both - chance) / (most - chance) if most != chance else 1.0)


def _pairs(labels: Sequence[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())
