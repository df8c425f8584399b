"""What is known of a training run: a bounded number of its snapshots, and how far each is from the truth."""

import threading
from dataclasses import dataclass

import numpy as np

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import limits
from leo_widgets.arrays.names import nearest, one_line
from leo_widgets.arrays.values import AllGoalsValues, check_pair, read_values

METRICS = ("loss", "td_error", "commanded_success", "goals_seen")
SCORES = ("value_mae", "optimal_actions")
_PARTS = ("env_steps", "total_steps", "metrics", "values", "seconds")


@dataclass(frozen=True)
class Entry:
    """One kept snapshot. number: how many came before it, kept or not. slot: where its map travels."""

    number: int
    slot: int
    env_steps: int
    seconds: float
    metrics: dict[str, float]
    map: dict  # {"number", "v": packed [S, G, 1], "best": bytes [S, G]}; empty where there are no values


class Slots:
    """At most `most` entries: the first, the newest, and every 1st, 2nd, 4th, 8th ... between, as more come.

    An entry stays in its slot, so that only new ones have to travel.
    """

    def __init__(self, most: int):
        self.entries: list[Entry] = []
        self.taken = 0
        self._stride = 1
        self._most = most
        self._free = list(range(most))[::-1]
        self._filled: set[int] = set()

    def add(self, env_steps: int, seconds: float, metrics: dict, map_: dict) -> None:
        """Keep a snapshot as the newest. Raises ValueError if it is older than the one before."""
        last = self.entries[-1] if self.entries else None
        if last and env_steps < last.env_steps:
            raise ValueError(f"TrainScope: snapshots must come in order: {env_steps} steps after {last.env_steps}")
        if last and last.number % self._stride:
            self._keep(lambda entry: entry is not last)
        if len(self.entries) == self._most:
            self._stride *= 2
            self._keep(lambda entry: entry.number % self._stride == 0)
        slot = self._free.pop()
        map_ = {"number": self.taken, **map_} if map_ else {}
        self.entries.append(Entry(self.taken, slot, env_steps, seconds, metrics, map_))
        self._filled.add(slot)
        self.taken += 1

    def _keep(self, wanted) -> None:
        self._free += [entry.slot for entry in self.entries if not wanted(entry)]
        self.entries = [entry for entry in self.entries if wanted(entry)]

    def filled(self) -> list[int]:
        """The slots filled since this was last asked."""
        slots, self._filled = sorted(self._filled), set()
        return slots


class History:
    """The kept snapshots of one training run, for several threads.

    truth: exact values to score snapshots by, or None. metrics: names to plot; those of METRICS may be missing.
    """

    def __init__(self, truth: AllGoalsValues | None, metrics, most: int):
        self.lock = threading.RLock()
        self.truth = None if truth is None else Truth(truth)
        self.world = truth  # the first table that came: all others must be of the same states, goals and actions
        self.last, self.total_steps = None, 0
        self._given = (truth, tuple(metrics), most)
        self._metrics, self._decided = tuple(metrics), tuple(metrics) != METRICS
        self._slots = Slots(most)

    def fresh(self) -> "History":
        """An empty one, for another run in the same world."""
        other = History(*self._given)
        other.world = self.world
        return other

    def append(self, snapshot) -> None:
        """Take a snapshot. Raises TypeError or ValueError, and keeps nothing, if it does not fit."""
        for name in _PARTS:
            if not hasattr(snapshot, name):
                raise TypeError(
                    f"TrainScope needs snapshots with {', '.join(_PARTS)}; got {type(snapshot).__name__} "
                    f"without .{name}"
                )
        metrics = {name: float(value) for name, value in snapshot.metrics.items()}
        table = None if snapshot.values is None else read_values(snapshot.values, "TrainScope")
        names = self._check_metrics(metrics)
        if table is not None:
            self._check_world(table)
            metrics |= {} if self.truth is None else self.truth.score(table)
        map_ = {} if table is None else map_of(table)
        with self.lock:
            self._slots.add(int(snapshot.env_steps), float(snapshot.seconds), metrics, map_)
            self._metrics, self._decided = names, self._decided or bool(snapshot.metrics)
            self.last, self.total_steps = snapshot, int(snapshot.total_steps)
            self.world = self.world or table

    def _check_metrics(self, metrics: dict) -> tuple[str, ...]:
        """The names to plot, decided by the first metrics that come."""
        if not metrics:
            return self._metrics
        if not self._decided:
            return tuple(name for name in METRICS if name in metrics)
        for name in self._metrics:
            if name not in metrics:
                raise ValueError(f"TrainScope: snapshots have no metric {name!r}{nearest(name, metrics)}")
        return self._metrics

    def _check_world(self, table: AllGoalsValues) -> None:
        if self.world is None:
            return
        try:
            check_pair(table, self.world, "TrainScope")
        except ValueError as error:
            if self.truth is not None:
                raise
            raise ValueError(f"{one_line(error)}: the values before were of another world") from None

    # ------------------------------------------------------------------ what it tells
    @property
    def names(self) -> tuple[str, ...]:
        """What is plotted."""
        return self._metrics if self.truth is None else (*self._metrics, *SCORES)

    @property
    def entries(self) -> list[Entry]:
        with self.lock:
            return list(self._slots.entries)

    @property
    def taken(self) -> int:
        """How many snapshots came, kept or not."""
        return self._slots.taken

    def filled(self) -> list[int]:
        """The slots filled since this was last asked."""
        with self.lock:
            return self._slots.filled()

    def in_slot(self, slot: int) -> dict:
        """The map in a slot; empty where there is none."""
        return next((entry.map for entry in self.entries if entry.slot == slot), {})

    def at(self, number: int) -> Entry | None:
        """The newest entry for -1, else the one of that number or the nearest kept before it."""
        entries = self.entries
        if number < 0 or not entries:
            return entries[-1] if entries else None
        return [entry for entry in entries if entry.number <= number][-1]

    def curves(self) -> np.ndarray:
        """The plotted metrics of the kept snapshots, float32 [names, entries]; NaN where one is missing."""
        entries, names = self.entries, self.names
        rows = [[entry.metrics.get(name, np.nan) for entry in entries] for name in names]
        return np.array(rows, "<f4").reshape(len(names), len(entries))

    def limits(self) -> dict:
        """The ends of the colour scales, as in GoalMap: the same for every moment of the run."""
        if self.world is None:
            return {"value": None, "steps": None, "error": None}
        if self.truth is not None:
            return _truth_limits(self.truth.table)
        if self.world.scale == "hit":
            return _hit_limits(self.world)
        maps = [entry.map["v"] for entry in self.entries if entry.map]
        low, high = min((m["low"] for m in maps), default=0.0), max((m["high"] for m in maps), default=1.0)
        steps = _hit_limits(self.world)["steps"] if self.world.convertible else None
        return {"value": _open(low, high, 0, 0), "steps": steps, "error": None}


