"""Bodies of brax: what they see, where they are, how their episodes end, and bad input."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from leo_lab import make
from leo_lab.envs.base import reset_worlds, step_worlds
from leo_lab.envs.brax.world import load_physics
from leo_lab.errors import LabError

NAMES = ("reacher", "ant", "ant_umaze")
N, T, COPIES = 8, 24, 3
SIZES = {"reacher": (8, 2, 68), "ant": (29, 8, 81), "ant_umaze": (29, 8, 28)}


@pytest.fixture(scope="module", params=NAMES)
def env(request):
    return make(request.param)


@pytest.fixture(scope="module")
def reacher():
    return make("reacher", max_steps=16, clock_spread=8)


@pytest.fixture(scope="module")
def walk(reacher):
    """N reachers for T steps: q [T, N, 2] and limbs as agents act on next, transitions, clocks [T, N], first obs.

    The first COPIES of them are the same world, and get the same actions.
    """

    def advance(worlds, key):
        action = jax.random.uniform(key, (N, 2), minval=-1, maxval=1).at[:COPIES].set(jnp.ones((COPIES, 2)))
        worlds, transition = step_worlds(reacher, worlds, action, key)
        return worlds, (worlds.state.q, jax.vmap(reacher.body.limbs)(worlds.state), transition, worlds.clock)

    @jax.jit
    def run(key):
        worlds, _ = reset_worlds(reacher, key, N)
        same = jnp.maximum(jnp.arange(N) - COPIES + 1, 0)
        worlds = jax.tree.map(lambda leaf: leaf[same], worlds)
        first = jax.vmap(reacher.observe)(worlds.state)
        return first, *jax.lax.scan(advance, worlds, jax.random.split(key, T))[1]

    return jax.device_get(run(jax.random.key(0)))


def state_of(env, count=None):
    """Shapes of a state, of `count` states if that is given."""
    state = jax.eval_shape(env.reset, jax.random.key(0))
    if count is None:
        return state
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((count, *leaf.shape), leaf.dtype), state)


# All of them ----------------------------------------------------------------------------------------------------------


def test_shapes_and_names(env):
    size, actions, goals = SIZES[env.name]
    assert (env.obs_size, len(env.action_names), len(env.goals)) == (size, actions, goals)
    assert len(set(env.action_names)) == actions
    state = state_of(env)
    after, over = jax.eval_shape(env.step, state, jnp.zeros(actions), jax.random.key(0))
    same = jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype), state, after)
    assert all(jax.tree.leaves(same))  # a compiled loop can carry it
    assert (over.shape, over.dtype) == ((), bool)
    obs = jax.eval_shape(env.observe, state)
    assert (obs.shape, obs.dtype) == ((size,), np.float32)
    limbs = jax.eval_shape(env.body.limbs, state)
    assert limbs.shape == ((2 if env.name == "reacher" else 12), 2, 2)


def test_many_worlds_are_stepped_together(env):
    def run(key):
        worlds, _ = reset_worlds(env, key, N)
        return step_worlds(env, worlds, jnp.zeros((N, len(env.action_names))), key)

    worlds, transition = jax.eval_shape(run, jax.random.key(0))
    assert transition.obs.shape == transition.next_obs.shape == (N, env.obs_size)
    assert worlds.state.q.shape[0] == N


def test_places_are_read_back_and_goals_are_discs_around_points(env):
    rng = np.random.default_rng(0)
    obs = rng.uniform(-1, 1, (5, 60, env.obs_size)).astype(np.float32)
    place = np.asarray(env.places.of(jnp.asarray(obs)))
    assert place.shape == (5, 60, 2)
    dense = np.linalg.norm(place[..., None, :] - env.places.lattice.points, axis=-1) <= env.places.lattice.radius
    assert dense.any() and (np.asarray(env.achieved(jnp.asarray(obs))) == dense).all()


def test_the_ground_holds_the_goals(env):
    plane = env.places.plane
    x0, y0, x1, y1 = plane.extent
    assert plane.unit == "m" and plane.goal_names == env.goals.names and plane.radius == env.places.lattice.radius
    assert (plane.points == env.places.lattice.points).all()
    assert ((plane.points > (x0, y0)) & (plane.points < (x1, y1))).all()


def test_a_world_is_built_again_from_its_spec(env):
    again = make(env.name, **json.loads(json.dumps(env.spec)))
    assert again.spec == env.spec and again.title == env.title
    assert (again.places.lattice.points == env.places.lattice.points).all()
    assert again.physics is env.physics  # and is not traced again


@pytest.mark.parametrize(
    "name, options",
    [
        ("reacher", {"spacing": 0.06, "radius": 0.03, "max_steps": 70, "clock_spread": 9}),
        ("ant", {"die": True, "spacing": 2.0, "radius": 0.7, "backend": "positional"}),
        ("ant_umaze", {"map": "S.\n..\n", "cell": 3.0, "title": "yard", "spacing": 1.5, "radius": 0.6, "die": True}),
    ],
)
def test_options_are_kept(name, options):
    env = make(name, **options)
    assert {option: env.spec[option] for option in options} == options
    again = make(name, **json.loads(json.dumps(env.spec)))
    assert again.spec == env.spec and (again.places.lattice.points == env.places.lattice.points).all()


def test_a_world_built_within_a_trace_leaks_nothing():
    load_physics.cache_clear()
    built = []

    @jax.jit
    def build(number):
        built.append(make("reacher", spacing=0.05))
        return number

    build(jnp.ones(3))
    assert not [leaf for leaf in jax.tree.leaves(built[0].physics.system) if isinstance(leaf, jax.core.Tracer)]
    assert jax.eval_shape(built[0].reset, jax.random.key(0)).q.shape == (2,)


def test_brax_comes_late_and_silently():
    code = """
