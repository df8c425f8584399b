"""Exact values over a plane, against what can be told by hand, and what an agent believes beside them."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import make
from leo_lab.envs import Lattice, PlaceEnvironment, Places
from leo_lab.errors import LabError
from leo_lab.truth.plane import plane_exact, raster_of

OPEN = "S....\n.....\n.....\n"
GAP = "S.#..\n..#..\n.....\n..#..\n"  # two rooms and a gap
GAMMA = 0.9


def steps_of(values):
    return 1 + np.log(np.maximum(values.v, 1e-12)) / np.log(values.gamma)


def geodesic(start, goal, corners):
    """The shortest way to a point, straight or around one of the corners."""
    direct = np.linalg.norm(goal - start)
    around = [np.linalg.norm(corner - start) + np.linalg.norm(goal - corner) for corner in corners]
    return direct, min(around)


def test_an_open_plane_is_as_the_crow_flies():
    env = make("point_maze", map=OPEN, spacing=1, radius=0.4, speed=0.5)
    values = plane_exact(env, GAMMA)
    away = np.linalg.norm(values.places[:, None] - env.places.lattice.points, axis=-1)
    fewest = np.maximum(1, (away - env.places.lattice.radius) / env.speed)
    steps = steps_of(values)
    assert (steps > fewest - 0.35).all()  # the blur of the staircase
    assert (steps < np.ceil(fewest) + 0.75).all()
    assert (values.v[away < env.places.lattice.radius] > 1 - 1e-6).all()  # staying is a hit
    far = away > 1.5
    toward = (env.places.lattice.points - values.places[:, None]) / np.maximum(away, 1e-6)[..., None]
    along = (values.direction * toward).sum(axis=-1)[far]
    assert along.mean() > 0.95 and along.min() > 0.8


def test_walls_must_be_walked_around():
    env = make("point_maze", map=GAP, spacing=1, radius=0.4, speed=0.5)
    values = plane_exact(env, GAMMA)
    steps = steps_of(values)
    start = np.array([0.5, 3.5])
    at = np.linalg.norm(values.places - start, axis=1).argmin()
    goal = env.goals.index("x3.5y3.5")
    there = env.places.lattice.points[goal]
    _, around = geodesic(values.places[at], there, [np.array([2.0, 2.0]), np.array([3.0, 2.0])])
    two = np.linalg.norm(values.places[at] - (2, 2)) + 1 + np.linalg.norm(there - (3, 2))
    fewest = (two - env.places.lattice.radius) / env.speed
    assert around < two and fewest - 0.5 < steps[at, goal] < fewest + 2
    assert values.direction[at, goal][1] < -0.5  # down to the gap first


def test_a_finer_raster_says_the_same():
    env = make("point_maze", map=GAP, spacing=1, radius=0.4)
    coarse, fine = (plane_exact(env, GAMMA, fine=fine) for fine in (3, 9))
    middle = [np.linalg.norm(fine.places - place, axis=1).argmin() for place in coarse.places]
    np.testing.assert_allclose(fine.places[middle], coarse.places, atol=1e-5)
    assert np.abs(steps_of(coarse) - steps_of(fine)[middle]).mean() < 0.25


def test_what_cannot_be_reached_is_worth_nothing():
    env = make("point_maze", map="S.#.\n..#.\n", spacing=1, radius=0.4)
    values = plane_exact(env, GAMMA)
    left, right = values.places[:, 0] < 2, env.places.lattice.points[:, 0] > 3
    assert values.v[np.ix_(left, right)].max() == 0 and values.v[np.ix_(left, ~right)].min() > 0


def test_a_closed_corner_does_not_leak():
    """Two cells that touch at a corner are not neighbours."""
    env = make("point_maze", map="S.##\n..##\n##..\n##..\n", spacing=1, radius=0.4)
    values = plane_exact(env, GAMMA)
    left, right = values.places[:, 0] < 2, env.places.lattice.points[:, 0] > 2
    assert values.v[np.ix_(left, right)].max() == 0


def test_the_raster_begins_on_top():
    env = make("point_maze", map=GAP, spacing=1, radius=0.4)
    shape, cells, places = raster_of(env, 2)
    assert shape == (8, 10) and cells[0].tolist() == [0, 0] and places[0].tolist() == [0.25, 3.75]
    assert len(cells) == 4 * 17
    values = plane_exact(env, GAMMA, fine=2)
    np.testing.assert_allclose(values.places, places, atol=1e-6)
    assert (jnp.asarray(values.v) <= 1).all() and np.linalg.norm(values.direction, axis=-1).max() <= 1 + 1e-6


def test_other_worlds_and_numbers_are_refused():
    env = make("point_maze", map=OPEN, spacing=1, radius=0.4)
    with pytest.raises(LabError, match="gamma must be between 0 and 1"):
        plane_exact(env, 1.0)
    with pytest.raises(LabError, match="fine must be at least 1"):
        plane_exact(env, fine=0)
    with pytest.raises(LabError, match="a place is not the whole state"):
        plane_exact(make("gridworld"))
    for missing in ({"observe": None}, {"free": None}):
        with pytest.raises(LabError, match="a place is not the whole state"):
            plane_exact(dataclasses.replace(env, places=dataclasses.replace(env.places, **missing)))


class Sea(PlaceEnvironment):
    """The maze of GAP elsewhere and in another unit: its corner is at (-3, 2) and its cells are 2 wide."""

    def __init__(self, maze):
        lattice = Lattice(2 * maze.places.lattice.points + np.float32([-3, 2]), 2.0, 2 * maze.places.lattice.radius)
        self.places = Places(lattice, observe=np.asarray, free=maze.places.free, extent=(-3.0, 2.0, 7.0, 10.0))
        self._maze = maze

    def step(self, state, action, key):
        corner = jnp.array([-3.0, 2.0])
        after, over = self._maze.step((state - corner) / 2, action, key)
        return 2 * after + corner, over


def test_any_world_whose_places_are_states_has_exact_values():
    maze = make("point_maze", map=GAP, spacing=1, radius=0.4, speed=0.5)
    values, own = plane_exact(maze, GAMMA, fine=2), plane_exact(Sea(maze), GAMMA, fine=2)
    assert own.shape == values.shape and (own.cells == values.cells).all()
    np.testing.assert_allclose(own.places, 2 * values.places + [-3, 2], atol=1e-6)
    np.testing.assert_allclose(own.v, values.v, atol=1e-3)
