"""The exact solver: literals worked out by hand, a slow solver that shares no code, and simulation."""

import itertools
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given

from leo_lab.envs import make
from leo_lab.envs.gridworld import Gridworld
from leo_lab.envs.maps import map_names
from leo_lab.errors import LabError
from leo_lab.truth.tabular import exact_values, greedy_sets, policy_returns, solve
from worlds import DIRECTIONS, distances, free_cells, maps, next_cells

LEFT, RIGHT, UP, DOWN = range(4)


def world(text, **options):
    return make("gridworld", map=text, **options)


def test_corridor():
    exact = exact_values(world("S...\n"), gamma=0.9)
    # For the rightmost cell: 3, 2, 1 steps away; in the goal itself a bump hits it again.
    np.testing.assert_allclose(exact.v[:, 3], [0.81, 0.9, 1.0, 1.0], rtol=1e-6)
    np.testing.assert_allclose(exact.q[0, 3], [0.9 * 0.81, 0.81, 0.9 * 0.81, 0.9 * 0.81], rtol=1e-6)
    np.testing.assert_allclose(exact.q[3, 3], [0.9, 1.0, 1.0, 1.0], rtol=1e-6)
    np.testing.assert_allclose(exact.q[2, 0], [0.9, 0.9**3, 0.9**2, 0.9**2], rtol=1e-6)
    np.testing.assert_allclose(exact.steps()[0], [1, 1, 2, 3], rtol=1e-5)


def test_one_way_is_asymmetric():
    exact = exact_values(world("S>.\n"), gamma=0.5)
    np.testing.assert_allclose(exact.v, [[1, 1, 0.5], [0, 1, 1], [0, 0, 1]])


def test_unreachable_goals_are_worth_nothing():
    exact = exact_values(world("S.#..\n"), gamma=0.9)
    assert (exact.v[:2, 2:] == 0).all()
    assert (exact.v[2:, :2] == 0).all()
    assert (exact.v[:2, :2] > 0).all()
    assert np.isinf(exact.steps()[0, 2:]).all()


def test_slippery_pair_by_hand():
    """Two cells: a move across succeeds with 0.8 and stays with 0.2, so V = 0.8 + 0.2 gamma V."""
    gamma = 0.9
    exact = exact_values(world("S.\n", slip=0.2), gamma)
    v = 0.8 / (1 - 0.2 * gamma)
    np.testing.assert_allclose(exact.q[0, 1, RIGHT], v, rtol=1e-6)
    np.testing.assert_allclose(exact.q[0, 1, LEFT], gamma * v, rtol=1e-6)  # neither it nor its slips go anywhere
    np.testing.assert_allclose(exact.q[0, 1, UP], 0.1 + 0.9 * gamma * v, rtol=1e-6)  # slips right one time in ten
    np.testing.assert_allclose(exact.q[0, 0], [1.0, 0.2 + 0.8 * gamma * v, *[0.9 + 0.1 * gamma * v] * 2], rtol=1e-6)


def test_three_state_chain_by_hand():
    """0 -> 1 -> 2, each with 1/2 or stay: V = 1/2 / (1 - gamma/2) per stage, the first discounted once more."""
    transitions = np.array([[[0.5, 0.5, 0.0]], [[0.0, 0.5, 0.5]], [[0.0, 0.0, 1.0]]])
    gamma = 0.8
    stage = 0.5 / (1 - 0.5 * gamma)
    q = solve(transitions, np.eye(3, dtype=bool), gamma)
    assert q.shape == (3, 3, 1)
    expected = [[0.5, stage, stage * gamma * stage], [0.0, 0.5, stage], [0.0, 0.0, 1.0]]
    # A goal hit with 1/2, and left for good with 1/2, is worth 1/2.
    np.testing.assert_allclose(q[..., 0], expected, rtol=1e-9)


def test_the_better_of_two_lotteries():
    """From state 0: a sure way of two steps, or one step with probability 1/2 and else a dead end."""
    transitions = np.zeros((4, 2, 4))
    transitions[0, 0, 1] = 1
    transitions[0, 1, [2, 3]] = 0.5
    transitions[1, :, 2] = 1
    transitions[2, :, 2] = transitions[3, :, 3] = 1
    for gamma, best in ((0.9, 0), (0.4, 1)):
        q = solve(transitions, np.eye(4, dtype=bool), gamma)
        np.testing.assert_allclose(q[0, 2], [gamma, 0.5])
        assert q[0, 2].argmax() == best


def test_one_state_may_achieve_several_goals():
    transitions = np.array([[[0.0, 1.0]], [[1.0, 0.0]]])
    hit = np.array([[True, False, False], [True, True, False]])
    q = solve(transitions, hit, 0.5)
    assert q[..., 0].tolist() == [[1.0, 1.0, 0.0], [1.0, 0.5, 0.0]]


