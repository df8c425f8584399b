"""A world of your own in thirty lines: a swimmer in a river. Change it, and run the notebook's last cells again."""

import jax
import jax.numpy as jnp

from leo_lab.envs import PlaceEnvironment, Places, lattice_over

SHORE = 1.0  # the water lies between -1 and 1, along x and along y


class River(PlaceEnvironment):
    """The current is strong in the middle and weak at the shores; a swimmer against it is slow."""

    title = "river"
    action_names = ("right", "up")
    obs_size = 2
    places = Places(lattice_over((-1, -1, 1, 1), 0.2, 0.15, clearance=lambda xy: SHORE - abs(xy).max(axis=1)))

    def reset(self, key):
        return jax.random.uniform(key, (2,), minval=-0.2, maxval=0.2)

    def step(self, state, action, key):
        current = 0.08 * (1 - state[1] ** 2)  # to the right
        stroke = 0.1 * action / jnp.maximum(1.0, jnp.sqrt(jnp.square(action).sum()))
        after = jnp.clip(state + stroke + jnp.array([1.0, 0.0]) * current, -SHORE, SHORE)
        return after, jnp.zeros((), bool)

    def observe(self, state):
        return state
