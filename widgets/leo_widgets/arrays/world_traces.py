"""One recorded walk through a world seen from above: read by its attributes, and checked."""

from dataclasses import dataclass, fields

import numpy as np

from leo_widgets.arrays.traces import indices
from leo_widgets.views.base import group_of

_ARRAYS = ("blocks", "things", "direction", "stats", "actions", "goal", "achieved", "v", "best")


@dataclass(frozen=True)
class World:
    """A walk of T steps: T + 1 times, at each of them a view of R x C cells with the player in the middle one.

    actions[t] leads from time t to time t + 1, and goal[t] was commanded when it was chosen. G goals, K stats.
    """

    blocks: np.ndarray  # uint8 [T + 1, R, C], index into block_names
    things: np.ndarray  # uint8 [T + 1, R, C], index into thing_names: what stands on the block
    direction: np.ndarray  # uint8 [T + 1], where the player faces: left, right, up, down
    stats: np.ndarray  # uint8 [T + 1, K]
    actions: np.ndarray  # uint8 [T]
    goal: np.ndarray  # int64 [T]
    achieved: np.ndarray  # bool [T + 1, G], the goals that the state at time t achieves
    v: np.ndarray  # float [T + 1, G], 0 to 1
    best: np.ndarray  # uint8 [T + 1, G], the best action for every goal
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]
    action_names: tuple[str, ...]
    goal_names: tuple[str, ...]
    gamma: float
    title: str

    @property
    def steps(self) -> int:
        return len(self.actions)

    @property
    def commanded(self) -> np.ndarray:
        """The goal that each time belongs to, int [T + 1]: the one that the step to it served."""
        return np.concatenate([self.goal[:1], self.goal])

    @property
    def reached(self) -> np.ndarray:
        """Goals achieved at a time and not at the one before, bool [T + 1, G]; none at the start."""
        before = np.concatenate([np.ones_like(self.achieved[:1]), self.achieved[:-1]])
        return self.achieved & ~before


def read_world(trace, who: str) -> World:
    """Check `trace`, anything with the attributes of `World`.

    Raises TypeError for an object without these attributes and ValueError for shapes, numbers or names that do not fit.
    """
    missing = [field.name for field in fields(World) if not hasattr(trace, field.name)]
    if missing:
        raise TypeError(f"{who} needs a trace of a world, got {type(trace).__name__} without .{missing[0]}")
    names = {name: tuple(getattr(trace, name)) for name in World.__dataclass_fields__ if name.endswith("_names")}
    arrays = {name: np.asarray(getattr(trace, name)) for name in _ARRAYS}
    _check_shapes(arrays, names, who)
    kinds = {"blocks": "block", "things": "thing", "actions": "action", "goal": "goal", "best": "action"}
    for name, kind in kinds.items():
        arrays[name] = indices(arrays[name], name, len(names[f"{kind}_names"]), who, f"{kind}s")
    arrays["direction"] = indices(arrays["direction"], "direction", 4, who, "directions")
    arrays["stats"] = indices(arrays["stats"], "stats", 256, who)
    if arrays["achieved"].dtype != bool:
        raise ValueError(f"{who}: trace.achieved must be true or false, got {arrays['achieved'].dtype}")
    _check_values(arrays["v"], who)
    gamma = float(trace.gamma)
    if not 0 < gamma <= 1:
        raise ValueError(f"{who}: trace.gamma must be above 0 and at most 1, got {gamma:g}")
    return World(**arrays, **names, gamma=gamma, title=str(trace.title))


def _check_shapes(arrays: dict, names: dict, who: str) -> None:
    """Raise ValueError unless all arrays speak of the same times, cells, stats and goals."""
    blocks = arrays["blocks"]
    if blocks.ndim != 3 or len(blocks) < 2 or blocks.shape[1] % 2 == 0 or blocks.shape[2] % 2 == 0:
        raise ValueError(
            f"{who}: trace.blocks must be [T + 1, rows, columns], T at least 1, rows and columns odd, "
            f"got {blocks.shape}"
        )
    times, goals = len(blocks), len(names["goal_names"])
    if not goals:
        raise ValueError(f"{who}: trace.goal_names is empty")
    wanted = {
        "things": blocks.shape, "direction": (times,), "stats": (times, len(names["stat_names"])),
        "actions": (times - 1,), "goal": (times - 1,), "achieved": (times, goals), "v": (times, goals),
        "best": (times, goals),
    }  # fmt: skip
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{who}: trace.{name} must have the shape {shape}, got {arrays[name].shape}")
    for name in ("block_names", "thing_names", "action_names"):
        if not 1 <= len(names[name]) <= 256:
            raise ValueError(f"{who}: trace.{name} must hold 1 to 256 names, got {len(names[name])}")


def _check_values(v: np.ndarray, who: str) -> None:
    if not np.issubdtype(v.dtype, np.floating):
        raise ValueError(f"{who}: trace.v must hold floats, got {v.dtype}")
    outside = np.argwhere(~((v >= 0) & (v <= 1)))  # NaN, too
    if outside.size:
        time, goal = outside[0]
        raise ValueError(f"{who}: trace.v[{time}, {goal}] is {v[time, goal]:g}, but values are 0 to 1")


def world_orders(world: World) -> dict[str, list[int]]:
    """Orders in which to list the G goals beside such a walk.

    "moves": the largest difference first between the highest and the lowest value on the walk. "peak": by the first
    time at which V is largest. "group": group by group, as in the list. "success": by the first time that each was
    reached; then those that never were, by "moves".
    """
    number = np.arange(len(world.goal_names))
    move = np.ptp(world.v, axis=0)
    reached = world.reached
    first = np.where(reached.any(axis=0), reached.argmax(axis=0), len(reached))
    groups = list(dict.fromkeys(map(group_of, world.goal_names)))
    return {
        "moves": np.lexsort((number, -move)).tolist(),
        "peak": np.lexsort((number, -world.v.max(axis=0), world.v.argmax(axis=0))).tolist(),
        "group": sorted(number.tolist(), key=lambda goal: groups.index(group_of(world.goal_names[goal]))),
        "success": np.lexsort((number, -move, first)).tolist(),
    }
