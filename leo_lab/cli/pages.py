"""Interactive pages of a run: the widgets that show it, side by side. Only this module imports leo_widgets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from leo_lab.scores.statistics import share_interval
from leo_lab.training import Run, Snapshot
from leo_lab.truth.plane import plane_exact
from leo_lab.truth.tabular import exact_values
from leo_lab.walks import plane_values, tours

ASK = "Point at a map to ask; click to choose another goal; press ? for the keys."
INTROS = {
    "states": f"Every map here is drawn from one array: the value of every action for every goal in every state. {ASK}",
    "scene": "One walk, and at every step of it the agent's value of every goal, also of those not asked for. Play it "
    "or drag through it; click a goal to read its whole curve; press ? for the keys.",
    "places": "Goals are places. Every map here is drawn from the agent's values of all of them, also of those not "
    f"asked for. Play the walk or drag through it. {ASK}",
}


def run_page(run: Run, path: Path, snapshots: Iterable[Snapshot] = (), **how: Any) -> Any:
    """Writes one page with a walk and all goals' values, and with snapshots of a gridworld how it learnt.

    `how` are the goals, places, limit and seed of the walk, see `leo_lab.walks.tours.walk`. Returns the walk.
    """
    from leo_widgets import page

    walk, what = tours.walk(run, **how), tours.kind(run.env)
    parts = {"states": _table_parts, "places": _plane_parts, "scene": _scene_parts}[what](run, walk, snapshots)
    page(parts, path, f"{run.learner.title} {'on' if what == 'states' else 'in'} {run.env.title}", INTROS[what])
    return walk


def _table_parts(run: Run, walk: Any, snapshots: Iterable[Snapshot]) -> list[tuple[str, Any]]:
    """A goal map, a walk and, if there are snapshots, the history of training."""
    from leo_widgets import GoalMap, RolloutPlayer, TrainScope

    values, truth, goal = run.values(), exact_values(run.env, run.config.gamma), int(walk.goal[0])
    scope = TrainScope(truth, goal=goal) if snapshots else None
    for snapshot in snapshots:
        scope.append(snapshot)
    return [
        ("What it believes, next to the truth", GoalMap(values, truth, goal=goal)),
        ("What it does", RolloutPlayer(values, walk, truth)),
        *([("How it learnt", scope)] if scope else []),
    ]


def _plane_parts(run: Run, walk: Any, _) -> list[tuple[str, Any]]:
    """A walk and all goals' values on it; where a place is the whole state, over the plane, too."""
    from leo_widgets import PlaneMap, RolloutPlayer

    parts = [("What it does, and what it thinks of every goal", RolloutPlayer(walk))]
    if run.env.places.observe is not None:
        values, truth = plane_values(run), plane_exact(run.env, run.config.gamma)
        parts.insert(0, ("What it believes, next to the truth", PlaneMap(values, truth, walk)))
    return parts


def _scene_parts(run: Run, walk: Any, _) -> list[tuple[str, Any]]:
    """A walk through a scene, and all goals in a table that follows it."""
    from leo_widgets import CraftaxTrace, GoalTable

    columns, intervals = tours.goal_columns(run, walk), {}
    if "training tries" in columns:
        bounds = share_interval(columns["training success"], columns["training tries"])
        intervals["training success"] = np.stack(bounds, axis=-1)
    goals = GoalTable(walk.goal_names, columns, values=walk.v, sort="value now", intervals=intervals)
    return [("A walk, and what the agent thinks of every goal", CraftaxTrace(walk)), ("All goals", goals)]
