"""Training: the compiled loop and its drivers, runs on disk, devices, presets."""

from leo_lab.training.program import Program, make_program
from leo_lab.training.progress import finish
from leo_lab.training.seconds import continue_for
from leo_lab.training.seeds import run_seeds, train_seeds
from leo_lab.training.stream import Run, Snapshot, begin, continue_stream, default_steps, stream, train

__all__ = [
    "Program", "Run", "Snapshot", "begin", "continue_for", "continue_stream", "default_steps", "finish", "make_program",
    "run_seeds", "stream", "train", "train_seeds",
]  # fmt: skip
