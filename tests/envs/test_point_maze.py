"""The point maze: moves, walls, goals, and what is refused."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leo_lab import make
from leo_lab.envs.base import reset_worlds, step_worlds
from leo_lab.envs.point_maze import SKIN, clearance
from leo_lab.errors import LabError

MAP = "####\n#S.#\n#.##\n####\n"  # three free cells in an L
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def env():
    return make("point_maze", map=MAP, spacing=1, speed=0.5)


def move(env, place, *actions):
    step = jax.jit(lambda place, action: env.step(place, action, KEY)[0])
    for action in actions:
        place = step(jnp.asarray(place, jnp.float32), jnp.asarray(action, jnp.float32))
    return np.asarray(place)


def test_four_rooms_have_a_hundred_goals():
    env = make("point_maze", map="four_rooms")
    assert len(env.goals) == 100 and env.goals.features.shape == (100, 2)
    assert np.abs(env.goals.features).max() == pytest.approx(1)
    room = clearance(env.places.free, env.places.lattice.points)
    assert room.min() >= env.places.lattice.radius - 1e-6  # no goal is achieved through a wall


def test_goals_are_in_the_middle_of_the_cells(env):
    assert env.goals.names == ("place/x1.5y2.5", "place/x2.5y2.5", "place/x1.5y1.5")
    assert env.start.tolist() == [1.5, 2.5] and env.places.plane.extent == (0, 0, 4, 4)
    assert len(env.places.plane.walls) == 13 and (1, 2, 2, 3) not in {tuple(wall) for wall in env.places.plane.walls}


@pytest.mark.parametrize(
    "place, action, after",
    [
        ((1.5, 2.5), (1, 0), (2.0, 2.5)),
        ((1.5, 2.5), (0, -0.5), (1.5, 2.25)),
        ((1.5, 2.5), (3, 0), (2.0, 2.5)),  # longer than 1 counts as 1
        ((1.5, 2.5), (3, -4), (1.8, 2.1)),
        ((2.8, 2.5), (1, 0), (3 - SKIN, 2.5)),  # the wall stops it
        ((2.8, 2.2), (0.6, -0.8), (3 - SKIN, 2 + SKIN)),
        ((1.2, 2.5), (-0.6, 0.8), (1 + SKIN, 2.9)),  # it slides along
    ],
)
def test_moves(env, place, action, after):
    np.testing.assert_allclose(move(env, place, action), after, atol=1e-6)


@given(st.lists(st.tuples(st.floats(-1, 1, width=32), st.floats(-1, 1, width=32)), min_size=1, max_size=12))
def test_a_point_never_enters_a_wall(actions):
    env = make("point_maze", map=MAP, spacing=1, speed=1.0)
    place = env.start
    for action in actions:
        place = np.asarray(STEP(jnp.asarray(place), jnp.asarray(action, jnp.float32)))
        assert env.places.free[tuple(np.floor(place).astype(int))]


STEP = jax.jit(lambda place, action: make("point_maze", map=MAP, spacing=1, speed=1.0).step(place, action, KEY)[0])


def test_observations_say_where_the_point_is(env):
    place = jnp.array([[1.25, 2.5], [2.0, 1.0]])
    np.testing.assert_allclose(env.places.of(env.observe(place[0])), place[0], rtol=1e-6)
    np.testing.assert_allclose(env.places.of(jnp.asarray(env.places.observe(np.asarray(place)))), place, rtol=1e-6)
    hit = env.achieved(jnp.asarray(env.places.observe([[1.5, 2.1], [2.0, 2.5], [1.5, 2.0]])))
    assert hit.tolist() == [[True, False, False], [True, True, False], [True, False, True]]


def test_worlds_begin_in_the_start_cell_and_end_by_the_clock():
    env = make("point_maze", map=MAP, spacing=1, max_steps=5, clock_spread=2)
    worlds, obs = reset_worlds(env, KEY, 32)
    assert (np.floor(np.asarray(env.places.of(obs))) == (1, 2)).all() and len(np.unique(obs[:, 0])) > 16
    step = jax.jit(lambda worlds, key: step_worlds(env, worlds, jnp.ones((32, 2)), key))
    ends = np.zeros(32)
    for time in range(10):
        worlds, transition = step(worlds, jax.random.key(time))
        assert not transition.terminated.any() and not transition.broken.any()
        ends += np.asarray(transition.truncated)
    assert (ends >= 2).all()


def test_the_same_world_is_built_again():
    env = make("point_maze", map="maze", radius=0.3, speed=0.25)
    again = make("point_maze", **env.spec)
    assert again.spec == env.spec and again.goals.names == env.goals.names and again.title == env.title


@pytest.mark.parametrize(
    "options, message",
    [
        ({"map": "slippery"}, "knows walls # and free cells . S only, but the map has slip 0.2"),
        ({"map": "one_way"}, "but the map has cells < > ^ v"),
        ({"radius": 3}, "no goal has room for a radius of 3"),
        ({"radius": 0.6}, "leave 4 free cells without one"),
        ({"map": "maze", "spacing": 2 / 3}, "no goal has room"),
        ({"radius": 0}, "radius must be above 0, got 0"),
        ({"spacing": -1.0}, "spacing must be above 0, got -1"),
        ({"speed": 1.5}, "speed must be above 0 and at most 1 cell per step, got 1.5"),
        ({"speed": "fast"}, "speed must be a number"),
        ({"max_steps": 10}, "must exceed clock_spread"),
        ({"wall": 0.2}, 'unknown option of point_maze "wall"'),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(LabError, match=re.escape(message)):
        make("point_maze", **options)


@pytest.mark.parametrize("shape", [(), (3,), (1, 2)])
def test_actions_of_the_wrong_size(env, shape):
    with pytest.raises(LabError, match=r"an action has 2 numbers \(right, up\), got an array of shape"):
        env.step(jnp.asarray(env.start), jnp.zeros(shape), KEY)
