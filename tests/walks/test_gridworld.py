"""Walks among listed states: the shortest ways, one goal after the other, by values or by a run."""

import numpy as np
import pytest

from leo_lab.envs import make
from leo_lab.errors import LabError
from leo_lab.training import begin
from leo_lab.truth.tabular import exact_values
from leo_lab.walks import record

# 4 rows and 7 columns, so that a transposed map cannot pass; r3c6 has no way in or out.
ROOMS = """\
..#....
.S.....
.###.##
....>#.
"""


@pytest.fixture(scope="module")
def env():
    return make("gridworld", map=ROOMS)


@pytest.fixture(scope="module")
def truth(env):
    return exact_values(env)


def state(values, name):
    return values.state_names.index(name)


def test_a_walk_takes_the_shortest_ways(env, truth):
    walk = record(truth, ["r0c6", "r3c1"], env=env)
    first, second = (
        truth.steps()[env.states.start, state(truth, "r0c6")],
        truth.steps()[state(truth, "r0c6"), state(truth, "r3c1")],
    )
    arrivals = 1 + np.flatnonzero(walk.arrived)
    assert arrivals.tolist() == [round(float(first)), round(float(first + second))]
    assert [truth.state_names[walk.cell[t]] for t in arrivals] == ["r0c6", "r3c1"]
    assert walk.goal[: arrivals[0]].tolist() == [state(truth, "r0c6")] * arrivals[0]
    assert set(walk.goal[arrivals[0] :].tolist()) == {state(truth, "r3c1")}
    assert walk.steps == arrivals[1] and walk.reached == 2
    assert (walk.cell.dtype, walk.action.dtype, walk.goal.dtype) == (np.int32,) * 3
    assert walk.body is None and walk.view is None


def test_a_walk_holds_what_the_values_say(env, truth):
    walk = record(truth, ["r0c6", "r3c1"], env=env)
    np.testing.assert_array_equal(walk.v, truth.v[walk.cell])
    np.testing.assert_array_equal(walk.best, truth.greedy()[walk.cell])
    assert (walk.achieved == (walk.cell[:, None] == np.arange(21))).all()  # every state is a goal
    assert (walk.goal_names, walk.action_names) == (truth.goal_names, truth.action_names)
    assert (walk.title, walk.gamma, walk.scale) == ("exact", 0.99, "hit")


def test_every_step_is_greedy_for_the_goal_it_serves_and_possible(env, truth):
    walk = record(truth, ["r1c6", "r0c0", "r3c4"], env=env, start="r3c0")
    assert truth.state_names[walk.cell[0]] == "r3c0"
    assert np.array_equal(walk.action, truth.greedy()[walk.cell[:-1], walk.goal])
    assert (env.states.transitions[walk.cell[:-1], walk.action, walk.cell[1:]] > 0).all()


def test_a_run_walks_as_its_values_do(env):
    run = begin(env, steps=64, num_envs=16, unroll=4, minibatch=64, width=16)
    by_run, by_values = record(run, ["r0c6", 0], steps=20), record(run.values(), ["r0c6", 0], env=env, steps=20)
    for name in ("cell", "action", "goal", "achieved", "v", "best"):
        assert np.array_equal(getattr(by_run, name), getattr(by_values, name)), name
    assert by_run.title == f"LEO in {env.title}, 0 steps" and by_run.gamma == run.config.gamma


def test_a_goal_under_the_agent_counts_on_the_next_state_only(env, truth):
    walk = record(truth, ["r0c0"], env=env, start="r0c0")
    assert walk.achieved[0, 0] and walk.arrived[-1] and walk.steps >= 1


def test_patience_gives_a_hopeless_goal_up(env, truth):
    walk = record(truth, ["r3c6", "r1c2"], env=env, patience=5)
    assert walk.goal.tolist() == [state(truth, "r3c6")] * 5 + [state(truth, "r1c2")] * (walk.steps - 5)
    assert walk.arrived[-1] and walk.reached == 1
    assert record(truth, ["r3c6"], env=env, steps=7).steps == 7
    assert record(truth, ["r3c6", "r1c2"], env=env, steps=9).goal.tolist()[:6] == [20] * 5 + [state(truth, "r1c2")]


def test_luck_comes_from_the_seed():
    slippery = make("gridworld", map=ROOMS, slip=0.4)
    values = exact_values(slippery)
    walks = [record(values, ["r0c6", "r0c0"], env=slippery, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(walks[0].cell, walks[1].cell)
    assert not np.array_equal(walks[0].cell, walks[2].cell)
    for walk in walks:
        assert (slippery.states.transitions[walk.cell[:-1], walk.action, walk.cell[1:]] > 0).all()


def test_pictures_and_states_come_with_a_walk(env, truth):
    walk, pictures, states = record(
        truth, ["r0c6"], env=env, frame=lambda state: np.ones((2, 3, 3)) * state, states=True
    )
    assert [picture[0, 0, 0] for picture in pictures] == walk.cell.tolist() == states.tolist()
    assert (pictures[0].shape, pictures[0].dtype) == ((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"start": "r9c9"}, 'unknown state "r9c9"'),
        ({"goals": ["r9c9"]}, 'unknown goal "r9c9"'),
        ({"goals": "r0c6"}, r"goals must be a list of goals, got 'r0c6'; write \['r0c6'\]"),
        ({"goals": []}, "goals must name at least one goal"),
        ({"goals": None}, "name goals or places: one of the two"),
        ({"goals": None, "places": [[1, 1]]}, "the goals of .* are no places; command goals by their names"),
        ({"env": None}, "values alone do not move: give env="),
        ({"env": make("gridworld", map="S..\n")}, r"\[S, G, A\] = \[21, 21, 4\], are not of .*, \[3, 3, 4\]"),
        ({"env": make("point_maze")}, "the states of point maze, .* cannot be listed; record a run instead of values"),
    ],
)
def test_impossible_walks_are_one_line(env, truth, changes, message):
    with pytest.raises(LabError, match=message) as error:
        record(truth, **{"env": env, "goals": [0], **changes})
    assert "\n" not in str(error.value)
