"""What larger worlds cost: success over all pairs against seconds of training, in random gridworlds of several sizes.

Every run is trained alone, in chunks; after each its policy is followed exactly from every state to every goal, which
does not count as training, nor does compilation. At each size the learners take turns, seed after seed, so that a
machine that is busy for a while slows all of them down.

A row, of one run or of the exact solver, holds

  size: cells along each side of the world
  states, goals: S, listed states, each of which is a goal that is learnt; and how many can be reached from the start
  learner, seed: what was trained; "exact solver" and None for value iteration, which is told the transitions
  curve: dicts of env_steps, seconds and success (mean over all pairs that count, 0 to 1) at the end of each chunk; of
    the solver, whose seconds are the median of ROUNDS, the one of no environment steps
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.bench.entries import Entry, Row, seeds_of
from leo_lab.bench.timing import about, four_figures
from leo_lab.envs import Environment, make
from leo_lab.errors import LabError, check_named
from leo_lab.scores.evaluation import counted_pairs
from leo_lab.training import Program, Run, continue_stream, default_steps
from leo_lab.truth.tabular import exact_values, policy_returns

SIZES = (12, 24, 32)
LEARNERS = ("leo", "leo:wide=off", "tabular")
EXACT = "exact solver"
CHUNKS = 8  # of a run, after each of which it is scored
ROUNDS = 3  # of the exact solver, whose median counts
GOOD = 0.99  # success that is waited for


class World(NamedTuple):
    """A world of one size.

    Attributes:
      size: cells along each side.
      env: the gridworld.
      pairs: bool [S, G], the (state, goal) pairs that count, see `leo_lab.scores.evaluation.Evaluation`.
    """

    size: int
    env: Environment
    pairs: np.ndarray

    @property
    def about(self) -> dict[str, int]:
        """What every row says of its world."""
        goals = int(self.env.states.reachable[self.env.states.start].sum())
        return {"size": self.size, "states": len(self.env.states), "goals": goals}

    def success(self, values: AllGoalsValues) -> float:
        """What `evaluate` calls success_all_pairs, without solving the world again."""
        return float(policy_returns(self.env, values.greedy(), self.env.max_steps)[0][self.pairs].mean())


def bench_sizes(
    sizes: Sequence[int] = SIZES,
    *,
    wall: float = 0.2,
    learners: Sequence[str] = LEARNERS,
    seeds: int | Sequence[int] = 3,
    world_seed: int = 0,
    steps: int | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Trains every learner with every seed in a random gridworld of every size, and solves each exactly.

    Args:
      sizes: cells along each side of the worlds, 2 to 64.
      wall, world_seed: the probability that a cell is a wall, and which worlds, as in `random_map`.
      learners: such as "leo" or "leo:wide=off", see `Entry.parse`.
      seeds: how many (0, 1, ...), or which.
      steps: environment steps of each run; as many as suit each world unless told.
      progress: show a progress bar over the runs.

    Returns:
      `device` and `jax` (its version); wall, world_seed, seeds (a list), good (GOOD); `rows`, see above, by size; and
      `summary`, see `summarise`.

    Raises:
      LabError: an unknown learner or setting, one that does not suit gridworlds, a number out of range, nothing to
        measure, or a world in which nothing can be reached; all of it before any training.
    """
    check_named(sizes=sizes, learners=learners)
    seeds = seeds_of(seeds)
    arms = [Entry.parse(text) for text in dict.fromkeys(learners)]
    worlds = sorted((_world(size, wall, world_seed) for size in dict.fromkeys(sizes)), key=lambda world: world.size)
    programs = {
        (world.size, arm.label): arm.program(world.env, default_steps(world.env) if steps is None else steps)
        for world in worlds
        for arm in arms
    }
    rows = []
    with tqdm(total=len(programs) * len(seeds), disable=not progress, unit="run") as bar:
        for world in worlds:
            for seed in seeds:
                for arm in arms:
                    bar.set_description(f"{arm.label}, {world.size}x{world.size}")
                    curve = _curve(world, programs[world.size, arm.label], seed)
                    rows.append({**world.about, "learner": arm.label, "seed": seed, "curve": curve})
                    bar.update()
            rows.append({**world.about, "learner": EXACT, "seed": None, "curve": [_solved(world)]})
    asked = {"wall": wall, "world_seed": world_seed, "seeds": seeds, "good": GOOD}
    return {**about(), **asked, "rows": rows, "summary": summarise(rows)}


def _world(size: int, wall: float, seed: int) -> World:
    env = make("gridworld", size=size, wall=wall, seed=seed)
    pairs = counted_pairs(env)
    if not pairs.any():
        raise LabError(f"{env.title}: nothing can be reached from the start; choose a larger size or another seed")
    return World(size, env, pairs)


def _curve(world: World, program: Program, seed: int) -> list[dict[str, float]]:
    """A run while it is trained, at the end of every chunk."""
    snapshots = continue_stream(Run(program, program.init(seed), seed), chunks=CHUNKS)
    next(snapshots)  # which has learnt nothing
    return [_point(world, each.env_steps, each.seconds, each.values) for each in snapshots]


def _solved(world: World) -> dict[str, float]:
    """The exact solver, as the one point of a curve."""
    exact = exact_values(world.env)  # once before it counts: lists the transitions and compiles what achieves a goal
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        exact_values(world.env)
        seconds.append(time.perf_counter() - began)
    return _point(world, 0, float(np.median(seconds)), exact)


def _point(world: World, env_steps: int, seconds: float, values: AllGoalsValues) -> dict[str, float]:
    return {"env_steps": env_steps, "seconds": four_figures(seconds), "success": world.success(values)}


def summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One dict for each size and learner of such rows, in their order.

    It holds size, states, goals, learner; runs, how many; env_steps of each; and over the runs the median, and with
    _least and _most the range, of

      success: at the end, 0 to 1
      seconds: of training, in all
      seconds_to_good: until the end of the first chunk with a success of GOOD; None where that is never, which is later
        than any time: so the median is None unless more than half of the runs came there, _most if one did not

    with reached, how many runs came there, and seconds_ratio, the median of seconds over the learner's in the smallest
    of its worlds.
    """
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["size"], row["learner"]), []).append(row)
    lines = [_line(group) for group in groups.values()]
    for line in lines:
        smallest = min((other for other in lines if other["learner"] == line["learner"]), key=lambda x: x["size"])
        line["seconds_ratio"] = four_figures(line["seconds"] / smallest["seconds"])
    return lines


def _line(rows: Sequence[Row]) -> dict[str, Any]:
    """All runs of a learner in worlds of one size."""
    ends = [row["curve"][-1] for row in rows]
    waits = [_seconds_to_good(row["curve"]) for row in rows]
    return {
        **{name: rows[0][name] for name in ("size", "states", "goals", "learner")},
        "runs": len(rows),
        "env_steps": ends[0]["env_steps"],
        **_range("success", [end["success"] for end in ends]),
        **_range("seconds", [end["seconds"] for end in ends]),
        "reached": int(np.isfinite(waits).sum()),
        **_range("seconds_to_good", waits),
    }


def _seconds_to_good(curve: Sequence[Mapping[str, float]]) -> float:
    return next((point["seconds"] for point in curve if point["success"] >= GOOD), float("inf"))


def _range(name: str, numbers: Sequence[float]) -> dict[str, float | None]:
    """Median, least and most of numbers, None for what is endless."""
    found = {"": np.median(numbers), "_least": min(numbers), "_most": max(numbers)}
    return {name + suffix: round(float(number), 6) if np.isfinite(number) else None for suffix, number in found.items()}
