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

from leo_lab.envs.base import PyTree
from leo_lab.errors import LabError
from leo_lab.experience.segment import (
    Choice,
    Segment,
    achieved_later,
    at_next_state,
    choose_allowed,
    commanded_hit,
    next_observations,
)
from leo_lab.learners import targets
from leo_lab.learners.base import Readout
from leo_lab.learners.exploration import EpsilonGreedy, ExplorationConfig, Memo, epsilon_greedy
from leo_lab.learners.goal_input import GoalInputLearner
from leo_lab.learners.gradient import LOSSES, GradientConfig, GradientState, Minibatches, hit_loss
from leo_lab.networks.heads import GoalInputNetwork

RELABELS = ("none", "random", "positive", "mixed", "all")
TRACES = ("uncut", "greedy")
RANDOM_SHARE = 0.75  # of the goals that "mixed" draws


@dataclasses.dataclass(frozen=True, kw_only=True)
class PQNConfig(GradientConfig, ExplorationConfig):
    """Settings of PQN, and of HER on it.

    Attributes:
      depth: hidden layers; one more than LEO, since state and goal meet in them.
      epochs: more than LEO's, as one goal per transition is little to learn from.
      epsilon_end: it goes on exploring, as it sees a goal only while that one is commanded.
      average: 0, the newest parameters: an average slows a learner down that sees each goal so rarely.
      initial_value: no goal that nobody reaches is ever taught, so that nothing needs to fade.
      loss: "cross_entropy" on the logits, or "squared" on the values (the paper's).
      lam: lambda of the return of the commanded goal: 0 looks one step ahead, 1 as far as `trace` lets it. With
        relabel "all" every goal looks one step ahead.
      trace: how far: "uncut", along whatever was done (Peng's Q(lambda), PQN's own), or "greedy", as long as the best
        actions were taken (Watkins's).
      relabel: which goals a transition teaches besides the commanded one: "none"; "random" ones; "positive", achieved
        at this step or later in the segment; "mixed", three quarters random and one positive; or "all".
      relabels: how many per transition; 0 for 2, or as many as "none" and "all" need.
    """

    depth: int = 2
    epochs: int = 2
    epsilon_end: float = 0.2
    average: float = 0.0
    initial_value: float = 0.5
    loss: str = "cross_entropy"
    lam: float = 0.65
    trace: str = "uncut"
    relabel: str = "none"
    relabels: int = 0

    RULES: ClassVar = {"from 0 to 1": ("lam",), "at least 0": ("relabels",)}
    CHOICES: ClassVar = {"loss": LOSSES, "trace": TRACES, "relabel": RELABELS}

    def __post_init__(self):
        super().__post_init__()
        if self.relabels and self.relabel in ("none", "all"):
            raise LabError(f'relabels = {self.relabels} cannot be with relabel "{self.relabel}"; drop one of the two')


@dataclasses.dataclass(frozen=True, kw_only=True)
class HERConfig(PQNConfig):
    """Settings of HER: those of PQN, with relabelling."""

    relabel: str = "mixed"


class PQN(EpsilonGreedy, GoalInputLearner):
    """PQN. See leo_lab.learners.base.Learner."""

    name = "pqn"
    title = "PQN"
    Config = PQNConfig
    network = GoalInputNetwork

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
        return Memo(q.max(axis=-1), action == q.argmax(axis=-1))

    def relabel(self, segment: Segment, key: jax.Array) -> jax.Array:
        """Goals that each transition teaches, int32 [T, N, K]: the commanded one first, or all in their order."""
        commanded = segment.goal[..., None]
        count = len(self.env.goals)
        if self.config.relabel == "none":
            return commanded
        if self.config.relabel == "all":
            return jnp.broadcast_to(jnp.arange(count), (*segment.goal.shape, count))
        random_key, positive_key, mix_key = jax.random.split(key, 3)
        shape = (*segment.goal.shape, self.config.relabels or 2)
        anything = jax.random.randint(random_key, shape, 0, count)
        if self.config.relabel == "random":
            return jnp.concatenate([commanded, anything], axis=-1)
        later = achieved_later(segment)
        choose = jax.vmap(jax.vmap(choose_allowed))
        positive = choose(jax.random.uniform(positive_key, shape), later)
        positive = jnp.where(later.any(axis=-1, keepdims=True), positive, anything)
        if self.config.relabel == "mixed":
            positive = jnp.where(jax.random.uniform(mix_key, shape) < RANDOM_SHARE, anything, positive)
        return jnp.concatenate([commanded, positive], axis=-1)

    def targets(self, state: GradientState, segment: Segment, goals: jax.Array) -> jax.Array:
        """What the values of the actions taken should be for goals [T, N, K], float32 [T, N, K]."""
        if self.config.relabel == "all":
            return self._one_step(state, segment, goals)
        commanded = self._commanded(state, segment)[..., None]
        return jnp.concatenate([commanded, self._one_step(state, segment, goals[..., 1:])], axis=-1)

    def _one_step(self, state: GradientState, segment: Segment, goals: jax.Array) -> jax.Array:
        """One-step targets [T, N, K]; every value ahead is a pass of its own."""

        def v_of(now):  # one step at a time, so that memory holds N x K passes
            obs, goal = now
            return self.q(state.params, jnp.broadcast_to(obs[:, None], (*goal.shape, obs.shape[-1])), goal).max(axis=-1)

        if not goals.shape[-1]:
            return jnp.zeros(goals.shape)
        v_t = jax.lax.map(v_of, (next_observations(segment), goals))
        v_t = jnp.where(segment.seen[goals], v_t, 0.0)  # as LEO's
        discount_t = segment.discount(self.config.gamma)[..., None]
        return targets.one_step_hit(jnp.take_along_axis(segment.hit, goals, axis=-1), v_t, discount_t)

    def _commanded(self, state: GradientState, segment: Segment) -> jax.Array:
        """Targets of the commanded goals [T, N], from the values kept when acting."""
        # A truncated step bootstraps from where its episode was cut, with the goal that was commanded there.
        cut_goal = jnp.where(segment.truncated, segment.goal, 0).max(axis=0)
        obs, goal = jnp.stack([segment.final_obs, segment.cut_obs]), jnp.stack([segment.goal[-1], cut_goal])
        v_t = at_next_state(segment, segment.memo.v, *self.q(state.params, obs, goal).max(axis=-1))
        hit_t, discount_t = commanded_hit(segment), segment.discount(self.config.gamma)
        greedy_t = jnp.roll(segment.memo.greedy, -1, axis=0)
        if self.config.trace == "uncut":
            greedy_t = jnp.ones_like(greedy_t)
        over_envs = jax.vmap(targets.greedy_return, in_axes=(1, 1, 1, 1, 1, None), out_axes=1)
        return over_envs(hit_t, v_t, discount_t, segment.ended, greedy_t, self.config.lam)

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
