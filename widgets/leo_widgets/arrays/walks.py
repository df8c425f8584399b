"""One record of one walk, and its layers: read by attributes, and checked.

Layers say what more is known of each time: `cell`, the state in a world whose states can be listed; `body`, a body on a
plane; `view`, a world seen from above around the player.
"""

from dataclasses import dataclass, fields

import numpy as np

from leo_widgets.arrays import scales
from leo_widgets.arrays.checks import directions, finite, indices, require, within
from leo_widgets.arrays.names import by_group
from leo_widgets.arrays.planes import Plane, read_plane
from leo_widgets.arrays.values import AllGoalsValues

SLACK = 1e-3  # by which an action may be beyond -1 or 1: arrays are kept in 16 bits, too


@dataclass(frozen=True)
class BodyLayer:
    """A body of L limbs on a plane, at T + 1 times."""

    plane: Plane
    place: np.ndarray  # float64 [T + 1, 2], the point that goals ask for
    limbs: np.ndarray  # float64 [T + 1, L, 2, 2], both ends of each
    desired: np.ndarray  # float64 [T, 2], what was asked for: the goal's own place unless it lies off the lattice
    direction: np.ndarray  # float32 [T + 1, G, 2], where the best action for each goal moves the body; at most 1 long
    step_seconds: float


@dataclass(frozen=True)
class ViewLayer:
    """A view of R x C cells with the player in the middle one, at T + 1 times."""

    blocks: np.ndarray  # int64 [T + 1, R, C], index into block_names
    things: np.ndarray  # int64 [T + 1, R, C], index into thing_names: what stands on the block
    direction: np.ndarray  # int64 [T + 1], where the player faces: left, right, up, down
    stats: np.ndarray  # int64 [T + 1, K]
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]


@dataclass(frozen=True)
class Walk:
    """A walk of T steps. action[t] leads from time t to t + 1; goal[t] was commanded when it was chosen."""

    action: np.ndarray  # int64 [T], or float64 [T, A], -1 to 1
    goal: np.ndarray  # int64 [T]
    achieved: np.ndarray  # bool [T + 1, G], the goals that the state at time t achieves
    v: np.ndarray  # float32 [T + 1, G]
    best: np.ndarray | None  # int64 [T + 1, G], the best action for every goal
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float
    title: str
    scale: str  # what v means, see `scales`
    cell: np.ndarray | None = None  # int64 [T + 1]
    body: BodyLayer | None = None
    view: ViewLayer | None = None

    @property
    def steps(self) -> int:
        """T."""
        return len(self.action)

    @property
    def here(self) -> np.ndarray:
        """Pairs without a value, bool [T + 1, G]: there are none, as a goal that is achieved can be achieved again."""
        return np.zeros(self.v.shape, bool)

    @property
    def commanded(self) -> np.ndarray:
        """The goal that each time belongs to, int64 [T + 1]: the one that the step to it served."""
        return np.concatenate([self.goal[:1], self.goal])

    @property
    def done(self) -> np.ndarray:
        """Whether the step to each time achieved its goal, bool [T + 1]; never at the start."""
        found = self.achieved[np.arange(self.steps + 1), self.commanded]
        found[0] = False
        return found

    @property
    def reached(self) -> np.ndarray:
        """Goals achieved at a time and not at the one before, bool [T + 1, G]; none at the start."""
        before = np.concatenate([np.ones_like(self.achieved[:1]), self.achieved[:-1]])
        return self.achieved & ~before

    @property
    def desired(self) -> np.ndarray:
        """The place asked for at each time, float64 [T + 1, 2]; for a walk with a body."""
        return np.concatenate([self.body.desired[:1], self.body.desired])

    @property
    def away(self) -> np.ndarray:
        """How far the body is from the place asked for, float64 [T + 1]; for a walk with a body."""
        return np.linalg.norm(self.body.place - self.desired, axis=1)


