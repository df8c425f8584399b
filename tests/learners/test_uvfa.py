"""PQN and HER: which goals a transition teaches, with which targets, and that all of them is LEO's lesson."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from leo_lab import make
from leo_lab.errors import LabError
from leo_lab.experience.online import OnlineConfig, OnlineSource
from leo_lab.experience.segment import Segment, next_observations
from leo_lab.learners import configure, uvfa
from leo_lab.learners.clock import Clock
from leo_lab.learners.gradient import GradientState
from leo_lab.learners.targets import TARGETS
from small import BRIEF, HASTY, make_learner, only, update

S, G, A = 3, 3, 4  # the states, goals and actions of CORNER
CORNER = "S.\n#.\n"
Q = np.random.default_rng(0).uniform(0.1, 0.9, (S, G, A)).astype(np.float32)
STATES = np.array([[0, 2], [1, 2], [2, 0]])  # [T, N]
AHEAD = np.array([[1, 2], [2, 0], [0, 1]])  # and what follows


def logit(q):
    return jnp.log(q) - jnp.log1p(-q)


def one_hot(states):
    return np.eye(S, dtype=np.float32)[np.asarray(states)]


def tabular(name="pqn", **config):
    """PQN with a table [S, G, A] of logits instead of a network, two environments and segments of three steps."""
    config = {"num_envs": 2, "unroll": 3, "minibatch": 6, "gamma": 0.5, "lam": 0.0, "epochs": 1, **config}
    learner = make_learner(name, make("gridworld", map=CORNER), **config)
    learner.logits = lambda params, obs, goal: params[obs.argmax(axis=-1), goal]
    return learner


def state_of(q=Q):
    logits = np.log(q) - np.log1p(-q)
    return GradientState(logits, logits, (), Clock(np.int32(0), np.float32(1)))


GOAL = np.array([[1, 0], [1, 2], [0, 2]])  # agent 0 gets a new goal at step 2, agent 1 at step 1


def a_segment(**changes):
    fields = {
        "obs": one_hot(STATES),
        "action": np.int32([[1, 0], [3, 0], [2, 1]]),
        "goal": GOAL.astype(np.int32),
        "memo": uvfa.Memo(Q.max(axis=-1)[STATES, GOAL], only((3, 2))),
        "hit": only((3, 2, G), (1, 0, 1), (0, 1, 0)),
        "terminated": only((3, 2)),
        "truncated": only((3, 2)),
        "broken": only((3, 2)),
        "final_obs": one_hot([0, 1]),
        "cut_obs": np.zeros((2, S), np.float32),
        "seen": np.ones(G, bool),
    }
    return Segment(**{**fields, **changes})


@functools.cache
def compiled(**config):
    return jax.jit(tabular(**config).targets)


def commanded_targets(segment, **config):
    out = compiled(**{"lam": 0.0, **config})(state_of(), segment, segment.goal[..., None])
    assert out.shape == (3, 2, 1)
    return np.asarray(out[..., 0])


# Targets ------------------------------------------------------------------------------------------------------------

V = Q.max(axis=-1)


def test_the_commanded_goal_looks_one_step_ahead():
    expected = 0.5 * V[AHEAD, GOAL]
    expected[1, 0] = expected[0, 1] = 1.0  # hits
    np.testing.assert_allclose(commanded_targets(a_segment()), expected, rtol=1e-6)


def test_the_time_limit_bootstraps_from_where_it_fell_with_the_goal_of_then():
    truncated = only((3, 2), (0, 0), (2, 1))
    segment = a_segment(truncated=truncated, cut_obs=one_hot([2, 0]))
    out = commanded_targets(segment)
    np.testing.assert_allclose(out[0, 0], 0.5 * V[2, 1], rtol=1e-6)
    np.testing.assert_allclose(out[2, 1], 0.5 * V[0, 2], rtol=1e-6)


def test_death_cuts_the_bootstrap():
    assert commanded_targets(a_segment(terminated=only((3, 2), 2)))[2].tolist() == [0, 0]


def test_lambda_follows_what_was_done():
    """Peng's: the return goes on whatever the action, up to a hit, the end of an episode or of the segment."""
    truncated = only((3, 2), (1, 1))
    segment = a_segment(truncated=truncated, cut_obs=one_hot([0, 2]))
    for lam in (0.0, 0.25, 1.0):
        out = commanded_targets(segment, lam=lam)
        np.testing.assert_allclose(out[0, 0], 0.5 * (lam * 1.0 + (1 - lam) * V[1, 1]), rtol=1e-6)
        np.testing.assert_allclose(out[1, 1], 0.5 * V[2, 2], rtol=1e-6)  # the time limit's own state
        assert out[1, 0] == out[0, 1] == 1


