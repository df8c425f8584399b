"""One walk of an agent, and what it thinks of every goal on the way: what viewers read. numpy alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from leo_lab.artefacts.files import UNREADABLE, to_json, write_npz
from leo_lab.artefacts.plane import Plane
from leo_lab.errors import LabError

CODES = 65535  # values from 0 to 1 are kept as whole numbers of this many parts
_ROUNDING = 1e-5  # share of a goal's radius
_OLD_NAMES = {"actions": "action", **{name: f"view.{name}" for name in ("blocks", "things", "direction", "stats")}}


@dataclasses.dataclass(frozen=True, eq=False)
class BodyLayer:
    """What is known of a body of L limbs that moves on a plane, x to the right and y up.

    Attributes:
      plane: the ground and the goals.
      place: float32 [T + 1, 2], the point of the body that goals ask for (a fingertip, a torso).
      limbs: float32 [T + 1, L, 2, 2], both ends of each limb; L may be 0.
      desired: float32 [T, 2], the place that was asked for: the goal's own unless it lies off the lattice.
      direction: float32 [T + 1, G, 2], where the best action for each goal moves `place` within a step, compared with
        no action; at most 1 long, and 1 is the longest of the walk.
      step_seconds: how long a step lasts; 0 where the world has no clock.
    """

    plane: Plane
    place: np.ndarray
    limbs: np.ndarray
    desired: np.ndarray
    direction: np.ndarray
    step_seconds: float


@dataclasses.dataclass(frozen=True, eq=False)
class ViewLayer:
    """What is seen around the player, who stands in the middle one of R x C cells, with K numbers about him.

    Attributes:
      blocks: uint8 [T + 1, R, C], index into block_names.
      things: uint8 [T + 1, R, C], what stands on the block, index into thing_names; 0 is nothing.
      direction: uint8 [T + 1], where the player faces: 0 left, 1 right, 2 up, 3 down.
      stats: uint8 [T + 1, K], see stat_names.
      block_names, thing_names, stat_names: what the numbers mean.
    """

    blocks: np.ndarray
    things: np.ndarray
    direction: np.ndarray
    stats: np.ndarray
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Walk:
    """A walk of T steps, at least one, among G goals. action[t] leads from time t to time t + 1.

    Attributes:
      action: int32 [T], or float32 [T, A], -1 to 1, where actions are continuous.
      goal: int32 [T], the goal commanded when the action was chosen.
      achieved: bool [T + 1, G], the goals that the state at each time achieves.
      v: float32 [T + 1, G], the value of every goal at each time.
      best: uint8 [T + 1, G], the best action for each goal; None where actions are continuous.
      goal_names: G names.
      action_names: A names.
      gamma: discount per step.
      title: whose walk it is.
      scale: what the values mean, see AllGoalsValues.
      cell: int32 [T + 1], index of the state, in a world whose states can be listed.
      body: where the body is, in a world of places.
      view: what is seen, in a world that is drawn as a scene.

    Raises LabError for shapes that do not fit, or a goal that does not exist.
    """

    action: np.ndarray
    goal: np.ndarray
    achieved: np.ndarray
    v: np.ndarray
    best: np.ndarray | None
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float
    title: str
    scale: str = "hit"
    cell: np.ndarray | None = None
    body: BodyLayer | None = None
    view: ViewLayer | None = None

    def __post_init__(self):
        steps, goals = len(self.goal), len(self.goal_names)
        if steps < 1:
            raise LabError("a walk has at least one step, got none")
        each = (steps + 1, goals)
        continuous = np.ndim(self.action) == 2
        action = (np.float32, (steps, len(self.action_names))) if continuous else (np.int32, (steps,))
        _fit(self, action=action, goal=(np.int32, (steps,)), achieved=(bool, each), v=(np.float32, each))
        optional = {"best": (np.uint8, each), "cell": (np.int32, (steps + 1,))}
        _fit(self, **{name: wanted for name, wanted in optional.items() if getattr(self, name) is not None})
        if not (self.goal.min() >= 0 and self.goal.max() < goals):
            raise LabError(f"a walk's goals are numbered 0 to {goals - 1}, got {self.goal.min()} to {self.goal.max()}")
        if self.body is not None:
            limbs = (steps + 1, *np.shape(self.body.limbs)[1:2], 2, 2)
            _fit(self.body, place=(np.float32, (steps + 1, 2)), limbs=(np.float32, limbs))
            _fit(self.body, desired=(np.float32, (steps, 2)), direction=(np.float32, (*each, 2)))
        if self.view is not None:
            view = (steps + 1, *np.shape(self.view.blocks)[1:3])
            _fit(self.view, blocks=(np.uint8, view), things=(np.uint8, view), direction=(np.uint8, (steps + 1,)))
            _fit(self.view, stats=(np.uint8, (steps + 1, len(self.view.stat_names))))

    @property
    def steps(self) -> int:
        """T."""
        return len(self.goal)

    @property
    def commanded(self) -> np.ndarray:
        """The goal that each time belongs to, int32 [T + 1]: the one that the step to it served."""
        return np.concatenate([self.goal[:1], self.goal])

    @property
    def arrived(self) -> np.ndarray:
        """Whether each step led to what was commanded, bool [T]: the goal, or a body's place that was asked for."""
        if self.body is None:
            return self.achieved[np.arange(1, self.steps + 1), self.goal]
        away = np.linalg.norm(self.body.place[1:] - self.body.desired, axis=1)
        return away <= self.body.plane.radius * (1 + _ROUNDING)

    @property
    def reached(self) -> int:
        """How many of the commands were achieved; a goal's turn ends when it is."""
        return int(self.arrived.sum())

    def first_reached(self) -> np.ndarray:
        """The time at which each goal is first achieved after the start, int32 [G]; -1 for never."""
        later = self.achieved[1:]
        return np.where(later.any(axis=0), 1 + later.argmax(axis=0), -1).astype(np.int32)

    def save(self, path: str | Path) -> Path:
        """Writes a .npz file, whole or not at all; values from 0 to 1 are kept to 1/65535. Returns its path."""
        arrays, header = _parts_of(self)
        arrays["achieved"] = np.packbits(self.achieved, axis=1)
        if ((self.v >= 0) & (self.v <= 1)).all():
            arrays["v"] = np.round(CODES * self.v).astype(np.uint16)
        return write_npz(path, header=np.array(to_json(header)), **arrays)


