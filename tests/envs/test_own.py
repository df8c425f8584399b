"""A world of one's own: what a subclass of PlaceEnvironment gets for nothing, and the one beside the notebooks."""

import importlib.util
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs.base import reset_worlds, step_worlds
from leo_lab.experience.online import collect, start_actors
from leo_lab.learners import make_learner, make_learner_config

FILE = Path(__file__).parents[2] / "notebooks" / "own_world.py"
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def river():
    spec = importlib.util.spec_from_file_location("own_world", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.River()


def test_it_takes_thirty_lines():
    code = [line for line in FILE.read_text("utf-8").splitlines() if line.strip()]
    assert len(code) <= 30


def test_the_river_flows(river):
    still = lambda place: np.asarray(river.step(jnp.array(place), jnp.zeros(2), KEY)[0])  # noqa: E731
    np.testing.assert_allclose(still([0.0, 0.0]), [0.08, 0], atol=1e-6)
    np.testing.assert_allclose(still([0.0, 1.0]), [0, 1], atol=1e-6)
    assert still([0.99, 0.0])[0] == 1  # the shore
    ahead = np.asarray(river.step(jnp.array([0.0, 0.0]), jnp.array([-1.0, 0.0]), KEY)[0])
    assert ahead[0] == pytest.approx(-0.02, abs=1e-6)  # against the current, slowly


def test_what_a_world_has_for_nothing(river):
    assert len(river.goals) == 64 and river.continuous and river.places.plane.unit == "m"
    assert river.places.plane.extent == pytest.approx((-0.85, -0.85, 0.85, 0.85))
    worlds, obs = reset_worlds(river, KEY, 16)
    assert river.achieved(obs).shape == (16, 64) and river.body is river.goals.observations is None
    worlds, step = step_worlds(river, worlds, jnp.ones((16, 2)), KEY)
    assert not step.broken.any() and (np.abs(step.next_obs) <= 1).all()


def test_a_learner_can_be_trained_there(river):
    """Traced, not compiled: the shapes of everything fit."""
    config = make_learner_config("sac_leo", num_envs=4, unroll=4, updates=1, minibatch=4, width=8, units=2, code=4)
    sac = make_learner("sac_leo", river, config, 2)

    def iteration(key):
        state, actors = sac.init(key), start_actors(river, key, 4)
        _, segment = collect(river, lambda o, g, k: sac.act(state, o, g, k), actors, key, 4)
        return sac.update(state, segment, key)

    state, info = jax.eval_shape(iteration, KEY)
    assert state.replay.experience.later.shape[-1] == 64 and info["loss"].shape == ()
