"""LEO: one pass gives the values of all goals, and every transition teaches them all (arXiv:2605.23551, Section 4)."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from leo_lab import targets
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.heads import AllGoalsHead, AllGoalsNetwork
from leo_lab.learners.base import Config, PyTree, require, require_choice
from leo_lab.networks import MLPTorso
from leo_lab.rollout import Choice, Segment

LOSSES = ("cross_entropy", "squared")
TARGETS = ("auto", "one_step", "n_step", "hindsight", "best_return")
LOWER_BOUNDS = ("hindsight", "best_return")  # only where the world is deterministic


@dataclasses.dataclass(frozen=True, kw_only=True)
class LEOConfig(Config):
    """Settings of LEO.

    Attributes:
      minibatch: B, transitions per gradient step.
      epochs: passes over each segment.
      learning_rate: of Adam, annealed linearly to 0.
      max_grad_norm: gradients are clipped to this global norm.
      epsilon_start: probability of a random action at the beginning.
      epsilon_end: and from `epsilon_fraction` of the run on.
      epsilon_fraction: share of the run over which epsilon falls.
      loss: "cross_entropy" on the logits, or "squared" on the values (the paper's).
      target: "one_step" (the paper's); "n_step"; in deterministic worlds also "hindsight" (the larger of one_step and
        the return really obtained later in the segment) and "best_return" (the largest of all n-step returns along the
        segment); or "auto", best_return where the world is deterministic, else one_step.
      n_step: n of the target "n_step".
      initial_value: every value before learning.
    """

    minibatch: int = 512
    epochs: int = 1
    learning_rate: float = 2e-3
    max_grad_norm: float = 1.0
    epsilon_start: float = 0.2
    epsilon_end: float = 0.01
    epsilon_fraction: float = 0.2
    loss: str = "cross_entropy"
    target: str = "auto"
    n_step: int = 3
    initial_value: float = 0.03

    def __post_init__(self):
        super().__post_init__()
        for name in ("minibatch", "epochs", "n_step"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("learning_rate", "max_grad_norm"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in ("epsilon_start", "epsilon_end"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "from 0 to 1")
        require(0 < self.epsilon_fraction <= 1, "epsilon_fraction", self.epsilon_fraction, "above 0, at most 1")
        require(0 < self.initial_value < 1, "initial_value", self.initial_value, "between 0 and 1")
        require_choice("loss", self.loss, LOSSES)
        require_choice("target", self.target, TARGETS)
        if self.steps_per_iteration % self.minibatch:
            message = (
                f"minibatch = {self.minibatch} does not divide num_envs x unroll = "
                f"{self.num_envs} x {self.unroll} = {self.steps_per_iteration}"
            )
            raise LabError(message)

    @property
    def gradient_steps(self) -> int:
        """Gradient steps per iteration."""
        return self.epochs * self.steps_per_iteration // self.minibatch

    def check(self, env: Environment) -> None:
        super().check(env)
        if self.target in LOWER_BOUNDS and not env.deterministic:
            raise LabError(
                f'target "{self.target}" takes luck for skill where moves are random, as in {env.title}; use "one_step"'
            )


class LEOState(NamedTuple):
    """Everything that changes while LEO learns; `iteration` is int32 []."""

    params: PyTree
    opt_state: PyTree
    iteration: jax.Array


class LEO:
    """The learner. See leo_lab.learners.base.Learner."""

    name = "leo"
    title = "LEO"
    scale = "hit"

    def __init__(self, env: Environment, config: LEOConfig, iterations: int):
        """Prepares LEO for one environment and a run of `iterations` (which the schedules need).

        Raises LabError where the settings do not suit the environment.
        """
        config.check(env)
        self.config, self.iterations = config, iterations
        self.target = config.target
        if self.target == "auto":
            self.target = "best_return" if env.deterministic else "one_step"
        self._sizes = (env.obs_size, len(env.goals), len(env.action_names))
        self._graph = nnx.split(nnx.eval_shape(lambda: self._network(nnx.Rngs(0))))[0]
        rate = optax.linear_schedule(config.learning_rate, 0.0, iterations * config.gradient_steps)
        self._optimizer = optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optax.adam(rate))

    def _network(self, rngs: nnx.Rngs) -> AllGoalsNetwork:
        features, goals, actions = self._sizes
        torso = MLPTorso(features, self.config.width, self.config.depth, rngs=rngs)
        head = AllGoalsHead(self.config.width, goals, actions, initial_value=self.config.initial_value, rngs=rngs)
        return AllGoalsNetwork(torso, head)

    def init(self, key: jax.Array) -> LEOState:
        params = nnx.to_pure_dict(nnx.split(self._network(nnx.Rngs(key)))[1])
        return LEOState(params, self._optimizer.init(params), jnp.zeros((), jnp.int32))

    def logits(self, params: PyTree, obs: jax.Array) -> jax.Array:
        """obs [..., F] -> logits of the values [..., G, A]."""
        return nnx.merge(self._graph, params)(obs)

    def values(self, state: LEOState, obs: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(self.logits(state.params, obs))

    def act(self, state: LEOState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        q = self.values(state, obs)  # [N, G, A]
        explore_key, action_key = jax.random.split(key)
        commanded = jnp.take_along_axis(q, goal[:, None, None], axis=1)[:, 0]  # [N, A]
        explore = jax.random.uniform(explore_key, goal.shape) < self.epsilon(state.iteration)
        random_action = jax.random.randint(action_key, goal.shape, 0, q.shape[-1])
        return Choice(jnp.where(explore, random_action, commanded.argmax(axis=-1)), q.max(axis=-1))

    def epsilon(self, iteration: jax.Array) -> jax.Array:
        """Probability of a random action, float32 []."""
        config = self.config
        progress = jnp.minimum(iteration / (config.epsilon_fraction * self.iterations), 1.0)
        return config.epsilon_start + (config.epsilon_end - config.epsilon_start) * progress

    def targets(self, state: LEOState, segment: Segment) -> jax.Array:
        """What all goals' values of the actions taken should be, float32 [T, N, G].

        A goal that nobody has achieved yet is worth 0, as for a table that starts at 0. If it were bootstrapped, the
        network's noise would be its only evidence, and the maximum over actions would lift it towards 1 for good.
        """
        ahead = jnp.stack([segment.final_obs, segment.cut_obs])
        final_v, cut_v = self.values(state, ahead).max(axis=-1)  # each [N, G]
        v_t = jnp.concatenate([segment.v[1:], final_v[None]])
        v_t = jnp.where(segment.truncated[..., None], cut_v[None], v_t)
        v_t = jnp.where(segment.seen[None, None], v_t, 0.0)
        discount_t = self.config.gamma * (1.0 - segment.terminated)
        last_t = segment.terminated | segment.truncated
        over_goals = jax.vmap(self._kernel, in_axes=(1, 1, None, None), out_axes=1)
        over_envs = jax.vmap(over_goals, in_axes=1, out_axes=1)
        return over_envs(segment.hit, v_t, discount_t, last_t)

    def _kernel(self, hit_t, v_t, discount_t, last_t):
        if self.target == "best_return":
            return targets.best_return(hit_t, v_t, discount_t, last_t)
        if self.target == "hindsight":
            return targets.best_hit(hit_t, v_t, discount_t, last_t)
        if self.target == "n_step":
            return targets.n_step_hit(hit_t, v_t, discount_t, last_t, self.config.n_step)
        return targets.one_step_hit(hit_t, v_t, discount_t)

    def loss(self, params: PyTree, obs: jax.Array, action: jax.Array, target: jax.Array) -> tuple[jax.Array, dict]:
        """Mean over batch and goals, for obs [B, F], action int32 [B], target [B, G]; returns (loss, info)."""
        logits = jnp.take_along_axis(self.logits(params, obs), action[:, None, None], axis=-1)[..., 0]
        q = jax.nn.sigmoid(logits)
        squared = 0.5 * jnp.square(q - target)
        cross_entropy = optax.sigmoid_binary_cross_entropy(logits, target)
        each = squared if self.config.loss == "squared" else cross_entropy
        return each.mean(), {"td_error": jnp.abs(q - target).mean(), "q": q.mean()}

    def update(self, state: LEOState, segment: Segment, key: jax.Array) -> tuple[LEOState, dict[str, jax.Array]]:
        target = self.targets(state, segment)
        flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), (segment.obs, segment.action, target))

        def step(carry, rows):
            params, opt_state = carry
            batch = jax.tree.map(lambda x: x[rows], flat)
            (loss, info), grads = jax.value_and_grad(self.loss, has_aux=True)(params, *batch)
            changes, opt_state = self._optimizer.update(grads, opt_state, params)
            return (optax.apply_updates(params, changes), opt_state), {"loss": loss, **info}

        carry, info = jax.lax.scan(step, (state.params, state.opt_state), self._shuffle(key))
        metrics = {**jax.tree.map(jnp.mean, info), "epsilon": self.epsilon(state.iteration)}
        return LEOState(*carry, state.iteration + 1), metrics

    def _shuffle(self, key: jax.Array) -> jax.Array:
        """Rows of every minibatch of every epoch, int32 [gradient steps, B]."""
        count = self.config.steps_per_iteration
        order = [jax.random.permutation(k, count) for k in jax.random.split(key, self.config.epochs)]
        return jnp.concatenate(order).reshape(-1, self.config.minibatch)
