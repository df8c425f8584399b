"""What a run begins with unless told: a preset by the device, or what suits its world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from leo_lab.envs import env_entry, env_names
from leo_lab.errors import LabError
from leo_lab.learners import resolve, settings_of
from leo_lab.training.presets import PRESETS, preset

PRESET_WORLDS = tuple(name for name in env_names() if env_entry(name).presets)
PRESET_STEPS = {"paper": 10**9, "minute": 5 * 10**6, "cpu": 10**6}
"""Environment steps of a run in these worlds, unless told."""


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
    first = {"steps": PRESET_STEPS[name]} if begins else {}
    others = ", ".join(other for other in PRESETS if other != name)
    about = f"preset {name}: {PRESETS[name][0]} (or --preset {others})"
    return {**first, **preset(name, learner), **given}, about
