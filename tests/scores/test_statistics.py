"""Statistics of scores, by hand, and held against draws of one's own."""

import numpy as np
import pytest

from leo_lab.scores.statistics import RESAMPLES, interquartile_mean, interval, spearman, success_by_group

# Runs ---------------------------------------------------------------------------------------------------------------


def test_interquartile_mean_by_hand():
    assert interquartile_mean(np.array([9.0, 1.0, 2.0, 6.0])) == 4  # without 1 and 9
    assert interquartile_mean(np.array([5.0, 1.0, 3.0])) == 3  # a quarter of three is none
    assert interquartile_mean(np.array([0.0, 10.0, 2.0, 3.0, 100.0])) == 5  # without 0 and 100
    assert interquartile_mean(np.arange(16.0).reshape(2, 8)).tolist() == [3.5, 11.5]


def test_interquartile_mean_is_that_of_sorted_scores():
    scores = np.random.default_rng(1).normal(size=(5, 23))
    assert np.allclose(interquartile_mean(scores), np.sort(scores, axis=-1)[:, 5:18].mean(axis=-1))


def test_the_bootstrap_draws_within_each_map():
    # Constant on each map: drawn within maps nothing varies, drawn across them the share of either would.
    assert interval([[0.0] * 4, [1.0] * 4]) == {"iqm": 0.5, "low": 0.5, "high": 0.5}
    mixed = interval([[0.0] * 4 + [1.0] * 4])
    assert mixed["low"] < 0.2 and mixed["high"] > 0.8 and mixed["iqm"] == 0.5


def test_the_interval_of_two_runs_by_hand():
    # Of the means of two draws out of {0, 1}, a quarter each is 0 and 1: both tails reach the ends.
    assert interval([[0.0, 1.0]]) == {"iqm": 0.5, "low": 0.0, "high": 1.0}
    assert interval([[0.25]]) == {"iqm": 0.25, "low": 0.25, "high": 0.25}


def test_the_interval_covers_what_it_should():
    """About 95 % of the samples of 20 runs have the true mean of a symmetric law in their interval."""
    rng = np.random.default_rng(0)
    bounds = [interval([rng.normal(size=20)]) for _ in range(100)]
    assert 85 <= sum(one["low"] <= 0 <= one["high"] for one in bounds) <= 99


def test_what_is_not_a_number_is_left_out():
    assert interval([[0.5, float("nan"), 0.5], [float("nan")]]) == {"iqm": 0.5, "low": 0.5, "high": 0.5}
    assert all(np.isnan(value) for value in interval([[float("nan")]]).values())


def test_an_interval_is_that_of_draws_of_ones_own():
    """Within each map as many runs anew; one run of a map is always drawn again."""
    strata = [np.random.default_rng(3).normal(size=7), [0.3], [1.0, 2.0, 4.0]]
    rng = np.random.default_rng(9)
    drawn = [np.array(each)[rng.integers(len(each), size=(RESAMPLES, len(each)))] for each in strata]
    low, high = np.quantile(interquartile_mean(np.concatenate(drawn, axis=1)), (0.025, 0.975))
    found = interval(strata)
    assert found["iqm"] == pytest.approx(interquartile_mean(np.concatenate(strata)))
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.05)
    assert found == interval(strata)  # the same runs always have the same interval


def test_success_by_group_leaves_out_what_does_not_count():
    rows = [("near", 1.0), ("near", 0.5), ("far", float("nan")), ("near", float("nan")), ("odd", 0.0)]
    found = success_by_group([{"group": group, "success": success} for group, success in rows])
    assert list(found) == ["near", "far", "odd", "all"]
    assert np.isnan(found.pop("far")) and found == {"near": 0.75, "odd": 0.0, "all": 0.5}


# Ranks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first, second, expected",
    [
        ([1, 2, 3, 4], [10, 20, 30, 45], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1),
        ([1, 2, 3], [1, 3, 2], 0.5),
        ([1, 1, 2], [1, 2, 3], np.sqrt(3) / 2),  # ranks 1.5, 1.5, 3 and 1, 2, 3
        ([1, 2, 2, 3], [1, 2, 3, 4], np.sqrt(0.9)),  # ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4
    ],
)
def test_rank_correlation(first, second, expected):
    assert spearman(np.array(first), np.array(second)) == pytest.approx(expected)


def test_rank_correlation_of_what_does_not_vary():
    assert np.isnan(spearman(np.array([1, 1]), np.array([1, 2])))
    assert np.isnan(spearman(np.array([1]), np.array([1])))
