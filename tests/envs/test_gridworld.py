"""Gridworlds: the dynamics against literals on maps that are not square, and every named map as a whole."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from leo_lab.envs import env_names, make
from leo_lab.envs.gridworld import Gridworld
from leo_lab.envs.maps import load_map, map_names
from leo_lab.errors import LabError
from worlds import DIRECTIONS, distances, free_cells, maps, next_cells

LEFT, RIGHT, UP, DOWN = range(4)
WORLDS = {name: {"map": name} for name in map_names()}
WORLDS["random"] = {"size": 5, "wall": 0.3, "seed": 2}
WORLDS["random slippery"] = {"size": 4, "wall": 0.2, "seed": 1, "slip": 0.3}


def world(text, **options):
    return make("gridworld", map=text, **options)


def row(env, state, action):
    """Where an action leads, as {state name: probability}."""
    chances = env.states.transitions[state, action]
    return {env.states.names[i]: round(float(chances[i]), 9) for i in chances.nonzero()[0]}


def test_states_are_the_free_cells_row_by_row():
    env = world("#S.\n..#\n")
    assert env.states.names == ("r0c1", "r0c2", "r1c0", "r1c1")
    assert env.states.positions.tolist() == [[0, 1], [0, 2], [1, 0], [1, 1]]
    assert env.states.positions.dtype == np.int32
    assert env.states.start == 0
    assert env.obs_size == 4
    assert env.states.layout == ("#S.", "..#")
    assert env.action_names == ("left", "right", "up", "down")


def test_goals_are_the_states_in_the_same_order():
    env = world("#S.\n..#\n")
    assert env.goals.names == ("position/r0c1", "position/r0c2", "position/r1c0", "position/r1c1")
    assert env.goals.positions.tolist() == env.states.positions.tolist()
    assert env.goals.features.tolist() == np.eye(4).tolist()
    assert env.goals.index("r1c0") == 2


def test_moves_stay_at_walls_and_at_the_edge():
    env = world("#S.\n..#\n")  # r0c1 r0c2 r1c0 r1c1
    assert env.states.transitions.argmax(axis=-1).tolist() == [
        [0, 1, 0, 3],  # r0c1: wall, r0c2, edge, r1c1
        [0, 1, 1, 1],  # r0c2: r0c1, edge, edge, wall
        [2, 3, 2, 2],  # r1c0: edge, r1c1, wall, edge
        [2, 3, 0, 3],  # r1c1: r1c0, wall, r0c1, edge
    ]
    assert env.deterministic


def test_one_way_cells_are_left_along_the_arrow_and_not_entered_head_on():
    env = world("S>.\n...\n")  # r0c0 r0c1 r0c2 / r1c0 r1c1 r1c2
    assert env.states.transitions[1].argmax(axis=-1).tolist() == [1, 2, 1, 1]  # only right leaves it
    assert row(env, 2, LEFT) == {"r0c2": 1}  # head-on
    assert row(env, 0, RIGHT) == {"r0c1": 1}  # along
    assert row(env, 4, UP) == {"r0c1": 1}  # from the side


@pytest.mark.parametrize(("arrow", "along", "against"), [("<", 0, 1), (">", 1, 0), ("^", 2, 3), ("v", 3, 2)])
def test_every_arrow(arrow, along, against):
    env = world(f"...\n.{arrow}.\n.S.\n...\n")
    cell = env.states.names.index("r1c1")
    leads = env.states.transitions[cell].argmax(axis=-1)
    assert [int(leads[move]) != cell for move in range(4)] == [i == along for i in range(4)]
    around = {LEFT: "r1c2", RIGHT: "r1c0", UP: "r2c1", DOWN: "r0c1"}  # from where a move enters it
    for move, name in around.items():
        entered = env.states.transitions[env.states.names.index(name), move, cell] == 1
        assert entered == (move != against)


def test_pads_send_to_their_exits_at_random():
    env = world("SA#a\n#.a#\n")  # states: r0c0, r0c3, r1c1, r1c2
    assert env.states.names == ("r0c0", "r0c3", "r1c1", "r1c2")
    assert row(env, 0, RIGHT) == {"r0c3": 0.5, "r1c2": 0.5}
    assert row(env, 2, UP) == {"r0c3": 0.5, "r1c2": 0.5}
    assert row(env, 3, LEFT) == {"r1c1": 1}  # an exit is a free cell
    assert not env.deterministic


def test_a_pad_with_one_exit_is_no_luck():
    env = world("SA#a\n")
    assert row(env, 0, RIGHT) == {"r0c3": 1}
    assert env.deterministic


def test_slips_go_to_the_two_sides():
    env = world("...\n.S#\n", slip=0.2)  # r0c0 r0c1 r0c2 / r1c0 r1c1
    assert row(env, 4, LEFT) == {"r1c0": 0.8, "r0c1": 0.1, "r1c1": 0.1}
    assert row(env, 4, RIGHT) == {"r1c1": 0.9, "r0c1": 0.1}
    assert row(env, 4, UP) == {"r0c1": 0.8, "r1c0": 0.1, "r1c1": 0.1}
    assert row(env, 1, DOWN) == {"r1c1": 0.8, "r0c0": 0.1, "r0c2": 0.1}
    assert not env.deterministic


def test_slips_obey_arrows_and_pads():
    env = world("S>.\na.A\n", slip=0.5)  # r0c0 r0c1 r0c2 / r1c0 r1c1
    assert row(env, 1, RIGHT) == {"r0c2": 0.5, "r0c1": 0.5}  # a slip out of a one-way cell stays
    assert row(env, 1, UP) == {"r0c1": 0.75, "r0c2": 0.25}
    assert row(env, 2, LEFT) == {"r0c2": 0.75, "r1c0": 0.25}  # head-on stays, a slip down hits the pad


@given(maps())
def test_transitions_follow_the_rules(drawn):
    env = Gridworld(drawn)
    cells = free_cells(drawn.layout)
    assert [tuple(cell) for cell in env.states.positions.tolist()] == cells
    expected = np.zeros(env.states.transitions.shape)
    for state, cell in enumerate(cells):
        for action, direction in enumerate(DIRECTIONS):
            for after, chance in next_cells(drawn.layout, drawn.slip, cell, direction).items():
                expected[state, action, cells.index(after)] = chance
    np.testing.assert_allclose(env.states.transitions, expected, atol=1e-12)
    assert env.deterministic == (expected.max(axis=-1) > 1 - 1e-12).all()


@given(maps())
def test_reachable_is_what_breadth_first_search_finds(drawn):
    env = Gridworld(drawn)
    cells = free_cells(drawn.layout)
    for state, cell in enumerate(cells):
        found = distances(drawn.layout, drawn.slip, cell)
        assert env.states.reachable[state].tolist() == [other in found for other in cells]


def test_a_state_reaches_itself_even_if_it_is_left_for_good():
    env = world("#A#\nASA\n#A#\na##\n")
    assert env.states.transitions[env.states.start].tolist() == [[0, 1]] * 4
    assert env.states.reachable.tolist() == [[True, True], [False, True]]


@pytest.fixture(scope="module", params=WORLDS)
def named(request):
    return make("gridworld", **WORLDS[request.param])


def test_named_worlds_are_sound(named):
    np.testing.assert_allclose(named.states.transitions.sum(axis=-1), 1, atol=1e-12)
    assert (named.states.transitions >= 0).all()
    start = named.states.start
    row, col = named.states.positions[start]
    assert named.states.layout[row][col] == "S"
    assert 2 * named.states.reachable[start].sum() > len(named.states)
    assert named.deterministic == (named.map.slip == 0 and "A" not in "".join(named.states.layout))


def test_the_jitted_step_agrees_with_the_table(named):
    states, draws = len(named.states.names), 1 if named.deterministic else 500
    state, action, _ = (grid.ravel() for grid in np.meshgrid(range(states), range(4), range(draws), indexing="ij"))
    keys = jax.random.split(jax.random.key(0), len(state))
    after, terminated = jax.jit(jax.vmap(named.step))(state, action, keys)
    assert not terminated.any()
    assert after.dtype == jnp.int32
    counts = np.zeros((states, 4, states))
    np.add.at(counts, (state, action, np.asarray(after)), 1)
    spread = np.sqrt(named.states.transitions * (1 - named.states.transitions) / draws)
    assert (np.abs(counts / draws - named.states.transitions) <= 5 * spread + 1e-12).all()


def test_reset_stands_on_the_start():
    env = world("..#\n#.S\n")
    assert int(env.reset(jax.random.key(3))) == env.states.start == 3


def test_observations_are_one_hot_and_goals_are_tested_on_them():
    env = world("#S.\n..#\n")
    observed = jax.vmap(env.observe)(jnp.arange(4))
    assert observed.dtype == jnp.float32
    assert observed.tolist() == env.states.observations.tolist() == np.eye(4).tolist()
    assert env.states.index(observed).tolist() == [0, 1, 2, 3]
    assert env.goals.observations.tolist() == observed.tolist() and env.goals.observations.dtype == np.float32
    assert env.achieved(observed).dtype == bool
    assert env.achieved(observed).tolist() == np.eye(4, dtype=bool).tolist()
    assert env.achieved(jnp.zeros((2, 3, 4))).shape == (2, 3, 4)


@given(maps(slips=(0.0, 0.25, 1 / 3)))
def test_the_spec_builds_the_same_world_again(drawn):
    env = Gridworld(drawn, max_steps=np.int64(30), clock_spread=7)
    again = make(env.name, **json.loads(json.dumps(env.spec)))
    assert again.map == env.map
    assert (again.max_steps, again.clock_spread) == (30, 7)
    assert (again.states.transitions == env.states.transitions).all()


def test_make_builds_the_default_world():
    env = make("gridworld")
    assert env.states.layout == make("gridworld", size=12, wall=0.2, seed=0).states.layout
    assert (len(env.states.layout), len(env.states.layout[0])) == (12, 12)
    assert (env.max_steps, env.clock_spread) == (200, 50)
    assert env.deterministic


def test_make_takes_titles_and_overrides_the_slip():
    env = make("gridworld", map="slippery", slip=0, title="dry", max_steps=9, clock_spread=2)
    assert env.deterministic
    assert (env.title, env.max_steps, env.clock_spread) == ("dry", 9, 2)
    assert make("gridworld", map="slippery").map == load_map("slippery")


def test_the_title_tells_a_changed_slip():
    assert make("gridworld", map="maze", slip=0.25).title == "maze, slip 0.25"
    assert make("gridworld", map="slippery", slip=0.2).title == "slippery"
    assert make("gridworld", size=4, slip=0.1).title == "random 4x4, wall 0.2, seed 0, slip 0.1"


def test_env_names():
    assert env_names() == ("gridworld", "craftax-classic", "craftax", "point_maze", "reacher", "ant", "ant_umaze")


BAD_OPTIONS = [
    ({"maps": "maze"}, 'unknown option of gridworld "maps"; did you mean "map"?'),
    ({"name": "maze"}, 'unknown option of gridworld "name"; known: map, size, '),
    ({"map": "mase"}, 'unknown map "mase"; did you mean "maze"?'),
    ({"map": "maze", "size": 12}, "a map is given, so size of a random map cannot be"),
    ({"map": "maze", "wall": 0.0, "seed": 0}, "a map is given, so wall, seed of a random map cannot be"),
    ({"map": "S..\n..\n"}, "map: row 2 has 2 cells but row 1 has 3"),
    ({"size": 100}, "the map size must be 2 to 64 cells, got 100"),
    ({"slip": 1}, "slip must be a probability from 0 to below 1, got 1"),
    ({"slip": -0.5}, "slip must be a probability from 0 to below 1, got -0.5"),
    ({"slip": "wet"}, "slip must be a number, got 'wet'"),
    ({"max_steps": 50}, "max_steps (50) must exceed clock_spread (50), both at least 1"),
    ({"clock_spread": 0}, "max_steps (200) must exceed clock_spread (0), both at least 1"),
    ({"max_steps": 99.5}, "max_steps must be a whole number, got 99.5"),
    ({"clock_spread": None}, "clock_spread must be a whole number, got None"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS, ids=lambda value: str(value)[:40])
def test_bad_options_are_refused_in_one_line(options, message):
    with pytest.raises(LabError, match=f"^{re.escape(message)}"):
        make("gridworld", **options)


def test_an_unknown_environment_names_the_nearest():
    with pytest.raises(LabError, match=r'^unknown environment "grid_world"; did you mean "gridworld"\?$'):
        make("grid_world")
