"""The evaluation: scores of tables whose quality is known, and pairs counted by a second hand."""

import numpy as np
import pytest
from hypothesis import given

from leo_lab import LabError, evaluate, exact_values, make
from leo_lab.envs.gridworld import Gridworld
from leo_lab.scores.evaluation import counted_pairs
from worlds import Line, distances, free_cells, maps

CORRIDOR = "S...\n"  # four cells; gamma = 1/2 makes every value a power of two
LEFT, RIGHT = 0, 1


@pytest.fixture(scope="module")
def corridor():
    return make("gridworld", map=CORRIDOR, max_steps=20, clock_spread=2)


@pytest.mark.parametrize(
    "world",
    [{"map": name} for name in ("four_rooms", "one_way", "teleporter", "slippery")]
    + [{"size": 7, "wall": 0.3, "seed": 1}],
    ids=str,
)
def test_the_truth_scores_perfectly(world):
    env = make("gridworld", **world)
    scores = evaluate(exact_values(env), env)
    lucky = not env.deterministic
    assert scores.success_all_pairs == pytest.approx(1, abs=1e-3 if lucky else 1e-12)
    assert scores.value_mae == scores.steps_error_median == scores.unreachable_max == 0
    assert scores.optimal_actions == 1
    for row in scores.per_goal():
        if row["pairs"] > 1:
            assert row["rank_correlation"] == pytest.approx(1) or np.isnan(row["rank_correlation"])
            assert row["value_mae"] == 0
            assert row["extra_steps"] == 0


def test_an_agent_that_always_goes_right(corridor):
    """It reaches what lies to the right on the shortest way, and nothing to the left."""
    exact = exact_values(corridor, 0.5)
    q = np.full((4, 4, 4), 0.25, np.float32)
    q[..., RIGHT] = 0.5
    scores = evaluate(exact.replace(q=q, title="right"), corridor)
    upper = np.triu(np.ones((4, 4), bool), 1)
    assert (scores.pairs == ~np.eye(4, dtype=bool)).all()
    assert (scores.success[scores.pairs] == upper[scores.pairs]).all()
    assert scores.success_all_pairs == 0.5 and scores.success_from_start == 1
    assert scores.optimal_actions == 0.5
    assert scores.length[0].tolist()[1:] == [1, 2, 3] and np.isnan(scores.length[3, :3]).all()
    # V is 1/2 everywhere; V* is 1, 1/2, 1/4 at distance 1, 2, 3, which six, four and two pairs have.
    assert scores.value_mae == pytest.approx((6 * 0.5 + 4 * 0 + 2 * 0.25) / 12)
    assert scores.steps_error_median == 1
    assert scores.steps_error[0, 3] == pytest.approx(2 - 3)
    first, *_, last = scores.per_goal()
    assert (first["goal"], first["pairs"], first["success"]) == ("position/r0c0", 3, 0)
    assert np.isnan(first["extra_steps"]) and np.isnan(first["rank_correlation"])
    assert (last["success"], last["extra_steps"]) == (1, 0)
    assert last["value_mae"] == pytest.approx(0.25)


def test_detours_count_as_extra_steps():
    """For the goal in one corner it walks the long way round."""
    ring = make("gridworld", map="S..\n.#.\n...\n")
    exact = exact_values(ring)
    q = exact.q.copy()
    goal = exact.state_names.index("r0c2")
    down, right, up = 3, 1, 2
    for name, action in (("r0c0", down), ("r1c0", down), ("r2c0", right), ("r2c1", right), ("r2c2", up), ("r1c2", up)):
        q[exact.state_names.index(name), goal] = 0.5
        q[exact.state_names.index(name), goal, action] = 1.0
    scores = evaluate(exact.replace(q=q), ring)
    assert scores.length[ring.states.start, goal] == 6  # the long way round instead of 2
    extra = [6 - 2, 0, 5 - 3, 4 - 4, 3 - 3, 2 - 2, 1 - 1]
    assert scores.per_goal()[goal]["extra_steps"] == pytest.approx(sum(extra) / 7, abs=1e-4)
    assert scores.success_all_pairs == 1


def test_lucky_walks_alone_are_no_shorter_than_the_shortest():
    """Where the teleporter throws an agent that always goes right beside its goal, that is luck, not a short way."""
    env = make("gridworld", map="teleporter")
    exact = exact_values(env)
    q = np.full_like(exact.q, 0.25)
    q[..., RIGHT] = 0.5
    scores = evaluate(exact.replace(q=q), env)
    lucky = scores.pairs & (scores.success > 0) & (scores.success < scores.possible - 0.01)
    assert lucky.any() and (scores.length < scores.shortest)[lucky].any()
    assert all(np.isnan(row["extra_steps"]) or row["extra_steps"] >= -1e-2 for row in scores.per_goal())


def test_the_time_limit_is_that_of_an_episode(corridor):
    brief = make("gridworld", map=CORRIDOR, max_steps=2, clock_spread=1)
    scores = evaluate(exact_values(brief, 0.5), brief)
    assert scores.success[0].tolist()[1:] == [1, 1, 0]


def test_unreachable_goals_are_watched_and_not_scored():
    env = make("gridworld", map="S.#.\n..#.\n")
    exact = exact_values(env)
    hopeful = exact.q.copy()
    beyond = exact.goal_names.index("position/r0c3")
    hopeful[env.states.start, beyond, 2] = 0.7
    hopeful[beyond, env.states.start] = 0.9  # in a state that nobody can be in
    scores = evaluate(exact.replace(q=hopeful), env)
    assert scores.unreachable_max == pytest.approx(0.7)
    assert scores.value_mae == 0 and scores.success_all_pairs == 1
    assert scores.pairs.sum() == 4 * 3
    assert scores.per_goal()[beyond]["pairs"] == 0
    assert np.isnan(scores.per_goal()[beyond]["success"])


def test_a_world_where_nothing_can_be_reached_has_no_scores():
    env = make("gridworld", map="S#.\n")
    summary = evaluate(exact_values(env), env).summary()
    assert summary.pop("unreachable_max") == 0
    assert len(summary) == 5 and all(np.isnan(value) for value in summary.values())


@given(world=maps())
def test_pairs_are_those_that_a_search_finds(world):
    env = Gridworld(world)
    cells = free_cells(world.layout)
    found = {cell: distances(world.layout, world.slip, cell) for cell in cells}
    start = cells[env.states.start]
    expected = [[s != g and s in found[start] and g in found[s] for g in cells] for s in cells]
    assert counted_pairs(env).tolist() == expected


def test_a_run_is_scored_in_its_own_world_or_in_the_one_given(trained):
    own = evaluate(trained)
    assert own.values is trained.values()
    assert own.summary() == evaluate(trained.values(), trained.env).summary()
    icy = make("gridworld", map=trained.env.spec["map"], slip=0.3)
    slipped = evaluate(trained, icy)
    assert slipped.value_mae > 5 * own.value_mae
    assert np.nanmean(slipped.length) > np.nanmean(own.length) + 1


def test_what_does_not_fit_is_refused(trained, corridor):
    values = trained.values()
    with pytest.raises(LabError, match="needs the environment of these values as its second argument"):
        evaluate(values)
    with pytest.raises(LabError, match="differ in their state names"):
        evaluate(values, corridor)
    with pytest.raises(LabError, match="line: its states cannot be listed"):
        evaluate(values, Line(length=3))
