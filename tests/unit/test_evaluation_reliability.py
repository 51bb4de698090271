"""A probability is held against what came true."""

import pytest

from core.evaluation.reliability import brier_score, reliability, wilson_interval


def test_predictions_are_sorted_into_bins_and_empty_ones_left_out() -> None:
    low, high = reliability([(0.05, False), (0.07, True), (0.95, True), (1.0, True)])
    assert (low.low, low.high, low.count, low.observed) == (0.0, 0.1, 2, 0.5)
    assert low.predicted == pytest.approx(0.06)
    assert (high.low, high.high, high.count, high.observed) == (0.9, 1.0, 2, 1.0)


def test_a_bin_has_the_interval_of_its_share() -> None:
    (one,) = reliability([(0.5, True)] * 8 + [(0.5, False)] * 2)
    assert (one.least, one.most) == wilson_interval(8, 10)


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_the_interval_of_a_certainty_stays_within_nought_and_one() -> None:
    assert wilson_interval(5, 5)[1] == 1.0
    assert wilson_interval(0, 5)[0] == 0.0


def test_brier_score_is_the_mean_squared_distance() -> None:
    assert brier_score([(1.0, True), (0.5, False)]) == pytest.approx(0.125)
    assert brier_score([]) is None
