"""One recorded walk and what it passed: read by its attributes and checked against a value table."""

from dataclasses import dataclass

import numpy as np

from leo_widgets.arrays.tables import Table
from leo_widgets.views.base import group_of


@dataclass(frozen=True)
class Walk:
    """A walk of T steps. At time t the agent is in states[t] and is commanded goals[t].

    actions[t] leads from time t to time t + 1 and is chosen for goals[t + 1], for a goal is credited on the next
    state: where achieved[t] is true, goals[t] has just been reached, and the next step may serve another goal.
    """

    states: np.ndarray  # int [T + 1]
    actions: np.ndarray  # int [T]
    goals: np.ndarray  # int [T + 1]
    achieved: np.ndarray  # bool [T + 1]

    @property
    def steps(self) -> int:
        return len(self.actions)


def read_walk(trace, table: Table, who: str) -> Walk:
    """Check `trace` (anything with the attributes of `Walk`) against the states, goals and actions of `table`.

    Raises TypeError for an object without these attributes and ValueError for lengths or numbers that do not fit.
    """
    missing = [name for name in Walk.__dataclass_fields__ if not hasattr(trace, name)]
    if missing:
        raise TypeError(f"{who} needs a trace, got {type(trace).__name__} without .{missing[0]}")
    arrays = {name: np.asarray(getattr(trace, name)) for name in Walk.__dataclass_fields__}
    times = arrays["states"].size
    if arrays["states"].ndim != 1 or times < 2:
        raise ValueError(f"{who}: trace.states must be a list of at least 2, got shape {arrays['states'].shape}")
    for name, array in arrays.items():
        count = times - 1 if name == "actions" else times
        if array.shape != (count,):
            raise ValueError(f"{who}: {times} states need {count} {name}, trace.{name} has the shape {array.shape}")
    if arrays["achieved"].dtype != bool:
        raise ValueError(f"{who}: trace.achieved must be true or false, got {arrays['achieved'].dtype}")
    counts = zip(("states", "goals", "actions"), table.q.shape, strict=True)
    for name, count in counts:
        arrays[name] = indices(arrays[name], name, count, who)
    return Walk(**arrays)


def indices(array: np.ndarray, name: str, count: int, who: str, what: str | None = None) -> np.ndarray:
    """`array` as int64, every number in 0..count-1; what: what they number, for the error message."""
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{who}: trace.{name} must hold whole numbers, got {array.dtype}")
    outside = np.argwhere((array < 0) | (array >= count))
    if outside.size:
        place = tuple(outside[0].tolist())
        where = ", ".join(map(str, place))
        raise ValueError(f"{who}: trace.{name}[{where}] is {array[place]}, but the {what or name} are 0 to {count - 1}")
    return array.astype(np.int64)


def row_orders(table: Table, walk: Walk, exact: Table | None = None) -> dict[str, list[int]]:
    """`orders_along` of a walk. Being at the goal counts more than any value, and a goal that no way leads to (a hit
    value of 0 all along, by the exact values where there are any) comes last.
    """
    v = np.where(table.here, np.inf, np.nan_to_num(table.v, nan=-np.inf))[walk.states]  # [T + 1, G]
    hopeless = np.zeros(v.shape[1], bool)
    if table.scale == "hit":
        hopeless = ((exact or table).v[walk.states] == 0).all(axis=0)
    return orders_along(v, walk.goals, table.goal_names, hopeless)


def orders_along(v: np.ndarray, commanded: np.ndarray, goal_names, hopeless=0) -> dict[str, list[int]]:
    """Orders in which to list the G goals beside a walk with the values v [T + 1, G].

    "peak": by the first time at which v is largest; goals for which `hopeless` is true come last.
    "commanded": the commanded goals in the order of their first command, then the others by peak.
    "group": by the part of the name before the last "/", then as in the list.
    """
    number = np.arange(len(goal_names))
    peak = np.lexsort((number, -v.max(axis=0), v.argmax(axis=0), np.broadcast_to(hopeless, number.shape)))
    first = np.full(number.size, commanded.size)
    first[commanded[::-1]] = np.arange(commanded.size)[::-1]  # of several times the earliest stays
    groups = list(dict.fromkeys(map(group_of, goal_names)))
    return {
        "commanded": np.lexsort((np.argsort(peak), first)).tolist(),
        "peak": peak.tolist(),
        "group": sorted(number.tolist(), key=lambda goal: groups.index(group_of(goal_names[goal]))),
    }
