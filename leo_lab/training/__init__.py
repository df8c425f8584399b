"""Training: the compiled loop and its drivers, runs on disk, devices, presets."""

from leo_lab.training.program import Program, make_program
from leo_lab.training.progress import finish
from leo_lab.training.seeds import train_seeds
from leo_lab.training.stream import Run, Snapshot, begin, continue_stream, default_steps, stream, train

__all__ = [
    "Program", "Run", "Snapshot", "begin", "continue_stream", "default_steps", "finish", "make_program", "stream",
    "train", "train_seeds",
]  # fmt: skip
