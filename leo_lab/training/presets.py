"""Settings that belong together, for Craftax: those of the paper, and smaller ones for a GPU minute or for a CPU."""

from __future__ import annotations

from typing import Any

from leo_lab.errors import LabError, unknown
from leo_lab.learners import resolve, settings_of

_PAPER = {
    **{"num_envs": 1024, "unroll": 32, "minibatch": 512, "epochs": 2, "student_epochs": 2},
    **{"width": 1024, "depth": 4, "student_depth": 4, "conv": 32},
    **{"optimizer": "radam", "learning_rate": 2e-4, "student_learning_rate": 2e-4},
    **{"epsilon_start": 0.2, "epsilon_end": 0.01, "epsilon_fraction": 0.2},
    **{"loss": "squared", "target": "one_step", "lam": 0.0},
    **{"average": 0.0, "initial_value": 0.5, "student_initial_value": 0.5},
}
_PAPER_BY_LEARNER = {
    "her": {"minibatch": 2048, "learning_rate": 1e-4, "relabel": "mixed"},
    "ppo": {"unroll": 64, "gamma": 0.995, "epochs": 1, "minibatch": 2048, "lam": 0.95},
    "dual_leo_ppo": {"conv": 16, "unroll": 64, "student_epochs": 1, "student_minibatch": 2048, "lam": 0.95},
}
"""Where a learner of the paper differs."""

_MINUTE = {
    **{"num_envs": 1024, "unroll": 16, "minibatch": 2048, "student_minibatch": 2048},
    **{"width": 512, "depth": 2, "student_depth": 2, "learning_rate": 1e-3, "student_learning_rate": 1e-3},
}
_CPU = {
    **{"num_envs": 64, "unroll": 16, "minibatch": 256, "student_minibatch": 256},
    **{"width": 128, "depth": 1, "student_depth": 2, "learning_rate": 1e-3, "student_learning_rate": 1e-3},
}

PRESETS: dict[str, tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = {
    "paper": ("a billion steps on a large GPU (arXiv:2605.23551)", _PAPER, _PAPER_BY_LEARNER),
    "minute": ("a first look on a GPU, within about a minute", _MINUTE, {}),
    "cpu": ("a first look without a GPU", _CPU, {}),
}
"""A word about each, settings of all learners, and what single learners have otherwise."""


def preset(name: str, learner: str | type = "leo") -> dict[str, Any]:
    """Settings of a learner, to be passed on: `train(env, "leo", **preset("cpu"))`.

    Differs from the published code where this lab has no such thing: inputs are not normalised (they are zeros and
    ones, and LayerNorm follows), and layers are not drawn orthogonal.

    Raises:
      LabError: an unknown preset or learner, or one of continuous actions, which Craftax has not.
    """
    if name not in PRESETS:
        raise unknown("preset", name, PRESETS)
    cls = resolve(learner)
    if cls.continuous:
        raise LabError(f"presets are for Craftax, whose actions are discrete; {cls.name} is for continuous ones")
    _, common, by_learner = PRESETS[name]
    known = settings_of(cls)
    return {key: value for key, value in {**common, **by_learner.get(cls.name, {})}.items() if key in known}
