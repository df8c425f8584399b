"""Learners climb the probe worlds: tiny worlds, each of which shows one fault, with exact values."""

import functools

import jax
import numpy as np
import pytest

from leo_lab import train
from leo_lab.learners import resolve
from leo_lab.learners.registry import OURS
from probes import CERTAIN, GAMMA, LUCKY, Probes

ALL = (*CERTAIN, *LUCKY)
SIZES = {"num_envs": 128, "unroll": 4, "gamma": GAMMA}
EXPLORING = {"epsilon_start": 0.5, "epsilon_end": 0.5}
LEO = {**SIZES, **EXPLORING, "minibatch": 256, "width": 32, "learning_rate": 1e-2, "average": 0.99}
TOLD = {**SIZES, **EXPLORING, "minibatch": 256, "width": 64, "learning_rate": 1e-2, "epochs": 2, "lam": 0.0}
TOLD |= {"average": 0.995, "initial_value": 0.05}
STUDENT = {"student_lam": 0.0, "student_epochs": 2, "student_average": 0.995, "student_initial_value": 0.05}
PPO = {**SIZES, "width": 64, "learning_rate": 3e-3, "minibatch": 512, "average": 0.995}
CLONE = {"student_learning_rate": 3e-3, "student_minibatch": 512, "student_average": 0.995}
SAC = {**SIZES, "target": "one_step", "width": 64, "depth": 1, "replay": 20_000, "updates": 32}
SAC |= {"entropy": -4.0, "temperature": 1e-3}  # a policy that is nearly certain, as its own values are learnt
SETTINGS = {
    "leo": (200_000, LEO),
    "tabular": (200_000, {**SIZES, **EXPLORING, "step_size": 0.5}),
    "cleo": (200_000, {**LEO, "tokens": 4, "heads": 2, "head_width": 16}),
    "pqn": (250_000, TOLD),
    "her": (250_000, {**TOLD, "relabel": "random"}),
    "ppo": (300_000, PPO),
    "dual_leo": (300_000, {**LEO, **STUDENT, "acting": "student"}),
    "dual_leo_ppo": (400_000, {**LEO, **CLONE}),
    "sac": (200_000, SAC),
    "sac_her": (200_000, {**SAC, "relabel": "all", "minibatch": 64, "updates": 16}),
    "sac_leo": (200_000, {**SAC, "units": 12, "code": 64, "updates": 10}),
}
"""Environment steps and settings. Gamma is small, so that a step less is worth a fifth; minutes become seconds."""

NEAR, NEAR_LUCK = 0.05, 0.08  # from the truth; of a coin, some hundred throws tell so much
VALUE_OF_THE_POLICY = ("ppo", "dual_leo_ppo")  # what they say of other actions is how likely these are
COMMANDED_ALONE = ("pqn", "ppo", "dual_leo", "dual_leo_ppo", "sac")  # of what is never commanded, they learn nothing


@pytest.fixture(scope="module", autouse=True)
def optimised():
    """These programs run for longer than they are compiled, so that they are worth what other tests leave out."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@functools.cache
def climbed(name, rungs, **changes):
    """The world, and what a learner knows of its states after training: v [S, G], q [S, G, 2] or None, actions."""
    env = Probes(rungs, continuous=resolve(name).continuous)
    steps, settings = SETTINGS[name]
    run = train(env, name, steps=steps, chunks=1, **{**settings, **changes})
    obs = np.eye(env.obs_size, dtype=np.float32)
    v, q, action = jax.device_get(jax.jit(run.learner.readout)(run.state.learner, obs))
    return env, v, q, (q.argmax(axis=-1) if action is None else (action[..., 0] >= 0).astype(int))


def words(item):
    return item.name.partition(":")[0] if hasattr(item, "name") else {ALL: "all", CERTAIN: "certain"}.get(item, item)


def errors(name, rungs, rung):
    """What a learner gets wrong on a rung, in words."""
    env, v, q, best = climbed(name, rungs)
    near = NEAR_LUCK if rung in LUCKY else NEAR
    for (state, goal), expected in rung.expected.items():
        at = env.pair(rung, state, goal)
        if goal == "never" and name in COMMANDED_ALONE:
            continue
        if abs(v[at] - max(expected)) > near:
            yield f"{state}, {goal}: value {v[at]:.3f} of {max(expected):.3f}"
        if q is not None and name not in VALUE_OF_THE_POLICY and np.abs(q[at] - expected).max() > near:
            yield f"{state}, {goal}: values {q[at]} of {expected}"
        if expected[0] != expected[1] and best[at] != np.argmax(expected):
            yield f"{state}, {goal}: the wrong action"


def test_every_learner_is_probed():
    assert set(SETTINGS) == {cls.name for cls in OURS}


@pytest.mark.parametrize("rung", ALL, ids=words)
@pytest.mark.parametrize("name", SETTINGS)
def test_a_learner_climbs(name, rung):
    wrong = list(errors(name, ALL, rung))
    assert not wrong


@pytest.mark.parametrize("rung", CERTAIN, ids=words)
def test_leo_climbs_where_nothing_is_luck_by_the_best_of_all_returns(rung):
    wrong = list(errors("leo", CERTAIN, rung))
    assert not wrong


def test_relabelling_by_what_was_achieved_takes_luck_for_skill():
    """Steps are taught the goals that they happened to lead to, so that a coin seems to fall as one wants."""
    env, _, q, _ = climbed("her", ALL, relabel="positive")
    (coin,) = LUCKY
    for (state, goal), expected in coin.expected.items():
        at = env.pair(coin, state, goal)
        assert q[at][0] > expected[0] + NEAR_LUCK, (state, goal)


@pytest.mark.parametrize("rungs", [CERTAIN, ALL], ids=words)
def test_the_values_by_hand_are_those_of_value_iteration(rungs):
    env = Probes(rungs)
    assert env.deterministic == (rungs is CERTAIN)
    truth = env.solve()
    for rung in rungs:
        for (state, goal), expected in rung.expected.items():
            assert truth[env.pair(rung, state, goal)] == pytest.approx(expected), (state, goal)
