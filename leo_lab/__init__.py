"""leo-lab: learn and study goal-conditioned agents that learn every goal at once.

The public names below are stable. Everything else may move.
"""

from __future__ import annotations

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs import env_names, make
from leo_lab.errors import LabError
from leo_lab.learners import register
from leo_lab.scores import Evaluation, Score, evaluate, score
from leo_lab.training import Run, Snapshot, stream, train, train_seeds
from leo_lab.training.checkpoints import load, save
from leo_lab.truth.tabular import exact_values

__version__ = "0.1.0"

__all__ = [
    "AllGoalsValues", "Evaluation", "LabError", "Run", "Score", "Snapshot", "env_names", "evaluate", "exact_values",
    "load", "make", "register", "save", "score", "stream", "train", "train_seeds",
]  # fmt: skip
