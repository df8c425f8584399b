"""Statistics of scores, by hand, and held against draws of one's own."""

import numpy as np
import pytest
from scipy.stats import binomtest

from leo_lab.scores.statistics import (
    RESAMPLES,
    interquartile_mean,
    interval,
    mean_share,
    share_interval,
    spearman,
    success_by_group,
    surely_larger,
)

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


# Tries --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tries", [1, 4, 30])
def test_the_interval_of_a_share_is_scipys(tries):
    for hits in {0, 1, tries // 2, tries}:
        low, high = share_interval(hits / tries, tries)
        theirs = binomtest(hits, tries).proportion_ci(method="wilson")
        assert (float(low), float(high)) == pytest.approx(theirs, abs=1e-12)
    assert np.isnan(share_interval(np.array([np.nan]), np.array([0]))).all()


def test_the_interval_of_three_of_four_by_hand():
    # z^2 / n = 0.9604: middle (0.75 + 0.4802) / 1.9604, half sqrt(0.9604 (0.1875 + 0.2401)) / 1.9604.
    low, high = share_interval(np.array([0.75]), np.array([4]))
    assert (low[0], high[0]) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_which_shares_are_surely_larger():
    share, tries = np.array([1.0, 0.75, 0.5, 0.5, np.nan]), np.array([4, 4, 4, 40, 0])
    assert surely_larger(share, tries, np.zeros(5), tries).tolist() == [True, True, False, True, False]
    assert not surely_larger(np.zeros(1), np.array([4]), np.ones(1), np.array([4])).any()
    # 56 of 70 against 48 of 80, of which Newcombe 1998 says 0.0524 to 0.3339: above 0, and so it stays up to 0.0524.
    assert surely_larger(56 / 70, 70, 48 / 80, 80) and not surely_larger(48 / 80, 80, 56 / 70, 70)


def test_equal_shares_are_rarely_found_larger():
    rng, tries = np.random.default_rng(0), 20
    for share in (0.05, 0.3, 0.8):
        one, two = rng.binomial(tries, share, (2, 20_000))
        assert surely_larger(one / tries, tries, two / tries, tries).mean() < 0.04  # 0.025 and what discreteness adds


def test_the_mean_over_goals_by_hand():
    # Of two goals tried four times: variance (0.75 x 0.25 / 3 + 0.5 x 0.5 / 3) / 4, as many tries of one share as that.
    result = mean_share([3, 2, 0], [4, 4, 0])
    effective = 0.625 * 0.375 / ((0.1875 + 0.25) / 3 / 4)
    assert result["success"] == 0.625
    np.testing.assert_allclose([result["low"], result["high"]], share_interval(0.625, effective))
    # Where no goal varies, all tries are those of one share; and so where each was tried once, but for the mean.
    assert mean_share([4, 0], [4, 4])["low"] == pytest.approx(float(share_interval(0.5, 8)[0]))
    assert mean_share([1, 0, 0, 1], [1] * 4)["low"] == pytest.approx(float(share_interval(0.5, 4)[0]))
    assert all(np.isnan(value) for value in mean_share([0], [0]).values())


def test_the_interval_of_the_mean_covers_what_it_should():
    """Goals of all kinds, four tries each, as in Craftax: about 95 % of the intervals hold the true mean."""
    rng = np.random.default_rng(0)
    true = np.concatenate([np.zeros(70), rng.uniform(0, 1, 40), np.full(26, 0.95)])
    results = [mean_share(rng.binomial(4, true), np.full(136, 4)) for _ in range(1000)]
    assert 0.93 <= np.mean([each["low"] <= true.mean() <= each["high"] for each in results]) <= 0.97
    width = np.mean([each["high"] - each["low"] for each in results])
    spread = np.std([each["success"] for each in results])
    assert width == pytest.approx(2 * 1.96 * spread, rel=0.07)
