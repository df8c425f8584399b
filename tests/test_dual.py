"""Dual LEO: who chooses, that each half learns as it would alone, and what its files hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from small import BRIEF, HASTY, STEPS_13

from leo_lab import load, make, save, train
from leo_lab.errors import LabError
from leo_lab.learners import make_learner, make_learner_config
from leo_lab.rollout import collect, start_actors

TEACHER, STUDENT = jnp.array([0.2, 0.8, 0.5]), jnp.array([0.6, 0.4, 0.5])


def learner(iterations=10, **config):
    settings = make_learner_config("dual_leo", **BRIEF, **config)
    return make_learner("dual_leo", make("gridworld", **HASTY), settings, iterations)


COMBINED = {
    "mixture": [0.5, 0.5, 0.5],  # a quarter of the teacher's
    "teacher": [0.2, 0.8, 0.5],
    "student": [0.6, 0.4, 0.5],
    "max": [0.6, 0.8, 0.5],
    "min": [0.2, 0.4, 0.5],
}


@pytest.mark.parametrize("acting", COMBINED)
def test_who_chooses(acting):
    dual = learner(acting=acting, alpha=0.25, alpha_end=0.25)
    np.testing.assert_allclose(dual.combine(TEACHER, STUDENT, jnp.int32(3)), COMBINED[acting], rtol=1e-6)


def test_alpha_moves_linearly():
    dual = learner(alpha=1.0, alpha_end=0.2)
    shares = [float(dual.alpha(jnp.int32(i))) for i in (0, 5, 10, 12)]
    np.testing.assert_allclose(shares, [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


@pytest.mark.parametrize("acting", ["teacher", "student"])
def test_it_acts_on_the_values_that_it_shows(acting):
    dual = learner(acting=acting, epsilon_start=0.0, epsilon_end=0.0)
    state, obs = dual.init(jax.random.key(0)), jnp.asarray(dual.teacher._env.all_observations())
    goal = jnp.arange(len(obs)) % 7
    q = np.asarray(dual.values(state, obs))
    choice = dual.act(state, obs, goal, jax.random.key(1))
    assert choice.action.tolist() == q[np.arange(len(obs)), goal].argmax(axis=-1).tolist()
    silent = "student" if acting == "teacher" else "teacher"
    assert np.abs(q - getattr(dual, silent).values(getattr(state, silent), obs)).max() > 1e-3
    assert choice.memo.teacher.v.shape == (len(obs), len(obs)) and choice.memo.student.v.shape == (len(obs),)


def test_the_teacher_learns_as_leo_does():
    """The same state of the teacher from the same segment and key as LEO's own update."""
    dual = learner()
    env = dual.teacher._env
    alone = make_learner("leo", env, make_learner_config("leo", **BRIEF), 10)
    state = dual.init(jax.random.key(0))

    def choose(obs, goal, key):
        return dual.act(state, obs, goal, key)

    _, segment = collect(env, choose, start_actors(env, jax.random.key(1), 16), jax.random.key(2), 8)
    after, metrics = jax.jit(dual.update)(state, segment, jax.random.key(3))
    teacher_key, _ = jax.random.split(jax.random.key(3))
    expected, info = jax.jit(alone.update)(state.teacher, segment._replace(memo=segment.memo.teacher), teacher_key)
    for one, other in zip(jax.tree.leaves(after.teacher), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(metrics["loss"], info["loss"], rtol=1e-5)
    assert {"student_loss", "alpha", "epsilon"} <= set(metrics)


def test_a_file_holds_both_networks(tmp_path):
    run = train(make("gridworld", **HASTY), "dual_leo", steps=STEPS_13, chunks=1, **BRIEF)
    path = save(run, tmp_path / "light.safetensors", light=True)
    names = {name.split(".params.")[0] for name in safetensors.numpy.load_file(path)}
    assert names == {"learner.teacher", "learner.student"}
    assert load(path).values().q.tobytes() == run.values().q.tobytes()


BAD = {
    "alpha": ({"alpha": 1.5}, "alpha must be from 0 to 1, got 1.5"),
    "alpha at the end": ({"alpha_end": -0.1}, "alpha_end must be from 0 to 1, got -0.1"),
    "acting": ({"acting": "studnt"}, 'unknown acting "studnt"; did you mean "student"?'),
    "depth": ({"student_depth": 0}, "student_depth must be at least 1, got 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_impossible_settings_are_one_line(case):
    settings, message = BAD[case]
    with pytest.raises(LabError) as caught:
        make_learner_config("dual_leo", **settings)
    assert message in str(caught.value) and "\n" not in str(caught.value)
