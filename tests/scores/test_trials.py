"""Tries at goals, held against the exact success of the same policy."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binomtest

from homing import BRIEF, Beyond, Homing, run_of
from leo_lab import LabError, evaluate, make
from leo_lab.scores import Trials
from leo_lab.scores.trials import (
    AGENT,
    RANDOM,
    _attempts,
    _keys,
    _random_action,
    first_worlds,
    random_places,
    try_goals,
    try_places,
)
from leo_lab.training import begin

TABLE = Trials(
    goal_names=("near/a", "near/b", "far/c"),
    hit=np.array([[True, True], [True, False], [False, False]]),
    length=np.array([[1, 3], [2, 9], [9, 9]]),
    v=np.array([[0.9, 0.9], [0.5, 0.5], [0.1, 0.1]]),
    counted=np.ones((3, 2), bool),
    gamma=0.5,
    limit=9,
)
# The first goal held in both of its worlds, the second in one of them.
MASKED = dataclasses.replace(
    TABLE,
    hit=np.array([[False, False], [False, True], [False, False]]),
    length=np.array([[0, 0], [0, 3], [9, 9]]),
    counted=np.array([[False, False], [False, True], [True, True]]),
)


def test_success_returns_and_groups_by_hand():
    assert TABLE.success.tolist() == [1.0, 0.5, 0.0]
    assert TABLE.returns.tolist() == [[1.0, 0.25], [0.5, 0.0], [0.0, 0.0]]
    assert TABLE.by_group() == {"near": 0.75, "far": 0.0, "all": 0.5}


def test_what_held_from_the_first_is_no_try_by_hand():
    np.testing.assert_equal(MASKED.success, [np.nan, 1.0, 0.0])
    assert MASKED.tries.tolist() == [0, 1, 2]
    np.testing.assert_equal(MASKED.by_group(), {"near": 1.0, "far": 0.0, "all": 0.5})
    summary = MASKED.summary()
    assert (summary["success"], summary["steps"], summary["masked"], summary["masked_goals"]) == (0.5, 3.0, 3, 1)
    first, second, _ = MASKED.per_goal()
    assert np.isnan([first[key] for key in ("success", "low", "high", "steps", "value", "return")]).all()
    assert (first["tries"], second["tries"], second["value"], second["return"]) == (0, 1, 0.5, 0.25)
    assert [row["goals"] for row in MASKED.group_rows()] == [1, 1, 2]


def test_goals_are_above_their_floor_where_the_intervals_say_so():
    hit = np.arange(4)[None] < np.array([[4], [3], [2], [4]])  # 4, 3, 2 and 4 of 4
    low = np.arange(4)[None] < np.array([[0], [0], [0], [1]])
    names, count = ("a/a", "a/b", "b/c", "b/d"), np.ones((4, 4), bool)
    floor = Trials(names, low, count + 0, count + 0.0, count, 0.5, 9)
    trials = dataclasses.replace(floor, hit=hit, floor=floor)
    assert trials.above_floor.tolist() == [True, True, False, True]
    assert [row["above_floor"] for row in trials.per_goal()] == [True, True, False, True]
    assert [row["floor"] for row in trials.per_goal()] == [0, 0, 0, 0.25]
    assert [row["floor"] for row in trials.group_rows()] == [0, 0.125, 0.0625]
    assert trials.summary()["above_floor"] == 3 and trials.summary()["floor"] == 0.0625
    with pytest.raises(LabError, match="have no floor"):
        _ = floor.above_floor


def test_tries_agree_with_exact_evaluation(trained):
    """No luck in this world: each goal is achieved in all tries or in none, in as many steps as evaluated."""
    scores, env = evaluate(trained), trained.env
    trials = try_goals(trained, tries=3, limit=env.max_steps, batch=16)
    counts = scores.pairs[env.states.start]
    assert counts.sum() > 10
    assert (trials.success[counts] == scores.success[env.states.start, counts]).all()
    assert (trials.length[counts] == scores.length[env.states.start, counts, None]).all()
    assert (trials.v == trials.v[:, :1]).all()
    assert np.allclose(trials.v[:, 0], trained.values().v[env.states.start], atol=1e-6)
    assert not trials.hit[~env.states.reachable[env.states.start]].any()
    assert (trials.length[~env.states.reachable[env.states.start]] == env.max_steps).all()


def test_some_goals_in_their_own_order(trained):
    names = trained.env.goals.names
    trials = try_goals(trained, [names[7], 2], tries=2, limit=30)
    assert trials.goal_names == (names[7], names[2])
    assert trials.hit.shape == trials.length.shape == trials.v.shape == (2, 2)


@pytest.mark.parametrize(
    "options", [{"tries": 0}, {"limit": 0}, {"batch": 1.5}, {"goals": []}, {"goals": ["nowhere"]}, {"goals": [999]}]
)
def test_impossible_tries_are_one_line(trained, options):
    with pytest.raises(LabError) as error:
        try_goals(trained, **options)
    assert "\n" not in str(error.value)


# Places ---------------------------------------------------------------------------------------------------------------

PLANE = {"map": "S..\n...\n", "spacing": 1, "radius": 0.4, "max_steps": 20, "clock_spread": 5}
PLACES = np.float32([[1.8, 0.5], [1.5, 1.0], [2.9, 1.9], [0.2, 1.7]])
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def plane():
    return make("point_maze", **PLANE)


@pytest.fixture(scope="module")
def homing(plane):
    return run_of(plane, Homing(plane))


def test_places_are_asked_for_through_the_nearest_goal(plane, homing):
    """Held against walks, one by one, to the goal that stands in, until they come by the place."""
    trials = try_places(homing, PLACES, tries=5, limit=9, seed=3, batch=8)
    assert trials.goal_names == ("place/x1.8y0.5", "place/x1.5y1", "place/x2.9y1.9", "place/x0.2y1.7")
    starts = np.asarray(first_worlds(plane, range(4), 5, seed=3))  # [4, 5, 2]
    goals = [4, 1, 2, 0]
    step = jax.jit(
        lambda place, goal: plane.step(place, homing.learner.greedy((), plane.observe(place)[None], goal)[0], KEY)
    )
    for task, (goal, place) in enumerate(zip(goals, PLACES, strict=True)):
        for world, start in enumerate(starts[task]):
            here, length, hit = jnp.asarray(start), 0, False
            while length < 9 and not hit:
                here, _ = step(here, jnp.array([goal]))
                length, hit = length + 1, bool(np.linalg.norm(here - place) <= plane.places.lattice.radius)
            assert (trials.hit[task, world], trials.length[task, world]) == (hit, length), (task, world)
    assert trials.success[[0, 2, 3]].tolist() == [1, 0, 1]  # the third is too far from its goal
    assert try_goals(homing, [2], tries=5, limit=9, seed=3, batch=8).hit.all()
    v = np.asarray(jax.jit(homing.learner.readout)((), plane.places.observe(starts.reshape(-1, 2))).v).reshape(4, 5, -1)
    np.testing.assert_allclose(trials.v, v[np.arange(4), :, goals], atol=1e-6)
    assert trials.by_group() == {"place": trials.success.mean(), "all": trials.success.mean()}


@pytest.fixture(scope="module")
def corridor():
    """A run, never mind of whom, in a world of two places beside each other."""
    env = make("gridworld", map="S.\n")
    return begin(env, "leo", steps=64, num_envs=4, unroll=4, minibatch=16, width=8)


@pytest.fixture(scope="module")
def real(plane):
    """A real learner, that has not learnt yet."""
    return begin(plane, "sac_leo", steps=500, **BRIEF)


@pytest.mark.parametrize("whose", ["homing", "real"])
def test_the_goals_own_points_are_the_goals(plane, whose, request):
    run = request.getfixturevalue(whose)
    options = {"tries": 6, "limit": 4, "seed": 1, "batch": 36}
    goals, places = try_goals(run, **options), try_places(run, plane.places.lattice.points, **options)
    assert goals.goal_names == places.goal_names == plane.goals.names
    for name in ("hit", "length", "v"):
        assert (getattr(goals, name) == getattr(places, name)).all(), name
    assert goals.hit.any() == (whose == "homing") and not goals.hit.all() and goals.hit.shape == (6, 6)


def test_tries_prepared_once_serve_all_times_of_a_run(plane, real):
    run, agent = real, real.state.learner
    moved = agent._replace(params=jax.tree.map(lambda leaf: 2 * leaf, agent.params))
    other = dataclasses.replace(run, state=run.state._replace(learner=moved))
    now, later = (try_goals(each, [0, 4], tries=3, limit=4) for each in (run, other))
    assert _attempts(run.learner, 4, 0, AGENT)._cache_size() == 1
    assert now.gamma == run.config.gamma and now.limit == 4
    starts = np.asarray(first_worlds(plane, [0, 4], 3)).reshape(6, 2)
    obs, values = plane.places.observe(starts), jax.jit(run.learner.readout)
    for trials, state in ((now, agent), (later, moved)):
        v = np.asarray(values(state, obs).v).reshape(2, 3, -1)
        np.testing.assert_allclose(trials.v, v[[0, 1], :, [0, 4]], atol=1e-5)
    assert np.abs(now.v - later.v).max() > 1e-3


@pytest.mark.parametrize("breaks", [False, True])
def test_tries_end_with_the_world_and_with_its_simulator(plane, breaks):
    """Beyond x = 2 either ends. Who comes there by the goal has achieved it, unless there are no numbers."""
    edge = Beyond(plane, 2.0, breaks)
    run = run_of(edge, Homing(edge))
    trials = try_places(run, [[2.5, 1.5], [2.9, 1.9], [0.5, 0.5]], tries=8, limit=19)
    assert (trials.length[:2] < 7).all() and not trials.hit[1].any() and trials.hit[2].all()
    assert trials.hit[0].any() == (not breaks)


def test_every_try_has_a_world_of_its_own(plane, homing):
    """No two of them begin alike, whichever goal they are for and whoever acts; a goal's own are always the same."""
    keys = {
        tuple(jax.random.key_data(key).tolist())
        for stream in (AGENT, RANDOM)
        for task in range(5)
        for world in range(4)
        for key in _keys(task, world, 3, stream)
    }
    assert len(keys) == 2 * 5 * 4 * 3
    starts = np.asarray(first_worlds(plane, range(6), 4))
    assert starts.shape == (6, 4, 2) and len(np.unique(starts.reshape(-1, 2), axis=0)) == 24
    assert (first_worlds(plane, [4, 1], 4) == starts[[4, 1]]).all()
    some, whole = (try_goals(homing, goals, tries=3, limit=4) for goals in ([5, 2], None))
    for name in ("hit", "length", "v", "counted"):
        assert (getattr(some, name) == getattr(whole, name)[[5, 2]]).all(), name


