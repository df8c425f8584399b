"""What became of every walk from a start to a goal: read by attributes, checked, ordered."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leo_widgets.arrays import scales
from leo_widgets.arrays.values import AllGoalsValues, read_mapped

NAMES = ("values", "exact", "pairs", "success", "length")


@dataclass(frozen=True)
class Outcomes:
    """How the greedy policy of a value table does from every start to every goal. S starts (states), G goals."""

    table: AllGoalsValues
    exact: AllGoalsValues
    pairs: np.ndarray  # bool [S, G]: those that count
    success: np.ndarray  # float64 [S, G]: probability of reaching the goal within the time limit
    length: np.ndarray  # float64 [S, G]: steps that it then takes; NaN where it never does
    fails_below: float  # a pair fails where its success is smaller
    optimum: np.ndarray  # float64 [S, G]: steps that the exact solution takes; NaN where no way leads to the goal

    @cached_property
    def extra(self) -> np.ndarray:
        """Steps more than the optimum, float64 [S, G]; NaN where the goal is never reached."""
        return self.length - self.optimum

    @cached_property
    def fails(self) -> np.ndarray:
        """Pairs that count and fail, bool [S, G]."""
        return self.pairs & (self.success < self.fails_below)

    def worst_first(self, among: np.ndarray) -> np.ndarray:
        """The (start, goal) of the pairs in `among`, int [K, 2]: lowest success first, then most extra steps."""
        chosen = np.argwhere(among)
        start, goal = chosen.T
        extra = np.nan_to_num(self.extra[start, goal], nan=np.inf).round(2)
        return chosen[np.lexsort((-extra, self.success[start, goal]))]

    def orders(self) -> dict[str, list[list[int]]]:
        """{sort: [starts, goals]}: as they stand in the table, or those with the lowest mean success first."""
        states, goals = self.pairs.shape
        return {
            "position": [list(range(states)), list(range(goals))],
            "success": [self._order(axis=1), self._order(axis=0)],
        }

    def _order(self, axis: int) -> list[int]:
        """Lowest mean success first, then most extra steps; those without a pair that counts come last."""
        count = self.pairs.sum(axis=axis)
        known = self.pairs & ~np.isnan(self.extra)
        success = np.where(self.pairs, self.success, 0).sum(axis=axis) / np.maximum(count, 1)
        extra = np.where(known, self.extra, 0).sum(axis=axis) / np.maximum(known.sum(axis=axis), 1)
        return np.lexsort((-extra.round(6), success.round(9), count == 0)).tolist()


def read_outcomes(scores, truth, success, length, pairs, fails_below: float, who: str) -> Outcomes:
    """Outcomes of an evaluation (anything with the attributes in `NAMES`), or of values and the arrays beside them.

    Raises TypeError for what is neither, ValueError for what does not fit.
    """
    given, optimum = {"truth": truth, "success": success, "length": length}, None
    if all(hasattr(scores, name) for name in NAMES):
        twice = [name for name, array in {**given, "pairs": pairs}.items() if array is not None]
        if twice:
            raise ValueError(f"{who}: an evaluation holds its own {twice[0]}")
        optimum = getattr(scores, "shortest", None)
        scores, truth, pairs, success, length = (getattr(scores, name) for name in NAMES)
    elif hasattr(scores, "q"):
        missing = [name for name, array in given.items() if array is None]
        if missing:
            raise ValueError(f"{who}: values alone need truth, success and length; {missing[0]} is missing")
    else:
        raise TypeError(f"{who} needs an evaluation or all-goals values, got {type(scores).__name__}")
    table, exact = read_mapped(scores, truth, who)
    if table.scale != "hit":
        raise ValueError(f"{who}: steps need hit values, these are {table.scale!r}")
    if pairs is None:
        pairs = (exact.v > 0) & ~exact.here
    pairs = _read(pairs, bool, "pairs", table, who)
    success = _read(success, float, "success", table, who)
    length = _read(length, float, "length", table, who)
    counted = success[pairs]
    if np.isnan(counted).any() or (counted.size and (counted.min() < 0 or counted.max() > 1)):
        raise ValueError(f"{who}: success must lie in 0 to 1 wherever a pair counts")
    if (length[pairs & ~np.isnan(length)] < 1).any():
        raise ValueError(f"{who}: a walk takes at least one step, length holds less")
    if not 0 < fails_below <= 1:
        raise ValueError(f"{who}: fails_below must be above 0 and at most 1, got {fails_below}")
    length = np.where(success > 0, length, np.nan)
    # What values stand for is the optimum only where chance has no part: of an evaluation it is known better.
    steps = scales.steps(exact.v.astype(float), exact) if optimum is None else optimum
    optimum = np.where(np.isfinite(steps), steps, np.nan)
    return Outcomes(table, exact, pairs, success, length, float(fails_below), optimum)


def _read(array, dtype, name: str, table: AllGoalsValues, who: str) -> np.ndarray:
    array, shape = np.asarray(array, dtype), table.q.shape[:2]
    if array.shape != shape:
        raise ValueError(f"{who}: {name} must have the shape [S, G] = {shape}, got {array.shape}")
    return array


def next_states(transitions, table: AllGoalsValues, who: str) -> tuple[np.ndarray | None, bool]:
    """Where each action most likely leads, int64 [S, A], and whether chance has a part in it.

    transitions: float [S, A, S], probability of each next state; or int [S, A], the next states; or None.
    """
    if transitions is None:
        return None, False
    states, _, actions = table.q.shape
    array = np.asarray(transitions)
    if array.shape == (states, actions, states):
        return array.argmax(axis=-1), bool((array.max(axis=-1) < 1 - 1e-9).any())
    if array.shape != (states, actions):
        wanted = f"({states}, {actions}, {states}) or ({states}, {actions})"
        raise ValueError(f"{who}: transitions must have the shape {wanted}, got {array.shape}")
    if not np.issubdtype(array.dtype, np.integer) or array.min() < 0 or array.max() >= states:
        raise ValueError(f"{who}: transitions [S, A] must hold states, 0 to {states - 1}")
    return array.astype(np.int64), False
