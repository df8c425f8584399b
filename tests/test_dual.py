"""Dual LEO: who chooses, that each half learns as it would alone, what is cloned, and what its files hold."""

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
from leo_lab.training import begin

TEACHER, STUDENT = jnp.array([0.2, 0.8, 0.5]), jnp.array([0.6, 0.4, 0.5])


def learner(iterations=10, name="dual_leo", **config):
    settings = make_learner_config(name, **BRIEF, **config)
    return make_learner(name, make("gridworld", **HASTY), settings, iterations)


def one_segment(dual, state):
    """What `dual` lives through in 8 steps of 16 environments."""
    env = dual.teacher._env

    def choose(obs, goal, key):
        return dual.act(state, obs, goal, key)

    return collect(env, choose, start_actors(env, jax.random.key(1), 16), jax.random.key(2), 8)[1]


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
    alone = make_learner("leo", dual.teacher._env, make_learner_config("leo", **BRIEF), 10)
    state = dual.init(jax.random.key(0))
    segment = one_segment(dual, state)
    after, metrics = jax.jit(dual.update)(state, segment, jax.random.key(3))
    teacher_key, _ = jax.random.split(jax.random.key(3))
    expected, info = jax.jit(alone.update)(state.teacher, segment._replace(memo=segment.memo.teacher), teacher_key)
    for one, other in zip(jax.tree.leaves(after.teacher), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(metrics["loss"], info["loss"], rtol=1e-5)
    assert {"student_loss", "alpha", "epsilon"} <= set(metrics)


def test_settings_of_the_halves():
    config = make_learner_config("dual_leo_ppo", gamma=0.9, minibatch=256, student_depth=3, student_minibatch=2048)
    assert (config.teacher.gamma, config.teacher.minibatch, config.teacher.depth) == (0.9, 256, 1)
    student = config.student
    assert (student.gamma, student.minibatch, student.depth, student.epochs) == (0.9, 2048, 3, 4)
    assert make_learner_config("dual_leo", lam=0.3, epsilon_end=0.1).student.lam == 0.3
    assert make_learner_config("dual_leo", lam=0.3, epsilon_end=0.1).student.epsilon_end == 0.1


# The PPO student ----------------------------------------------------------------------------------------------------


def ppo_pair(**config):
    return learner(name="dual_leo_ppo", student_minibatch=64, student_epochs=1, **config)


def test_what_is_advised():
    advice = jnp.array([[0.5, 0.8, 0.79], [0.3, 0.1, 0.2]])
    assert ppo_pair().advised(advice).tolist() == [[0, 1, 0], [1, 0, 0]]
    soft = ppo_pair(cloned="softmax", temperature=0.1).advised(advice)
    np.testing.assert_allclose(soft, jax.nn.softmax(10 * advice), rtol=1e-5)


def test_weights_of_cloning_fall_linearly():
    pair = ppo_pair(clone_end=0.2)
    np.testing.assert_allclose([pair.share(jnp.int32(i)) for i in (0, 5, 10, 12)], [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


def test_cloning_is_added_to_the_loss_of_ppo():
    pair, rows = ppo_pair(clone=0.5, clone_value=0.25), 4
    state = pair.init(jax.random.key(0))
    obs = jnp.asarray(pair.teacher._env.all_observations())[:rows]
    goal, action = jnp.arange(rows), jnp.array([0, 3, 1, 2])
    old = (action, jnp.full(rows, -1.3), jnp.array([0.1, -0.2, 0.3, 0.0]), jnp.array([0.2, 0.4, 0.6, 0.8]))
    advice = jax.random.uniform(jax.random.key(1), (rows, 4))
    params = state.student.params
    log_probs, critic = pair.student.policy(params, obs, goal)
    cross = -np.asarray(log_probs)[np.arange(rows), np.asarray(advice.argmax(axis=-1))].mean()
    best = np.asarray(advice.max(axis=-1))
    value = (np.logaddexp(0, critic) - best * np.asarray(critic)).mean()
    alone, _ = pair.student.loss(params, obs, goal, *old)
    for share in (1.0, 0.5):
        loss, info = pair.student_loss(jnp.float32(share), params, obs, goal, *old, advice)
        np.testing.assert_allclose(loss - alone, share * (0.5 * cross + 0.25 * value), rtol=1e-4)
    np.testing.assert_allclose(info["clone"], cross, rtol=1e-5)


def test_the_student_acts_on_what_it_knows_and_imitates():
    """An update of cloning alone makes the teacher's best actions likelier; the student's own policy acts."""
    pair = ppo_pair(clone=1.0, clone_end=1.0, value=0.0, entropy=0.0, student_learning_rate=1e-2)
    state = pair.init(jax.random.key(0))
    segment = one_segment(pair, state)
    assert segment.memo.advice.shape == (8, 16, 4) and segment.memo.teacher.v.shape == (8, 16, 21)
    log_prob = pair.student.policy(state.student.params, segment.obs, segment.goal)[0]
    taken = jnp.take_along_axis(log_prob, segment.action[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(segment.memo.student.log_prob, taken, rtol=1e-4)
    segment = segment._replace(hit=jnp.zeros_like(segment.hit))

    def likelihood(student):
        log_probs = pair.student.policy(student.params, segment.obs, segment.goal)[0]
        return float((pair.advised(segment.memo.advice) * log_probs).sum(axis=-1).mean())

    after, metrics = jax.jit(pair.update)(state, segment, jax.random.key(3))
    assert likelihood(after.student) > likelihood(state.student) + 0.02
    assert {"loss", "student_loss", "student_clone", "epsilon"} <= set(metrics)


# Files --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    return train(make("gridworld", **HASTY), "dual_leo", steps=STEPS_13, chunks=1, **BRIEF)


def test_a_file_holds_both_networks(run, tmp_path):
    path = save(run, tmp_path / "light.safetensors", light=True)
    names = {name.split(".params.")[0] for name in safetensors.numpy.load_file(path)}
    assert names == {"learner.teacher", "learner.student"}
    assert load(path).values().q.tobytes() == run.values().q.tobytes()


def test_one_network_alone(run, tmp_path):
    path = save(run, tmp_path)
    env = run.env
    for name, learner_name in {"teacher": "leo", "student": "pqn"}.items():
        alone = load(path, part=name)
        assert (alone.learner.name, alone.resumable) == (learner_name, False)
        expected = getattr(run.learner, name).values(getattr(run.state.learner, name), env.all_observations())
        np.testing.assert_allclose(alone.values().q, expected, rtol=1e-5)
        again = load(save(alone, tmp_path / f"{name}.safetensors"), learner=learner_name)
        assert again.values().q.tobytes() == alone.values().q.tobytes()
    assert load(path, learner="leo", part="teacher").learner.name == "leo"


WRONG = {
    "leo": ({"learner": "leo"}, 'made of a teacher ("leo") and a student ("pqn"); part="teacher"'),
    "ppo": ({"learner": "ppo"}, 'holds dual_leo, made of a teacher ("leo") and a student ("pqn"); it is no ppo'),
    "part": ({"part": "techer"}, 'unknown part of dual_leo "techer"; did you mean "teacher"?'),
    "other part": ({"part": "student", "learner": "leo"}, "holds pqn; it is no leo"),
}


@pytest.mark.parametrize("case", WRONG)
def test_asking_a_file_for_what_it_does_not_hold(run, tmp_path, case):
    asked, message = WRONG[case]
    with pytest.raises(LabError) as caught:
        load(save(run, tmp_path), **asked)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_one_network_has_no_parts(tmp_path):
    run = begin(make("gridworld", **HASTY), "leo", steps=STEPS_13, **BRIEF)
    with pytest.raises(LabError, match='leo is one network and has no "teacher"'):
        run.part("teacher")


BAD = {
    "alpha": ({"alpha": 1.5}, "alpha must be from 0 to 1, got 1.5"),
    "alpha at the end": ({"alpha_end": -0.1}, "alpha_end must be from 0 to 1, got -0.1"),
    "acting": ({"acting": "studnt"}, 'unknown acting "studnt"; did you mean "student"?'),
    "depth": ({"student_depth": 0}, "student_depth must be at least 1, got 0"),
    "lambda": ({"lam": 1.1}, "lam must be from 0 to 1, got 1.1"),
}
BAD_PPO = {
    "no teacher": ({"clone": 0.0}, "clone and clone_value are 0, a student without a teacher; raise one"),
    "negative": ({"clone_value": -1.0}, "clone_value must be at least 0, got -1.0"),
    "end": ({"clone_end": 1.5}, "clone_end must be from 0 to 1, got 1.5"),
    "cloned": ({"cloned": "argmin"}, 'unknown cloned "argmin"; did you mean "argmax"?'),
    "temperature": ({"temperature": 0.0}, "temperature must be above 0, got 0.0"),
    "the student's minibatch": ({"student_minibatch": 1000}, "minibatch = 1000 does not divide"),
}


@pytest.mark.parametrize("name, case", [("dual_leo", c) for c in BAD] + [("dual_leo_ppo", c) for c in BAD_PPO])
def test_impossible_settings_are_one_line(name, case):
    settings, message = (BAD if name == "dual_leo" else BAD_PPO)[case]
    with pytest.raises(LabError) as caught:
        make_learner_config(name, **settings)
    assert message in str(caught.value) and "\n" not in str(caught.value)
