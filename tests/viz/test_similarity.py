"""Similarity of goals: against numpy's correlation, and along corridors instead of through walls."""

import numpy as np
import pytest

import leo_lab
from leo_lab.viz.figures.similarity import goal_similarity, similarity_map

TWO_CORRIDORS = "S......\n######.\n.......\n"


@pytest.fixture(scope="module")
def exact():
    return leo_lab.exact_values(leo_lab.make("gridworld", map=TWO_CORRIDORS))


def test_it_is_the_correlation_over_states_with_the_goal_itself_at_1(exact):
    v = exact.v.copy()
    np.fill_diagonal(v, 1.0)
    np.testing.assert_allclose(goal_similarity(exact), np.corrcoef(v.T), atol=1e-5)


def test_a_wall_parts_what_lies_side_by_side(exact):
    similarity = goal_similarity(exact)
    corner, beside, below = (exact.goal_names.index(f"position/{name}") for name in ("r0c0", "r0c1", "r2c0"))
    assert similarity[corner, beside] > 0.9
    assert similarity[corner, below] < -0.9


def test_a_goal_that_no_state_can_tell_from_another_has_no_similarity(exact):
    q = exact.q.copy()
    q[:, 4] = 1
    similarity = goal_similarity(exact.replace(q=q))
    assert np.isnan(similarity[4]).all() and np.isnan(similarity[:, 4]).all()
    assert np.isfinite(np.delete(np.delete(similarity, 4, 0), 4, 1)).all()


def test_the_map_has_a_number_at_every_goal_and_a_gap_at_every_wall(exact):
    figure = similarity_map(exact, "r2c0")
    z = figure.data[0].z
    assert z.shape == (3, 7)
    assert np.isnan(z).sum() == 6 and z[2, 0] == 1
    assert figure.data[1].x == (0,) and figure.data[1].y == (2,)
    assert figure.layout.title.text == "exact: goals like r2c0"
