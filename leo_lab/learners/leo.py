"""LEO: one pass gives the values of all goals, and every transition teaches them all (arXiv:2605.23551, Section 4)."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.experience.segment import Choice, Segment, at_next_state
from leo_lab.learners import targets
from leo_lab.learners.base import Readout
from leo_lab.learners.exploration import EpsilonGreedy, ExplorationConfig, Memo, epsilon_greedy
from leo_lab.learners.gradient import LOSSES, GradientConfig, GradientLearner, GradientState, Minibatches, hit_loss
from leo_lab.learners.target_config import SegmentTargetConfig
from leo_lab.networks.buckets import worthwhile
from leo_lab.networks.heads import AllGoalsHead, AllGoalsNetwork
from leo_lab.networks.torsos import Code

PASSES = ("auto", "batch", "buckets", "table")
WIDE = ("auto", "on", "off")
MINIBATCH, WIDE_MINIBATCH = 512, 256  # unless told; a wide head is worth many small steps


@dataclasses.dataclass(frozen=True, kw_only=True)
class LEOConfig(GradientConfig, ExplorationConfig, SegmentTargetConfig):
    """Settings of LEO.

    Attributes:
      loss: "cross_entropy" on the logits, or "squared" on the values (the paper's).
      passes: how the network is evaluated, always with the same numbers: "batch", on the observations at hand;
        "buckets", likewise, but in gradient steps only for the action taken (networks.buckets); "table", once on each
        state of a world whose states can be listed, to be looked up; or "auto": table where a minibatch is not
        smaller than the list, else buckets where they are faster; to act, table where an iteration is not smaller.
      wide: whether each state of a list has A x G logits of its own beside those that the head reads from the torso
        ("on", "off"; after Wide & Deep, Cheng et al. 2016); or "auto", where there are more states than numbers that
        the head reads, so that it cannot set them all apart.
      minibatch: B, transitions per gradient step; 0 for 512, or with a wide head 256.
      code: numbers that a state is summed up in before the head, whose G x A values cost in proportion; 0 to read the
        torso itself (the paper's).
      goal_fraction: share of the goals that an iteration teaches, drawn anew each time; at least one goal.
    """

    loss: str = "cross_entropy"
    passes: str = "auto"
    wide: str = "auto"
    minibatch: int = 0
    code: int = 0
    goal_fraction: float = 1.0

    RULES: ClassVar = {
        "at least 0": ("code", "minibatch"),
        "above 0, at most 1": ("goal_fraction",),
    }
    CHOICES: ClassVar = {"loss": LOSSES, "passes": PASSES, "wide": WIDE}

    def check(self, env: Environment) -> None:
        super().check(env)
        if self.passes == "table" and env.states is None:
            raise LabError(f'passes "table" needs a world whose states can be listed, unlike {env.name}; use "batch"')
        if self.wide == "on" and env.states is None:
            raise LabError(f'wide "on" needs a world whose states can be listed, unlike {env.name}; use "off"')


class TableLogits(NamedTuple):
    """Logits in M states, float32 [M, A, G], and which of these each of N observations shows, int32 [N]."""

    logits: jax.Array
    row: jax.Array


class LEO(EpsilonGreedy, GradientLearner):
    """LEO. See leo_lab.learners.base.Learner."""

    name = "leo"
    title = "LEO"
    Config = LEOConfig
    bucketed = True  # whether its network can answer for the actions taken alone, and be wide

    def __init__(self, env: Environment, config: LEOConfig, iterations: int, steps_per_iteration: int):
        states = 0 if env.states is None else len(env.states)
        wide = {"on": True, "off": False}.get(config.wide, states > (config.code or config.width))
        self.wide = self.bucketed and wide
        if not config.minibatch:
            config = dataclasses.replace(config, minibatch=WIDE_MINIBATCH if self.wide else MINIBATCH)
        self.passes_by = self._fastest(env, config) if config.passes == "auto" else config.passes
        self.looked_up = self.passes_by == "table" or (config.passes == "auto" and 0 < states <= steps_per_iteration)
        super().__init__(env, config, iterations, steps_per_iteration)
        self.target_kind = config.chosen(env)

    def _fastest(self, env: Environment, config: LEOConfig) -> str:
        if env.states is not None and len(env.states) <= config.minibatch:
            return "table"
        sizes = config.minibatch, len(env.action_names), len(env.goals), config.code or config.width
        return "buckets" if self.bucketed and worthwhile(*sizes) else "batch"

    def _network(self, rngs: nnx.Rngs) -> AllGoalsNetwork:
        config, goals, actions = self.config, len(self.env.goals), len(self.env.action_names)
        torso = self._torso(rngs)
        if config.code:
            torso = Code(torso, config.code, rngs=rngs)
        value, by_action = config.initial_value, self.passes_by == "buckets"
        head = AllGoalsHead(torso.width, goals, actions, initial_value=value, by_action=by_action, rngs=rngs)
        return AllGoalsNetwork(torso, head, states=len(self.env.states) if self.wide else 0)

    @property
    def passes(self) -> int:
        if self.passes_by == "table":
            return self.descent.gradient_steps * len(self.env.states)
        return super().passes

    def logits(self, params: PyTree, obs: jax.Array) -> jax.Array:
        """obs [..., F] -> logits of the values [..., A, G]."""
        return self._with(params)(obs, *self._row(obs))

    def _row(self, obs: jax.Array) -> tuple[jax.Array, ...]:
        """What a wide network must be told besides: which states these are."""
        return (self.env.states.index(obs),) if self.wide else ()

    def table_logits(self, params: PyTree, obs: jax.Array) -> TableLogits:
        """Logits of as many states as the network must evaluate for obs [B, F]."""
        return self._evaluate(params, obs, self.looked_up)

    def _evaluate(self, params: PyTree, obs: jax.Array, looked_up: bool) -> TableLogits:
        if looked_up:
            return TableLogits(self.logits(params, self.env.states.observations), self.env.states.index(obs))
        return TableLogits(self.logits(params, obs), jnp.arange(len(obs)))

    def q_of_goal(self, table: TableLogits, goal: jax.Array) -> jax.Array:
        """Values of the actions for one goal each, int32 [N] -> float32 [N, A]."""
        return jax.nn.sigmoid(table.logits[table.row, :, goal])

    def memo(self, table: TableLogits, action: jax.Array) -> Memo:
        """What to keep of N states and the actions taken in them, int32 [N].

        Only the best action counts as best. A tolerance below a step's worth, 1 - gamma, would be one for what is a
        step worse where gamma is larger, and buys nothing.
        """
        # The largest logit is that of the largest value, and there are A times fewer sigmoids after it.
        largest = table.logits.max(axis=1)
        return Memo(jax.nn.sigmoid(largest)[table.row], table.logits[table.row, action] >= largest[table.row])

    def readout(self, state: GradientState, obs: jax.Array) -> Readout:
        return Readout.of_q(jax.nn.sigmoid(self.logits(state.params, obs)).swapaxes(-1, -2))

    def act(self, state: GradientState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        table = self.table_logits(state.params, obs)
        action = epsilon_greedy(key, self.q_of_goal(table, goal), self.epsilon(state))
        return Choice(action, self.memo(table, action))

    def greedy(self, state: GradientState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self.q_of_goal(self.table_logits(state.params, obs), goal).argmax(axis=-1)

    def targets(self, state: GradientState, segment: Segment) -> jax.Array:
        """What all goals' values of the actions taken should be, float32 [T, N, G].

        A goal that nobody has achieved yet is worth 0, as for a table that starts at 0. If it were bootstrapped, the
        network's noise would be its only evidence, and the maximum over actions would lift it towards 1 for good.
        """
        bootstrap = self.logits(state.params, jnp.stack([segment.final_obs, segment.cut_obs]))  # [2, N, A, G]
        v_t = at_next_state(segment, segment.memo.v, *jax.nn.sigmoid(bootstrap.max(axis=-2)))
        v_t = jnp.where(segment.seen[None, None], v_t, 0.0)
        greedy_t = jnp.roll(segment.memo.greedy, -1, axis=0)
        return targets.along_segments(self.target_kind, self.config, segment, segment.hit, v_t, greedy_t)

    def loss(
        self, params: PyTree, obs: jax.Array, action: jax.Array, target: jax.Array, goals: jax.Array | None = None
    ) -> tuple[jax.Array, dict]:
        """Mean over batch and goals, for obs [B, F], action int32 [B], target [B, G]; returns (loss, info).

        With `goals`, int32 [K], over these alone.
        """
        chex.assert_rank([obs, action, target], [2, 1, 2])
        chex.assert_equal_shape_prefix([obs, action, target], 1)
        if self.passes_by == "buckets":
            logits = self._with(params).taken(obs, action, *self._row(obs))
        else:
            table, row = self._evaluate(params, obs, self.passes_by == "table")
            logits = table[row, action]
        if goals is not None:
            logits, target = logits[:, goals], target[:, goals]
        return hit_loss(self.config.loss, logits, target)

    def prepare(self, state: GradientState, segment: Segment, key: jax.Array) -> Minibatches:
        count, shared = len(self.env.goals), {}
        learnt = max(1, round(self.config.goal_fraction * count))
        if learnt < count:
            key, goals_key = jax.random.split(key)
            shared = {"goals": jax.random.choice(goals_key, count, (learnt,), replace=False)}
        return Minibatches((segment.obs, segment.action, self.targets(state, segment)), shared, key)