def test_a_goal_that_holds_from_the_first_is_masked(plane, trained):
    """In a gridworld that is the place where worlds begin; in the plane as far as the first place is near the goal."""
    start = trained.env.states.start
    trials = try_goals(trained, tries=3, limit=5, floor=True)
    here = np.asarray(trained.env.achieved(trained.env.states.observations))[start]
    assert here.sum() == 1
    for each in (trials, trials.floor):
        assert (each.counted == ~here[:, None]).all()
        assert not each.hit[here].any() and not each.length[here].any()
    assert np.isnan(trials.success[here]).all() and np.isfinite(trials.success[~here]).all()
    assert (trials.summary()["masked"], trials.summary()["masked_goals"]) == (3, 1)
    run = run_of(plane, Homing(plane))
    trials, starts = try_goals(run, tries=8, limit=9), np.asarray(first_worlds(plane, range(6), 8))
    near = np.linalg.norm(starts - plane.places.lattice.points[:, None], axis=-1) <= plane.places.lattice.radius
    assert (trials.counted == ~near).all() and 0 < near.sum() < 48


def test_the_floor_is_what_random_actions_achieve(corridor):
    """Of two places and four actions, one of which leads from the first to the second, by hand."""
    tries, limit = 400, 3
    trials = try_goals(corridor, [1], tries=tries, limit=limit, floor=True)
    by_hand = 1 - 0.75**limit
    low, high = binomtest(int(trials.floor.hit.sum()), tries).proportion_ci(0.999)
    assert low < by_hand < high and trials.floor.floor is None
    steps = trials.floor.length[trials.floor.hit]
    expected = np.array([0.25, 0.25 * 0.75, 0.25 * 0.75**2]) / by_hand
    assert np.bincount(steps, minlength=4)[1:] / len(steps) == pytest.approx(expected, abs=0.08)


