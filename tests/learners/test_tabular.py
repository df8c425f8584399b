"""The table of all goals: means of what a segment taught, what is left alone, and what it learns against the truth."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import evaluate, make, train
from leo_lab.errors import LabError
from leo_lab.experience.segment import Segment
from leo_lab.learners.leo import Memo
from leo_lab.learners.tabular import means_by_row
from small import MAP, make_learner, update
from worlds import Line


def test_means_of_rows_that_come_several_times():
    row, values = jnp.array([4, 1, 4, 4]), jnp.array([[1.0, 0.0], [0.5, 0.25], [0.0, 0.0], [0.5, 0.6]])
    mean, met = jax.jit(means_by_row, static_argnums=2)(row, values, 5)
    expected = np.zeros((5, 2))
    expected[1], expected[4] = [0.5, 0.25], [0.5, 0.2]
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    assert met.tolist() == [False, True, False, False, True]


def test_the_means_have_the_gradient_of_the_loss_of_all_samples():
    """Of the cross-entropy of a table of logits: the sum over samples is that over rows, times how often they came."""
    row = jax.random.randint(jax.random.key(0), (64,), 0, 9)
    target = jax.random.uniform(jax.random.key(1), (64, 5))
    logits = jax.random.normal(jax.random.key(2), (9, 5))

    def loss(logits, target):
        return jax.nn.softplus(logits) - target * logits

    times = np.bincount(row, minlength=9)[:, None]
    mean, _ = means_by_row(row, target, 9)
    merged = jax.grad(lambda x: (times * loss(x, mean)).sum())(logits)
    whole = jax.grad(lambda x: loss(x[row], target).sum())(logits)
    np.testing.assert_allclose(merged, whole, rtol=1e-5, atol=1e-6)


def test_one_update_goes_a_share_of_the_way_and_leaves_the_rest_alone():
    """One step of two agents in a row of three cells: from r0c0 right into r0c1, and from r0c2 right into the wall."""
    env = make("gridworld", map="S..\n")
    learner = make_learner("tabular", env, 1, num_envs=2, unroll=1, step_size=0.5, initial_value=0.2, gamma=0.5)
    state = jax.jit(learner.init)(jax.random.key(0))
    seen, off = env.states.observations, jnp.zeros((1, 2), bool)
    segment = Segment(
        obs=seen[jnp.array([[0, 2]])],
        action=jnp.array([[1, 1]]),
        goal=jnp.zeros((1, 2), jnp.int32),
        memo=Memo(jnp.full((1, 2, 3), 0.2), jnp.zeros((1, 2, 3), bool)),
        hit=seen[jnp.array([[1, 2]])] > 0.5,
        **{"terminated": off, "truncated": off, "broken": off},
        final_obs=seen[jnp.array([1, 2])],
        cut_obs=seen[jnp.array([0, 0])],
        seen=jnp.array([False, True, True]),
    )
    after, info = jax.jit(update, static_argnums=0)(learner, state, segment, jax.random.key(1))
    q = np.asarray(learner.readout(after, seen).q)
    expected = np.full((3, 3, 4), 0.2)
    expected[0, :, 1] = [0.1, 0.6, 0.15]  # half of the way to 0, as nobody has seen it, to 1 and to 0.5 x 0.2
    expected[2, :, 1] = [0.1, 0.15, 0.6]
    np.testing.assert_allclose(q, expected, rtol=1e-5)
    assert (np.asarray(after.params)[1] == np.asarray(state.params)[1]).all()
    assert int(after.clock.iteration) == 1 and set(info) == {"loss", "td_error", "q", "epsilon"}
    assert info["td_error"] == pytest.approx((0.2 + 0.8 + 0.1) / 3, rel=1e-5)


def test_it_learns_a_small_map_exactly():
    scores = evaluate(train(make("gridworld", map=MAP), "tabular", steps=100_000, chunks=1)).summary()
    assert scores["success_all_pairs"] == 1 and scores["value_mae"] <= 1e-3, scores


def test_where_moves_slip_luck_is_averaged_out():
    env = make("gridworld", map="S...\n.#..\n....\n", slip=0.2)
    scores = evaluate(train(env, "tabular", steps=300_000, chunks=1)).summary()
    assert scores["value_mae"] <= 0.02, scores


def test_worlds_that_cannot_be_listed_are_refused():
    with pytest.raises(LabError) as caught:
        make_learner("tabular", Line(length=4))
    assert str(caught.value) == 'tabular needs a world whose states can be listed, unlike line; use "leo"'
