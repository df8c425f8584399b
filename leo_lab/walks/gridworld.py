"""Walks of the greedy policy through a world that is known as a table, to be looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError
from leo_lab.viz.reading import goal_indices, same_place, state_index


@dataclasses.dataclass(frozen=True, eq=False)
class Trace:
    """One walk of T steps.

    At time t the agent is in states[t] and is commanded goals[t]; achieved[t] says that it has just arrived
    there. The next goal is commanded with the step after that, so actions[t] is chosen for goals[t + 1].

    Attributes:
      states: int32 [T + 1].
      actions: int32 [T].
      goals: int32 [T + 1], the goal commanded at each time.
      achieved: bool [T + 1]; never at time 0, since a goal is credited on the next state.
    """

    states: np.ndarray
    actions: np.ndarray
    goals: np.ndarray
    achieved: np.ndarray


def greedy_trace(
    values: AllGoalsValues,
    transitions: np.ndarray,
    start: int | str | None,
    goals: Sequence[int | str],
    max_steps: int = 200,
    seed: int = 0,
    *,
    patience: int | None = None,
) -> Trace:
    """Commands a sequence of goals, one after the other, and follows the best action of each.

    Args:
      values: whose best actions are taken; goals are achieved in the states that share their positions.
      transitions: float [S, A, S], probability of each next state.
      start: index or name of the first state; None is the values' own start.
      goals: indices or names in the order in which they are commanded; the walk ends with the last.
      max_steps: the longest walk, in steps.
      seed: of the luck where moves are random.
      patience: steps allowed for one goal, after which the next is commanded; no limit unless told.

    Raises:
      LabError: no start, unknown names, limits below 1, transitions of another shape, no positions.
    """
    order = goal_indices(values, goals)
    hit, cumulative = _checked(values, transitions, max_steps, patience)
    if start is None and values.start is None:
        raise LabError("these values have no start: give start=, a state's index or name")
    state = state_index(values, values.start if start is None else start)
    greedy, luck = values.greedy(), np.random.default_rng(seed)
    states, actions, commanded, achieved = [state], [], [order[0]], [False]
    current = tried = 0
    while len(actions) < max_steps:
        if achieved[-1] or tried == patience:
            current, tried = current + 1, 0
            if current == len(order):
                break
        goal = order[current]
        action = greedy[state, goal]
        state = int(np.searchsorted(cumulative[state, action], luck.random(), side="right"))
        tried += 1
        states.append(state)
        actions.append(action)
        commanded.append(goal)
        achieved.append(bool(hit[state, goal]))
    whole = (np.array(column, np.int32) for column in (states, actions, commanded))
    return Trace(*whole, np.array(achieved))


def _checked(values: AllGoalsValues, transitions: np.ndarray, max_steps: int, patience: int | None):
    """What achieves what, bool [S, G], and cumulative probabilities of the next states [S, A, S]."""
    if max_steps < 1:
        raise LabError(f"max_steps must be at least 1, got {max_steps}")
    if patience is not None and patience < 1:
        raise LabError(f"patience must be at least 1 step, got {patience}")
    states, _, num_actions = values.q.shape
    if np.shape(transitions) != (states, num_actions, states):
        wanted = [states, num_actions, states]
        raise LabError(f"transitions must be [S, A, S] = {wanted}, got {list(np.shape(transitions))}")
    if values.state_positions is None or values.goal_positions is None:
        raise LabError("goals without positions cannot be tested: these values have no state or goal positions")
    cumulative = np.cumsum(np.asarray(transitions, np.float64), axis=-1)
    return same_place(values), cumulative / cumulative[..., -1:]
