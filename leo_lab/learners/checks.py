"""Whether a class is a learner, and whether its readout has the axes that it should: one line for what is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from leo_lab.artefacts.scales import SCALES
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, unknown
from leo_lab.experience.online import OnlineConfig
from leo_lab.learners.base import METHODS, TARGETS, Readout
from leo_lab.learners.config import ACCEPTED


def check_class(cls: type) -> None:
    """Raises LabError unless a class has all that a learner has, see leo_lab.learners.base.Learner."""
    called = cls.__name__
    for method in METHODS:
        found = getattr(cls, method, None)
        if not callable(found) or getattr(found, "__isabstractmethod__", False):
            raise LabError(f"{called} has no {method}; a learner has {', '.join(METHODS)} (leo_lab.learners.Learner)")
    name = getattr(cls, "name", "")
    if not isinstance(name, str) or not name.isidentifier():
        raise LabError(f'{called}.name must be a word such as "{called.lower()}", got {name!r}')
    for attribute, known in (("scale", SCALES), ("target", TARGETS)):
        value = getattr(cls, attribute, None)
        if value not in known:
            raise unknown(f"{attribute} of {called}", str(value), known)
    if not isinstance(getattr(cls, "online", None), OnlineConfig):
        raise LabError(f"{called}.online must be an OnlineConfig, got {getattr(cls, 'online', None)!r}")
    _check_config(called, getattr(cls, "Config", None))


def _check_config(called: str, config: Any) -> None:
    if not isinstance(config, type) or not dataclasses.is_dataclass(config):
        raise LabError(f"{called}.Config must be a dataclass of its settings (leo_lab.learners.Config), got {config!r}")
    for field in dataclasses.fields(config):
        if type(field.default) not in ACCEPTED:
            raise LabError(f"{called}.Config.{field.name} must have a default that is a number, a text or a bool")
    if "gamma" not in config.__dataclass_fields__:
        raise LabError(f"{called}.Config must have gamma, the discount per step; inherit from leo_lab.learners.Config")


def check_readout(learner: Any, env: Environment) -> None:
    """Raises LabError unless a learner's readout has v [B, G], and q or action [B, G, A]. Nothing is computed."""
    goals, actions = len(env.goals), len(env.action_names)
    batch = next(size for size in (2, 3, 5) if size not in (goals, actions))
    obs = jax.ShapeDtypeStruct((batch, env.obs_size), jnp.float32)
    state = jax.eval_shape(learner.init, jax.eval_shape(jax.random.key, 0))
    out = jax.eval_shape(learner.readout, state, obs)
    if not isinstance(out, Readout):
        raise LabError(f"{learner.name}: its readout must be a Readout(v, q, action), got {type(out).__name__}")
    shapes = {"v": (batch, goals), "q": (batch, goals, actions), "action": (batch, goals, actions)}
    for name, wanted in shapes.items():
        found = getattr(out, name)
        if (found is not None or name == "v") and getattr(found, "shape", None) != wanted:
            axes = "[B, G]" if name == "v" else "[B, G, A]"
            got = list(getattr(found, "shape", ()))
            raise LabError(f"{learner.name}: {name} of its readout must be {axes} = {list(wanted)}, got {got}")
    needed = "action" if env.continuous else "q"
    if getattr(out, needed) is None:
        raise LabError(f"{learner.name}: its readout must have {needed} [B, G, A], got None")
