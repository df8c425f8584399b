"""Training into a directory: checkpoint and metrics after every chunk, so that nothing is lost and a run can go on.

DIR/checkpoint.safetensors   the whole state, replaced atomically
DIR/metrics.jsonl            one line per chunk, always those of the checkpoint
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.envs import make
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, unknown
from leo_lab.learners import resolve
from leo_lab.training.checkpoints import FILE_NAME, load_any, save
from leo_lab.training.stream import CHUNKS, Run, Snapshot, begin, continue_stream

METRICS_NAME = "metrics.jsonl"
EVERY = 120.0  # seconds between two checkpoints, at most, unless one iteration takes longer


def stream_into(
    directory: str | Path,
    env: Environment | str,
    learner: str | type = "leo",
    *,
    resume: bool = False,
    overwrite: bool = False,
    steps: int | None = None,
    seed: int | None = None,
    chunks: int = CHUNKS,
    every: float = EVERY,
    **config,
) -> Iterator[Snapshot]:
    """Like `stream`, but every snapshot is on disk before it is yielded.

    Args:
      directory: created if needed.
      env: where to train, or only the environment's name: on resuming, the world is then the run's own.
      resume: continue the run that the directory holds, or start one if it holds none.
      overwrite: replace the run that the directory holds.
      learner, steps, seed, **config: as in `stream`. On resuming, those left out are the run's own.
      chunks: how many snapshots, and so checkpoints, a run has.
      every: seconds that may pass between two of them; where they would take longer, there are more.

    Raises:
      LabError: the directory holds a run and neither `resume` nor `overwrite` was said, or holds another run than
        the one asked for.
    """
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise LabError(f"{directory} is a file; choose a directory for the run")
    asked = {"steps": steps, "seed": seed, **config}
    asked = {name: value for name, value in asked.items() if value is not None}
    exists = (directory / FILE_NAME).exists()
    if exists and not (resume or overwrite):
        raise LabError(f"{directory} already holds a run; continue it with --resume, or choose another directory")
    if exists and resume:
        learner = resolve(learner)
        run = load_any(directory / FILE_NAME, learner)
        _check_same(directory, run, env, learner.name, asked)
    else:
        run = begin(make(env) if isinstance(env, str) else env, learner, **asked)
    return _saved(directory, continue_stream(run, chunks=chunks, every=every))


def _saved(directory: Path, snapshots: Iterator[Snapshot]) -> Iterator[Snapshot]:
    for partial in directory.glob(".*.partial"):  # left by a process that was killed while it wrote
        partial.unlink()
    for snapshot in snapshots:
        save(snapshot.run, directory / FILE_NAME)
        lines = "".join(to_json(row) + "\n" for row in snapshot.run.metrics)
        write_atomically(directory / METRICS_NAME, lines.encode())
        yield snapshot


def _check_same(directory: Path, run: Run, env: Environment | str, learner: str, asked: dict[str, Any]) -> None:
    settings = {"steps": run.program.steps, "seed": run.seed, **run.settings}
    held = {"environment": run.env.name, "learner": run.learner.name, **settings}
    wanted = {"environment": env if isinstance(env, str) else env.name, "learner": learner, **asked}
    for name, value in wanted.items():
        if name not in held:
            raise unknown("setting", name, settings)
        if held[name] != value:
            raise _other(directory, f"{name} = {held[name]}", str(value))
    if isinstance(env, str):
        return
    for name, value in env.spec.items():
        if name != "title" and run.env.spec[name] != value:
            if name != "map":
                raise _other(directory, f"{name} = {run.env.spec[name]}", str(value))
            same = env.title == run.env.title
            raise _other(directory, f"map = {run.env.title}", "another map of that name" if same else env.title)


def _other(directory: Path, held: str, asked: str) -> LabError:
    message = f"{directory} holds a run with {held}, but {asked} was asked for"
    return LabError(f"{message}; leave that out or choose another directory")