def test_teleporter_averages_over_its_exits():
    gamma = 0.9
    exact = exact_values(world("SA#a.\n#####\n.a###\n"), gamma)
    assert exact.state_names == ("r0c0", "r0c3", "r0c4", "r2c0", "r2c1")
    np.testing.assert_allclose(exact.q[0, :, RIGHT], [0, 0.5, 0.5 * gamma, 0.5 * gamma, 0.5], rtol=1e-6)
    np.testing.assert_allclose(exact.q[0, 1, LEFT], gamma * 0.5, rtol=1e-6)


def test_far_goals_are_not_lost_in_the_tolerance():
    """At gamma 0.5 a goal 60 steps away is worth 2^-59, far below any absolute tolerance."""
    exact = exact_values(world("S" + "." * 60 + "\n"), gamma=0.5)
    np.testing.assert_allclose(exact.v[0, 1:], 0.5 ** np.arange(60), rtol=1e-6)
    assert exact.greedy()[0, 1:].tolist() == [RIGHT] * 60


def slow_values(layout, slip, gamma, sweeps):
    """Values [S, G, A] of one goal after the other, cell by cell, from the second statement of the rules."""
    cells = free_cells(layout)
    moves = {cell: [next_cells(layout, slip, cell, d) for d in DIRECTIONS] for cell in cells}
    table = []
    for goal in cells:
        v = dict.fromkeys(cells, 0.0)
        for _ in range(sweeps):
            worth = {cell: 1.0 if cell == goal else gamma * v[cell] for cell in cells}
            q = {cell: [sum(p * worth[end] for end, p in ends.items()) for ends in moves[cell]] for cell in cells}
            v = {cell: max(q[cell]) for cell in cells}
        table.append([q[cell] for cell in cells])
    return np.swapaxes(table, 0, 1)


@given(maps())
def test_against_a_slow_solver_of_one_goal_at_a_time(drawn):
    exact = exact_values(Gridworld(drawn), gamma=0.6)
    np.testing.assert_allclose(exact.q, slow_values(drawn.layout, drawn.slip, 0.6, sweeps=60), rtol=1e-5, atol=1e-6)


@given(maps(slips=(0.0, 0.25)))
def test_values_solve_the_bellman_equation(drawn):
    env, gamma = Gridworld(drawn), 0.95
    exact = exact_values(env, gamma)
    after = np.where(np.eye(env.obs_size, dtype=bool), 1.0, gamma * exact.v)
    np.testing.assert_allclose(exact.q, np.einsum("sat,tg->sga", env.states.transitions, after), rtol=1e-5)
    assert (exact.q >= 0).all()
    assert (exact.q <= 1).all()
    # Positive where some move of the agent can lead to the goal at last, and nowhere else.
    can = np.einsum("sat,tg->sg", env.states.transitions, env.states.reachable) > 0
    assert ((exact.v > 0) == can).all()


@given(maps(slips=(0.0,)))
def test_without_luck_values_are_shortest_paths(drawn):
    env = Gridworld(drawn)
    assume(env.deterministic)
    exact, cells = exact_values(env, gamma=0.9), free_cells(drawn.layout)
    best = greedy_sets(exact)
    steps = {cell: distances(drawn.layout, 0.0, cell) for cell in cells}
    for (state, cell), (goal, other) in itertools.permutations(enumerate(cells), 2):
        far = steps[cell].get(other, np.inf)
        assert abs(exact.v[state, goal] - 0.9 ** (far - 1)) < 1e-6
        if far < np.inf:
            after = [next(iter(next_cells(drawn.layout, 0.0, cell, direction))) for direction in DIRECTIONS]
            assert best[state, goal].tolist() == [steps[end].get(other) == far - 1 for end in after]


@pytest.fixture(scope="module", params=map_names())
def named(request):
    env = make("gridworld", map=request.param)
    return env, exact_values(env)


def test_the_greedy_policy_reaches_all_that_can_be_reached(named):
    env, exact = named
    success, length = policy_returns(env, exact.greedy(), horizon=400)
    pairs = env.states.reachable & ~np.eye(env.obs_size, dtype=bool)
    if env.deterministic:
        assert (success[pairs] == 1).all()
        np.testing.assert_allclose(length[pairs], exact.steps()[pairs], rtol=1e-4)
    # Where luck rules it may be wise to forgo a path that always arrives; never to forgo all.
    assert (success[pairs] > 0).all()
    unreachable = ~env.states.reachable
    assert (success[unreachable] == 0).all()
    assert np.isnan(length[unreachable]).all()
    assert (exact.v[unreachable] == 0).all()


