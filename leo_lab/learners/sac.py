"""Soft actor-critic for goals: one goal per transition, or hindsight relabelling; see sac_leo for all goals at once.

SAC is Haarnoja et al. (2018), with twin critics and a temperature that keeps the policy's entropy at a target. Values
are hit probabilities, so a critic answers in logits and is trained with cross-entropy, and the policy climbs the
logarithm of the value, whose slope is as steep far from a goal as near it. The entropy counts in the policy's loss; in
the targets only with `backup` "soft", as it would make the values something else than hit probabilities.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.experience.replay import NEVER, Experience, Replay, experience_of
from leo_lab.experience.segment import Choice, Segment, among
from leo_lab.learners import targets
from leo_lab.learners.base import require, require_choice
from leo_lab.learners.gradient import DescentConfig, clipped, hit_loss
from leo_lab.networks.continuous import Actor, GoalInputCritic, Twins, sample, smaller
from leo_lab.networks.torsos import MLPTorso

RELABELS = ("none", "future", "final", "all")
TARGETS = ("best", "one_step")
BACKUPS = ("hard", "soft")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACConfig(DescentConfig):
    """Settings of SAC.

    Attributes:
      num_envs: N, environments stepped together.
      unroll: T; what is achieved later in a segment is known of each of its steps.
      gamma: discount per step.
      depth: hidden layers.
      replay: newest steps that are kept.
      random_steps: steps of uniformly random actions at the beginning.
      updates: gradient steps per iteration.
      learning_rate: of Adam, annealed linearly to 0 over the second half of the run.
      tau: share of the new parameters in the target critics at each gradient step.
      temperature: weight of the entropy at the beginning.
      entropy: target entropy of the policy, per number of an action.
      backup: "hard", targets are values alone, or "soft", with the entropy of what is done next.
      target: "one_step", or "best": at least the return that was really obtained later in the segment, a lower bound
        of the best one where moves are certain.
    """

    continuous = True

    num_envs: int = 64
    unroll: int = 32
    gamma: float = 0.9
    depth: int = 2
    replay: int = 200_000
    random_steps: int = 4096
    updates: int = 64
    minibatch: int = 128
    max_grad_norm: float = 10.0
    tau: float = 0.05
    temperature: float = 0.01
    entropy: float = -0.5
    backup: str = "hard"
    target: str = "best"

    def __post_init__(self):
        super().__post_init__()
        for name in ("replay", "updates"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(self.temperature > 0, "temperature", self.temperature, "above 0")
        require(self.random_steps >= 0, "random_steps", self.random_steps, "at least 0")
        require(0 < self.tau <= 1, "tau", self.tau, "above 0, at most 1")
        require(self.entropy < math.log(2), "entropy", self.entropy, "below log 2, that of random actions")
        require_choice("backup", self.backup, BACKUPS)
        require_choice("target", self.target, TARGETS)
        require(self.conv == 0, "conv", self.conv, "0, as continuous worlds show no pictures")
        if self.replay < max(self.minibatch, self.steps_per_iteration):
            raise LabError(
                f"replay = {self.replay} must hold an iteration's num_envs x unroll = {self.steps_per_iteration} steps "
                f"and a minibatch of {self.minibatch}"
            )

    def check(self, env: Environment) -> None:
        super().check(env)
        if self.target == "best" and not env.deterministic:
            raise LabError(
                f'target "best" takes luck for skill where moves are random, as in {env.title}; use "one_step"'
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACHERConfig(SACConfig):
    """Settings of SAC + HER: those of SAC, with relabelling.

    Attributes:
      relabel: the goal that a step teaches: "none", the commanded one; "future", one achieved at this step or later in
        the segment; "final", the one achieved at the end of it; or "all", each goal by a pass of its own.
      relabel_share: of the steps, that are relabelled where there is such a goal; the others teach the commanded one.
    """

    relabel: str = "future"
    relabel_share: float = 0.8

    def __post_init__(self):
        super().__post_init__()
        require_choice("relabel", self.relabel, RELABELS)
        require(0 <= self.relabel_share <= 1, "relabel_share", self.relabel_share, "from 0 to 1")


class SACState(NamedTuple):
    """Everything that changes while SAC learns.

    Attributes:
      params: of the actor, the critics and the temperature (its logarithm).
      slow: the target critics' parameters.
      opt_state: the optimiser's.
      replay: the newest steps.
      iteration: int32 [], iterations done.
    """

    params: dict[str, PyTree]
    slow: PyTree
    opt_state: PyTree
    replay: PyTree
    iteration: jax.Array


class Lesson(NamedTuple):
    """What B steps teach of K goals each, all [B, K]: goals int32, whether they were hit, the return obtained."""

    goals: jax.Array
    hit: jax.Array
    obtained: jax.Array


class SAC:
    """SAC that is told the goal. See leo_lab.learners.base.Learner; subclasses say which goals a step teaches."""

    name = "sac"
    title = "SAC"
    scale = "hit"
    relabel = "none"

    def __init__(self, env: Environment, config: SACConfig, iterations: int):
        """Prepares SAC for one environment and a run of `iterations`; LabError where the settings do not suit it."""
        config.check(env)
        self.config, self.iterations, self._env = config, iterations, env
        self.actions = len(env.action_names)
        graphs = nnx.eval_shape(lambda: self._networks(nnx.Rngs(0)))
        self._graphs = {name: nnx.split(network)[0] for name, network in graphs.items()}
        self._replay = Replay(config.replay, config.minibatch)
        total = iterations * config.updates
        schedule = optax.linear_schedule(config.learning_rate, 0.0, total // 2, total // 2)
        self._optimizer = optax.adam(schedule)

    # The networks -----------------------------------------------------------------------------------------------------

    def _networks(self, rngs: nnx.Rngs) -> dict[str, nnx.Module]:
        config, width = self.config, self.config.width
        inputs = self._env.obs_size + self._env.goals.features.shape[1]
        torso = MLPTorso(inputs, width, config.depth, rngs=rngs)
        twins = (
            GoalInputCritic(
                MLPTorso(inputs + self.actions, width, config.depth, rngs=rngs),
                width,
                initial_value=config.initial_value,
                rngs=rngs,
            )
            for _ in range(2)
        )
        return {"actor": Actor(torso, width, 1, self.actions, rngs=rngs), "critic": Twins(*twins)}

    def _network(self, name: str, params: PyTree) -> nnx.Module:
        return nnx.merge(self._graphs[name], params)

    def _inputs(self, obs: jax.Array, goals: jax.Array) -> jax.Array:
        """What the networks read of obs [B, F] for goals [B, K]: float32 [B, K, F + ...]."""
        features = jnp.asarray(self._env.goals.features)[goals]
        return jnp.concatenate([jnp.broadcast_to(obs[:, None], (*goals.shape, obs.shape[-1])), features], axis=-1)

    def policy(self, actor: PyTree, obs: jax.Array, goals: jax.Array) -> tuple[jax.Array, jax.Array]:
        """For obs [B, F] and goals int32 [B, K]: means and logarithms of deviations, both [B, A, K]."""
        mean, log_std = self._network("actor", actor)(self._inputs(obs, goals))
        return mean[..., 0].swapaxes(1, 2), log_std[..., 0].swapaxes(1, 2)

    def read(self, critic: PyTree, obs: jax.Array, goals: jax.Array) -> PyTree:
        """What the critics know of states before an action: obs [B, F], goals int32 [B, K]."""
        return self._network("critic", critic).read(self._inputs(obs, goals))

    def judge(self, critic: PyTree, reading: PyTree, action: jax.Array) -> jax.Array:
        """Logits of both critics [2, B, K] for actions [B, A, 1], or of one for each goal, [B, A, K]."""
        return self._network("critic", critic).judge(reading, action)

    # What a learner does ----------------------------------------------------------------------------------------------

    def init(self, key: jax.Array) -> SACState:
        params = {
            name: nnx.to_pure_dict(nnx.split(network)[1]) for name, network in self._networks(nnx.Rngs(key)).items()
        }
        params["temperature"] = jnp.log(self.config.temperature)
        env, count = self._env, len(self._env.goals)
        obs = jnp.zeros(env.obs_size)
        blank = Experience(
            obs=obs,
            next_obs=obs,
            action=jnp.zeros(self.actions),
            goal=jnp.zeros((), jnp.int32),
            later=jnp.zeros(count, jnp.uint8),
            final=jnp.zeros((), jnp.int32),
            terminated=jnp.zeros((), bool),
            valid=jnp.zeros((), bool),
        )
        opt_state = self._optimizer.init(params)
        return SACState(params, params["critic"], opt_state, self._replay.init(blank), jnp.zeros((), jnp.int32))

    def act(self, state: SACState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        random_key, policy_key = jax.random.split(key)
        mean, log_std = self.policy(state.params["actor"], obs, goal[:, None])
        drawn, _ = sample(policy_key, mean, log_std)
        anything = jax.random.uniform(random_key, drawn[..., 0].shape, minval=-1.0)
        begun = state.iteration * self.config.steps_per_iteration >= self.config.random_steps
        return Choice(jnp.where(begun, drawn[..., 0], anything), ())

    def greedy(self, state: SACState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return jnp.tanh(self.policy(state.params["actor"], obs, goal[:, None])[0][..., 0])

    def intended(self, state: SACState, obs: jax.Array) -> jax.Array:
        """What the policy would do for every goal: obs [B, F] -> float32 [B, G, A]."""
        return self._of_all(
            lambda goals: jnp.tanh(self.policy(state.params["actor"], obs, goals)[0]).swapaxes(1, 2), obs
        )

    def values(self, state: SACState, obs: jax.Array) -> jax.Array:
        """Of what the policy would do: obs [B, F] -> Q [B, G, 1], float32."""

        def of(goals: jax.Array) -> jax.Array:
            action = jnp.tanh(self.policy(state.params["actor"], obs, goals)[0])
            critic = state.params["critic"]
            return jax.nn.sigmoid(smaller(self.judge(critic, self.read(critic, obs, goals), action)))[..., None]

        return self._of_all(of, obs)

    def _of_all(self, of_goals, obs: jax.Array) -> jax.Array:
        """of_goals (int32 [B, K] -> [B, K, ...]) goal after goal, as all may not fit: [B, G, ...]."""
        each = jax.lax.map(
            lambda goal: of_goals(jnp.broadcast_to(goal, (len(obs), 1)))[:, 0], jnp.arange(len(self._env.goals))
        )
        return jnp.moveaxis(each, 0, 1)

    def update(self, state: SACState, segment: Segment, key: jax.Array) -> tuple[SACState, dict[str, jax.Array]]:
        replay = self._replay.add(state.replay, experience_of(segment))

        def step(carry, step_key):
            params, slow, opt_state = carry
            batch_key, learn_key = jax.random.split(step_key)
            batch = self._replay.sample(replay, batch_key)
            (loss, info), gradient = jax.value_and_grad(self.loss, has_aux=True)(
                params, slow, batch, segment.seen, learn_key
            )
            changes, opt_state = self._optimizer.update(clipped(gradient, self.config.max_grad_norm), opt_state)
            params = optax.apply_updates(params, changes)
            slow = optax.incremental_update(params["critic"], slow, self.config.tau)
            return (params, slow, opt_state), {"loss": loss, **info}

        carry = state.params, state.slow, state.opt_state
        carry, info = jax.lax.scan(step, carry, jax.random.split(key, self.config.updates))
        return SACState(*carry, replay, state.iteration + 1), jax.tree.map(jnp.mean, info)

    # What is learnt ---------------------------------------------------------------------------------------------------

    def taught(self, batch: Experience, key: jax.Array) -> jax.Array:
        """Goals that each of B steps teaches, int32 [B, K]."""
        commanded = batch.goal[:, None]
        if self.relabel == "none":
            return commanded
        if self.relabel == "all":
            count = len(self._env.goals)
            return jnp.broadcast_to(jnp.arange(count), (len(commanded), count))
        share_key, goal_key = jax.random.split(key)
        if self.relabel == "final":
            there, other = batch.final >= 0, batch.final
        else:
            ahead = batch.later != NEVER
            drawn = jax.random.uniform(goal_key, (len(commanded), 1))
            there, other = ahead.any(axis=-1), jax.vmap(among)(drawn, ahead)[:, 0]
        swap = there & (jax.random.uniform(share_key, there.shape) < self.config.relabel_share)
        return jnp.where(swap[:, None], other[:, None], commanded)

    def lesson(self, batch: Experience, key: jax.Array) -> Lesson:
        """What B steps teach."""
        goals = self.taught(batch, key)
        later = batch.later if self.relabel == "all" else jnp.take_along_axis(batch.later, goals, axis=1)
        obtained = jnp.where(later == NEVER, 0.0, self.config.gamma ** later.astype(jnp.float32))
        return Lesson(goals, later == 0, obtained)

    def targets(
        self, params: PyTree, slow: PyTree, batch: Experience, lesson: Lesson, seen: jax.Array, key: jax.Array
    ) -> jax.Array:
        """What the values of the actions taken should be, float32 [B, K]."""
        mean, log_std = self.policy(params["actor"], batch.next_obs, lesson.goals)
        action, log_prob = sample(key, mean, log_std)
        logits = self.judge(slow, self.read(slow, batch.next_obs, lesson.goals), action)
        v_t = jax.nn.sigmoid(smaller(logits))
        if self.config.backup == "soft":
            v_t = v_t - jnp.exp(params["temperature"]) * log_prob
        v_t = jnp.where(seen[None] if self.relabel == "all" else seen[lesson.goals], v_t, 0.0)
        discount = self.config.gamma * (1.0 - batch.terminated)[:, None]
        target = jnp.clip(targets.one_step_hit(lesson.hit, v_t, discount), 0.0, 1.0)
        return jnp.maximum(target, lesson.obtained) if self.config.target == "best" else target

    def loss(
        self, params: PyTree, slow: PyTree, batch: Experience, seen: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, dict]:
        """Of critics, actor and temperature together: none of them sees another's gradient."""
        goal_key, next_key, action_key = jax.random.split(key, 3)
        lesson = self.lesson(batch, goal_key)
        target = jax.lax.stop_gradient(self.targets(params, slow, batch, lesson, seen, next_key))
        weight = batch.valid[:, None] / jnp.maximum(batch.valid.mean(), 1 / len(batch.valid))

        critic = params["critic"]
        logits = self.judge(critic, self.read(critic, batch.obs, lesson.goals), batch.action[..., None])
        critic_loss, info = hit_loss("cross_entropy", logits, jnp.broadcast_to(target, logits.shape), weight[None])

        frozen = jax.lax.stop_gradient(critic)
        mean, log_std = self.policy(params["actor"], batch.obs, lesson.goals)
        action, log_prob = sample(action_key, mean, log_std)
        believed = smaller(self.judge(frozen, self.read(frozen, batch.obs, lesson.goals), action))
        temperature = jnp.exp(jax.lax.stop_gradient(params["temperature"]))
        actor_loss = (weight * (temperature * log_prob - jax.nn.log_sigmoid(believed))).mean()

        surplus = jax.lax.stop_gradient(-log_prob).mean() - self.config.entropy * self.actions
        temperature_loss = params["temperature"] * surplus
        info |= {"temperature": temperature, "entropy": -log_prob.mean() / self.actions}
        return 2 * critic_loss + actor_loss + temperature_loss, info


class SACHER(SAC):
    """SAC with hindsight relabelling (Andrychowicz et al. 2017)."""

    name = "sac_her"
    title = "SAC + HER"

    @property
    def relabel(self) -> str:
        """Which goals a step teaches; see SACHERConfig."""
        return self.config.relabel
