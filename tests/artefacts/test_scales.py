"""Scales: what they say of themselves, and conversions held against hand-made and exactly solved numbers."""

import numpy as np
import pytest

from leo_lab.artefacts import scales
from leo_lab.errors import LabError

GAMMA = 0.5


def solved(states=5, actions=2, gamma=0.9, seed=0):
    """A random world under a random policy, goals are states: h [S, G, A], N [S, G, A] and M(g, g) [G], exactly."""
    rng = np.random.default_rng(seed)
    step = rng.dirichlet(np.ones(states) * 0.5, size=(states, actions))  # [S, A, S]
    policy = rng.dirichlet(np.ones(actions), size=states)  # [S, A]
    chain = np.einsum("sa,sat->st", policy, step)
    occupied = (1 - gamma) * np.linalg.inv(np.eye(states) - gamma * chain)  # M, from t = 0 on
    n = np.einsum("sat,tg->sga", step, occupied)
    h = np.empty((states, states, actions))
    for goal in range(states):
        on = np.eye(states)[goal]
        arrive = np.linalg.solve(np.eye(states) - gamma * chain * (1 - on), chain @ on)  # from each state
        h[:, goal] = np.einsum("sat,t->sa", step, on + gamma * (1 - on) * arrive)
    return h, n, scales.self_occupancy(np.einsum("ga,gga->g", policy, n), gamma), gamma


def test_the_five_scales_by_name():
    assert list(scales.SCALES) == ["hit", "occupancy", "log_ratio", "distance", "neg_steps"]
    assert all(scale.name == name for name, scale in scales.SCALES.items())
    assert {name for name, scale in scales.SCALES.items() if not scale.larger_is_better} == {"distance"}
    assert {name for name, scale in scales.SCALES.items() if not scale.comparable} == {"occupancy", "log_ratio"}
    assert all(scale.label and scale.legend for scale in scales.SCALES.values())
    with pytest.raises(LabError, match=r'^unknown value scale "negsteps"; did you mean "neg_steps"\?$'):
        scales.scale_of("negsteps")


def test_ranges():
    assert scales.SCALES["neg_steps"].range(0.9) == (pytest.approx(-10), 0)
    assert scales.SCALES["hit"].range(0.9) == scales.SCALES["occupancy"].range(0.9) == (0, 1)
    assert scales.SCALES["distance"].range(0.9) == (0, np.inf)
    scales.check_range(np.array([np.nan, 0, 1 + 5e-5]), "hit", GAMMA)  # rounding is forgiven
    scales.check_range(np.array([0, np.inf]), "distance", GAMMA)  # there may be no way
    scales.check_range(np.array([-np.inf, 3e4]), "log_ratio", GAMMA)
    scales.check_range(np.array([np.nan]), "hit", GAMMA)
    with pytest.raises(LabError, match=r"^distance values lie in 0 to inf, but these in -0\.5 to 3$"):
        scales.check_range(np.array([-0.5, 3]), "distance", GAMMA)


@pytest.mark.parametrize(
    ("name", "values", "given"),
    [
        ("hit", [1, 0.5, 0.25, 0], {}),
        ("occupancy", [0.5, 0.25, 0.125, 0], {"self_occupancy": np.array([0.5])}),
        ("log_ratio", [0, -np.log(2), -np.log(4), -np.inf], {"self_occupancy": np.ones(1), "marginal": np.ones(1)}),
        ("distance", [np.log(2), 2 * np.log(2), 3 * np.log(2), np.inf], {}),
        ("neg_steps", [-1, -1.5, -1.75, -2], {}),
    ],
)  # fmt: skip
def test_one_two_three_steps_and_no_way(name, values, given):
    """A deterministic world with gamma 0.5: a goal that is 1, 2, 3 steps away, or out of reach."""
    column = np.array(values)[:, None]  # [S, G]
    hit = scales.to_hit(column, name, GAMMA, **given)
    assert hit.dtype == np.float32 and hit.shape == column.shape
    np.testing.assert_allclose(hit[:, 0], [1, 0.5, 0.25, 0], atol=1e-7)
    steps = scales.to_steps(column, name, GAMMA, **given)
    np.testing.assert_allclose(steps[:3, 0], [1, 2, 3], rtol=1e-5)
    assert steps[3, 0] == np.inf
    by_action = scales.to_steps(np.stack([column, column], -1), name, GAMMA, **given)  # [S, G, A]
    np.testing.assert_array_equal(by_action[..., 1], steps)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_occupancies_and_log_ratios_of_an_exactly_solved_world_become_its_hit_values(seed):
    h, n, m, gamma = solved(seed=seed)
    np.testing.assert_allclose(scales.to_hit(n, "occupancy", gamma, self_occupancy=m), h, rtol=2e-6)
    marginal = np.random.default_rng(seed).dirichlet(np.ones(len(m)))
    ratio = np.log(n / marginal[None, :, None])
    found = scales.to_hit(ratio, "log_ratio", gamma, self_occupancy=m, marginal=marginal)
    np.testing.assert_allclose(found, h, rtol=5e-6)


@pytest.mark.parametrize("seed", [0, 1])
def test_distances_and_negative_steps_of_an_exactly_solved_world_become_its_hit_values(seed):
    h, _, _, gamma = solved(seed=seed)  # E[gamma^T] = gamma h
    np.testing.assert_allclose(scales.to_hit(-np.log(gamma * h), "distance", gamma), h, rtol=2e-6)
    np.testing.assert_allclose(scales.to_hit(-(1 - gamma * h) / (1 - gamma), "neg_steps", gamma), h, rtol=1e-5)


def test_what_is_missing_is_named():
    with pytest.raises(LabError, match=r"^occupancy values become hit values with M\(g, g\), .*: give self_occupancy"):
        scales.to_hit(np.ones((2, 1)), "occupancy", GAMMA)
    with pytest.raises(LabError, match=r"^log_ratio values become hit values with p\(g\), .*: give marginal"):
        scales.to_steps(np.ones((2, 1)), "log_ratio", GAMMA, self_occupancy=np.ones(1))


def test_steps_from_values():
    steps = np.array([1, 2, 7, 100])
    np.testing.assert_allclose(scales.steps_from_values(0.99 ** (steps - 1), 0.99), steps, rtol=1e-5)
    assert scales.steps_from_values(np.array([0.0, -0.5, 1.0]), 0.9).tolist() == [np.inf, np.inf, 1]
    assert scales.steps_from_values(np.float32(0.25), 0.5) == 3
