"""The recorder: commands goals one after the other in one world, follows the greedy policy, keeps what happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.artefacts.walk import BodyLayer, ViewLayer, Walk
from leo_lab.envs.base import Environment, PyTree
from leo_lab.envs.places import as_places
from leo_lab.errors import LabError, check_count
from leo_lab.training import Run
from leo_lab.walks.steps import Advance, Step, by_learner, by_table

STEPS = 300  # the longest walk, unless told


def record(
    agent: Run | AllGoalsValues,
    goals: Sequence[int | str] | None = None,
    *,
    env: Environment | None = None,
    places: ArrayLike | None = None,
    start: int | str | None = None,
    steps: int | None = None,
    patience: int | None = None,
    seed: int = 0,
    frame: Callable[[PyTree], jax.Array] | None = None,
    states: bool = False,
) -> Any:
    """Commands goals, or places, one after the other in one fresh world, and follows the greedy policy of each.

    The next one's turn comes when one is achieved, in the state that a step leads to, or patience ends. The walk ends
    with the last goal, with the world, or in the last sound state where a simulator breaks.

    Args:
      agent: a run; or values of all states, together with their world as `env`.
      goals: names or indices, K of them, in the order of their command; or
      places: float [K, 2], or one place, x and y, where goals are places: the nearest goal is commanded for each.
      env: the world of values; a run has its own.
      start: index or name of the first state, where states can be listed; the world's own unless told.
      steps: T, the longest walk (300).
      patience: steps allowed for each goal; ceil(steps / K) unless told.
      seed: of the world and of its luck.
      frame: draws a state as [H, W, 3], 0 to 255, such as `env.scene.renderer(16)`; compiled once.
      states: whether to return the states of the world, too, of which pictures of bodies are made.

    Returns:
      The Walk, with the layers that the world has; as a tuple with, where asked for, T + 1 pictures, uint8 [H, W, 3],
      and the states, stacked along T + 1 times.

    Raises:
      LabError: neither goals nor places, or both; an unknown goal or state, a place outside the lattice; a limit below
        1; values without their world, or of another; places or a start in a world that has none.
    """
    env = _world(agent, env)
    order, desired = _commands(env, goals, places)
    steps, patience = _limits(steps, patience, len(order))
    first, advance = _beginning(agent, env, start, seed)
    found, passed, tasks = _follow(advance, first, order, desired, steps, patience)
    if not tasks:
        raise LabError(f"the simulator of {env.title} broke at the first step; try another seed")
    walk = _walk(agent, env, found, passed, order[tasks], desired[tasks])
    extras = [] if frame is None else [[np.asarray(each).astype(np.uint8) for each in map(jax.jit(frame), passed)]]
    if states:
        extras.append(jax.tree.map(lambda *leaves: np.stack(leaves), *jax.device_get(passed)))
    return (walk, *extras) if extras else walk


def _beginning(
    agent: Run | AllGoalsValues, env: Environment, start: int | str | None, seed: int
) -> tuple[PyTree, Advance]:
    """The first state, and how steps are taken: by a table wherever states can be listed."""
    if env.states is not None:
        values = agent if isinstance(agent, AllGoalsValues) else agent.values()
        return by_table(values, env, env.states.start if start is None else values.state_index(start), seed)
    if start is not None:
        raise LabError(f"the states of {env.title} cannot be listed; leave out start")
    return by_learner(env, agent.learner, agent.state.learner, seed)


def _world(agent: Run | AllGoalsValues, env: Environment | None) -> Environment:
    """The world to walk in, checked."""
    if not isinstance(agent, AllGoalsValues):
        return agent.env
    if env is None:
        raise LabError("values alone do not move: give env=, the world that they are of")
    if env.states is None:
        raise LabError(f"the states of {env.title} cannot be listed; record a run instead of values")
    names = env.states.names, env.goals.names, env.action_names
    if (agent.state_names, agent.goal_names, agent.action_names) != names:
        wanted = [len(each) for each in names]
        raise LabError(f"the values, [S, G, A] = {list(agent.q.shape)}, are not of {env.title}, {wanted}")
    return env


def _commands(
    env: Environment, goals: Sequence[int | str] | None, places: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray]:
    """The goals to command, int32 [K], and the places that are asked for, float32 [K, 2]; zeros elsewhere."""
    if (goals is None) == (places is None):
        raise LabError("name goals or places: one of the two")
    lattice = None if env.places is None else env.places.lattice
    if goals is not None:
        order = env.goals.select(goals)
        if not len(order):
            raise LabError("goals must name at least one goal")
        return order, np.zeros((len(order), 2), np.float32) if lattice is None else lattice.points[order]
    if lattice is None:
        raise LabError(f"the goals of {env.title} are no places; command goals by their names")
    desired = as_places(places)
    return lattice.nearest(desired), desired


def _limits(steps: int | None, patience: int | None, count: int) -> tuple[int, int]:
    """The longest walk to `count` goals, and the longest way to each, checked."""
    steps = STEPS if steps is None else steps
    check_count("steps", steps)
    patience = -(-steps // count) if patience is None else patience
    check_count("patience", patience)
    return steps, patience


def _follow(
    advance: Advance, state: PyTree, order: np.ndarray, desired: np.ndarray, steps: int, patience: int
) -> tuple[list[Step], list[PyTree], list[int]]:
    """Takes steps until the walk is over.

    Returns:
      What was found at each of T + 1 times, the states at these times, and the task, 0..K-1, that each of T steps was
      for.
    """
    found, states, tasks = [], [], []
    task, tried, over = 0, 0, False
    for time in range(steps + 1):
        step, after = advance(state, order[task], desired[task], time)
        found.append(step)
        states.append(state)
        if step.broken or time == steps or over:
            break  # of this time only what is there was asked
        tasks.append(task)
        tried += 1
        over = bool(step.over)
        if step.reached or tried == patience:
            task, tried = task + 1, 0
            if task == len(order):
                task, over = task - 1, True
        state = after
    return found, states, tasks


def _walk(agent, env: Environment, found: list[Step], states: list, goal: np.ndarray, desired: np.ndarray) -> Walk:
    """The record of T + 1 times, with the layers that a world has; goal int32 [T], desired float32 [T, 2]."""
    if isinstance(agent, AllGoalsValues):
        scale, gamma, title = agent.scale, agent.gamma, agent.title
    else:
        scale, gamma = agent.learner.scale, agent.config.gamma
        title = f"{agent.learner.title} in {env.title}, {agent.env_steps:,} steps"
    all_of = Step(*(np.stack(column) if column[0] is not None else None for column in zip(*found, strict=True)))
    return Walk(
        action=all_of.action[:-1],
        goal=goal,
        achieved=all_of.achieved,
        v=all_of.v,
        best=all_of.best,
        goal_names=env.goals.names,
        action_names=env.action_names,
        gamma=gamma,
        title=title,
        scale=scale,
        cell=np.array(states) if env.states is not None else None,
        body=_body(env, all_of, desired) if env.places is not None else None,
        view=_view(env, all_of.obs) if env.scene is not None else None,
    )


def _body(env: Environment, all_of: Step, desired: np.ndarray) -> BodyLayer:
    longest = float(np.linalg.norm(all_of.direction, axis=-1).max())
    direction = all_of.direction / max(longest, 1e-9)
    return BodyLayer(env.places.plane, all_of.place, all_of.limbs, desired, direction, env.places.step_seconds)


def _view(env: Environment, obs: np.ndarray) -> ViewLayer:
    names = {name: getattr(env.scene, name) for name in ("block_names", "thing_names", "stat_names")}
    return ViewLayer(**env.scene.read(obs)._asdict(), **names)