# ------------------------------------------------------------------ reading
def read_walk(walk, who: str, layer: str = "") -> Walk:
    """Check `walk`, anything with the attributes of `Walk`. layer: "cell", "body" or "view", which it must have.

    Raises TypeError for an object that is no such walk, and ValueError for shapes, numbers or names that do not fit.
    """
    require(walk, Walk, "a walk", who)
    layers = [name for name in ("cell", "body", "view") if getattr(walk, name) is not None]
    if layer and layer not in layers:
        has = f"only {' and '.join(layers)}" if layers else "none"
        raise TypeError(f"{who} needs a walk with the layer {layer!r}, this one has {has}")
    names = {name: tuple(getattr(walk, name)) for name in ("goal_names", "action_names")}
    for name, known in names.items():
        if not known:
            raise ValueError(f"{who}: walk.{name} is empty")
    gamma = float(walk.gamma)
    if not 0 < gamma < 1:
        raise ValueError(f"{who}: walk.gamma must lie between 0 and 1, got {gamma:g}")
    arrays = _times(walk, names, gamma, who)
    times = len(arrays["v"])
    return Walk(
        **arrays, **names, gamma=gamma, title=str(walk.title), scale=str(walk.scale),
        cell=None if walk.cell is None else _cells(np.asarray(walk.cell), times, who),
        body=None if walk.body is None else _read_body(walk.body, names["goal_names"], times, who),
        view=None if walk.view is None else _read_view(walk.view, times, who),
    )  # fmt: skip


def _times(walk, names: dict, gamma: float, who: str) -> dict[str, np.ndarray]:
    """The arrays that every walk has."""
    goals, acts = len(names["goal_names"]), len(names["action_names"])
    arrays = {name: np.asarray(getattr(walk, name)) for name in ("action", "goal", "achieved", "v")}
    arrays["best"] = None if walk.best is None else np.asarray(walk.best)
    times = len(arrays["action"]) + 1 if arrays["action"].ndim else 0
    if times < 2:
        raise ValueError(f"{who}: walk.action must be [T] or [T, A], T at least 1, got {arrays['action'].shape}")
    wanted = {"goal": (times - 1,), "achieved": (times, goals), "v": (times, goals), "best": (times, goals)}
    wanted["action"] = (times - 1,) if arrays["action"].ndim == 1 else (times - 1, acts)
    _check_shapes(arrays, wanted, "walk", who)
    if arrays["achieved"].dtype != bool:
        raise ValueError(f"{who}: walk.achieved must be true or false, got {arrays['achieved'].dtype}")
    arrays["goal"] = indices(arrays["goal"], "walk.goal", goals, who, "goals")
    if arrays["best"] is not None:
        arrays["best"] = indices(arrays["best"], "walk.best", acts, who, "actions")
    if arrays["action"].ndim == 1:
        arrays["action"] = indices(arrays["action"], "walk.action", acts, who, "actions")
    else:
        arrays["action"] = finite(arrays["action"], "walk.action", who)
        if abs(arrays["action"]).max(initial=0) > 1 + SLACK:
            raise ValueError(f"{who}: walk.action must be -1 to 1, got {abs(arrays['action']).max():g}")
    arrays["v"] = within(arrays["v"], "walk.v", scales.scale_of(str(walk.scale)).range(gamma), who)
    return arrays


def _check_shapes(arrays: dict, wanted: dict, what: str, who: str) -> None:
    for name, shape in wanted.items():
        if arrays[name] is not None and arrays[name].shape != shape:
            raise ValueError(f"{who}: {what}.{name} must have the shape {shape}, got {arrays[name].shape}")


def _cells(cell: np.ndarray, times: int, who: str) -> np.ndarray:
    _check_shapes({"cell": cell}, {"cell": (times,)}, "walk", who)
    return indices(cell, "walk.cell", 2**31, who, "states")


def _read_body(body, goal_names: tuple[str, ...], times: int, who: str) -> BodyLayer:
    require(body, BodyLayer, "a body on a plane", who)
    plane = read_plane(body.plane, who)
    if plane.goal_names != goal_names:
        raise ValueError(f"{who}: walk.body.plane has other goals than the walk")
    arrays = {name: finite(getattr(body, name), f"walk.body.{name}", who) for name in ("place", "limbs", "desired")}
    arrays["direction"] = np.asarray(body.direction)
    limbs = arrays["limbs"].shape[1] if arrays["limbs"].ndim > 1 else 0
    wanted = {
        "place": (times, 2), "limbs": (times, limbs, 2, 2), "desired": (times - 1, 2),
        "direction": (times, len(goal_names), 2),
    }  # fmt: skip
    _check_shapes(arrays, wanted, "walk.body", who)
    seconds = float(body.step_seconds)
    if not 0 <= seconds < np.inf:
        raise ValueError(f"{who}: walk.body.step_seconds must be 0 or more, got {seconds:g}")
    arrays["direction"] = directions(arrays["direction"], "walk.body.direction", who)
    return BodyLayer(plane, **arrays, step_seconds=seconds)


