"""A name for what a run computes, so that a result is used again only where nothing that made it has changed.

It is taken from the program that JAX traces: fresh states, an iteration of training, what the agent then does and
knows. Whatever can change the result is in there (learner, targets, networks, experience, environment, settings), and
nothing else: a default that is written out, another name or a comment leave it as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from leo_lab.training import Program

# Where an object lies in memory, and what a function is called.
_WORDS = re.compile(r"0x[0-9a-f]+|\bname=\w+")


def fingerprint(program: Program) -> str:
    """16 hexadecimal digits, the same in every process with the same version of JAX."""
    digest, key = hashlib.sha256(jax.__version__.encode()), jax.random.key(0)
    fresh, state = jax.make_jaxpr(program.fresh, return_shape=True)(key)
    obs = jax.ShapeDtypeStruct((2, program.env.obs_size), np.float32)
    goal, learner, knows = jax.ShapeDtypeStruct((2,), np.int32), program.learner, (state.learner, obs)
    others: list[tuple[Callable, tuple]] = [(program.update, (state,)), (learner.greedy, (*knows, goal))]
    others.append((learner.readout, knows))
    for closed in (fresh, *(jax.make_jaxpr(function)(*given) for function, given in others)):
        digest.update(_WORDS.sub("", str(closed.jaxpr)).encode())
        for constant in _constants(closed):
            digest.update(np.asarray(constant).tobytes())
    return digest.hexdigest()[:16]


def _constants(closed: Any) -> Iterator[Any]:
    """Arrays that a traced program holds, at any depth: its text only names them."""
    yield from closed.consts
    for equation in closed.jaxpr.eqns:
        for inner in jax.tree.leaves(equation.params, is_leaf=lambda leaf: hasattr(leaf, "consts")):
            if hasattr(inner, "consts"):
                yield from _constants(inner)
