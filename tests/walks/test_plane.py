"""What an agent of a plane believes, held against what it says itself, and its walks, against what they must be."""

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homing import BRIEF, Beyond, Homing, run_of
from leo_lab import make
from leo_lab.errors import LabError
from leo_lab.training import begin
from leo_lab.truth.plane import plane_exact
from leo_lab.walks import plane_values, record
from leo_lab.walks.plane import _readout
from leo_lab.walks.steps import _programs

MAP = "S..\n...\n"  # goals 0 1 2 at y = 1.5, and 3 4 5 below them
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def env():
    return make("point_maze", map=MAP, spacing=1, radius=0.4, max_steps=20, clock_spread=5)


@pytest.fixture(scope="module")
def run(env):
    """A real one, that has not learnt yet."""
    return begin(env, "sac_leo", steps=500, **BRIEF)


@pytest.fixture(scope="module")
def homing(env):
    return run_of(env, Homing(env))


@pytest.fixture(scope="module")
def tour(homing):
    """Across, once more to the same goal, and back."""
    return record(homing, [5, "x2.5y0.5", "place/x0.5y1.5"], steps=60, states=True)


def beliefs(run, obs):
    """Values [B, G] and actions [B, G, A], in one program: every operation by itself would be compiled, too."""
    readout = jax.jit(run.learner.readout)(run.state.learner, obs)
    return readout.v, readout.action


def stretches(trace, count):
    """First and last step of each command, when all commands differ from the one before in goal or place."""
    asked = np.column_stack([trace.goal, trace.body.desired])
    starts = [0, *(np.flatnonzero((asked[1:] != asked[:-1]).any(axis=1)) + 1)]
    assert len(starts) == count
    return list(zip(starts, [*starts[1:], trace.steps], strict=True))


# Values at places ----------------------------------------------------------------------------------------------------


def test_values_are_the_learners_own(env, run):
    found = plane_values(run, fine=2)
    obs = env.places.observe(found.places)
    assert found.v.shape == (24, 6) and found.direction.shape == (24, 6, 2)
    assert found.v.dtype == found.direction.dtype == np.float32
    values, intended = jax.device_get(beliefs(run, obs))
    np.testing.assert_allclose(found.v, values, atol=1e-5)
    length = np.linalg.norm(intended, axis=-1, keepdims=True)
    np.testing.assert_allclose(found.direction, intended / np.maximum(length, 1), atol=1e-5)
    assert found.v.std() > 0 and found.direction.std() > 0
    assert (found.gamma, found.title) == (run.config.gamma, f"{run.learner.title}, {run.env_steps:,} steps")


def test_actions_longer_than_1_count_as_1(env):
    hasty = run_of(env, Homing(env, pace=3))
    found = plane_values(hasty, fine=3)
    away = env.places.lattice.points - found.places[:, None]
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    wanted = away / np.maximum(length, env.speed / 3)
    np.testing.assert_allclose(found.direction, wanted, atol=1e-5)
    assert (length < env.speed / 3).any()


def test_the_raster_is_that_of_the_exact_values(run):
    found, exact = plane_values(run, fine=2), plane_exact(run.env, fine=2)
    assert found.shape == exact.shape and (found.cells == exact.cells).all() and found.plane is exact.plane
    assert found.v.shape == exact.v.shape and found.direction.shape == exact.direction.shape


def test_values_follow_the_run_and_compile_once(run):
    """All times of a run share one learner, but no values."""
    params = jax.tree.map(lambda leaf: np.float32(0.5) * np.asarray(leaf), run.state.learner.params)
    later = dataclasses.replace(run, state=run.state._replace(learner=run.state.learner._replace(params=params)))
    before = plane_values(run, fine=2)
    compiled = _readout.cache_info().misses
    after = plane_values(later, fine=2)
    assert _readout.cache_info().misses == compiled
    assert np.abs(after.v - before.v).max() > 1e-3


def test_values_at_places_are_refused(run):
    with pytest.raises(LabError, match="fine must be at least 1, got 0"):
        plane_values(run, fine=0)
    with pytest.raises(LabError, match=r"in a body a place is not the whole state.*record a walk instead"):
        plane_values(SimpleNamespace(env=SimpleNamespace(title="a body", places=None)))


# Walks ---------------------------------------------------------------------------------------------------------------


