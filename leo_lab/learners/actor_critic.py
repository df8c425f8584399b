"""What learners share that have a policy of continuous actions and twin critics, told the goal: networks, readout."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.envs.base import Environment, PyTree
from leo_lab.learners.base import Learner, Readout
from leo_lab.learners.gradient import DescentConfig
from leo_lab.networks.continuous import Actor, GoalInputCritic, Twins, twin_min
from leo_lab.networks.torsos import MLPTorso


class ActorCriticLearner(Learner):
    """A learner whose state has `params`, a dict with those of the "actor" and of the "critic", which are twins.

    See leo_lab.learners.base.Learner.
    """

    continuous = True

    def __init__(self, env: Environment, config: DescentConfig, iterations: int, steps_per_iteration: int):
        super().__init__(env, config, iterations, steps_per_iteration)
        self.actions = len(env.action_names)
        graphs = nnx.eval_shape(lambda: self._networks(nnx.Rngs(0)))
        self._graphs = {name: nnx.split(network)[0] for name, network in graphs.items()}

    def _networks(self, rngs: nnx.Rngs) -> dict[str, nnx.Module]:
        config = self.config
        inputs = self.env.obs_size + self.env.goals.features.shape[1]

        def critic() -> GoalInputCritic:
            torso = MLPTorso(inputs + self.actions, config.width, config.depth, rngs=rngs)
            return GoalInputCritic(torso, initial_value=config.initial_value, rngs=rngs)

        torso = MLPTorso(inputs, config.width, config.depth, rngs=rngs)
        return {"actor": Actor(torso, 1, self.actions, rngs=rngs), "critic": Twins(critic(), critic())}

    def _network(self, name: str, params: PyTree) -> nnx.Module:
        return nnx.merge(self._graphs[name], params)

    def _inputs(self, obs: jax.Array, goals: jax.Array) -> jax.Array:
        """What the networks are told of obs [B, F] for goals [B, K]: float32 [B, K, F + ...]."""
        features = jnp.asarray(self.env.goals.features)[goals]
        return jnp.concatenate([jnp.broadcast_to(obs[:, None], (*goals.shape, obs.shape[-1])), features], axis=-1)

    def policy(self, actor: PyTree, obs: jax.Array, goals: jax.Array) -> tuple[jax.Array, jax.Array]:
        """For obs [B, F] and goals int32 [B, K]: means and logarithms of deviations, both [B, A, K]."""
        mean, log_std = self._network("actor", actor)(self._inputs(obs, goals))
        return mean[..., 0].swapaxes(1, 2), log_std[..., 0].swapaxes(1, 2)

    def logits(self, critic: PyTree, obs: jax.Array, goals: jax.Array, action: jax.Array) -> jax.Array:
        """Logits of both critics [2, B, K], for actions [B, A, 1], or of one for each goal, [B, A, K]."""
        twins = self._network("critic", critic)
        return twins.evaluate(twins.encode(self._inputs(obs, goals)), action)

    def init_params(self, key: jax.Array) -> dict[str, PyTree]:
        """Fresh parameters of the networks, by name."""
        networks = self._networks(nnx.Rngs(key))
        return {name: nnx.to_pure_dict(nnx.split(network)[1]) for name, network in networks.items()}

    def greedy(self, state: Any, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return jnp.tanh(self.policy(state.params["actor"], obs, goal[:, None])[0][..., 0])

    def readout(self, state: Any, obs: jax.Array) -> Readout:
        def of_goals(goals: jax.Array) -> tuple[jax.Array, jax.Array]:
            action = jnp.tanh(self.policy(state.params["actor"], obs, goals)[0])
            logits = self.logits(state.params["critic"], obs, goals, action)
            return jax.nn.sigmoid(twin_min(logits)), action.swapaxes(1, 2)

        v, action = self._for_every_goal(of_goals, obs)
        return Readout(v, action=action)

    def _for_every_goal(self, of_goals, obs: jax.Array) -> PyTree:
        """of_goals (int32 [B, K] -> a tree of [B, K, ...]) goal after goal, as all may not fit: of [B, G, ...]."""
        return self._goal_by_goal(lambda goal: jax.tree.map(lambda leaf: leaf[:, 0], of_goals(goal[:, None])), obs)

    def _all_goals(self, rows: jax.Array) -> jax.Array:
        """All goals in their order for B rows, int32 [B, G]."""
        return jnp.broadcast_to(jnp.arange(len(self.env.goals)), (len(rows), len(self.env.goals)))

    def _of_goals(self, of_all: jax.Array, goals: jax.Array) -> jax.Array:
        """The columns of [B, G] or [1, G] for goals int32 [B, K]; K = G means all of them, in their order."""
        if goals.shape[1] == of_all.shape[1]:
            return of_all
        return of_all[0][goals] if len(of_all) == 1 else jnp.take_along_axis(of_all, goals, axis=1)
