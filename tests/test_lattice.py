"""Lattices of goals: which points they keep, when a goal is achieved, which one stands in for a place."""

import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs.lattice import lattice_over
from leo_lab.errors import LabError

EXTENT = (0.0, 0.0, 4.0, 3.0)


def open_ground(points):
    return np.full(len(points), np.inf)


def left_half(points):
    """Free where x is below 2."""
    return 2 - points[:, 0]


def test_points_are_centred_and_in_reading_order():
    lattice = lattice_over(EXTENT, 1, 0.25, open_ground)
    assert lattice.points.dtype == np.float32
    assert lattice.points.tolist() == [[x + 0.5, y + 0.5] for y in (2, 1, 0) for x in range(4)]
    assert lattice.goals.names[:2] == ("place/x0.5y2.5", "place/x1.5y2.5")
    wide = lattice_over((-1.0, -1.0, 1.0, 1.0), 0.8, 0.1, open_ground)
    assert wide.points.tolist() == np.float32([[-0.4, 0.4], [0.4, 0.4], [-0.4, -0.4], [0.4, -0.4]]).tolist()


def test_spacings_that_binary_numbers_miss_lose_no_point():
    lattice = lattice_over((-0.3, -0.3, 0.3, 0.3), 0.2, 0.02, open_ground)
    assert sorted(set(lattice.points[:, 0].tolist())) == np.float32([-0.2, 0.0, 0.2]).tolist()
    assert "place/x0y0" in lattice.goals.names


def test_a_spacing_beyond_the_extent_leaves_the_middle():
    assert lattice_over(EXTENT, 100, 0.5, open_ground).points.tolist() == [[2.0, 1.5]]


def test_only_points_whose_whole_disc_is_free_are_kept():
    def columns(radius):
        return sorted(set(lattice_over(EXTENT, 1, radius, left_half).points[:, 0].tolist()))

    assert columns(0.4) == columns(0.5) == [0.5, 1.5]
    assert columns(0.6) == columns(1.5) == [0.5]


def test_a_goal_is_achieved_within_its_radius():
    lattice = lattice_over(EXTENT, 1, 0.25, open_ground)
    places = np.random.default_rng(0).uniform(0, 4, (5, 40, 2)).astype(np.float32)
    dense = np.linalg.norm(places[:, :, None] - lattice.points, axis=-1) <= 0.25
    assert dense.any() and not dense.all()
    assert (np.asarray(lattice.achieved(jnp.asarray(places))) == dense).all()
    assert (np.asarray(lattice.achieved(jnp.asarray(places[0, 0]))) == dense[0, 0]).all()


def test_the_nearest_goal_stands_in_and_places_outside_are_refused():
    lattice = lattice_over(EXTENT, 1, 0.25, left_half)
    assert lattice.points[lattice.nearest([[0.1, 2.9], [1.9, 0.8]])].tolist() == [[0.5, 2.5], [1.5, 0.5]]
    with pytest.raises(LabError, match=r"place \(3.5, 0.5\) is outside the lattice"):
        lattice.nearest([[0.5, 0.5], [3.5, 0.5]])
    with pytest.raises(LabError, match="outside the lattice"):
        lattice.nearest([np.nan, 0.5])
    with pytest.raises(LabError, match="a place is x and y"):
        lattice.nearest([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "spacing, radius, message",
    [
        (0, 0.1, "spacing must be above 0, got 0"),
        (1, -0.5, "radius must be above 0, got -0.5"),
        (float("nan"), 0.1, "spacing must be above 0"),
        ("1", 0.1, "spacing must be a number"),
        (1, 1.6, "no goal has room for a radius of 1.6: of 12 points 1 apart, the one with most room has 1.5"),
    ],
)
def test_impossible_lattices_are_one_line(spacing, radius, message):
    with pytest.raises(LabError, match=message):
        lattice_over(EXTENT, spacing, radius, left_half)
