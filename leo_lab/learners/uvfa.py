"""PQN with the goal as an input, and hindsight relabelling on it: one goal or a few per transition, or all, slowly.

The network is a universal value function approximator (UVFA, Schaul et al. 2015), trained as PQN is (Gallici et al.
2024): no replay buffer, no target network. Relabelling (HER, Andrychowicz et al. 2017) adds goals that were not
commanded; with all of them it is LEO's lesson at |G| passes per transition.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import chex
import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.experience.relabel import RELABELS, draw, look_ahead
from leo_lab.experience.segment import Choice, Segment, at_next_state, commanded_hit, next_observations, pick
from leo_lab.learners import targets
from leo_lab.learners.base import Readout
from leo_lab.learners.exploration import EpsilonGreedy, ExplorationConfig, Memo, epsilon_greedy
from leo_lab.learners.goal_input import GoalInputLearner
from leo_lab.learners.gradient import LOSSES, GradientConfig, GradientState, Minibatches, hit_loss
from leo_lab.learners.target_config import SegmentTargetConfig
from leo_lab.networks.heads import GoalInputNetwork


@dataclasses.dataclass(frozen=True, kw_only=True)
class PQNConfig(GradientConfig, ExplorationConfig, SegmentTargetConfig):
    """Settings of PQN, and of HER on it.

    Attributes:
      depth: hidden layers; one more than LEO, since state and goal meet in them.
      epochs: more than LEO's, as one goal per transition is little to learn from.
      epsilon_end: it goes on exploring, as it sees a goal only while that one is commanded.
      average: 0, the newest parameters: an average slows a learner down that sees each goal so rarely.
      initial_value: no goal that nobody reaches is ever taught, so that nothing needs to fade.
      loss: "cross_entropy" on the logits, or "squared" on the values (the paper's).
      target: of the commanded goal and of all others; where it looks beyond the next state, relabelled goals are drawn
        for a whole segment of an environment instead of anew for each step, so that they take no more passes.
      relabel: which goals a transition teaches besides the commanded one: "none"; "random" ones; "positive", achieved
        at this step or later in the segment, each equally likely; "future", what is achieved at one of those times;
        "final", at the last of them; "mixed", three quarters random and one positive; or "all".
      relabels: how many per transition; 0 for 2, or as many as "none" and "all" need.
    """

    depth: int = 2
    epochs: int = 2
    epsilon_end: float = 0.2
    average: float = 0.0
    initial_value: float = 0.5
    loss: str = "cross_entropy"
    target: str = "lambda_return"
    lam: float = 0.65
    relabel: str = "none"
    relabels: int = 0

    RULES: ClassVar = {"at least 0": ("relabels",)}
    CHOICES: ClassVar = {"loss": LOSSES, "relabel": RELABELS}

    def __post_init__(self):
        super().__post_init__()
        if self.relabels and self.relabel in ("none", "all"):
            raise LabError(f'relabels = {self.relabels} cannot be with relabel "{self.relabel}"; drop one of the two')


@dataclasses.dataclass(frozen=True, kw_only=True)
class HERConfig(PQNConfig):
    """Settings of HER: those of PQN, with relabelling and the targets of LEO."""

    target: str = "auto"
    relabel: str = "mixed"


class PQN(EpsilonGreedy, GoalInputLearner):
    """PQN. See leo_lab.learners.base.Learner."""

    name = "pqn"
    title = "PQN"
    Config = PQNConfig
    network = GoalInputNetwork

    def __init__(self, env: Environment, config: PQNConfig, iterations: int, steps_per_iteration: int):
        super().__init__(env, config, iterations, steps_per_iteration)
        self.target_kind, self.relabels = config.chosen(env), config.relabels or 2

    @property
    def passes(self) -> int:
        goals = {"none": 1, "all": len(self.env.goals)}
        return super().passes * goals.get(self.config.relabel, 1 + self.relabels)

    def logits(self, params: PyTree, obs: jax.Array, goal: jax.Array) -> jax.Array:
        """obs [..., F] and goal int32 [...] -> logits [..., A]: one pass of the network for each pair."""
        return self._evaluate(params, obs, goal)

    def q(self, params: PyTree, obs: jax.Array, goal: jax.Array) -> jax.Array:
        """Values [..., A]; see `logits`."""
        return jax.nn.sigmoid(self.logits(params, obs, goal))

    def readout(self, state: GradientState, obs: jax.Array) -> Readout:
        return Readout.of_q(self._goal_by_goal(lambda goal: self.q(state.params, obs, goal), obs))

    def act(self, state: GradientState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        q = self.q(state.params, obs, goal)
        action = epsilon_greedy(key, q, self.epsilon(state))
        return Choice(action, self.memo(q, action))

    def greedy(self, state: GradientState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self.q(state.params, obs, goal).argmax(axis=-1)

    def memo(self, q: jax.Array, action: jax.Array) -> Memo:
        """What to keep of values [N, A] where these actions were taken, int32 [N]."""
        v = q.max(axis=-1)
        return Memo(v, pick(q, action) >= v)

    def relabel(self, segment: Segment, key: jax.Array) -> jax.Array:
        """Goals that each transition teaches, int32 [T, N, K]: the commanded one first, or all in their order."""
        commanded, count = segment.goal[..., None], len(self.env.goals)
        if self.config.relabel == "none":
            return commanded
        if self.config.relabel == "all":
            return jnp.broadcast_to(jnp.arange(count), (*segment.goal.shape, count))
        (steps, envs), more = segment.goal.shape, self.relabels
        step_key, draw_key, random_key = jax.random.split(key, 3)
        if targets.TARGETS[self.target_kind].along:  # one step of each environment says what its segment teaches
            at = jax.random.randint(step_key, (envs,), 0, steps), jnp.arange(envs)
        else:
            at = jnp.divmod(jnp.arange(steps * envs), envs)
        anything = jax.random.randint(random_key, (len(at[0]), more), 0, count)
        drawn = draw(self.config.relabel, draw_key, look_ahead(segment.hit, segment.ended), at, anything)
        return jnp.concatenate(
            [commanded, jnp.broadcast_to(drawn.reshape(-1, envs, more), (steps, envs, more))], axis=-1
        )

    def targets(self, state: GradientState, segment: Segment, goals: jax.Array) -> jax.Array:
        """What the values of the actions taken should be for goals [T, N, K], float32 [T, N, K]."""
        if self.config.relabel == "all":
            return self._relabelled(state, segment, goals)
        commanded = self._commanded(state, segment)
        return jnp.concatenate([commanded, self._relabelled(state, segment, goals[..., 1:])], axis=-1)

    def _relabelled(self, state: GradientState, segment: Segment, goals: jax.Array) -> jax.Array:
        """Targets [T, N, K] of goals that were not commanded; every value ahead is a pass of its own."""

        def ahead(now):  # one step at a time, so that memory holds N x K passes
            obs, goal, action = now
            logits = self.logits(state.params, jnp.broadcast_to(obs[:, None], (*goal.shape, obs.shape[-1])), goal)
            largest = logits.max(axis=-1)
            return jax.nn.sigmoid(largest), pick(logits, jnp.broadcast_to(action[:, None], goal.shape)) >= largest

        if not goals.shape[-1]:
            return jnp.zeros(goals.shape)
        following = jnp.roll(segment.action, -1, axis=0)
        v_t, greedy_t = jax.lax.map(ahead, (next_observations(segment), goals, following))
        v_t = jnp.where(segment.seen[goals], v_t, 0.0)  # as LEO's
        hit = jnp.take_along_axis(segment.hit, goals, axis=-1)
        return targets.along_segments(self.target_kind, self.config, segment, hit, v_t, greedy_t)

    def _commanded(self, state: GradientState, segment: Segment) -> jax.Array:
        """Targets of the commanded goals [T, N, 1], from the values kept when acting."""
        # A truncated step bootstraps from where its episode was cut, with the goal that was commanded there.
        cut_goal = jnp.where(segment.truncated, segment.goal, 0).max(axis=0)
        obs, goal = jnp.stack([segment.final_obs, segment.cut_obs]), jnp.stack([segment.goal[-1], cut_goal])
        v_t = at_next_state(segment, segment.memo.v, *self.q(state.params, obs, goal).max(axis=-1))
        greedy_t = jnp.roll(segment.memo.greedy, -1, axis=0)
        # A goal changes where it was achieved or an episode ended: no target reads on from there.
        rows = (each[..., None] for each in (commanded_hit(segment), v_t, greedy_t))
        return targets.along_segments(self.target_kind, self.config, segment, *rows)

    def loss(
        self, params: PyTree, obs: jax.Array, action: jax.Array, goals: jax.Array, target: jax.Array
    ) -> tuple[jax.Array, dict]:
        """Mean over batch and goals, for obs [B, F], action int32 [B], goals int32 and target [B, K]."""
        chex.assert_rank([obs, action, goals], [2, 1, 2])
        chex.assert_equal_shape([goals, target])
        rows = jnp.broadcast_to(obs[:, None], (*goals.shape, obs.shape[-1]))
        logits = self.logits(params, rows, goals)  # [B, K, A]
        return hit_loss(self.config.loss, jnp.take_along_axis(logits, action[:, None, None], axis=-1)[..., 0], target)

    def prepare(self, state: GradientState, segment: Segment, key: jax.Array) -> Minibatches:
        relabel_key, order_key = jax.random.split(key)
        goals = self.relabel(segment, relabel_key)
        rows = segment.obs, segment.action, goals, self.targets(state, segment, goals)
        return Minibatches(rows, {}, order_key)


class HER(PQN):
    """PQN that relabels. See leo_lab.learners.base.Learner."""

    name = "her"
    title = "PQN + HER"
    Config = HERConfig
