"""Scores from exact tables: what the greedy policy of a table really does, and how far its values are from true."""

from __future__ import annotations

import dataclasses

import numpy as np

from leo_lab.artefacts.scales import steps_from_values
from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.scores.statistics import spearman
from leo_lab.training import Run
from leo_lab.truth.tabular import exact_values, greedy_sets, policy_returns

_TINY = np.finfo(np.float32).tiny  # keeps logarithms finite


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of a value table over (start, goal) pairs.

    >>> env = leo_lab.make("gridworld", map="four_rooms")
    >>> scores = leo_lab.evaluate(leo_lab.exact_values(env), env)
    >>> isinstance(scores, leo_lab.Evaluation), int(scores.pairs.sum()), scores.value_mae
    (True, 4556, 0.0)

    A pair counts if its state and its goal can be reached from the start, the goal can be reached from the state,
    and the two are not the same place.

    Attributes:
      values: what was scored.
      exact: the truth.
      pairs: bool [S, G], the pairs that count.
      success: float64 [S, G], probability that the greedy policy achieves the goal within the time limit.
      length: float64 [S, G], steps it then takes; nan where it never does.
      possible, shortest: the same two of the exact solution's greedy policy. Where chance has a part its steps are more
        than those that its values stand for, which belong to the mean of gamma^T, not of T.
    """

    values: AllGoalsValues
    exact: AllGoalsValues
    pairs: np.ndarray
    success: np.ndarray
    length: np.ndarray
    possible: np.ndarray
    shortest: np.ndarray

    @property
    def success_all_pairs(self) -> float:
        """Mean success over all pairs."""
        return _mean(self.success[self.pairs])

    @property
    def success_from_start(self) -> float:
        """Mean success over the goals that count from the start."""
        start = self.exact.start
        return _mean(self.success[start, self.pairs[start]])

    @property
    def value_error(self) -> np.ndarray:
        """V - V*, float32 [S, G]."""
        return self.values.v - self.exact.v

    @property
    def value_mae(self) -> float:
        """Mean |V - V*| over the pairs."""
        return _mean(np.abs(self.value_error[self.pairs]))

    @property
    def steps_error(self) -> np.ndarray:
        """Steps that V stands for minus those of V*, float32 [S, G]; only pairs that count mean anything."""
        believed, true = (
            steps_from_values(np.maximum(table.v, _TINY), table.gamma) for table in (self.values, self.exact)
        )
        return believed - true

    @property
    def steps_error_median(self) -> float:
        """Median over the pairs of |steps that V stands for - steps that V* stands for|."""
        return _quiet(np.median, np.abs(self.steps_error[self.pairs]))

    @property
    def optimal_actions(self) -> float:
        """Share of the pairs whose greedy action is one of the exact optimal ones."""
        chosen = np.take_along_axis(greedy_sets(self.exact), self.values.greedy()[..., None], axis=-1)[..., 0]
        return _mean(chosen[self.pairs])

    @property
    def unreachable_max(self) -> float:
        """The largest value of a goal in a state that cannot reach it, over states that count; 0 where none cannot."""
        from_start = self.pairs.any(axis=1)
        mask = from_start[:, None] & (self.exact.v == 0)
        return float(self.values.v[mask].max()) if mask.any() else 0.0

    def summary(self) -> dict[str, float]:
        """The headline numbers, by name."""
        names = ("success_all_pairs", "success_from_start", "value_mae", "steps_error_median")
        return {name: getattr(self, name) for name in (*names, "optimal_actions", "unreachable_max")}

    def per_goal(self) -> list[dict]:
        """One row per goal: name, pairs, success, steps over the shortest ones, mean |V - V*|, rank correlation.

        The rank correlation (Spearman) is between V and V* over the states that count, and says whether the map of a
        goal has the right shape. Numbers are nan where no state counts.
        """
        # Of a policy that succeeds less often than it could, the steps are those of its lucky walks alone.
        extra = np.where(self.success >= self.possible - 1e-3, self.length - self.shortest, np.nan)
        error = np.abs(self.value_error)
        rows = []
        for goal, name in enumerate(self.exact.goal_names):
            mask = self.pairs[:, goal]
            rows.append(
                {
                    "goal": name,
                    "pairs": int(mask.sum()),
                    "success": _mean(self.success[mask, goal]),
                    "extra_steps": _quiet(np.nanmean, extra[mask, goal]),
                    "value_mae": _mean(error[mask, goal]),
                    "rank_correlation": spearman(self.values.v[mask, goal], self.exact.v[mask, goal]),
                }
            )
        return rows


def evaluate(agent: Run | AllGoalsValues, env: Environment | None = None) -> Evaluation:
    """Scores a run, or a value table together with its environment, against the exact solution.

    >>> env = leo_lab.make("gridworld", map="four_rooms")
    >>> leo_lab.evaluate(leo_lab.exact_values(env), env).success_all_pairs
    1.0

    A run is scored in its own environment unless another one with the same map is given, say one that slips.

    Nothing is sampled: the greedy policy's success is propagated exactly through the world's transitions for as many
    steps as an episode has.

    Raises:
      LabError: values without an environment, of another world, or an environment whose states cannot be listed.
    """
    if isinstance(agent, Run):
        agent, env = agent.values(), agent.env if env is None else env
    if env is None:
        raise LabError("evaluate needs the environment of these values as its second argument")
    exact = exact_values(env, agent.gamma)
    agent.check_same_world(exact)
    success, length = policy_returns(env, agent.greedy(), env.max_steps)
    optimum = policy_returns(env, exact.greedy(), env.max_steps)
    return Evaluation(agent, exact, counted_pairs(env), success, length, *optimum)


def counted_pairs(env: Environment) -> np.ndarray:
    """The (state, goal) pairs that count, bool [S, G]; see Evaluation."""
    states = env.states
    hit = np.asarray(env.achieved(states.observations))
    from_start = states.reachable[states.start]
    goal_reachable = (states.reachable.astype(np.float32) @ hit) > 0
    return from_start[:, None] & goal_reachable & goal_reachable[states.start] & ~hit


def by_difficulty(scores: Evaluation) -> dict[str, float]:
    """Success of easy and of hard goals from the start, and of easy and hard (start, goal) pairs.

    Hard is what takes more exact steps than the median, over the goals that count from the start, or over all pairs
    that count; nan where nothing does.
    """
    start = np.zeros_like(scores.pairs)
    start[scores.exact.start] = scores.pairs[scores.exact.start]
    steps = scores.exact.steps()
    parts = {}
    for suffix, pairs in (("", start), ("_pairs", scores.pairs)):
        middle = np.median(steps[pairs]) if pairs.any() else 0.0
        for name, part in (("easy", pairs & (steps <= middle)), ("hard", pairs & (steps > middle))):
            parts[f"success_{name}{suffix}"] = _mean(scores.success[part])
    return parts


def _mean(x: np.ndarray) -> float:
    return _quiet(np.mean, x)


def _quiet(statistic, x: np.ndarray) -> float:
    """A statistic of the finite entries, nan where there are none."""
    x = x[np.isfinite(x)]
    return float(statistic(x)) if x.size else float("nan")