import sys, leo_lab, jax
assert not {"brax", "mujoco"} & set(sys.modules)
env = leo_lab.make("reacher")
jax.eval_shape(env.reset, jax.random.key(0))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("reacher", {"backend": "sprong"}, 'unknown backend "sprong"; did you mean "spring"?'),
        ("reacher", {"radius": 0.2}, "no goal has room for a radius of 0.2"),
        ("reacher", {"radius": 0}, "radius must be above 0, got 0"),
        ("ant", {"spacing": -1}, "spacing must be above 0, got -1"),
        ("ant", {"radius": 5.1}, "no goal has room for a radius of 5.1"),
        ("ant", {"max_steps": 50}, r"max_steps \(50\) must exceed clock_spread \(50\)"),
        ("ant_umaze", {"radius": 2.5}, "no goal has room for a radius of 2.5"),
        ("ant_umaze", {"cell": 1}, "cell must be at least 1.5 m"),
        ("ant_umaze", {"map": "S>\n..\n"}, "walls # and free cells . S only, but the map has cells >"),
        ("ant_umaze", {"map": "slip: 0.1\nS.\n..\n"}, "but the map has slip 0.1"),
        ("ant_umaze", {"cells": 3}, 'unknown option of ant_umaze "cells"; did you mean "cell"?'),
    ],
)
def test_bad_options_are_one_line(name, options, message):
    with pytest.raises(LabError, match=message) as error:
        make(name, **options)
    assert "\n" not in str(error.value)


def test_an_action_of_the_wrong_size_is_refused_as_it_is_traced(env):
    wanted = len(env.action_names)
    with pytest.raises(LabError, match=rf"an action has {wanted} numbers .*got an array of shape \(3,\)"):
        jax.eval_shape(env.step, state_of(env), jnp.zeros(3), jax.random.key(0))


# The reacher ----------------------------------------------------------------------------------------------------------


def test_every_goal_is_within_reach(reacher):
    """All of the discs' rims can be touched by a fingertip whose elbow bends to 3 radians."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    rims = reacher.places.lattice.points[:, None] + 0.02 * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    away = np.linalg.norm(rims, axis=-1)
    assert away.max() <= 0.21 and away.min() >= np.hypot(0.1 + 0.11 * np.cos(3.0), 0.11 * np.sin(3.0))


def test_the_place_is_where_mujoco_has_the_fingertip(reacher, walk):
    _, q, limbs, transition, _ = walk
    data, tips = mujoco.MjData(reacher.body.model), []
    for posture in reacher.body.qpos(type("States", (), {"q": q.reshape(-1, 2)})):
        data.qpos = posture
        mujoco.mj_kinematics(reacher.body.model, data)
        tips.append([data.geom("fingertip").xpos[:2].copy(), data.body("body1").xpos[:2].copy()])
    tips = np.array(tips).reshape(T, N, 2, 2)
    assert np.ptp(tips[:, :, 0], axis=(0, 1)).min() > 0.2
    place = np.asarray(reacher.places.of(jnp.asarray(transition.obs)))
    assert np.abs(place - tips[:, :, 0]).max() < 1e-5
    assert np.abs(limbs[:, :, 1, 1] - tips[:, :, 0]).max() < 1e-5
    assert np.abs(limbs[:, :, 0, 1] - tips[:, :, 1]).max() < 1e-5
    assert (limbs[:, :, 0, 1] == limbs[:, :, 1, 0]).all()


def test_observations_are_about_one(walk):
    first, _, _, transition, _ = walk
    obs = np.concatenate([first[None], transition.obs])
    assert obs.dtype == np.float32 and np.abs(obs).max() < 2
    assert (np.abs(obs[..., :2] ** 2 + obs[..., 2:4] ** 2 - 1) < 1e-5).all()


def test_the_time_limit_truncates_and_keeps_the_true_last_observation(reacher, walk):
    first, _, _, transition, clock = walk
    assert not transition.terminated.any() and not transition.broken.any()
    assert transition.truncated.any(axis=0).all()
    assert (clock[transition.truncated] < reacher.clock_spread).all()
    before = np.concatenate([first[None], transition.obs[:-1]])
    moved = np.linalg.norm(np.asarray(reacher.places.of(jnp.asarray(transition.next_obs - before))), axis=-1)
    assert moved.max() < 0.06  # metres in 0.02 s, also where the world is a fresh one
    fresh = np.abs(transition.obs - transition.next_obs).max(axis=-1) > 0
    assert (fresh == transition.truncated).all()


def test_the_same_action_in_the_same_world_leads_to_the_same_world(walk):
    *_, transition, _ = walk
    until = int(np.argmax(transition.truncated[:, :COPIES].any(axis=1)))
    assert until > 4
    seen = transition.next_obs[: until + 1, :COPIES]
    assert (seen == seen[:, :1]).all()
    assert (np.abs(np.diff(seen[:, 0], axis=0)).max(axis=1) > 1e-4).all()


def test_full_torque_turns_the_arm_at_a_bounded_speed(walk):
    """8 radians per second are 1 in an observation; brax's own arm would come to 70 and more."""
    *_, transition, _ = walk
    assert 0.5 < np.abs(transition.next_obs[:, :COPIES, 4:6]).max() < 1.5