def _read_view(view, times: int, who: str) -> ViewLayer:
    require(view, ViewLayer, "a view of the world", who)
    names = {field.name: tuple(getattr(view, field.name)) for field in fields(ViewLayer) if "names" in field.name}
    arrays = {name: np.asarray(getattr(view, name)) for name in ("blocks", "things", "direction", "stats")}
    blocks = arrays["blocks"]
    if blocks.ndim != 3 or blocks.shape[1] % 2 == 0 or blocks.shape[2] % 2 == 0:
        raise ValueError(
            f"{who}: walk.view.blocks must be [T + 1, rows, columns], rows and columns odd, got {blocks.shape}"
        )
    shape = (times, *blocks.shape[1:])
    wanted = {"blocks": shape, "things": shape, "direction": (times,), "stats": (times, len(names["stat_names"]))}
    _check_shapes(arrays, wanted, "walk.view", who)
    for name in ("block_names", "thing_names"):
        if not 1 <= len(names[name]) <= 256:
            raise ValueError(f"{who}: walk.view.{name} must hold 1 to 256 names, got {len(names[name])}")
    counts = {"blocks": len(names["block_names"]), "things": len(names["thing_names"]), "direction": 4, "stats": 256}
    for name, count in counts.items():
        arrays[name] = indices(arrays[name], f"walk.view.{name}", count, who, f"{name.rstrip('s')}s")
    return ViewLayer(**arrays, **names)


def check_on_values(walk: Walk, table: AllGoalsValues, who: str) -> None:
    """Raise ValueError unless a walk goes through the states of a value table, for its goals, by its actions."""
    for name in ("goal_names", "action_names"):
        if getattr(walk, name) != getattr(table, name):
            raise ValueError(f"{who}: the {name} of walk and values differ")
    indices(walk.cell, "walk.cell", len(table.state_names), who, "states")


# ------------------------------------------------------------------ the order of goals beside a walk
def orders_on_values(walk: Walk, table: AllGoalsValues, exact: AllGoalsValues | None = None) -> dict[str, list[int]]:
    """`orders_along` by the values of a table.

    Being at the goal counts more than any value, and a goal that no way leads to all along, by the exact values where
    there are any, comes last.
    """
    closeness = table.v if table.meaning.larger_is_better else -table.v
    v = np.where(table.here, np.inf, np.nan_to_num(closeness, nan=-np.inf))[walk.cell]  # [T + 1, G]
    told = exact or table
    hopeless = (told.v == 0 if told.scale == "hit" else told.cut)[walk.cell].all(axis=0)
    return orders_along(walk, v, hopeless)


def orders_along(walk: Walk, v: np.ndarray | None = None, hopeless=0) -> dict[str, list[int]]:
    """Orders in which to list the G goals beside a walk.

    v: float [T + 1, G], the larger the nearer; the walk's own unless told.
    "peak": by the first time at which v is largest; goals for which `hopeless` is true come last.
    "commanded": the commanded goals in the order of their first command, then the others by peak.
    "group": group by group, as in the list.
    "moves": the largest difference first between the highest and the lowest value on the walk.
    "success": by the first time that each was reached; then those that never were, by "moves".
    """
    if v is None:
        v = walk.v if scales.scale_of(walk.scale).larger_is_better else -walk.v
    number, commanded, reached = np.arange(v.shape[1]), walk.commanded, walk.reached
    peak = np.lexsort((number, -v.max(axis=0), v.argmax(axis=0), np.broadcast_to(hopeless, number.shape)))
    first = np.full(number.size, commanded.size)
    first[commanded[::-1]] = np.arange(commanded.size)[::-1]  # of several times the earliest stays
    move = np.ptp(walk.v, axis=0)
    success = np.where(reached.any(axis=0), reached.argmax(axis=0), len(reached))
    return {
        "commanded": np.lexsort((np.argsort(peak), first)).tolist(),
        "peak": peak.tolist(),
        "group": by_group(walk.goal_names),
        "moves": np.lexsort((number, -move)).tolist(),
        "success": np.lexsort((number, -move, success)).tolist(),
    }
