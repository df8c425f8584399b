"""All goals in a table, Q[s, g, a] of listed states: what LEO's targets reach where no network has to fit them."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.experience.segment import Segment
from leo_lab.learners.base import Learner
from leo_lab.learners.clock import Clock
from leo_lab.learners.exploration import ExplorationConfig
from leo_lab.learners.leo import LEO, TableLogits
from leo_lab.learners.optim import annealed
from leo_lab.learners.target_config import SegmentTargetConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class TabularConfig(ExplorationConfig, SegmentTargetConfig):
    """Settings of the table.

    Attributes:
      step_size: share of the way that the values of a state and action go, at each iteration, to the mean of what it
        taught of them; annealed linearly to 0, which averages luck out (Watkins and Dayan 1992).
      initial_value: every value before learning; above 0, so that what was not tried yet looks better than what failed.
    """

    step_size: float = 0.9
    initial_value: float = 0.03

    RULES: ClassVar = {"above 0, at most 1": ("step_size",), "between 0 and 1": ("initial_value",)}

    def check(self, env: Environment) -> None:
        super().check(env)
        if env.states is None:
            raise LabError(f'tabular needs a world whose states can be listed, unlike {env.name}; use "leo"')


class TabularState(NamedTuple):
    """Everything that changes while a table learns.

    Attributes:
      params: float32 [S, A, G], the logits of the values, as LEO's network gives them; -inf for 0 and inf for 1.
      clock: how far the run is.
    """

    params: jax.Array
    clock: Clock


class Tabular(LEO):
    """Q-learning of all goals in a table, with LEO's way to act and LEO's targets.

    See leo_lab.learners.base.Learner. Its readout is of the state that an observation shows.
    """

    name = "tabular"
    title = "Tabular all goals"
    listed = True
    Config = TabularConfig

    def __init__(self, env: Environment, config: TabularConfig, iterations: int, steps_per_iteration: int):
        Learner.__init__(self, env, config, iterations, steps_per_iteration)  # of LEO's there is no network to prepare
        self.target_kind, self.rate = config.chosen(env), annealed(config.step_size)

    @property
    def passes(self) -> int:
        """No network has to be passed; a row for each step, as each is read off the table once."""
        return self.steps_per_iteration

    def init(self, key: jax.Array) -> TabularState:
        """Without luck: `key` is not needed."""
        del key
        shape = len(self.env.states), len(self.env.action_names), len(self.env.goals)
        value = jnp.full(shape, self.config.initial_value)
        return TabularState(jax.scipy.special.logit(value), Clock.start(self.iterations))

    def logits(self, params: jax.Array, obs: jax.Array) -> jax.Array:
        return params[self.env.states.index(obs)]

    def table_logits(self, params: jax.Array, obs: jax.Array) -> TableLogits:
        return TableLogits(params, self.env.states.index(obs))

    def prepare(self, state: TabularState, segment: Segment, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Which row of the table, of S x A, each step teaches, int32 [B], and what, float32 [B, G]."""
        del key
        row = self.env.states.index(segment.obs) * len(self.env.action_names) + segment.action
        target = self.targets(state, segment)
        return row.reshape(-1), target.reshape(-1, target.shape[-1])

    def learn(
        self, state: TabularState, data: tuple[jax.Array, jax.Array]
    ) -> tuple[TabularState, dict[str, jax.Array]]:
        row, target = data
        logits = state.params.reshape(-1, state.params.shape[-1])
        q = jax.nn.sigmoid(logits)
        mean, met = means_by_row(row, target, len(q))
        error = jnp.where(met[:, None], mean - q, 0.0)
        moved = jax.scipy.special.logit(q + self.rate(state.clock.progress()) * error)
        # What was not met keeps its bits, which the way through sigmoid and back would wear off.
        after = TabularState(jnp.where(met[:, None], moved, logits).reshape(state.params.shape), state.clock.tick())
        td_error = jnp.abs(error).sum() / (met.sum() * target.shape[-1])
        return after, {"loss": td_error, "td_error": td_error, "q": q.mean(), "epsilon": self.epsilon(after)}


def means_by_row(row: jax.Array, values: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Means of the values of each row.

    Args:
      row: int32 [B], from 0 to below `count`.
      values: float32 [B, G].
      count: K, how many rows there are.

    Returns:
      float32 [K, G], 0 where there are none, and bool [K], where there are some.
    """
    chex.assert_rank([row, values], [1, 2])
    chex.assert_equal_shape_prefix([row, values], 1)
    times = jnp.zeros(count).at[row].add(1.0)
    total = jnp.zeros((count, values.shape[1])).at[row].add(values)
    return total / jnp.maximum(times, 1.0)[:, None], times > 0
