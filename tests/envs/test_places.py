"""Lattices of goals: which points they keep, when a goal is achieved, which one stands in for a place."""

import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs.places import as_places, lattice_over
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
    for nowhere in ([np.nan, 0.5], [0.5, np.nan], [np.inf, 0.5], [0.5, -np.inf]):
        with pytest.raises(LabError, match="outside the lattice"):
            lattice.nearest(nowhere)
    with pytest.raises(LabError, match=r"a place is x and y, got an array of shape \(3,\)"):
        lattice.nearest([1.0, 2.0, 3.0])


def test_of_goals_equally_near_the_first_stands_in():
    lattice = lattice_over(EXTENT, 1, 0.25, open_ground)
    assert lattice.nearest([[1.0, 2.5], [1.0, 2.0], [1.5, 2.0], [1.0, 0.5]]).tolist() == [0, 0, 1, 8]
    assert lattice.nearest(lattice.points).tolist() == list(range(12))


def test_any_number_of_places_is_looked_up_at_once():
    lattice = lattice_over(EXTENT, 1, 0.25, open_ground)
    places = np.random.default_rng(0).uniform(0, 3, (2, 5, 2))
    found = lattice.nearest(places)
    assert found.dtype == np.int32 and found.shape == (2, 5)
    away = np.linalg.norm(places[:, :, None] - lattice.points, axis=-1)
    np.testing.assert_allclose(np.take_along_axis(away, found[..., None], axis=-1)[..., 0], away.min(axis=-1))
    one = lattice.nearest(places[1, 2])
    assert one.shape == () and one == found[1, 2]


def test_the_hull_ends_one_and_a_half_spacings_from_the_goals():
    lattice = lattice_over((0.0, 0.0, 8.0, 6.0), 2, 0.25, open_ground)  # the first goal is at 1, 5
    assert lattice.nearest([-2.0, 5.0]) == lattice.nearest([1.0, 8.0]) == 0
    with pytest.raises(LabError, match=r"\(-2.01, 5\) .* no goal is within 3 of it; .* x 1 and 7, y 1 and 5"):
        lattice.nearest([[-2.0, 5.0], [-2.01, 5.0]])


def test_features_are_places_scaled_along_the_longer_side():
    wide = lattice_over(EXTENT, 1, 0.25, open_ground).goals.features
    assert wide.dtype == np.float32
    np.testing.assert_allclose(wide[[0, 5, 11]], [[-1, 2 / 3], [-1 / 3, 0], [1, -2 / 3]], atol=1e-6)
    tall = lattice_over(EXTENT, 1, 0.25, left_half).goals.features
    np.testing.assert_allclose(tall[[0, -1]], [[-0.5, 1], [0.5, -1]], atol=1e-6)
    assert lattice_over(EXTENT, 100, 0.5, open_ground).goals.features.tolist() == [[0, 0]]


def test_goals_far_out_have_names_of_their_own():
    names = lattice_over((0.0, 0.0, 200.0, 2.0), 1, 0.25, open_ground).goals.names
    assert len(set(names)) == 400 and names[0] == "place/x0.5y1.5" and names[102] == "place/x102.5y1.5"
    assert lattice_over((0.0, 0.0, 2.0, 1.0), 2 / 3, 0.1, open_ground).goals.names[0] == "place/x0.333y0.5"


def test_one_place_or_several():
    assert as_places((1, 2)).tolist() == [[1, 2]] and as_places((1, 2)).dtype == np.float32
    assert as_places([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "places, message",
    [
        ([], "places must name at least one place"),
        (np.zeros((0, 2)), "places must name at least one place"),
        (3.0, r"got an array of shape \(\)"),
        ([1.0, 2.0, 3.0, 4.0], r"got an array of shape \(4,\)"),
        ([[1.0, 2.0, 3.0]], r"got an array of shape \(1, 3\)"),
        (np.zeros((2, 2, 2)), r"got an array of shape \(2, 2, 2\)"),
        ("here", "a place is two numbers, x and y, got 'here'"),
        ([[1.0], [2.0, 3.0]], "a place is two numbers"),
    ],
)
def test_what_is_no_place(places, message):
    with pytest.raises(LabError, match=message):
        as_places(places)


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
