"""A world of one's own: what a subclass of PlaceEnvironment gets for nothing, and the one beside the notebooks."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs.base import reset_worlds, step_worlds
from leo_lab.experience.online import OnlineConfig, OnlineSource
from leo_lab.truth.plane import plane_exact
from modules import module_of
from small import make_learner, update

FILE = Path(__file__).parents[2] / "notebooks" / "own_world.py"
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def river():
    return module_of(FILE).River()


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


def test_a_world_whose_places_are_its_states_has_exact_values(river):
    """As the river has once it says what is seen where: there is no more to see than the place."""
    swum = type(river)()
    swum.places = dataclasses.replace(river.places, observe=np.asarray)
    assert (swum.goals.observations == swum.places.lattice.points).all()
    exact = plane_exact(swum, 0.9, fine=2)
    assert exact.shape == (18, 18) and exact.places.min() > -0.85
    at, goals = [np.linalg.norm(exact.places - [x, 0], axis=1).argmin() for x in (-0.5, 0.5)], swum.goals
    upstream, downstream = (goals.index(name) for name in ("x-0.5y0.1", "x0.5y0.1"))
    assert exact.v[at[0], downstream] > exact.v[at[1], upstream] + 0.2


def test_a_learner_can_be_trained_there(river):
    """Traced, not compiled: the shapes of everything fit."""
    sizes = {"num_envs": 4, "unroll": 4, "updates": 1, "minibatch": 4, "width": 8, "units": 2, "code": 4}
    sac, source = make_learner("sac_leo", river, **sizes), OnlineSource(river, OnlineConfig(num_envs=4, unroll=4))

    def iteration(key):
        state = sac.init(key)
        _, segment = source.draw(source.init(key), lambda o, g, k: sac.act(state, o, g, k), key)
        return update(sac, state, segment, key)

    state, info = jax.eval_shape(iteration, KEY)
    assert state.replay.steps.hit.shape[-1] == 64 and info["loss"].shape == ()
