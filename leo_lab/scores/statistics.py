"""Statistics of scores: rank correlations, shares of tries and interquartile means of runs, both with intervals.

Runs are put together as Agarwal et al. (2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
arXiv:2108.13264) advise, with the definitions of their package rliable: the mean over all runs without the lowest and
the highest quarter, and a percentile bootstrap that draws runs anew within each world.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

ALL_WORLDS = "all worlds"
RESAMPLES = 10_000  # of the bootstrap
_Z = 1.959963984540054  # standard deviations of a normal variable that hold 95 %, half of the rest on either side


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two vectors [N], ties sharing their mean rank; nan where one of them does not vary."""
    from scipy.stats import rankdata  # which takes a second to import, as long as all else that training needs

    if min(np.unique(first).size, np.unique(second).size) < 2:
        return float("nan")
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def success_by_group(goals: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Mean success over the goals of each group that count, and over "all" of them; nan where none does.

    Args:
      goals: rows with group and success, of which those do not count whose success is nan.
    """
    groups: dict[str, list[float]] = {row["group"]: [] for row in goals} | {"all": []}
    for row in goals:
        if row["success"] == row["success"]:
            groups[row["group"]].append(row["success"])
            groups["all"].append(row["success"])
    return {name: float(np.mean(shares)) if shares else float("nan") for name, shares in groups.items()}


def share_interval(share: np.ndarray, tries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of shares of independent tries (Wilson 1927): float [...], [...] -> low and high, float64 [...].

    nan where there was no try. `tries` may be any positive numbers, such as effective ones.
    """
    share, tries = np.asarray(share, float), np.asarray(tries, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = _Z**2 / tries
        middle = (share + weight / 2) / (1 + weight)
        half = np.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
        low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    known = tries > 0
    # What rounding leaves of the ends of a share of 0 or 1.
    low, high = np.where(share == 0, 0.0, low), np.where(share == 1, 1.0, high)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def surely_larger(share: np.ndarray, tries: np.ndarray, other: np.ndarray, other_tries: np.ndarray) -> np.ndarray:
    """Whether the 95 % interval of the difference share - other lies above 0, of independent tries, bool [...].

    The interval is made of those of the two shares (Newcombe 1998, method 10), which may overlap: that both are wrong
    and in opposite directions is rarer than that one is. False where there was no try.
    """
    share, other = np.asarray(share, float), np.asarray(other, float)
    low, high = share_interval(share, tries)[0], share_interval(other, other_tries)[1]
    with np.errstate(invalid="ignore"):
        return share - other > np.hypot(share - low, high - other)


def mean_share(hits: np.ndarray, tries: np.ndarray) -> dict[str, float]:
    """Mean over goals of the share of tries that achieved each, `success`, and its 95 % interval, `low` to `high`.

    The goals are these and no others; only the tries are drawn. The variance is that of a stratified sample, and makes
    an effective number of tries for the interval of a single share (Korn and Graubard 1998, with Wilson's interval). A
    goal that was tried once shows no variance of its own and gets that of all tries.

    Args:
      hits, tries: numbers [G]. Goals that were not tried are left out.

    Returns:
      The three numbers, nan where no goal was tried.
    """
    hits, tries = np.asarray(hits, float), np.asarray(tries, float)
    hits, tries = hits[tries > 0], tries[tries > 0]
    if not tries.size:
        return dict.fromkeys(("success", "low", "high"), float("nan"))
    shares = hits / tries
    mean, pooled = shares.mean(), hits.sum() / tries.sum()
    each = np.where(tries > 1, shares * (1 - shares) / np.maximum(tries - 1, 1), pooled * (1 - pooled))
    variance = each.sum() / tries.size**2
    effective = mean * (1 - mean) / variance if variance > 0 else tries.sum()
    low, high = share_interval(mean, effective)
    return {"success": float(mean), "low": float(low), "high": float(high)}


def interquartile_mean(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    """Mean of what is left of float [..., N] without the lowest and the highest quarter (rounded down), [...]."""
    from scipy.stats import trim_mean

    return trim_mean(scores, 0.25, axis=axis)


def interval(strata: Iterable[Sequence[float]]) -> dict[str, float]:
    """Interquartile mean of all scores, `iqm`, and its 95 % percentile interval, `low` to `high`.

    Args:
      strata: scores of each world; the bootstrap draws as many anew from each. Those that are nan are left out.
    """
    from scipy.stats import bootstrap

    finite = [scores[np.isfinite(scores)] for scores in (np.array(stratum, float) for stratum in strata)]
    several = [scores for scores in finite if len(scores) > 1]
    single = np.array([scores[0] for scores in finite if len(scores) == 1])  # drawn anew, always itself

    def statistic(*drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        fixed = np.broadcast_to(single, (*drawn[0].shape[:-1], len(single)))
        return interquartile_mean(np.concatenate([*drawn, fixed], axis=axis), axis)

    if not several:
        middle = float(interquartile_mean(single)) if len(single) else float("nan")
        return dict.fromkeys(("iqm", "low", "high"), middle)
    rng = np.random.default_rng(0)  # the same runs always have the same interval
    how = {"n_resamples": RESAMPLES, "method": "percentile", "vectorized": True}
    low, high = bootstrap(several, statistic, rng=rng, **how).confidence_interval
    return {"iqm": float(statistic(*several)), "low": float(low), "high": float(high)}


def summarise(rows: Sequence[Mapping[str, Any]], metrics: Iterable[str]) -> list[dict[str, Any]]:
    """One line for each budget, learner and world, and for all worlds together where there are several.

    Args:
      rows: runs, with learner, budget, world, env_steps, and these metrics.
      metrics: names of numbers.

    Returns:
      Dicts of budget, learner, world, runs (how many), env_steps (mean), and for every metric what `interval` returns.
    """
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    groups = dict.fromkeys((row["budget"], row["learner"]) for row in rows)
    places = [*((name, [name]) for name in worlds), *([(ALL_WORLDS, worlds)] if len(worlds) > 1 else [])]
    summary = []
    for (budget, learner), (title, names) in itertools.product(groups, places):
        mine = [row for row in rows if (row["budget"], row["learner"]) == (budget, learner) and row["world"] in names]
        head = {"budget": budget, "learner": learner, "world": title, "runs": len(mine)}
        head["env_steps"] = float(np.mean([row["env_steps"] for row in mine]))
        strata = [[row for row in mine if row["world"] == name] for name in names]
        scores = {metric: interval([[row[metric] for row in runs] for runs in strata]) for metric in metrics}
        summary.append({**head, **scores})
    return summary
