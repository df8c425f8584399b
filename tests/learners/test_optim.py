"""Groups of parameters: each is clipped, scaled, signed and averaged by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from leo_lab.learners import optim
from leo_lab.learners.clock import Clock, with_clocks
from leo_lab.learners.optim import Group, annealed, clip_by_norm, grouped


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """An optimiser whose steps can be computed by hand."""
    monkeypatch.setitem(optim.OPTIMIZERS, "sgd", optax.identity)


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


def test_rates_may_follow_the_run_each():
    groups = {
        "falling": Group(rate=annealed(1.0), optimizer="sgd"),
        "late": Group(rate=annealed(1.0, begin=0.5), optimizer="sgd"),
        "steady": Group(rate=1.0, optimizer="sgd"),
    }
    optimizer, gradient = grouped(groups), dict.fromkeys(groups, jnp.float32(1.0))
    state, steps = optimizer.init(gradient), []
    for progress in (0.0, 0.5, 0.75, 1.0):
        change, state = optimizer.update(gradient, state, progress=jnp.float32(progress))
        steps.append([float(change[name]) for name in groups])
    np.testing.assert_allclose(steps, [[-1.0, -1.0, -1.0], [-0.5, -1.0, -1.0], [-0.25, -0.5, -1.0], [0.0, 0.0, -1.0]])
    with pytest.raises(TypeError):  # a rate that depends on the run must be told how far it is
        optimizer.update(gradient, state)


def test_clocks_wherever_they_are_can_be_given_another_end():
    state = {"net": (Clock.start(10).tick(), jnp.float32(3.0)), "other": [Clock.start(4)]}
    assert float(state["net"][0].progress()) == pytest.approx(0.1)
    assert float(state["net"][0].progress(0.5)) == pytest.approx(0.15)
    after = with_clocks(state, 2.0)
    assert float(after["net"][0].progress()) == 0.5 and float(after["other"][0].horizon) == 2.0
    assert float(with_clocks(state, 2.0, 1)["other"][0].progress()) == 0.5
    assert float(after["net"][1]) == 3.0 and float(with_clocks(state, 0.5)["net"][0].progress()) == 1.0


def test_averages_follow_the_newest():
    assert Group(rate=1.0, tau=0.25).average({"w": jnp.float32(8.0)}, {"w": jnp.float32(4.0)})["w"] == 5.0
    assert Group(rate=1.0).average(jnp.float32(8.0), jnp.float32(4.0)) == 8.0