def test_lambda_follows_the_best_actions_where_others_cut_it():
    greedy = only((3, 2), (2, 1))  # agent 1's last action was the best for its goal
    segment = a_segment()
    segment = segment._replace(memo=segment.memo._replace(greedy=greedy))
    last = 0.5 * V[1, 2]
    for lam in (0.0, 0.25, 1.0):
        out = commanded_targets(segment, lam=lam, target="greedy_return")
        np.testing.assert_allclose(out[1, 1], 0.5 * (lam * last + (1 - lam) * V[0, 2]), rtol=1e-6)
        np.testing.assert_allclose(out[0, 0], 0.5 * V[1, 1], rtol=1e-6)  # no further than another action


@pytest.mark.parametrize("target", TARGETS)
def test_all_goals_have_the_targets_of_leo_from_the_same_values(target):
    """The slow twin: the same numbers, bit for bit, from G passes per transition, whatever the target."""
    env = make("gridworld", **HASTY)
    settings = {**BRIEF, "num_envs": 8, "unroll": 11, "minibatch": 8}
    learner = make_learner("leo", env, 1, target=target, lam=0.9, passes="batch", **settings)
    naive = make_learner("her", env, 1, relabel="all", target=target, lam=0.9, **settings)
    size = len(env.goals), len(env.goals), 4
    table = np.random.default_rng(0).uniform(0.01, 0.99, size).astype(np.float32)
    learner.logits = lambda params, obs: jnp.moveaxis(logit(table), 1, 2)[obs.argmax(axis=-1)]
    naive.logits = lambda params, obs, goal: logit(table)[obs.argmax(axis=-1), goal]
    state = GradientState((), (), (), Clock(jnp.int32(0), jnp.float32(1)))

    def choose(obs, goal, key):
        return learner.act(state, obs, goal, key)

    source = OnlineSource(env, OnlineConfig(num_envs=8, unroll=11))
    go_on, actors = (
        jax.jit(lambda actors, key: source.draw(actors, choose, key)),
        jax.jit(source.init)(jax.random.key(1)),
    )
    for i in range(2):  # the second segment holds time limits
        actors, segment = go_on(actors, jax.random.key(2 + i))
    assert all(np.asarray(each).any() for each in (segment.truncated, segment.hit, ~np.asarray(segment.seen)))
    goals = jax.jit(naive.relabel)(segment, jax.random.key(9))
    assert goals.shape == segment.hit.shape
    fast = jax.jit(learner.targets)(state, segment)
    slow = jax.jit(naive.targets)(GradientState((), (), (), Clock(jnp.int32(0), jnp.float32(1))), segment, goals)
    assert (np.asarray(fast) == np.asarray(slow)).all()
    assert len(np.unique(np.asarray(fast))) > 20


# Relabelling --------------------------------------------------------------------------------------------------------


def test_true_next_observations():
    segment = a_segment(truncated=only((3, 2), (0, 0)), cut_obs=one_hot([2, 1]))
    ahead = np.asarray(jax.jit(next_observations)(segment)).argmax(axis=-1)
    assert ahead.tolist() == [[2, 2], [2, 0], [0, 1]]


@functools.cache
def relabelled(relabel, target="one_step"):
    """Goals of 300 draws for one segment, int32 [draws, T, N, K]; two or, where mixed, three besides the commanded."""
    learner = tabular("her", relabel=relabel, relabels=3 if relabel == "mixed" else 0, target=target)
    keys = jax.random.split(jax.random.key(0), 300)
    hit = only((3, 2, G), (2, 0, 2), (1, 0, 1))
    return np.asarray(jax.jit(jax.vmap(lambda key: learner.relabel(a_segment(hit=hit), key)))(keys))


EXTRA = {"none": 0, "random": 2, "positive": 2, "future": 2, "final": 2, "mixed": 3}


