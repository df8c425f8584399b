"""PPO: advantages by hand, the clipped objective, how a policy is read as values, and what it learns."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import make
from leo_lab.errors import LabError
from leo_lab.experience.segment import Segment
from leo_lab.learners import configure, ppo
from leo_lab.learners.clock import Clock
from leo_lab.learners.gradient import GradientState
from small import make_learner, only

S = G = 3
CORNER = "S.\n#.\n"
V = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], np.float32)  # [S, G]
STATES, GOAL = np.array([[0, 2], [1, 2], [2, 0]]), np.array([[1, 0], [1, 2], [0, 2]])
AHEAD = np.array([[1, 2], [2, 0], [0, 1]])


def tabular(**config):
    """PPO with given values, actions all alike, two environments and segments of three steps."""
    config = {"num_envs": 2, "unroll": 3, "minibatch": 6, "gamma": 0.5, **config}
    learner = make_learner("ppo", make("gridworld", map=CORNER), **config)
    logits = jnp.log(V) - jnp.log1p(-V)
    learner.policy = lambda params, obs, goal: (
        jax.nn.log_softmax(jnp.broadcast_to(params, (*goal.shape, 4))),
        logits[obs.argmax(axis=-1), goal],
    )
    return learner


def a_segment(**changes):
    one_hot = lambda states: np.eye(S, dtype=np.float32)[np.asarray(states)]  # noqa: E731
    fields = {
        "obs": one_hot(STATES),
        "action": np.zeros((3, 2), np.int32),
        "goal": GOAL.astype(np.int32),
        "memo": ppo.Memo(V[STATES, GOAL], np.full((3, 2), np.log(0.25), np.float32)),
        "hit": only((3, 2, G), (1, 0, 1)),
        "terminated": only((3, 2)),
        "truncated": only((3, 2)),
        "broken": only((3, 2)),
        "final_obs": one_hot([0, 1]),
        "cut_obs": one_hot([2, 2]),
        "seen": np.ones(G, bool),
    }
    return Segment(**{**fields, **changes})


@functools.cache
def compiled(**config):
    return jax.jit(tabular(**config).advantages)


def advantages(segment, **config):
    state = GradientState(np.zeros(4, np.float32), (), (), Clock(np.int32(0), np.float32(1)))
    return np.asarray(compiled(**config)(state, segment))


def test_without_lambda_an_advantage_is_the_one_step_error():
    expected = 0.5 * V[AHEAD, GOAL] - V[STATES, GOAL]
    expected[1, 0] = 1 - V[1, 1]  # the hit
    np.testing.assert_allclose(advantages(a_segment(), lam=0.0), expected, rtol=1e-5)


def test_lambda_looks_ahead_until_the_goal_is_hit():
    one, out = advantages(a_segment(), lam=0.0), advantages(a_segment(), lam=0.8)
    np.testing.assert_allclose(out[2], one[2], rtol=1e-5)  # the last step of the segment
    np.testing.assert_allclose(out[1, 0], one[1, 0], rtol=1e-5)  # nothing after the hit belongs to it
    np.testing.assert_allclose(out[0, 0], one[0, 0] + 0.8 * 0.5 * one[1, 0], rtol=1e-5)
    np.testing.assert_allclose(out[1, 1], one[1, 1] + 0.8 * 0.5 * one[2, 1], rtol=1e-5)


def test_the_time_limit_bootstraps_and_death_does_not():
    flag = only((3, 2), (1, 1))
    cut, dead = advantages(a_segment(truncated=flag)), advantages(a_segment(terminated=flag))
    np.testing.assert_allclose(cut[1, 1], 0.5 * V[2, 2] - V[2, 2], rtol=1e-5)  # of where it was cut
    np.testing.assert_allclose(dead[1, 1], -V[2, 2], rtol=1e-5)


def test_the_objective_stops_where_the_ratio_is_clipped():
    """Two samples of action 0 with advantages +1 and -1: at ratio 1 they pull, beyond the clip only one of them."""
    learner = tabular(entropy=0.0, value=0.0, clip=0.2)

    @jax.jit
    def slope(logit):
        obs, zeros = jax.nn.one_hot(jnp.zeros(2, int), S), jnp.zeros(2, jnp.int32)
        advantage, target = jnp.array([1.0, -1.0]), jnp.full(2, 0.5)
        rows = (obs, zeros, zeros, jnp.full(2, np.log(0.25)), advantage, target)
        return jax.grad(lambda p: learner.loss(p, *rows)[0])(jnp.zeros(4).at[0].set(logit))[0]

    np.testing.assert_allclose(slope(0.0), 0.0, atol=1e-6)  # equal and opposite
    assert slope(1.0) > 0.1  # ratio 1.9: the good one is clipped, the bad one pushes down
    assert slope(-1.0) < -0.05  # ratio 0.44: the bad one is clipped, the good one pulls up


def test_a_policy_is_read_as_values_of_its_actions():
    learner = tabular()
    state = GradientState(np.log(np.float32([0.1, 0.4, 0.2, 0.3])), (), (), Clock(np.int32(0), np.float32(1)))
    q = np.asarray(jax.jit(learner.readout)(state, np.eye(S, dtype=np.float32)).q)
    assert q.shape == (S, G, 4)
    np.testing.assert_allclose(q.max(axis=-1), V, rtol=1e-5)
    np.testing.assert_allclose(
        q / q.max(axis=-1, keepdims=True), np.broadcast_to([0.25, 1, 0.5, 0.75], q.shape), rtol=1e-5
    )


def test_actions_are_drawn_from_the_policy():
    learner = tabular()
    state = GradientState(np.log(np.float32([0.1, 0.4, 0.2, 0.3])), (), (), Clock(np.int32(0), np.float32(1)))
    obs, goal = np.eye(S, dtype=np.float32)[np.zeros(8000, int)], np.ones(8000, np.int32)
    choice = jax.jit(learner.act)(state, obs, goal, jax.random.key(0))
    np.testing.assert_allclose(np.bincount(choice.action, minlength=4) / 8000, [0.1, 0.4, 0.2, 0.3], atol=0.02)
    np.testing.assert_allclose(choice.memo.v, V[0, 1], rtol=1e-5)
    np.testing.assert_allclose(np.exp(choice.memo.log_prob), np.array([0.1, 0.4, 0.2, 0.3])[choice.action], rtol=1e-5)


BAD = {
    "clip": ({"clip": 0.0}, "clip must be above 0, got 0.0"),
    "entropy": ({"entropy": -1.0}, "entropy must be at least 0, got -1.0"),
    "lambda": ({"lam": 2.0}, "lam must be from 0 to 1, got 2.0"),
}


@pytest.mark.parametrize("case", BAD)
def test_impossible_settings_are_one_line(case):
    settings, message = BAD[case]
    with pytest.raises(LabError) as caught:
        configure("ppo", settings)
    assert message in str(caught.value) and "\n" not in str(caught.value)
