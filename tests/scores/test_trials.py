"""Tries at goals, held against the exact success of the same policy."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homing import BRIEF, Beyond, Homing, run_of
from leo_lab import LabError, evaluate, make
from leo_lab.scores.trials import Trials, _attempts, first_worlds, random_places, try_goals, try_places
from leo_lab.training import begin

TABLE = Trials(
    goal_names=("near/a", "near/b", "far/c"),
    hit=np.array([[True, True], [True, False], [False, False]]),
    length=np.array([[1, 3], [2, 9], [9, 9]]),
    v=np.array([[0.9, 0.9], [0.5, 0.5], [0.1, 0.1]]),
    gamma=0.5,
    limit=9,
)


def test_success_returns_and_groups_by_hand():
    assert TABLE.success.tolist() == [1.0, 0.5, 0.0]
    assert TABLE.returns.tolist() == [[1.0, 0.25], [0.5, 0.0], [0.0, 0.0]]
    assert TABLE.by_group() == {"near": 0.75, "far": 0.0, "all": 0.5}


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
    starts = np.asarray(first_worlds(plane, 5, seed=3))
    goals = [4, 1, 2, 0]
    step = jax.jit(
        lambda place, goal: plane.step(place, homing.learner.greedy((), plane.observe(place)[None], goal)[0], KEY)
    )
    for task, (goal, place) in enumerate(zip(goals, PLACES, strict=True)):
        for world, start in enumerate(starts):
            here, length, hit = jnp.asarray(start), 0, False
            while length < 9 and not hit:
                here, _ = step(here, jnp.array([goal]))
                length, hit = length + 1, bool(np.linalg.norm(here - place) <= plane.places.lattice.radius)
            assert (trials.hit[task, world], trials.length[task, world]) == (hit, length), (task, world)
    assert trials.success[[0, 2, 3]].tolist() == [1, 0, 1]  # the third is too far from its goal
    assert try_goals(homing, [2], tries=5, limit=9, seed=3, batch=8).hit.all()
    v = np.asarray(jax.jit(homing.learner.readout)((), plane.places.observe(starts)).v)
    np.testing.assert_allclose(trials.v, v[:, goals].T, atol=1e-6)
    assert trials.by_group() == {"place": trials.success.mean(), "all": trials.success.mean()}


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
    assert 0 < goals.hit.mean() < 1 and goals.hit.shape == (6, 6)


def test_tries_prepared_once_serve_all_times_of_a_run(plane, real):
    run, agent = real, real.state.learner
    moved = agent._replace(params=jax.tree.map(lambda leaf: 2 * leaf, agent.params))
    other = dataclasses.replace(run, state=run.state._replace(learner=moved))
    now, later = (try_goals(each, [0, 4], tries=3, limit=4) for each in (run, other))
    assert _attempts(run.learner, 4, 0)._cache_size() == 1
    assert now.gamma == run.config.gamma and now.limit == 4
    obs, values = plane.places.observe(np.asarray(first_worlds(plane, 3))), jax.jit(run.learner.readout)
    for trials, state in ((now, agent), (later, moved)):
        np.testing.assert_allclose(trials.v, np.asarray(values(state, obs).v)[:, [0, 4]].T, atol=1e-5)
    assert np.abs(now.v - later.v).max() > 1e-3


@pytest.mark.parametrize("breaks", [False, True])
def test_tries_end_with_the_world_and_with_its_simulator(plane, breaks):
    """Beyond x = 2 either ends. Who comes there by the goal has achieved it, unless there are no numbers."""
    edge = Beyond(plane, 2.0, breaks)
    run = run_of(edge, Homing(edge))
    trials = try_places(run, [[2.5, 1.5], [2.9, 1.9], [0.5, 0.5]], tries=8, limit=19)
    assert (trials.length[:2] < 7).all() and not trials.hit[1].any() and trials.hit[2].all()
    assert trials.hit[0].any() == (not breaks)


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
