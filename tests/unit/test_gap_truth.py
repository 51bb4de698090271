"""The benchmark of gaps compares groups with topics."""

from __future__ import annotations

import pytest

from benchmarks.gap_truth import Agreement, agreement


def test_the_same_partition_agrees_whatever_its_labels() -> None:
    assert agreement([1, 1, 2, 3], ["a", "a", "b", "c"]) == Agreement(1, 1, 1, 1)


def test_pairs_count_for_precision_and_recall() -> None:
    found = agreement([1, 1, 1, 2], ["a", "a", "b", "b"])
    assert (found.precision, found.recall) == (pytest.approx(1 / 3), 0.5)
    assert found.f1 == pytest.approx(0.4)


def test_everything_in_one_group_is_worth_nothing_by_the_adjusted_rand_index() -> None:
    assert agreement([1, 1, 1, 1], ["a", "a", "b", "b"]).rand == 0
