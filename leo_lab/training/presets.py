"""What a run begins with unless told: in Craftax a preset by the device (the paper's, smaller ones for a GPU minute or
a CPU), elsewhere what suits the world."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax

from leo_lab.envs import env_entry, env_names
from leo_lab.errors import LabError, require_choice
from leo_lab.learners import resolve, settings_of

_PAPER = {
    **{"num_envs": 1024, "unroll": 32, "minibatch": 512, "epochs": 2, "student_epochs": 2},
    **{"width": 1024, "depth": 4, "student_depth": 4, "conv": 32},
    **{"optimizer": "radam", "learning_rate": 2e-4, "student_learning_rate": 2e-4},
    **{"epsilon_start": 0.2, "epsilon_end": 0.01, "epsilon_fraction": 0.2},
    **{"loss": "squared", "target": "one_step", "student_target": "one_step"},
    **{"average": 0.0, "initial_value": 0.5, "student_initial_value": 0.5},
}
_PAPER_BY_LEARNER = {
    "her": {"minibatch": 2048, "learning_rate": 1e-4, "relabel": "mixed"},
    "ppo": {"unroll": 64, "gamma": 0.995, "epochs": 1, "minibatch": 2048, "lam": 0.95},
    "dual_leo_ppo": {"conv": 16, "unroll": 64, "student_epochs": 1, "student_minibatch": 2048, "student_lam": 0.95},
}
"""Where a learner of the paper differs."""

_MINUTE = {
    **{"num_envs": 1024, "unroll": 16, "minibatch": 2048, "student_minibatch": 2048},
    **{"width": 512, "depth": 2, "student_depth": 2, "learning_rate": 1e-3, "student_learning_rate": 1e-3},
}
_CPU = {
    **{"num_envs": 64, "unroll": 16, "minibatch": 256, "student_minibatch": 256},
    **{"width": 256, "depth": 1, "student_depth": 2, "learning_rate": 1e-3, "student_learning_rate": 1e-3},
}
# With a tenth of a percent of the paper's steps, LEO's values of most goals are noise, and the largest of 17 of them is
# too large: what is learnt of that is learnt again gamma times at every step before. A shorter horizon, and returns of
# a whole segment in between, halve the mean value and nearly double the success at half a million steps.
_CPU_BY_LEARNER = {"leo": {"gamma": 0.95, "target": "n_step", "n_step": 16, "learning_rate": 3e-3}}


class Preset(NamedTuple):
    """A word about it, environment steps, settings of all learners, and what single learners have otherwise."""

    about: str
    steps: int
    common: Mapping[str, Any]
    by_learner: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


PRESETS = {
    "paper": Preset("a billion steps on a large GPU (arXiv:2605.23551)", 10**9, _PAPER, _PAPER_BY_LEARNER),
    "minute": Preset("a first look on a GPU, within about a minute", 5 * 10**6, _MINUTE),
    "cpu": Preset("a first look without a GPU, some minutes on two cores", 3 * 10**6, _CPU, _CPU_BY_LEARNER),
}
PRESET_WORLDS = tuple(name for name in env_names() if env_entry(name).presets)


def preset(name: str, learner: str | type = "leo") -> dict[str, Any]:
    """Settings of a learner, to be passed on: `train(env, "leo", **preset("cpu"))`.

    Differs from the published code where this lab has no such thing: inputs are not normalised (they are zeros and
    ones, and LayerNorm follows), and layers are not drawn orthogonal.

    Raises:
      LabError: an unknown preset or learner, or one of continuous actions or listed states, which Craftax has not.
    """
    require_choice("preset", name, PRESETS)
    cls = resolve(learner)
    if cls.continuous:
        raise LabError(f"presets are for Craftax, whose actions are discrete; {cls.name} is for continuous ones")
    if cls.listed:
        raise LabError(f"presets are for Craftax, whose states cannot be listed, as {cls.name} asks for")
    chosen = {**PRESETS[name].common, **PRESETS[name].by_learner.get(cls.name, {})}
    return {key: value for key, value in chosen.items() if key in settings_of(cls)}


def default_learner(world: str | None) -> str:
    """The learner that a world gets unless told."""
    return "sac_leo" if world in env_names() and env_entry(world).continuous else "leo"


def default_preset() -> str:
    """The preset that suits the device at hand."""
    return "cpu" if jax.default_backend() == "cpu" else "paper"


def starting_settings(
    world: str, learner: str, name: str | None, given: Mapping[str, Any], *, resumes: bool
) -> tuple[dict[str, Any], str]:
    """Steps, seed and settings of a run: those that were given, and before them those of a preset or of the world.

    Args:
      world: its name.
      learner: its name.
      name: of the preset that was asked for, or None.
      given: steps, seed and settings that were asked for, which win.
      resumes: whether a run is there to go on with, whose own settings then hold unless others were asked for.

    Returns:
      All of them, and a line about those that were not asked for, or "".

    Raises:
      LabError: a preset for a world that has settings of its own.
    """
    own = env_entry(world)
    if own.continuous:
        if name is not None:
            raise LabError(f"presets are for Craftax; {world} has settings of its own, leave out --preset")
        words = [f"--{key.replace('_', '-')} {value}" for key, value in own.settings.items() if key not in given]
        about = f"settings that suit {world}: {' '.join(words)}" if words else ""
        known = settings_of(resolve(learner))
        first = {"steps": own.steps, **{key: value for key, value in own.settings.items() if key in known}}
        return (dict(given), "") if resumes else ({**first, **given}, about)
    begins = not resumes and world in PRESET_WORLDS
    name = default_preset() if name is None and begins else name
    if name is None:
        return dict(given), ""
    first = {"steps": PRESETS[name].steps} if begins else {}
    others = ", ".join(other for other in PRESETS if other != name)
    about = f"preset {name}: {PRESETS[name].about} (or --preset {others})"
    return {**first, **preset(name, learner), **given}, about