def test_a_walk_is_as_long_everywhere(env, tour):
    trace, states = tour
    steps = trace.steps
    assert trace.body.place.shape == (steps + 1, 2) and trace.body.limbs.shape == (steps + 1, 0, 2, 2)
    assert trace.action.shape == trace.body.desired.shape == (steps, 2) and trace.goal.shape == (steps,)
    assert trace.achieved.shape == trace.v.shape == (steps + 1, 6) and trace.body.direction.shape == (steps + 1, 6, 2)
    assert (trace.goal.dtype, trace.achieved.dtype) == (np.int32, bool)
    for array in (trace.action, trace.v, trace.body.place, trace.body.desired, trace.body.direction):
        assert array.dtype == np.float32
    assert trace.best is None and trace.cell is None and trace.view is None
    assert len(states) == steps + 1
    assert (trace.action_names, trace.body.step_seconds, trace.gamma) == (env.action_names, 0.0, 0.9)
    assert trace.title == f"homing in {env.title}, 1,234 steps" and trace.body.plane is env.places.plane


def test_a_walk_is_one_of_its_world(env, homing, tour):
    trace, states = tour
    np.testing.assert_allclose(np.stack(states), trace.body.place, atol=1e-6)
    step = jax.jit(env.step)
    for time in range(trace.steps):
        after, _ = step(jnp.asarray(states[time]), jnp.asarray(trace.action[time]), KEY)
        np.testing.assert_allclose(states[time + 1], after, atol=1e-6)
    obs = env.places.observe(trace.body.place)
    assert (trace.achieved == np.asarray(jax.jit(env.achieved)(obs))).all() and trace.achieved.any()
    values, intended = jax.device_get(beliefs(homing, obs))
    np.testing.assert_allclose(trace.v, values, atol=1e-5)
    np.testing.assert_allclose(trace.action, intended[np.arange(trace.steps), trace.goal], atol=1e-5)


def test_the_next_goals_turn_comes_when_one_is_achieved(env, tour):
    trace, _ = tour
    assert (trace.body.desired == env.places.lattice.points[trace.goal]).all()
    (_, turn), (back, end) = stretches(trace, 2)
    assert trace.goal[[0, -1]].tolist() == [5, 0] and end == trace.steps
    # Goal 5 is commanded once more where it is achieved already: that takes one step.
    assert trace.achieved[: turn - 1, 5].sum() == 0 and trace.achieved[turn - 1, 5]
    assert trace.achieved[back:end, 0].sum() == 0 and trace.achieved[end, 0]
    fewest = np.ceil((np.linalg.norm(trace.body.place[0] - env.places.lattice.points[5]) - 0.4) / env.speed)
    assert turn == fewest + 1


def test_directions_say_where_the_body_goes(env, tour):
    trace, _ = tour
    length = np.linalg.norm(trace.body.direction, axis=-1)
    assert length.max() == pytest.approx(1, abs=1e-5)
    moved = np.diff(trace.body.place, axis=0)
    assert np.linalg.norm(moved, axis=1).max() == pytest.approx(env.speed, abs=1e-5)
    np.testing.assert_allclose(trace.body.direction[np.arange(trace.steps), trace.goal], moved / env.speed, atol=1e-4)


def test_patience(env):
    """Whoever does not move achieves nothing: the next one's turn comes when patience ends."""
    idle = run_of(env, Homing(env, pace=0))

    def goals(**options):
        trace = record(idle, [2, 3], steps=5, **options)
        assert (trace.body.place == trace.body.place[0]).all() and (trace.body.direction == 0).all()
        return trace.goal.tolist()

    assert goals() == [2, 2, 2, 3, 3]  # as many for each as there are, rounded up
    assert goals(patience=2) == [2, 2, 3, 3]  # it ends with the last
    assert goals(patience=1) == [2, 3]
    assert goals(patience=4) == [2, 2, 2, 2, 3]
    assert goals(patience=99) == [2, 2, 2, 2, 2]


def test_places_off_the_lattice_are_asked_for_through_the_nearest_goal(env, homing):
    places = np.float32([[1.8, 0.5], [2.9, 1.9], [0.5, 1.5]])
    trace = record(homing, places=places, steps=60, patience=8)
    parts = stretches(trace, 3)
    for (start, end), goal, place in zip(parts, (4, 2, 0), places, strict=True):
        assert (trace.goal[start:end] == goal).all() and (trace.body.desired[start:end] == place).all()
    turn, end = parts[1]
    away = np.linalg.norm(trace.body.place[:, None] - places, axis=-1)
    assert (away[:turn, 0] > env.places.lattice.radius).all() and away[turn, 0] <= env.places.lattice.radius
    # The second is too far from its goal to be achieved there.
    assert end - turn == 8 and (away[turn:, 1] > env.places.lattice.radius).all() and trace.achieved[end, 2]
    assert away[-1, 2] <= env.places.lattice.radius and trace.achieved[-1, 0]