def _open(low: float, high: float, below: int, above: int) -> dict:
    return {"low": float(low), "high": float(high), "below": bool(below), "above": bool(above)}


def _truth_limits(exact: AllGoalsValues) -> dict:
    """What the exact values need; an agent that learns starts beyond them."""
    found = limits(exact, exact)
    value, steps = found["value"], found["steps"]
    error = 0.1 * (value["high"] - (0 if exact.scale == "hit" else value["low"]))
    return {
        "value": _open(value["low"], value["high"], 1, exact.scale != "hit"),
        "steps": steps and _open(steps["low"], steps["high"], 0, 1),
        "error": _open(-error, error, 1, 1),
    }


def _hit_limits(table: AllGoalsValues) -> dict:
    """Ways as long as the map is high and wide; others where there is no map."""
    longest = 50
    if table.layout is not None:
        longest = len(table.layout) + len(table.layout[0])
    low = np.floor(20 * table.gamma ** (longest - 1)) / 20
    return {"value": _open(low, 1, 1, 0), "steps": _open(1, longest, 0, 1), "error": None}


def map_of(table: AllGoalsValues) -> dict:
    """What the browser needs of one snapshot: V and the greedy action of every pair."""
    v = table.v[..., None]
    return {"v": wire.pack(v, *wire.span(v)), "best": table.best.astype(np.uint8).tobytes()}


class Truth:
    """Exact values to score snapshots by."""

    def __init__(self, exact: AllGoalsValues):
        self.table = exact
        self._pairs = counted(exact)
        sign = 1 if exact.meaning.larger_is_better else -1
        slack = 1e-5 * np.abs(np.nan_to_num(exact.v[..., None], posinf=0, neginf=0))
        self._optimal = sign * exact.q >= sign * exact.v[..., None] - slack

    def score(self, table: AllGoalsValues) -> dict[str, float]:
        """value_mae, the mean |V - V*|, and optimal_actions, the share of greedy actions that are optimal."""
        error = np.abs(table.v[self._pairs] - self.table.v[self._pairs])
        optimal = np.take_along_axis(self._optimal, table.best[..., None], axis=-1)[..., 0][self._pairs]
        scores = zip(SCORES, (error, optimal), strict=True)
        return {name: float(numbers.mean()) if numbers.size else float("nan") for name, numbers in scores}


def counted(exact: AllGoalsValues) -> np.ndarray:
    """The pairs that scores are means over, bool [S, G]: a way leads there, and both can be reached from the start.

    What can be reached is told by the values, where their scale is known; without a start, or on another scale, all
    pairs count but those in which the state is the goal.
    """
    reach = exact.v > 0 if exact.scale == "hit" else ~exact.cut
    pairs = ~exact.here & reach
    if exact.start is None or exact.scale not in scales.SCALES:
        return pairs
    goals = reach[exact.start] | exact.here[exact.start]
    states = (exact.here & goals).any(axis=1) | ~exact.here.any(axis=1)
    return pairs & goals & states[:, None]
