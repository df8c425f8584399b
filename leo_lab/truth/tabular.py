"""The truth: exact values of all goals in a world whose states can be listed."""

from __future__ import annotations

import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment, outcomes
from leo_lab.errors import LabError, require


def exact_values(env: Environment, gamma: float = 0.99, *, tolerance: float = 1e-9) -> AllGoalsValues:
    """Optimal values of all S states, G goals and A actions, titled "exact", by value iteration on all goals at once.

    >>> exact = leo_lab.exact_values(leo_lab.make("gridworld", map="S..#\\n"), gamma=0.5)
    >>> exact.v.tolist()  # states by goals; to be where one already is takes a step at least
    [[1.0, 1.0, 0.5], [1.0, 1.0, 1.0], [0.5, 1.0, 1.0]]

    For every goal g the first hit ends the return: Q*(s, g, a) = sum_s' P(s' | s, a) (1 if s' achieves g, else
    gamma max_a' Q*(s', g, a')), which is the paper's reward and pseudo-termination (Section 2) in closed form.

    Args:
      env: an environment whose states can be listed.
      gamma: discount per step, in (0, 1).
      tolerance: the largest error left in any value, relative to the value.

    Raises:
      LabError: an environment whose states cannot be listed, or a discount out of range.
    """
    transitions, hit = _tables(env)
    require(0 < gamma < 1, "gamma", gamma, "between 0 and 1")
    q = solve(transitions, hit, gamma, tolerance).astype(np.float32)
    return env.states.values(env, q, gamma=gamma, title="exact")


def solve(transitions: np.ndarray, hit: np.ndarray, gamma: float, tolerance: float = 1e-9) -> np.ndarray:
    """Value iteration for all goals at once.

    Args:
      transitions: [S, A, S] probability of each next state.
      hit: bool [S, G], whether being in a state achieves a goal.
      gamma: discount.
      tolerance: the largest error left, relative to the value; a far goal's value may be far below any absolute one.

    Returns:
      Q*, float64 [S, G, A].
    """
    next_states, chances = outcomes(transitions)  # [S, A, K]: a few of the S states
    v = np.zeros(hit.shape)
    while True:
        after = np.where(hit, 1.0, gamma * v)  # [S, G]
        q = sum(p[..., None] * after[s] for s, p in zip(next_states.T, chances.T, strict=True))  # K times [A, S, G]
        v_next = q.max(axis=0)
        if (v_next - v <= tolerance * (1 - gamma) / gamma * v_next).all():  # v only ever rises
            return q.transpose(1, 2, 0)
        v = v_next


def policy_returns(env: Environment, policy: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """What a deterministic goal-conditioned policy really does, by exact propagation instead of sampling.

    Args:
      env: an environment whose states can be listed.
      policy: int [S, G], the action in each state for each goal.
      horizon: number of steps allowed.

    Returns:
      success: float64 [S, G], probability of achieving the goal within the horizon.
      length: float64 [S, G], expected number of steps of the successful tries; nan where there are none.
    """
    transitions, hit = _tables(env)
    next_states, chances = outcomes(transitions)
    states, goals = np.ogrid[: policy.shape[0], : policy.shape[1]]
    next_states, chances = next_states[states, policy], chances[states, policy]  # [S, G, K]

    def expect(after: np.ndarray) -> np.ndarray:
        """Mean over the next state of after [S, G]."""
        return (chances * after[next_states, goals[..., None]]).sum(axis=-1)

    success, weighted = np.zeros(hit.shape), np.zeros(hit.shape)  # P(hit within k), E[steps; hit within k]
    for _ in range(horizon):
        after_success = np.where(hit, 1.0, success)
        after_weighted = np.where(hit, 0.0, weighted)
        new_success = expect(after_success)
        new_weighted = expect(after_weighted) + new_success
        if np.array_equal(new_success, success) and np.array_equal(new_weighted, weighted):
            break  # nothing moves any more, so further steps change nothing
        success, weighted = new_success, new_weighted
    return success, np.divide(weighted, success, out=np.full_like(success, np.nan), where=success > 0)


def greedy_sets(exact: AllGoalsValues, tolerance: float = 1e-5) -> np.ndarray:
    """All optimal actions, bool [S, G, A]: those within a relative `tolerance` of the best one."""
    return exact.q >= exact.v[..., None] * (1 - tolerance)


def _tables(env: Environment) -> tuple[np.ndarray, np.ndarray]:
    if env.states is None:
        raise LabError(f"{env.name}: its states cannot be listed, so there are no exact values")
    return env.states.transitions, np.asarray(env.achieved(env.states.observations))
