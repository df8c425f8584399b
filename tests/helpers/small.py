"""The runs that several tests share: a small world, settings that learn it in seconds, states of single steps."""

import jax
import numpy as np

from leo_lab.experience.online import OnlineSource
from leo_lab.learners import configure, resolve
from leo_lab.learners.registry import check_fits

# 21 cells, 19 of which can be reached; rows differ from columns.
MAP = "S....#\n.#.##.\n..#..#\n.#..#.\n.....#\n"

# Learns MAP in 300,000 steps: two seconds on one core.
SETTINGS = {"num_envs": 64, "unroll": 16, "minibatch": 256, "width": 64, "depth": 1, "learning_rate": 4e-3}
STEPS = 300_000

# Too small to learn much: iterations of 128 steps.
BRIEF = {"num_envs": 16, "unroll": 8, "minibatch": 64, "width": 16, "depth": 1}

# Compiling is what costs time, so tests share two programs: 301 iterations in MAP, and 13 in MAP with episodes so short
# that many end even then.
STEPS_301 = 301 * 128 - 5
HASTY = {"map": MAP, "max_steps": 20, "clock_spread": 9}
STEPS_13 = 13 * 128 - 5


def make_learner(name, env, iterations=10, **settings):
    """A learner as it is in a run of so many iterations."""
    learner = resolve(name)
    check_fits(learner, env)
    config, online = configure(learner, settings)
    return learner(env, config, iterations, OnlineSource(env, online).steps)


def update(learner, state, segment, key):
    """All that a learner does with a segment: the state after it, and metrics."""
    return learner.learn(state, learner.prepare(state, segment, key))


def only(shape, *places):
    """True at these places alone; by NumPy, as JAX compiles a program for each operation and shape."""
    out = np.zeros(shape, bool)
    for place in places:
        out[place] = True
    return out


def leaves(run):
    """Everything that a run's state holds, as numpy arrays by name."""
    return {
        jax.tree_util.keystr(path): np.asarray(
            jax.random.key_data(leaf) if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf
        )
        for path, leaf in jax.tree_util.tree_leaves_with_path(run.state)
    }


def assert_same_state(first, second):
    """Bit for bit."""
    first, second = leaves(first), leaves(second)
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.dtype == second[name].dtype, name
        assert array.tobytes() == second[name].tobytes(), name