def test_the_real_learner_walks_as_it_says(env, run):
    trace = record(run, [2, 3], steps=6, seed=1)
    obs, agent, learner = env.places.observe(trace.body.place), run.state.learner, run.learner
    both = jax.jit(lambda agent, obs, goal: (learner.readout(agent, obs).v, learner.greedy(agent, obs[:-1], goal)))
    values, greedy = both(agent, obs, trace.goal.astype(np.int32))
    np.testing.assert_allclose(trace.v, values, atol=1e-5)
    np.testing.assert_allclose(trace.action, greedy, atol=1e-5)
    again, other = record(run, [2, 3], steps=6, seed=1), record(run, [2, 3], steps=6, seed=2)
    assert (again.body.place == trace.body.place).all() and (other.body.place[0] != trace.body.place[0]).any()


# Walks that end early ------------------------------------------------------------------------------------------------


def test_a_walk_ends_with_its_world(env):
    edge = Beyond(env, 2.0, breaks=False)
    trace, states = record(run_of(edge, Homing(edge)), [2], steps=30, states=True)
    assert trace.steps < 6 and len(states) == trace.steps + 1
    assert trace.body.place[-1, 0] > 2 and (trace.body.place[:-1, 0] <= 2).all()


def test_a_walk_ends_where_the_simulator_last_was_sound(env):
    fragile = Beyond(env, 2.0, breaks=True)
    learner = Homing(fragile)
    trace, states = record(run_of(fragile, learner), [0, 2], steps=30, states=True)
    assert 1 <= trace.steps < 10 and len(states) == trace.steps + 1 and np.isfinite(np.stack(states)).all()
    for array in (trace.action, trace.v, trace.body.place, trace.body.direction):
        assert np.isfinite(array).all()
    assert (trace.body.place[:, 0] <= 2).all() and trace.goal[-1] == 2
    obs = env.places.observe(trace.body.place[-1:])
    onward = jax.jit(lambda place, obs: env.step(place, learner.readout((), obs).action[0, 2], KEY)[0])(
        trace.body.place[-1], obs
    )
    assert onward[0] > 2
    # Of actions that would break it, nobody knows where they lead; of the others, one does.
    assert (trace.body.direction[-1, 2] == 0).all() and np.linalg.norm(trace.body.direction[-1, 3]) > 0.9
    assert np.linalg.norm(trace.body.direction, axis=-1).max() == pytest.approx(1, abs=1e-5)


def test_a_walk_that_breaks_at_once_is_none(env):
    with pytest.raises(LabError, match=r"the simulator of point maze, .* broke at the first step; try another seed"):
        fragile = Beyond(env, 0.0, breaks=True)
        record(run_of(fragile, Homing(fragile)), [2], steps=30)


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "name goals or places: one of the two"),
        ({"goals": [0], "places": [[0.5, 0.5]]}, "name goals or places: one of the two"),
        ({"goals": []}, "goals must name at least one goal"),
        ({"goals": ["x2.5y2.5"]}, 'unknown goal "x2.5y2.5"; did you mean "x2.5y1.5"?'),
        ({"goals": [6]}, "goals are numbered 0 to 5, got 6"),
        ({"places": []}, "places must name at least one place"),
        ({"places": [1.0, 2.0, 3.0]}, "places are x and y"),
        ({"places": [[0.5, 0.5], [7.0, 0.5]]}, "the place (7, 0.5) is outside the lattice"),
        ({"places": [np.nan, 0.5]}, "the place (nan, 0.5) is outside the lattice"),
        ({"goals": [0], "steps": 0}, "steps must be at least 1, got 0"),
        ({"goals": [0], "steps": "9"}, "steps must be a whole number, got '9'"),
        ({"goals": [0], "patience": 0}, "patience must be at least 1, got 0"),
    ],
)
def test_impossible_walks_are_one_line(homing, options, message):
    with pytest.raises(LabError) as error:
        record(homing, **options)
    assert message in str(error.value)


def test_a_walk_counts_the_places_that_were_asked_for(tour, homing):
    trace, _ = tour
    assert trace.reached == 3  # the second goal is where the first one was
    off = record(homing, places=[[2.9, 1.9], [0.5, 1.5]], steps=60, patience=8)
    assert off.achieved[8, 2] and not off.arrived[:8].any() and off.reached == 1


def test_one_program_serves_walks_of_every_length(homing):
    record(homing, [1], steps=2)
    compiled = _programs.cache_info().misses
    _, step = _programs(homing.env, homing.learner)
    programs = step._cache_size()
    record(homing, [1, 4, 0], steps=7, patience=2, seed=5)
    assert (_programs.cache_info().misses, step._cache_size()) == (compiled, programs)


def test_a_body_has_no_start_to_choose(homing):
    with pytest.raises(LabError, match=r"the states of point maze, .* cannot be listed; leave out start"):
        record(homing, [0], start=0)
