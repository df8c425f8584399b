"""Statistics of scores: rank correlations, and interquartile means of runs with intervals.

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