@pytest.mark.parametrize("target", ["one_step", "best_return"])
@pytest.mark.parametrize("relabel", EXTRA)
def test_the_commanded_goal_comes_first(relabel, target):
    goals = relabelled(relabel, target)
    assert goals.shape == (300, 3, 2, 1 + EXTRA[relabel])
    assert (goals[..., 0] == GOAL).all()
    held = (goals[:, :1, :, 1:] == goals[..., 1:]).all()
    assert held == (target == "best_return" or relabel == "none")  # what looks along a segment keeps its goals


def test_goals_that_are_kept_are_drawn_for_one_of_the_steps():
    kept = relabelled("positive", "best_return")[:, 0, 0, 1:]  # of steps 0 and 1 goals 1 and 2, of step 2 goal 2
    np.testing.assert_allclose(shares(kept), [0, 1 / 3, 2 / 3], atol=0.06)


def shares(goals):
    return np.bincount(goals.ravel(), minlength=G) / goals.size


def test_random_goals_are_uniform():
    np.testing.assert_allclose(shares(relabelled("random")[..., 1:]), 1 / 3, atol=0.04)


def test_positive_goals_were_achieved_now_or_later_each_equally_often():
    goals = relabelled("positive")[..., 1:]
    np.testing.assert_allclose(shares(goals[:, :2, 0]), [0, 0.5, 0.5], atol=0.06)
    np.testing.assert_allclose(shares(goals[:, 2, 0]), [0, 0, 1])
    np.testing.assert_allclose(shares(goals[:, :, 1]), 1 / 3, atol=0.05)  # agent 1 achieved nothing: any goal


def test_mixed_goals_are_three_quarters_random():
    np.testing.assert_allclose(shares(relabelled("mixed")[:, 2, 0, 1:]), [0.25, 0.25, 0.5], atol=0.07)


BAD = {
    "all and a count": ({"relabel": "all", "relabels": 3}, 'relabels = 3 cannot be with relabel "all"'),
    "none and a count": ({"relabel": "none", "relabels": 1}, 'relabels = 1 cannot be with relabel "none"'),
    "target": ({"target": "best_retrn"}, 'unknown target "best_retrn"; did you mean "best_return"?'),
    "mode": ({"relabel": "positiv"}, 'unknown relabel "positiv"; did you mean "positive"?'),
    "lambda": ({"lam": 1.5}, "lam must be from 0 to 1, got 1.5"),
    "count": ({"relabels": -1}, "relabels must be at least 0, got -1"),
}


@pytest.mark.parametrize("case", BAD)
def test_impossible_settings_are_one_line(case):
    settings, message = BAD[case]
    with pytest.raises(LabError) as caught:
        configure("her", settings)
    assert message in str(caught.value) and "\n" not in str(caught.value)


# The network and learning -------------------------------------------------------------------------------------------


def test_values_of_all_goals_are_those_of_each_goal_alone():
    env = make("gridworld", map=CORNER)
    learner = make_learner("pqn", env, 1, **BRIEF)
    state, obs = jax.jit(learner.init)(jax.random.key(0)), env.states.observations
    q, act = np.asarray(jax.jit(learner.readout)(state, obs).q), jax.jit(learner.act)
    assert q.shape == (S, G, A)
    for goal in range(G):
        choice = act(state, obs, np.full(S, goal, np.int32), jax.random.key(1))
        np.testing.assert_allclose(q[:, goal].max(axis=-1), choice.memo.v, rtol=1e-5)
    assert np.ptp(q, axis=1).min() > 0  # the goal is read


def test_update_is_one_step_down_the_gradient_of_every_relabelled_goal():
    learner = tabular("her", relabel="all", average=0.5)
    learner.descent.optimizer = optax.with_extra_args_support(optax.sgd(1.0))
    segment, state = a_segment(), state_of()._replace(opt_state=optax.sgd(1.0).init(Q))
    after, metrics = jax.jit(update, static_argnums=0)(learner, state, segment, jax.random.key(0))
    goals = np.broadcast_to(np.arange(G), (3, 2, G))
    target = np.asarray(jax.jit(learner.targets)(state, segment, goals.astype(np.int32)))
    begin = np.array(state.params)
    expected = begin.copy()
    for t in range(3):
        for n in range(2):
            row, action = STATES[t, n], int(segment.action[t, n])
            expected[row, :, action] -= (Q[row, :, action] - target[t, n]) / (6 * G)
    np.testing.assert_allclose(after.newest, expected, rtol=1e-4)
    np.testing.assert_allclose(after.params, 0.5 * (expected + begin), rtol=1e-4)
    assert set(metrics) == {"loss", "td_error", "q", "epsilon"}
