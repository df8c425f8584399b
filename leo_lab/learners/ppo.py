"""PPO with the goal as an input (Schulman et al. 2017): a policy of the commanded goal, and the value of that goal."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp

from leo_lab.envs.base import PyTree
from leo_lab.experience.online import OnlineConfig
from leo_lab.experience.segment import Choice, Segment, backwards, commanded_hit, next_observations, pick
from leo_lab.learners import targets
from leo_lab.learners.base import Readout
from leo_lab.learners.goal_input import GoalInputLearner
from leo_lab.learners.gradient import GradientConfig, GradientState, Minibatches, hit_loss
from leo_lab.networks.heads import ActorCriticNetwork


@dataclasses.dataclass(frozen=True, kw_only=True)
class PPOConfig(GradientConfig):
    """Settings of PPO.

    Attributes:
      depth: hidden layers; one more than LEO, since state and goal meet in them.
      lam: lambda of the advantages (GAE).
      clip: how far the probability of an action may move, as a ratio to that of the rollout.
      entropy: weight of the policy's entropy.
      value: weight of the value's loss.
    """

    depth: int = 2
    minibatch: int = 1024
    epochs: int = 4
    learning_rate: float = 1e-3
    average: float = 0.0
    lam: float = 0.95
    clip: float = 0.2
    entropy: float = 0.005
    value: float = 0.5

    RULES: ClassVar = {"from 0 to 1": ("lam",), "above 0": ("clip",), "at least 0": ("entropy", "value")}


class Memo(NamedTuple):
    """What PPO keeps of N states: the commanded goal's value and the log-probability of its action, float32 [N]."""

    v: jax.Array
    log_prob: jax.Array


class PPO(GoalInputLearner):
    """PPO. See leo_lab.learners.base.Learner."""

    name = "ppo"
    title = "PPO"
    target = "policy"
    Config = PPOConfig
    online = OnlineConfig(unroll=32)
    network = ActorCriticNetwork

    def policy(self, params: PyTree, obs: jax.Array, goal: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Log-probabilities [..., A] and the value's logit [...] for obs [..., F] and goal int32 [...]."""
        actor, critic = self._evaluate(params, obs, goal)
        return jax.nn.log_softmax(actor), critic

    def readout(self, state: GradientState, obs: jax.Array) -> Readout:
        """The likeliest action has the value of the state, the others less, as they are less likely."""

        def of_goal(goal: jax.Array) -> jax.Array:
            log_probs, critic = self.policy(state.params, obs, goal)
            share = jnp.exp(log_probs - log_probs.max(axis=-1, keepdims=True))
            return jax.nn.sigmoid(critic)[..., None] * share

        return Readout.of_q(self._goal_by_goal(of_goal, obs))

    def act(self, state: GradientState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        log_probs, critic = self.policy(state.params, obs, goal)
        action = jax.random.categorical(key, log_probs)
        return Choice(action, Memo(jax.nn.sigmoid(critic), pick(log_probs, action)))

    def greedy(self, state: GradientState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self.policy(state.params, obs, goal)[0].argmax(axis=-1)

    def advantages(self, state: GradientState, segment: Segment) -> jax.Array:
        """How much better than expected each action was for its commanded goal, float32 [T, N]."""
        _, critic = self.policy(state.params, next_observations(segment), segment.goal)
        v_t = jax.nn.sigmoid(critic)
        hit_t, discount_t = commanded_hit(segment), segment.discount(self.config.gamma)
        one_step = targets.one_step_hit(hit_t, v_t, discount_t) - segment.memo.v

        def back(following, error, discount, stop):
            return error + jnp.where(stop, 0.0, self.config.lam * discount * following)

        return backwards(back, jnp.zeros(one_step.shape[1:]), one_step, discount_t, hit_t | segment.ended)

    def loss(self, params: PyTree, obs, goal, action, log_prob, advantage, v_target) -> tuple[jax.Array, dict]:
        """See `objective`, for obs [B, F] and goal int32 [B]; returns (loss [], info)."""
        return self.objective(*self.policy(params, obs, goal), action, log_prob, advantage, v_target)

    def objective(self, log_probs, critic, action, log_prob, advantage, v_target) -> tuple[jax.Array, dict]:
        """PPO's clipped objective with the value's loss and the entropy; returns (loss [], info).

        log_probs [B, A] and critic [B] are what the network says now; action int32 [B], log_prob [B] what was done and
        how likely it then was; advantage and v_target are [B].
        """
        chex.assert_rank(log_probs, 2)
        chex.assert_equal_shape([critic, action, log_prob, advantage, v_target])
        ratio = jnp.exp(pick(log_probs, action) - log_prob)
        scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        clipped = jnp.clip(ratio, 1 - self.config.clip, 1 + self.config.clip)
        gain = jnp.minimum(ratio * scaled, clipped * scaled).mean()
        entropy = -(jnp.exp(log_probs) * log_probs).sum(axis=-1).mean()
        value_loss, info = hit_loss("cross_entropy", critic, v_target)
        loss = self.config.value * value_loss - gain - self.config.entropy * entropy
        return loss, {**info, "entropy": entropy, "clipped": (ratio != clipped).mean()}

    def prepare(self, state: GradientState, segment: Segment, key: jax.Array) -> Minibatches:
        return Minibatches(self.rows(state, segment), {}, key)

    def rows(self, state: GradientState, segment: Segment) -> tuple[jax.Array, ...]:
        """What `loss` needs of each step, [T, N, ...]."""
        advantage = self.advantages(state, segment)
        v_target = jnp.clip(advantage + segment.memo.v, 0.0, 1.0)  # a return in [0, 1], as far as lambda looks
        return segment.obs, segment.goal, segment.action, segment.memo.log_prob, advantage, v_target