def load_walk(path: str | Path) -> Walk:
    """Reads what `Walk.save` wrote. Never executes code. Raises LabError for a missing or damaged file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            arrays = {_OLD_NAMES.get(name, name): file[name] for name in file if name != "header"}
        if "block_names" in header:  # as those shipped, from before there were several layers
            header["view"] = header
        count = len(header["goal_names"])
        arrays["achieved"] = np.unpackbits(arrays["achieved"], axis=1, count=count).astype(bool)
        if arrays["v"].dtype == np.uint16:
            arrays["v"] = arrays["v"] / np.float32(CODES)
        return _from_parts(Walk, arrays, header)
    except FileNotFoundError:
        raise LabError(f"{path}: no such file; leo-lab rollout DIR --out FILE.npz records one") from None
    except UNREADABLE as error:
        raise LabError(f"{path}: not a walk, or a damaged one ({error}); record it again") from None


_LAYERS = {"body": BodyLayer, "view": ViewLayer, "plane": Plane}


def _fit(record: Any, **wanted: tuple[Any, tuple[int, ...]]) -> None:
    """Gives arrays the type that is wanted of each. Raises LabError for another shape."""
    for name, (dtype, shape) in wanted.items():
        array = getattr(record, name)
        if np.shape(array) != shape:
            raise LabError(f"a walk's {name} must be {list(shape)}, got {list(np.shape(array))}")
        object.__setattr__(record, name, np.asarray(array, dtype))


def _parts_of(record: Any, prefix: str = "") -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays of a record and its layers, by dotted names, and everything else as JSON has it."""
    arrays, header = {}, {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            inner, header[field.name] = _parts_of(value, f"{prefix}{field.name}.")
            arrays |= inner
        elif isinstance(value, np.ndarray):
            arrays[prefix + field.name] = value
        else:
            header[field.name] = value
    return arrays, header


def _from_parts(kind: type, arrays: dict[str, np.ndarray], header: dict[str, Any], prefix: str = "") -> Any:
    """What `_parts_of` took apart. Raises TypeError where a part is missing."""
    given = {}
    for name in (field.name for field in dataclasses.fields(kind)):
        if prefix + name in arrays:
            given[name] = arrays[prefix + name]
        elif name in header:
            value = header[name]
            if name in _LAYERS and value is not None:
                value = _from_parts(_LAYERS[name], arrays, value, f"{prefix}{name}.")
            given[name] = tuple(value) if isinstance(value, list) else value
    return kind(**given)
