"""One score for every kind of world: against exact tables where states can be listed, else by trying goals out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from leo_lab.artefacts.files import to_json
from leo_lab.artefacts.goals import group_of
from leo_lab.artefacts.scales import steps_from_values
from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.scores.evaluation import Evaluation, evaluate
from leo_lab.scores.outcomes import Trials
from leo_lab.scores.statistics import success_by_group
from leo_lab.scores.trials import first_worlds, random_places, try_goals, try_places
from leo_lab.training import Run
from leo_lab.truth.plane import plane_exact

TRIES = 4  # worlds per goal
LIMIT = 500  # steps of a try, unless the goals are places: then as many as an episode has
PLACES = 100  # off the lattice


@dataclasses.dataclass(frozen=True, eq=False)
class Score:
    """What an agent is worth, read in one way whatever it was scored by.

    >>> env = leo_lab.make("gridworld", map="four_rooms")
    >>> result = leo_lab.score(leo_lab.exact_values(env), env)
    >>> isinstance(result, leo_lab.Score), result.by_group()
    (True, {'position': 1.0, 'all': 1.0})

    Attributes:
      title: who was scored where, for people.
      about: JSON-ready, by name: env, world (its title), learner, env_steps, and how it was tried: tries, limit, seed.
      metrics: the headline numbers, by name; `success` is always there, as a share of all pairs, or of the tries as the
        mean over the goals, and then with its interval and its floor (see `Trials.summary`).
      goals: one dict per goal, with at least goal, group and success; nan where nothing counts.
      exact: all pairs against the exact tables; None where states cannot be listed.
      trials: tries at all goals; None where states can be listed.
      off_lattice: tries at places off the lattice; None where goals are no places.
    """

    title: str
    about: Mapping[str, Any]
    metrics: Mapping[str, float]
    goals: tuple[dict[str, Any], ...]
    exact: Evaluation | None = None
    trials: Trials | None = None
    off_lattice: Trials | None = None

    def summary(self) -> dict[str, float]:
        """The headline numbers, by name."""
        return dict(self.metrics)

    def per_goal(self) -> list[dict[str, Any]]:
        """One row per goal: goal, group, success, and what else is known of it.

        From tables: pairs, extra_steps (over the exact ones), value_mae, rank_correlation. From trials: tries (that
        count), low and high (the 95 % interval of success), floor (success of random actions), above_floor, steps
        (median over the tries that achieved it), value (mean in the first state), return (mean of what that should
        have been).
        """
        return [dict(row) for row in self.goals]

    def by_group(self) -> dict[str, float]:
        """Mean success over the goals of each group that count, and over "all"; nan where none does."""
        return success_by_group(self.goals)

    def group_rows(self) -> tuple[dict[str, Any], ...]:
        """One row per group of goals, and one for "all": group, goals (that count), success; from trials also low and
        high (the 95 % interval), and floor."""
        if self.trials is not None:
            return self.trials.group_rows()
        counted = [row["group"] for row in self.goals if row["success"] == row["success"]]
        number = {name: counted.count(name) for name in counted} | {"all": len(counted)}
        shares = self.by_group().items()
        return tuple({"group": name, "goals": number.get(name, 0), "success": share} for name, share in shares)

    def to_json(self) -> str:
        """All of it as one JSON object: what was scored, the headline numbers, `groups` (success of each), `group_rows`
        and `goals`; null for nan."""
        parts = {"groups": self.by_group(), "group_rows": self.group_rows(), "goals": self.goals}
        return to_json({**self.about, **self.metrics, **parts})


def score(
    agent: Run | AllGoalsValues,
    env: Environment | None = None,
    *,
    tries: int | None = None,
    limit: int | None = None,
    places: int | None = None,
    seed: int | None = None,
    progress: bool = False,
) -> Score:
    """Scores a run, or a value table together with its environment.

    >>> env = leo_lab.make("gridworld", map="four_rooms")
    >>> leo_lab.score(leo_lab.exact_values(env), env).summary()["success"]
    1.0

    Where states can be listed, nothing is sampled: see `evaluate`. Elsewhere every goal is commanded in fresh worlds,
    and tried once more with random actions in others, which is the floor and takes about as long again; where goals are
    places, places between them too, and where a place is the whole state, values are also held against the numerically
    exact ones.

    Args:
      agent: the run, or its values.
      env: another environment with the same map, where states can be listed; the run's own unless told.
      tries: worlds per goal, TRIES unless told.
      limit: steps of a try; LIMIT, or where goals are places as many as an episode has, unless told.
      places: how many places off the lattice are drawn at random; PLACES unless told.
      seed: of the worlds, of their luck, and of the places; 0 unless told.
      progress: show progress bars.

    Raises:
      LabError: what `evaluate` and `try_goals` raise, or an option that this kind of world has no use for.
    """
    listed = isinstance(agent, AllGoalsValues)
    env = agent.env if env is None and not listed else env
    if env is not None and env.places is None and places is not None:
        raise LabError(f"the goals of {env.title} are no places; leave out places")
    told = {"tries": tries, "limit": limit, "seed": seed}
    told = {name: value for name, value in told.items() if value is not None}
    if listed or env.states is not None:
        if told:
            where = env.title if env else "a table"
            raise LabError(f"{where} is scored over all of its states; leave out {next(iter(told))}")
        return _from_tables(agent, env)
    how = {"tries": TRIES, "limit": LIMIT if env.places is None else env.max_steps, "seed": 0, **told}
    if env.places is None:
        return _from_trials(agent, how, progress)
    return _over_a_plane(agent, PLACES if places is None else places, how, progress)


def _about(run: Run) -> dict[str, Any]:
    learner = {"learner": run.learner.name, "env_steps": run.env_steps}
    return {"env": run.env.name, "world": run.env.title, **learner}


def _title(run: Run) -> str:
    return f"{run.learner.title} in {run.env.title}, {run.env_steps:,} steps"


def _from_tables(agent: Run | AllGoalsValues, env: Environment | None) -> Score:
    """All (state, goal) pairs against the exact tables."""
    exact = evaluate(agent, env)
    if isinstance(agent, Run):
        title, about = _title(agent), {**_about(agent), "world": env.title}
    else:
        title, about = f"{agent.title or 'values'} in {env.title}", {"env": env.name, "world": env.title}
    summary = exact.summary()
    metrics = {"success": summary["success_all_pairs"], **summary}
    goals = tuple({"group": group_of(row["goal"]), **row} for row in exact.per_goal())
    return Score(title, about, metrics, goals, exact=exact)


def _from_trials(run: Run, how: dict[str, int], progress: bool) -> Score:
    """Tries at all goals."""
    trials = try_goals(run, **how, floor=True, progress=progress)
    return Score(_title(run), {**_about(run), **how}, trials.summary(), trials.per_goal(), trials=trials)


def _over_a_plane(run: Run, count: int, how: dict[str, int], progress: bool) -> Score:
    """Tries at all goals and at places between them; values against the exact ones where a place is the whole state."""
    places = random_places(run.env, count, how["seed"])
    whole = _from_trials(run, how, progress)
    off = try_places(run, places, **how, floor=True, progress=progress)
    metrics = {**whole.metrics, **{f"{name}_off_lattice": value for name, value in off.summary().items()}}
    if run.env.places.observe is not None:
        metrics |= compare_with_exact(run, whole.trials, how["seed"])
    return dataclasses.replace(whole, about={**whole.about, "places": count}, metrics=metrics, off_lattice=off)


def compare_with_exact(run: Run, trials: Trials, seed: int = 0) -> dict[str, float]:
    """What an agent predicts and does in a world in which a place is the whole state, against the exact values.

    Of the trials that `try_goals` gave for all goals with this seed.

    Returns:
      value_mae: mean |V - V exact| over all places of a raster and all goals.
      steps_error: mean |steps - exact steps| of the same, steps read off the values, at most the trials' limit.
      extra_steps: mean of the steps that tries took beyond the exact ones, of those that succeeded; the exact ones are
        those of the nearest place of the raster. nan where none succeeded.
    """
    env, gamma = run.env, run.config.gamma
    truth = plane_exact(env, gamma)
    v = _values_at(run, truth.places)

    def steps(v: np.ndarray) -> np.ndarray:
        return steps_from_values(np.clip(v, gamma ** (trials.limit - 1.0), 1.0), gamma)

    goals = np.arange(len(env.goals))
    began = np.asarray(first_worlds(env, goals, trials.hit.shape[1], seed))  # [G, K, 2]
    near = np.stack([np.linalg.norm(each[:, None] - truth.places, axis=-1).argmin(axis=1) for each in began])  # [G, K]
    extra = (trials.length - steps(truth.v)[near, goals[:, None]])[trials.hit]
    return {
        "value_mae": float(np.abs(v - truth.v).mean()),
        "steps_error": float(np.abs(steps(v) - steps(truth.v)).mean()),
        "extra_steps": float(extra.mean()) if extra.size else float("nan"),
    }


def _values_at(run: Run, places: np.ndarray) -> np.ndarray:
    """The value of every goal at places [S, 2] that are whole states, float32 [S, G]."""
    return np.asarray(jax.jit(run.learner.readout)(run.state.learner, run.env.places.observe(places)).v)
