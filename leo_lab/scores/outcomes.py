"""What came of tries at goals: shares that succeeded, with intervals and a floor."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from leo_lab.artefacts.goals import group_of
from leo_lab.errors import LabError
from leo_lab.scores.statistics import mean_share, share_interval, surely_larger


@dataclasses.dataclass(frozen=True, eq=False)
class Trials:
    """Outcomes of K tries at each of G goals, each in a fresh world of its own.

    A goal that holds in the first state of its world was not achieved by anybody: that is no try, and does not count.

    Attributes:
      goal_names: G names.
      hit: bool [G, K], whether the goal was achieved within the limit, before the world ended or its simulator broke.
      length: int32 [G, K], steps taken until then, or until the end; 0 of what does not count.
      v: float32 [G, K], the value of the goal in the world's first state.
      counted: bool [G, K], whether it was a try.
      gamma: discount per step.
      limit: steps allowed.
      floor: as many tries with uniformly random actions, in worlds of their own; None where nobody asked for them.
    """

    goal_names: tuple[str, ...]
    hit: np.ndarray
    length: np.ndarray
    v: np.ndarray
    counted: np.ndarray
    gamma: float
    limit: int
    floor: Trials | None = None

    @property
    def tries(self) -> np.ndarray:
        """How many tries of each goal count, int [G]."""
        return self.counted.sum(axis=1)

    @property
    def success(self) -> np.ndarray:
        """Share of the tries that achieved each goal, float64 [G]; nan where none counts."""
        return _mean(self.hit, self.counted)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of each goal's success, from float64 [G] to float64 [G]; see `share_interval`."""
        return share_interval(self.success, self.tries)

    @property
    def above_floor(self) -> np.ndarray:
        """Whether a goal is achieved more often than by random actions, bool [G]; see `surely_larger`.

        Raises LabError where there is no floor.
        """
        if self.floor is None:
            raise LabError("these tries have no floor; try_goals(..., floor=True) adds it")
        return surely_larger(self.success, self.tries, self.floor.success, self.floor.tries)

    @property
    def returns(self) -> np.ndarray:
        """What V should have been, gamma^(length - 1) or 0, float64 [G, K]."""
        return np.where(self.hit, self.gamma ** (self.length - 1.0), 0.0)

    def summary(self) -> dict[str, float]:
        """The headline numbers.

        `success` is the mean over the goals that count, `success_low` to `success_high` its 95 % interval, and `steps`
        the mean of the tries that succeeded. `masked` is the number of tries that do not count, `masked_goals` of
        goals of which none does. With a floor there are `floor`, `floor_low`, `floor_high`, and `above_floor`, the
        number of goals above it.
        """
        steps, overall = self.length[self.hit], self._overall()
        numbers = {"success": overall["success"], "success_low": overall["low"], "success_high": overall["high"]}
        if self.floor is not None:
            lowest = self.floor._overall()
            numbers |= {"floor": lowest["success"], "floor_low": lowest["low"], "floor_high": lowest["high"]}
            numbers["above_floor"] = int(self.above_floor.sum())
        numbers["steps"] = float(steps.mean()) if steps.size else float("nan")
        return {**numbers, "masked": int((~self.counted).sum()), "masked_goals": int((self.tries == 0).sum())}

    def _overall(self, goals: np.ndarray | slice = slice(None)) -> dict[str, float]:
        """Mean success over some goals, and its interval."""
        return mean_share(self.hit[goals].sum(axis=1), self.tries[goals])

    def by_group(self) -> dict[str, float]:
        """Mean success over the goals of each group that count, and over "all"; nan where none does."""
        return {row["group"]: row["success"] for row in self.group_rows()}

    def group_rows(self) -> tuple[dict[str, Any], ...]:
        """One row per group of goals, and one for "all": group, goals (that count), success, low, high, and floor."""
        groups = np.array([group_of(name) for name in self.goal_names])
        rows = []
        for name in (*dict.fromkeys(groups.tolist()), "all"):
            chosen = np.flatnonzero((groups == name) | (name == "all"))
            rows.append({"group": name, "goals": int((self.tries[chosen] > 0).sum()), **self._overall(chosen)})
            if self.floor is not None:
                rows[-1]["floor"] = self.floor._overall(chosen)["success"]
        return tuple(rows)

    def per_goal(self) -> tuple[dict[str, Any], ...]:
        """One row per goal: goal, group, tries, success, low, high, steps, value, return; floor, above_floor if known.

        Of the tries that count. Steps are the median over those that achieved it, nan if none did; value is the mean
        in the first state, and return the mean of what that should have been; `low` to `high` is the 95 % interval.
        """
        steps = [np.median(own[hit]) if hit.any() else np.nan for own, hit in zip(self.length, self.hit, strict=True)]
        columns = {"success": self.success, **dict(zip(("low", "high"), self.interval, strict=True))}
        if self.floor is not None:
            columns |= {"floor": self.floor.success, "above_floor": self.above_floor}
        value, returns = (_mean(each, self.counted) for each in (self.v, self.returns))
        columns |= {"steps": np.array(steps, float), "value": value, "return": returns}
        return tuple(
            {"goal": name, "group": group_of(name), "tries": int(count), **dict(zip(columns, numbers, strict=True))}
            for name, count, *numbers in zip(
                self.goal_names, self.tries, *(column.tolist() for column in columns.values()), strict=True
            )
        )


def _mean(numbers: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Mean over the tries that count, [G, K] -> float64 [G]; nan where none does."""
    count = counted.sum(axis=1)
    return np.where(counted, numbers, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)
