"""Soft actor-critic that is told the goal: each step teaches one goal, the commanded one.

SAC is Haarnoja et al. (2018), with twin critics and a temperature that keeps the policy's entropy at a target. Values
are hit probabilities, so a critic answers in logits and is trained with cross-entropy, and the policy climbs the
logarithm of the value, whose slope is as steep far from a goal as near it. The entropy counts in the policy's loss; in
the targets only with `backup` "soft", as it would make the values something else than hit probabilities.

sac_her.py relabels, sac_leo.py learns all goals at once; what they share is here.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError, require
from leo_lab.experience.online import OnlineConfig
from leo_lab.experience.relabel import NEVER, Ahead
from leo_lab.experience.replay import Experience, Kept, Replay, blank_experience, experience_of
from leo_lab.experience.segment import Choice, Segment
from leo_lab.learners import targets
from leo_lab.learners.actor_critic import ActorCriticLearner
from leo_lab.learners.clock import Clock
from leo_lab.learners.gradient import DescentConfig, hit_loss
from leo_lab.learners.optim import Group, annealed, grouped
from leo_lab.learners.target_config import StepTargetConfig
from leo_lab.networks.continuous import sample, twin_min

BACKUPS = ("hard", "soft")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACConfig(DescentConfig, StepTargetConfig):
    """Settings of SAC.

    Attributes:
      gamma: discount per step.
      depth: hidden layers.
      replay: newest steps that are kept, in whole segments.
      random_steps: steps of uniformly random actions at the beginning.
      updates: gradient steps per iteration.
      max_grad_norm: gradients of actor, critics and temperature are each clipped to this norm.
      learning_rate: of Adam, annealed linearly to 0 over the second half of the run.
      tau: share of the new parameters in the target critics at each gradient step.
      temperature: weight of the entropy at the beginning.
      entropy: target entropy of the policy, per number of an action.
      backup: "hard", targets are values alone, or "soft", with the entropy of what is done next.
    """

    gamma: float = 0.9
    depth: int = 2
    replay: int = 200_000
    random_steps: int = 4096
    updates: int = 256
    minibatch: int = 128
    max_grad_norm: float = 10.0
    tau: float = 0.05
    temperature: float = 0.01
    entropy: float = -0.5
    backup: str = "hard"

    RULES: ClassVar = {
        **{"at least 1": ("replay", "updates"), "at least 0": ("random_steps",)},
        **{"above 0": ("temperature",), "above 0, at most 1": ("tau",)},
    }
    CHOICES: ClassVar = {"backup": BACKUPS}

    def __post_init__(self):
        super().__post_init__()
        require(self.entropy < math.log(2), "entropy", self.entropy, "below log 2, that of random actions")
        require(self.conv == 0, "conv", self.conv, "0, as continuous worlds show no pictures")


class SACState(NamedTuple):
    """Everything that changes while SAC learns.

    Attributes:
      params: of the actor, the critic (both of the twins) and the temperature (its logarithm).
      target_params: the target critics'.
      opt_state: the optimiser's.
      replay: the newest steps.
      clock: how far the run is.
    """

    params: dict[str, PyTree]
    target_params: PyTree
    opt_state: PyTree
    replay: Kept
    clock: Clock


class Lessons(NamedTuple):
    """What B steps say of K goals each, all [B, K]: goals int32, whether they were hit, the return obtained; and
    whether anyone has achieved them so far, [B, K] or [1, K]."""

    goals: jax.Array
    hit: jax.Array
    obtained: jax.Array
    seen: jax.Array


class Steps(NamedTuple):
    """What an iteration adds to the replay, [T, N, ...]; goals seen by anyone, bool [G]; the key of its updates."""

    experience: Experience
    seen: jax.Array
    key: jax.Array


class SAC(ActorCriticLearner):
    """SAC. See leo_lab.learners.base.Learner; subclasses say which goals a step teaches."""

    name = "sac"
    title = "SAC"
    Config = SACConfig
    online = OnlineConfig(num_envs=64, unroll=32)

    def __init__(self, env: Environment, config: SACConfig, iterations: int, steps_per_iteration: int):
        super().__init__(env, config, iterations, steps_per_iteration)
        if config.replay < max(config.minibatch, steps_per_iteration):
            raise LabError(
                f"replay = {config.replay} must hold an iteration's num_envs x unroll = {steps_per_iteration} steps "
                f"and a minibatch of {config.minibatch}"
            )
        self._replay, self.target_kind = Replay(config.replay, steps_per_iteration), config.chosen(env)
        alike = Group(rate=annealed(config.learning_rate, begin=0.5), clip=config.max_grad_norm)
        self.groups = {"actor": alike, "critic": dataclasses.replace(alike, tau=config.tau), "temperature": alike}
        self._optimizer = grouped(self.groups)

    @property
    def passes(self) -> int:
        return self.config.updates * self.config.minibatch

    def init(self, key: jax.Array) -> SACState:
        params = self.init_params(key)
        params["temperature"] = jnp.log(self.config.temperature)
        replay = self._replay.init(blank_experience(self.env))
        return SACState(params, params["critic"], self._optimizer.init(params), replay, Clock.start(self.iterations))

    def act(self, state: SACState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        random_key, policy_key = jax.random.split(key)
        mean, log_std = self.policy(state.params["actor"], obs, goal[:, None])
        drawn, _ = sample(policy_key, mean, log_std)
        uniform = jax.random.uniform(random_key, drawn[..., 0].shape, minval=-1.0)
        begun = state.clock.iteration * self.steps_per_iteration >= self.config.random_steps
        return Choice(jnp.where(begun, drawn[..., 0], uniform), ())

    def prepare(self, state: SACState, segment: Segment, key: jax.Array) -> Steps:
        return Steps(experience_of(segment), segment.seen, key)

    def learn(self, state: SACState, data: Steps) -> tuple[SACState, dict[str, jax.Array]]:
        replay, clock, updates = self._replay.add(state.replay, data.experience), state.clock, self.config.updates
        ahead = self._replay.look_ahead(replay, data.experience.goal.shape[1])

        def step(carry, now):
            params, target_params, opt_state = carry
            within, step_key = now
            sample_key, goal_key, loss_key = jax.random.split(step_key, 3)
            places = self._replay.sample(replay, sample_key, self.config.minibatch)
            batch, at = self._replay.at(replay, places), jnp.divmod(places, ahead.until.shape[1])
            lessons = self.lessons(self.goals_of(batch.goal, ahead, at, goal_key), ahead.later[at], data.seen)
            (loss, info), gradient = jax.value_and_grad(self.loss, has_aux=True)(
                params, target_params, batch, lessons, loss_key
            )
            changes, opt_state = self._optimizer.update(gradient, opt_state, progress=clock.progress(within))
            params = optax.apply_updates(params, changes)
            target_params = self.groups["critic"].average(params["critic"], target_params)
            return (params, target_params, opt_state), {"loss": loss, **info}

        carry = state.params, state.target_params, state.opt_state
        steps = jnp.arange(updates) / updates, jax.random.split(data.key, updates)
        carry, info = jax.lax.scan(step, carry, steps)
        return SACState(*carry, replay, clock.tick()), jax.tree.map(jnp.mean, info)

    def goals_of(
        self, commanded: jax.Array, ahead: Ahead, at: tuple[jax.Array, jax.Array], key: jax.Array
    ) -> jax.Array:
        """Goals that each of B steps teaches, int32 [B, K]: here the commanded one, of int32 [B].

        `at` says where they stand in what is known to follow, time and environment, int32 [B] each.
        """
        return commanded[:, None]

    def lessons(self, goals: jax.Array, later: jax.Array, seen: jax.Array) -> Lessons:
        """What B steps say of goals int32 [B, K], of how far ahead all are, [B, G] (see Ahead), and which anyone has
        achieved, bool [G]."""
        later = self._of_goals(later, goals)
        obtained = jnp.where(later == NEVER, 0.0, self.config.gamma ** later.astype(jnp.float32))
        return Lessons(goals, later == 0, obtained, self._of_goals(seen[None], goals))

    def targets(
        self, params: PyTree, target_params: PyTree, batch: Experience, lessons: Lessons, key: jax.Array
    ) -> jax.Array:
        """What the values of the actions taken should be, float32 [B, K]; goals not seen yet are worth 0."""
        mean, log_std = self.policy(params["actor"], batch.next_obs, lessons.goals)
        action, log_prob = sample(key, mean, log_std)
        v_t = jax.nn.sigmoid(twin_min(self.logits(target_params, batch.next_obs, lessons.goals, action)))
        if self.config.backup == "soft":
            v_t = v_t - jnp.exp(params["temperature"]) * log_prob
        v_t = jnp.where(lessons.seen, v_t, 0.0)
        discount_t = self.config.gamma * (1.0 - batch.terminated)[:, None]
        target = jnp.clip(targets.one_step_hit(lessons.hit, v_t, discount_t), 0.0, 1.0)
        return jnp.maximum(target, lessons.obtained) if self.target_kind == "hindsight" else target

    def loss(
        self, params: PyTree, target_params: PyTree, batch: Experience, lessons: Lessons, key: jax.Array
    ) -> tuple[jax.Array, dict]:
        """Of critics, actor and temperature together, of B steps; returns (loss [], info).

        None of the three sees another's gradient.
        """
        next_key, action_key = jax.random.split(key)
        target = jax.lax.stop_gradient(self.targets(params, target_params, batch, lessons, next_key))
        weight = batch.valid[:, None] / jnp.maximum(batch.valid.mean(), 1 / len(batch.valid))

        logits = self.logits(params["critic"], batch.obs, lessons.goals, batch.action[..., None])
        chex.assert_shape(logits, (2, *target.shape))
        critic_loss, info = hit_loss("cross_entropy", logits, jnp.broadcast_to(target, logits.shape), weight[None])

        mean, log_std = self.policy(params["actor"], batch.obs, lessons.goals)
        action, log_prob = sample(action_key, mean, log_std)
        frozen = jax.lax.stop_gradient(params["critic"])
        log_v = jax.nn.log_sigmoid(twin_min(self.logits(frozen, batch.obs, lessons.goals, action)))
        temperature = jnp.exp(jax.lax.stop_gradient(params["temperature"]))
        actor_loss = (weight * (temperature * log_prob - log_v)).mean()

        surplus = jax.lax.stop_gradient(-log_prob).mean() - self.config.entropy * self.actions
        temperature_loss = params["temperature"] * surplus
        info |= {"temperature": temperature, "entropy": -log_prob.mean() / self.actions}
        return 2 * critic_loss + actor_loss + temperature_loss, info
