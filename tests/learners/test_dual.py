"""Dual LEO: who chooses, that each half learns as it would alone, what is cloned, and what its files hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from leo_lab import load, make, save, train
from leo_lab.errors import LabError
from leo_lab.experience.online import OnlineConfig, OnlineSource
from leo_lab.learners import configure
from leo_lab.learners.clock import Clock
from leo_lab.learners.dual import Both
from leo_lab.learners.gradient import GradientState
from leo_lab.training import begin
from small import BRIEF, HASTY, STEPS_13, make_learner, update

TEACHER, STUDENT = jnp.array([0.2, 0.8, 0.5]), jnp.array([0.6, 0.4, 0.5])


def learner(iterations=10, name="dual_leo", **config):
    return make_learner(name, make("gridworld", **HASTY), iterations, **BRIEF, **config)


@pytest.fixture(scope="module")
def run():
    """What most tests begin with, since drawing a network and its first worlds takes long to compile."""
    return train(make("gridworld", **HASTY), "dual_leo", steps=STEPS_13, chunks=1, student_epochs=1, **BRIEF)


@pytest.fixture(scope="module")
def ppo_student():
    """A fresh one."""
    return jax.jit(ppo_pair().student.init)(jax.random.key(0))


def one_segment(dual, state, actors):
    """What `dual` lives through in 8 steps of 16 environments."""
    env = dual.env

    def live(state, actors):
        def choose(obs, goal, key):
            return dual.act(state, obs, goal, key)

        return OnlineSource(env, OnlineConfig(num_envs=16, unroll=8)).draw(actors, choose, jax.random.key(2))[1]

    return jax.jit(live)(state, actors)


def at(iteration, iterations=10):
    """A state of two networks, of which only the iteration matters."""
    state = GradientState((), (), (), Clock(jnp.int32(iteration), jnp.float32(iterations)))
    return Both(state, state)


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
    np.testing.assert_allclose(dual.combine(TEACHER, STUDENT, dual.alpha(at(3))), COMBINED[acting], rtol=1e-6)


def test_alpha_moves_linearly():
    dual = learner(alpha=1.0, alpha_end=0.2)
    shares = [float(dual.alpha(at(i))) for i in (0, 5, 10, 12)]
    np.testing.assert_allclose(shares, [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


@pytest.fixture(scope="module")
def shown(run):
    """Goals commanded and, for who acts: its values, those of the other, and the choice. One program for both."""
    duals = {acting: learner(acting=acting, epsilon_start=0.0, epsilon_end=0.0) for acting in ("teacher", "student")}
    obs = duals["teacher"].env.states.observations
    goal = np.arange(len(obs)) % 7

    def show(dual, silent, state, obs, goal):
        unheard = getattr(dual, silent).readout(getattr(state, silent), obs).q
        return dual.readout(state, obs).q, unheard, dual.act(state, obs, goal, jax.random.key(1))

    @jax.jit
    def show_both(state, obs, goal):
        return {
            acting: show(duals[acting], silent, state, obs, goal)
            for acting, silent in zip(duals, reversed(duals), strict=True)
        }

    return goal, jax.device_get(show_both(run.state.learner, obs, goal))


@pytest.mark.parametrize("acting", ["teacher", "student"])
def test_it_acts_on_the_values_that_it_shows(shown, acting):
    goal, (q, unheard, choice) = shown[0], shown[1][acting]
    states = len(goal)
    assert choice.action.tolist() == q[np.arange(states), goal].argmax(axis=-1).tolist()
    assert np.abs(q - unheard).max() > 1e-3
    assert choice.memo.teacher.v.shape == (states, states) and choice.memo.student.v.shape == (states,)


def test_the_teacher_learns_as_leo_does(run):
    """The same state of the teacher from the same segment and key as LEO's own update."""
    dual = learner(100, student_epochs=1)  # so many that the run has left something of the learning rate
    alone = make_learner("leo", dual.env, 100, **BRIEF)
    state = run.state.learner
    segment = one_segment(dual, state, run.state.source)
    after, metrics = jax.jit(update, static_argnums=0)(dual, state, segment, jax.random.key(3))
    teacher_key, _ = jax.random.split(jax.random.key(3))
    of_teacher = segment._replace(memo=segment.memo.teacher)
    expected, info = jax.jit(update, static_argnums=0)(alone, state.teacher, of_teacher, teacher_key)
    for one, other in zip(jax.tree.leaves(after.teacher), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    moved = zip(jax.tree.leaves(after.teacher.params), jax.tree.leaves(state.teacher.params), strict=True)
    assert any((np.asarray(one) != np.asarray(other)).any() for one, other in moved)
    np.testing.assert_allclose(metrics["loss"], info["loss"], rtol=1e-5)
    assert {"student_loss", "alpha", "epsilon"} <= set(metrics)


def test_settings_of_the_halves():
    config, _ = configure(
        "dual_leo_ppo", {"gamma": 0.9, "minibatch": 256, "student_depth": 3, "student_minibatch": 2048}
    )
    assert (config.teacher.gamma, config.teacher.minibatch, config.teacher.depth) == (0.9, 256, 1)
    student = config.student
    assert (student.gamma, student.minibatch, student.depth, student.epochs) == (0.9, 2048, 3, 4)
    student = configure("dual_leo", {"student_lam": 0.3, "epsilon_end": 0.1})[0].student
    assert (student.lam, student.epsilon_end) == (0.3, 0.1)


# The PPO student ----------------------------------------------------------------------------------------------------


def ppo_pair(**config):
    return learner(name="dual_leo_ppo", student_minibatch=64, student_epochs=1, **config)


def test_which_policy_is_cloned():
    q = jnp.array([[0.5, 0.8, 0.79], [0.3, 0.1, 0.2]])
    assert ppo_pair().cloned_policy(q).tolist() == [[0, 1, 0], [1, 0, 0]]
    soft = ppo_pair(cloned="softmax", temperature=0.1).cloned_policy(q)
    np.testing.assert_allclose(soft, jax.nn.softmax(10 * q), rtol=1e-5)


def test_weights_of_cloning_fall_linearly():
    pair = ppo_pair(clone_end=0.2)
    np.testing.assert_allclose([pair.clone_share(at(i)) for i in (0, 5, 10, 12)], [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


def test_cloning_is_added_to_the_loss_of_ppo(ppo_student):
    pair, rows = ppo_pair(clone=0.5, clone_value=0.25), 4
    obs = pair.env.states.observations[:rows]
    goal, action = np.arange(rows), np.array([0, 3, 1, 2])
    reals = np.full(rows, -1.3), np.array([0.1, -0.2, 0.3, 0.0]), np.array([0.2, 0.4, 0.6, 0.8])
    old = (action, *(real.astype(np.float32) for real in reals))
    q_teacher = np.random.default_rng(1).uniform(size=(rows, 4)).astype(np.float32)

    @jax.jit
    def losses(params, *batch):
        cloning = [pair.student_loss(params, *batch, q_teacher, share=jnp.float32(share)) for share in (1.0, 0.5)]
        return pair.student.policy(params, *batch[:2]), pair.student.loss(params, *batch)[0], cloning

    (log_probs, critic), alone, cloning = jax.device_get(losses(ppo_student.params, obs, goal, *old))
    cross = -log_probs[np.arange(rows), q_teacher.argmax(axis=-1)].mean()
    value = (np.logaddexp(0, critic) - q_teacher.max(axis=-1) * critic).mean()
    for share, (loss, info) in zip((1.0, 0.5), cloning, strict=True):
        np.testing.assert_allclose(loss - alone, share * (0.5 * cross + 0.25 * value), rtol=1e-4)
        np.testing.assert_allclose(info["clone"], cross, rtol=1e-5)


def test_the_student_acts_on_what_it_knows_and_imitates(run, ppo_student):
    """An update of cloning alone makes the teacher's best actions likelier; the student's own policy acts."""
    pair = ppo_pair(clone=1.0, clone_end=1.0, value=0.0, entropy=0.0, student_learning_rate=1e-2)
    state = Both(run.state.learner.teacher, ppo_student)
    segment = one_segment(pair, state, run.state.source)
    assert segment.memo.q_teacher.shape == (8, 16, 4) and segment.memo.teacher.v.shape == (8, 16, 21)
    policy = jax.jit(lambda student: pair.student.policy(student.params, segment.obs, segment.goal)[0])
    taken = np.take_along_axis(np.asarray(policy(state.student)), np.asarray(segment.action)[..., None], axis=-1)[
        ..., 0
    ]
    np.testing.assert_allclose(segment.memo.student.log_prob, taken, rtol=1e-4)
    segment = segment._replace(hit=np.zeros_like(segment.hit))
    cloned = np.asarray(jax.jit(pair.cloned_policy)(segment.memo.q_teacher))

    def likelihood(student):
        return (cloned * np.asarray(policy(student))).sum(axis=-1).mean()

    after, metrics = jax.jit(update, static_argnums=0)(pair, state, segment, jax.random.key(3))
    assert likelihood(after.student) > likelihood(state.student) + 0.02
    assert {"loss", "student_loss", "student_clone", "epsilon"} <= set(metrics)


# Files --------------------------------------------------------------------------------------------------------------


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
        part = getattr(run.learner, name)
        expected = jax.jit(part.readout)(getattr(run.state.learner, name), env.states.observations).q
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
    "lambda": ({"student_lam": 1.1}, "lam must be from 0 to 1, got 1.1"),
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
        learner(name=name, **settings)
    assert message in str(caught.value) and "\n" not in str(caught.value)