def test_random_actions_of_a_continuous_world_reach_its_ends(plane, homing):
    actions = jax.vmap(lambda key: _random_action(plane, key))(jax.random.split(KEY, 500))
    assert actions.shape == (500, 2) and np.abs(actions).max() <= 1
    assert np.quantile(actions, [0.05, 0.5, 0.95]) == pytest.approx([-0.9, 0, 0.9], abs=0.06)
    trials = try_goals(homing, tries=6, limit=20, floor=True)
    assert trials.success[1:].min() == 1 > trials.summary()["floor"]


def test_random_places_are_around_goals_and_in_no_wall():
    env = make("point_maze", map="S..#\n.#..\n", spacing=1, radius=0.45)
    places = random_places(env, 400, seed=1)
    assert places.shape == (400, 2) and places.dtype == np.float32
    near = np.abs(places[:, None] - env.places.lattice.points).max(axis=-1).min(axis=1)
    assert 0.45 < near.max() <= 0.5 + 1e-6
    assert env.places.free[tuple(np.floor(places).astype(int).T)].all()
    each = np.bincount(env.places.lattice.nearest(places), minlength=6)
    assert each.min() > 400 / 6 / 2  # evenly
    assert (random_places(env, 400, seed=1) == places).all() and (random_places(env, 400, seed=2) != places).any()
    with pytest.raises(LabError, match="places must be at least 1, got 0"):
        random_places(env, 0)


def test_no_place_is_drawn_in_a_wall_that_is_near():
    """The squares around some goals reach into the wall beside them."""
    env = make("point_maze", map="S.#\n..#\n...\n", spacing=2 / 3, radius=0.15)
    places = random_places(env, 500)
    assert env.places.free[tuple(np.floor(places).astype(int).T)].all()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"places": []}, "places must name at least one place"),
        ({"places": [1.0, 2.0, 3.0, 4.0]}, "places are x and y, one or a list of them, got an array of shape (4,)"),
        ({"places": [[0.5, 0.5], [7.0, 0.5]]}, "the place (7, 0.5) is outside the lattice"),
        ({"places": [[np.nan, 0.5]]}, "the place (nan, 0.5) is outside the lattice"),
        ({"places": PLACES, "tries": 0}, "tries must be at least 1, got 0"),
        ({"places": PLACES, "limit": 2.5}, "limit must be a whole number, got 2.5"),
    ],
)
def test_impossible_tries_at_places(homing, options, message):
    with pytest.raises(LabError) as error:
        try_places(homing, **options)
    assert message in str(error.value)


def test_worlds_whose_goals_are_no_places(trained):
    with pytest.raises(LabError, match="are no places; use try_goals"):
        try_places(trained, PLACES)
