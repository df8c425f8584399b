"""Groups of parameters: each is clipped, scaled, signed and averaged by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from leo_lab.learners import optim
from leo_lab.learners.optim import Group, clip_by_norm, grouped


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """An optimiser whose steps can be computed by hand."""
    monkeypatch.setitem(optim.OPTIMIZERS, "sgd", optax.sgd)


def test_long_gradients_are_cut_to_the_norm_allowed():
    gradient = {"a": jnp.array([3.0, 0.0]), "b": jnp.array([[4.0]])}
    clip = clip_by_norm(2.5)
    state = clip.init(gradient)
    cut, _ = clip.update(gradient, state)
    np.testing.assert_allclose(cut["a"], [1.5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(cut["b"], [[2.0]], rtol=1e-6)
    short = jax.tree.map(lambda leaf: 0.1 * leaf, gradient)
    assert clip.update(short, state)[0]["a"].tolist() == short["a"].tolist()
    assert not clip.update(jax.tree.map(jnp.zeros_like, gradient), state)[0]["a"].any()


def test_it_cuts_as_optax_does():
    gradient = {"a": jax.random.normal(jax.random.key(0), (3, 4)), "b": jnp.float32(2.0)}
    both = clip_by_norm(0.3), optax.clip_by_global_norm(0.3)
    ours, theirs = (clip.update(gradient, clip.init(gradient))[0] for clip in both)
    for mine, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6)


def test_every_group_has_its_own_clip_rate_and_sign():
    groups = {
        "net": Group(rate=0.5, clip=5.0, optimizer="sgd"),
        "wild": Group(rate=1.0, clip=1.0, optimizer="sgd"),
        "multiplier": Group(rate=0.1, ascend=True, optimizer="sgd"),
    }
    gradient = {"net": {"w": jnp.array([3.0, 4.0])}, "wild": jnp.array([30.0, 40.0]), "multiplier": jnp.float32(7.0)}
    optimizer = grouped(groups)
    steps, _ = optimizer.update(gradient, optimizer.init(gradient))
    np.testing.assert_allclose(steps["net"]["w"], [-1.5, -2.0], rtol=1e-6)
    np.testing.assert_allclose(steps["wild"], [-0.6, -0.8], rtol=1e-6)
    np.testing.assert_allclose(steps["multiplier"], 0.7, rtol=1e-6)


def test_rates_may_follow_a_schedule_each():
    groups = {
        "falling": Group(rate=optax.linear_schedule(1.0, 0.0, 2), optimizer="sgd"),
        "steady": Group(rate=1.0, optimizer="sgd"),
    }
    optimizer, gradient = grouped(groups), {"falling": jnp.float32(1.0), "steady": jnp.float32(1.0)}
    state, steps = optimizer.init(gradient), []
    for _ in range(3):
        change, state = optimizer.update(gradient, state)
        steps.append([float(change["falling"]), float(change["steady"])])
    np.testing.assert_allclose(steps, [[-1.0, -1.0], [-0.5, -1.0], [0.0, -1.0]])


def test_averages_follow_the_newest():
    assert Group(rate=1.0, tau=0.25).average({"w": jnp.float32(8.0)}, {"w": jnp.float32(4.0)})["w"] == 5.0
    assert Group(rate=1.0).average(jnp.float32(8.0), jnp.float32(4.0)) == 8.0