def test_every_move_of_a_greedy_set_is_as_good(named):
    env, exact = named
    best = greedy_sets(exact)
    assert best.any(axis=-1).all()
    assert np.take_along_axis(best, exact.greedy()[..., None], axis=-1).all()
    last = exact.q.shape[-1] - 1 - best[..., ::-1].argmax(axis=-1)
    chosen = np.take_along_axis(exact.q, last[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(chosen, exact.v, rtol=2e-5)
    pairs = env.states.reachable & ~np.eye(env.obs_size, dtype=bool)
    if env.deterministic:
        first, other = (policy_returns(env, policy, 400)[1][pairs] for policy in (exact.greedy(), last))
        np.testing.assert_allclose(first, other)


def test_greedy_sets_are_relative_to_the_value():
    exact = exact_values(world("...\n.S.\n...\n"), gamma=0.99)
    best = {
        "r0c0": "left up",
        "r0c1": "up",
        "r0c2": "right up",
        "r1c0": "left",
        "r1c1": "left right up down",  # the centre itself: away and back
        "r1c2": "right",
        "r2c0": "left down",
        "r2c1": "down",
        "r2c2": "right down",
    }
    for goal, row in zip(exact.state_names, greedy_sets(exact)[4], strict=True):
        assert " ".join(np.array(exact.action_names)[row]) == best[goal]


def test_policy_returns_within_a_horizon_by_hand():
    """One move succeeds with 0.8: within k steps 1 - 0.2^k, and E[steps; hit] = sum of i 0.8 0.2^(i-1)."""
    env = world("S.\n", slip=0.2)
    policy = np.full((2, 2), RIGHT)
    for horizon in (1, 2, 3):
        success, length = policy_returns(env, policy, horizon)
        chances = 0.8 * 0.2 ** np.arange(horizon)
        np.testing.assert_allclose(success[0, 1], chances.sum())
        np.testing.assert_allclose(length[0, 1], (chances * np.arange(1, horizon + 1)).sum() / chances.sum())
    success, length = policy_returns(env, policy, horizon=500)
    np.testing.assert_allclose([success[0, 1], length[0, 1]], [1, 1.25])
    assert success[1, 0] == 0  # always right never comes back
    assert np.isnan(length[1, 0])


def test_policy_returns_count_steps_up_to_the_horizon():
    env = world("S....\n")
    policy = np.full((5, 5), RIGHT)
    success, length = policy_returns(env, policy, horizon=3)
    assert success[0].tolist() == [0, 1, 1, 1, 0]
    assert length[0, 1:4].tolist() == [1, 2, 3]
    assert policy_returns(env, policy, horizon=0)[0].sum() == 0


def test_policy_returns_agree_with_simulation():
    env = world("S.A.\n.#..\na..a\n", slip=0.3)
    exact, horizon, tries = exact_values(env), 6, 4000
    policy = jnp.asarray(exact.greedy())
    pairs = [(env.states.start, goal) for goal in range(1, env.obs_size)] + [(5, 0), (8, 2)]
    state, goal = (jnp.repeat(jnp.array(each), tries) for each in zip(*pairs, strict=True))

    def advance(carry, key):
        state, arrived, step = carry
        state, _ = jax.vmap(env.step)(state, policy[state, goal], jax.random.split(key, len(state)))
        arrived = jnp.where((arrived == 0) & (state == goal), step, arrived)
        return (state, arrived, step + 1), None

    start = (state, jnp.zeros_like(state), jnp.int32(1))
    simulate = jax.jit(lambda key: jax.lax.scan(advance, start, jax.random.split(key, horizon))[0][1])
    arrived = np.asarray(simulate(jax.random.key(0))).reshape(len(pairs), tries)

    success, length = policy_returns(env, exact.greedy(), horizon)
    for steps, (state, goal) in zip(arrived, pairs, strict=True):
        chance = success[state, goal]
        assert abs((steps > 0).mean() - chance) < 5 * np.sqrt(chance * (1 - chance) / tries) + 1e-9
        assert abs(steps[steps > 0].mean() - length[state, goal]) < 5 * horizon / 2 / np.sqrt(chance * tries)
    assert 0.1 < np.mean([success[pair] for pair in pairs]) < 0.95  # neither trivial nor hopeless


def test_the_table_carries_the_names_of_its_world():
    env = world("#S.\n..#\n")
    exact = exact_values(env, gamma=0.9)
    assert exact.q.dtype == np.float32
    assert (exact.title, exact.gamma, exact.scale, exact.start) == ("exact", 0.9, "hit", 0)
    assert exact.layout == env.states.layout
    assert exact.state_names == env.states.names
    assert exact.goal_names == env.goals.names
    assert exact.action_names == env.action_names
    assert exact.state_positions.tolist() == exact.goal_positions.tolist() == env.states.positions.tolist()


@pytest.mark.parametrize("gamma", [0, 1, 1.5, float("nan")])
def test_a_discount_out_of_range_is_refused(gamma):
    with pytest.raises(LabError, match="gamma must be between 0 and 1"):
        exact_values(world("S.\n"), gamma)


def test_a_world_whose_states_cannot_be_listed_is_refused():
    with pytest.raises(LabError, match="craft: its states cannot be listed, so there are no exact values"):
        exact_values(types.SimpleNamespace(name="craft", states=None))
