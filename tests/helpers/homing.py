"""A learner that knows its way on an open plane, and planes where things end: what walks and tries are held against."""

from types import SimpleNamespace

import jax.numpy as jnp

from leo_lab.learners import Readout

# Settings of a real learner that is too small to learn much.
BRIEF = {"num_envs": 8, "unroll": 8, "minibatch": 16, "updates": 2, "width": 16, "depth": 1, "units": 4, "code": 8}
BRIEF |= {"replay": 256, "random_steps": 64}


class Homing:
    """Goes straight to each goal of an open point maze, `pace` times as fast as it could."""

    title = "homing"
    scale = "hit"

    def __init__(self, env, pace=1.0):
        self.env, self._pace = env, pace

    def _intended(self, obs):
        away = jnp.asarray(self.env.places.lattice.points)[None] - self.env.places.of(obs)[:, None]
        action = away / self.env.speed
        length = jnp.sqrt(jnp.square(action).sum(axis=-1, keepdims=True))
        return self._pace * action / jnp.maximum(length, 1.0)

    def greedy(self, state, obs, goal):
        return self._intended(obs)[jnp.arange(len(goal)), goal]

    def readout(self, state, obs):
        away = jnp.asarray(self.env.places.lattice.points)[None] - self.env.places.of(obs)[:, None]
        return Readout(jnp.exp(-jnp.square(away).sum(axis=-1)), action=self._intended(obs))


class Beyond:
    """A point maze whose world ends where the point comes beyond x = `edge`, or whose simulator breaks there."""

    def __init__(self, env, edge, breaks):
        self._env, self._edge, self._breaks = env, edge, breaks

    def __getattr__(self, name):
        return getattr(self._env, name)

    def step(self, state, action, key):
        after, over = self._env.step(state, action, key)
        beyond = after[0] > self._edge
        if self._breaks:
            return jnp.where(beyond, jnp.nan, after), over
        return after, over | beyond


def run_of(env, learner):
    """As much of a run as walks and tries look at."""
    program = SimpleNamespace(env=env, learner=learner, config=SimpleNamespace(gamma=0.9))
    return SimpleNamespace(
        program=program,
        env=env,
        learner=learner,
        config=program.config,
        state=SimpleNamespace(learner=()),
        env_steps=1234,
    )
