"""The ends of the colour scales, and what a first look shows."""

import numpy as np

from leo_widgets.arrays import scales
from leo_widgets.arrays.values import AllGoalsValues


def limits(table, exact=None) -> dict:
    """The numbers at the ends of each colour scale, the same for all goals and states.

    table, exact: anything with v [S, G], here [S, G], scale and gamma; exact values of the same, or None.
    Returns {"value", "steps", "error": {low, high, below, above}}: they hold every pair that can be reached by the
    exact values, else 98 % of the estimates; below, above: some value lies beyond that end. What cannot be shown is
    None.
    """
    known = ~table.here & np.isfinite(table.v)
    shown = table.v[known & ~scales.no_way(table.v, table)]  # no way leads there: a cross, not a colour
    if exact is None:
        low, high = np.quantile(shown, (0.02, 0.98)) if shown.size else (0.0, 1.0)
    else:
        reach = exact.v[known & np.isfinite(exact.v) & _reached(exact)]
        low, high = (reach.min(), reach.max()) if reach.size else (0.0, 1.0)
    low, high = float(low), float(high)
    found = {"value": _ends(low, high, shown), "steps": None, "error": None}
    if table.scale == "hit":
        found["value"] = _ends(np.floor(low * 20 + 1e-6) / 20, 1.0, shown)
    if scales.convertible(table):
        found["steps"] = _step_ends(table, exact, known, low)
    if exact is not None:
        error = scales.error(table.v, exact.v)[known]
        error = error[np.isfinite(error)]
        size = nice_size(float(np.quantile(np.abs(error), 0.98))) if error.size else 1.0
        found["error"] = _ends(-size, size, error)
    return found


def _reached(exact) -> np.ndarray:
    """Pairs that some way joins, by the exact values, bool [S, G]."""
    return exact.v > 0 if exact.scale == "hit" else ~scales.no_way(exact.v, exact)


def _step_ends(table, exact, known: np.ndarray, low: float) -> dict:
    """From 1 to the steps of the farthest pair that can be reached, or farther than 98 % of the estimates are."""
    shown = scales.steps(np.asarray(table.v, float), table)[known]
    shown = shown[np.isfinite(shown)]
    if table.scale == "hit":
        longest = scales.steps(max(low, scales.TINY), table)
    elif exact is None:
        longest = np.quantile(shown, 0.98) if shown.size else 2
    else:
        reach = scales.steps(np.asarray(exact.v, float), exact)[known]
        longest = reach[np.isfinite(reach)].max(initial=2)
    return _ends(1.0, float(np.clip(np.ceil(longest - 1e-3), 2, 999)), shown)


def _ends(low: float, high: float, numbers) -> dict:
    high = high if high > low else low + 1.0
    slack = (high - low) * 1e-3
    below, above = bool((numbers < low - slack).any()), bool((numbers > high + slack).any())
    return {"low": float(low), "high": float(high), "below": below, "above": above}


def nice_size(size: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... times a thousandth that is not below `size`."""
    steps = (np.array([1, 2, 5]) * 10.0 ** np.arange(-3, 7)[:, None]).ravel()
    return float(steps[np.searchsorted(steps[:-1], size * (1 - 1e-9))])


def default_goal(table: AllGoalsValues, exact: AllGoalsValues | None) -> int:
    """A goal rather far from the start, at the lower quarter of its values: the first look shows a way."""
    state, told = table.start or 0, exact or table
    closeness = told.v[state] if told.meaning.larger_is_better else -told.v[state]
    near = np.flatnonzero(~table.here[state] & _reached(told)[state] & np.isfinite(closeness))
    if near.size == 0:
        return 0
    return int(near[np.argsort(closeness[near], kind="stable")[near.size // 4]])


def first_goal(table: AllGoalsValues, exact: bool) -> int:
    """A goal rather far from the start: by its exact value, else by its distance in rows and columns."""
    if exact:
        return default_goal(table, table)
    if not table.mapped:
        return 0
    away = np.abs(table.goal_positions - table.state_positions[table.start or 0]).sum(axis=1)
    return int(np.argsort(away, kind="stable")[3 * len(away) // 4])
