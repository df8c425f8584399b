"""Goals worth a walk, in every kind of world, and walks to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from leo_lab.artefacts.walk import Walk
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_count
from leo_lab.training import Run
from leo_lab.truth.tabular import exact_values
from leo_lab.walks.recorder import record

GOALS = {"states": 6, "places": 4, "scene": 4}  # of a tour, unless told
LONGEST = {"places": 600, "scene": 300}  # steps of a walk at most, unless told
FIRST_STEPS = ("inventory/wood_1", "inventory/wood_3", "tools/wood_pickaxe", "inventory/stone_1")
"""What every game of Craftax begins with."""


def kind(env: Environment) -> str:
    """What there is to walk through: "states" that can be listed, "places" on a plane, or else a "scene"."""
    if env.states is not None:
        return "states"
    return "scene" if env.places is None else "places"


def tour(env: Environment, count: int | None = None) -> list[int]:
    """Goals worth a walk, each far from those before it; in Craftax, the first steps of every game.

    Args:
      env: the world. Where states can be listed, the first goal is the farthest from the start, in exact steps; where
        goals are places, the farthest from the middle.
      count: how many goals at most; GOALS unless told.

    Raises:
      LabError: nothing can be reached from the start.
    """
    what = kind(env)
    count = GOALS[what] if count is None else count
    if what == "states":
        return _far_apart_in_steps(env, count)
    if what == "places":
        return _far_apart(env.places.lattice.points, count)
    known = [name for name in FIRST_STEPS if name in env.goals.names] or env.goals.names
    return env.goals.select(known[:count]).tolist()


def _far_apart_in_steps(env: Environment, count: int) -> list[int]:
    steps = exact_values(env).steps()
    there = [int(goal) for goal in env.states.reachable[env.states.start].nonzero()[0] if goal != env.states.start]
    if not there:
        raise LabError(f"{env.title}: nothing can be reached from the start, so there is no goal to command")
    chosen = [env.states.start]
    for _ in range(min(count, len(there))):
        rest = [goal for goal in there if goal not in chosen]
        chosen.append(max(rest, key=lambda goal: min(steps[before, goal] for before in chosen)))
    return chosen[1:]


def _far_apart(points: np.ndarray, count: int) -> list[int]:
    """Of points [G, 2]: first the one farthest from the middle, then each the farthest from those chosen before."""
    chosen: list[int] = []
    nearest = np.linalg.norm(points - points.mean(axis=0), axis=1)
    for _ in range(min(count, len(points))):
        chosen.append(int(nearest.argmax()))
        away = np.linalg.norm(points - points[chosen[-1]], axis=1)
        nearest = away if len(chosen) == 1 else np.minimum(nearest, away)
    return chosen


def walk(
    run: Run,
    goals: Sequence[int | str] | None = None,
    places: Sequence[tuple[float, float]] | None = None,
    *,
    limit: int | None = None,
    seed: int = 0,
    **layers,
) -> Any:
    """Records a walk to goals or places, one after the other, or to those of a tour.

    Args:
      run: the agent.
      goals: names or indices.
      places: x and y of each, instead of goals, where goals are places.
      limit: the longest walk, in steps; where states can be listed, a goal's time limit decides.
      seed: of the world and of its luck.
      **layers: what is recorded besides, see the recorders of `leo_lab.walks`.

    Raises:
      LabError: what the recorders raise, or an option that this kind of world has no use for.
    """
    env, what = run.env, kind(run.env)
    if places is not None and what != "places":
        raise LabError(f"the goals of {env.title} are no places; leave out place")
    if limit is not None:
        if what == "states":
            raise LabError(f"a walk in {env.title} ends where its time limit says; leave out limit")
        check_count("limit", limit)
    if goals is None and places is None:
        goals = tour(env)
    longest = env.max_steps * len(goals if places is None else places)
    steps = limit or min(longest, LONGEST.get(what, longest))
    patience = env.max_steps // 2 if what == "states" else None
    return record(run, goals, places=places, steps=steps, patience=patience, seed=seed, **layers)


def report(run: Run, walk: Walk, asked: Sequence[Any] = ()) -> tuple[dict[str, int], str]:
    """What a walk of a run came to: reached, asked (or the goals of a tour) and steps; and the same in words."""
    count = len(asked or tour(run.env))
    numbers = {"reached": walk.reached, "asked": count, "steps": walk.steps}
    return numbers, "{reached} of {asked} goals reached in {steps} steps".format(**numbers)


def goal_columns(run: Run, walk: Walk) -> dict[str, np.ndarray]:
    """What is known of every goal from a walk of a run, by heading, float64 [G]; nan where it is not.

    Its tries and hits of training count, too, unless the run was loaded from its parameters alone.
    """
    columns = {}
    actors = run.state.source
    if actors is not None:
        tries, hits = np.asarray(actors.tries, float), np.asarray(actors.hits, float)
        columns["training tries"] = tries
        columns["training success"] = np.divide(hits, tries, out=np.full_like(hits, np.nan), where=tries > 0)
    first = walk.first_reached().astype(float)
    columns["first reached"] = np.where(first < 0, np.nan, first)
    columns["mean value"] = walk.v.mean(axis=0).astype(float)
    columns["largest value"] = walk.v.max(axis=0).astype(float)
    return columns
