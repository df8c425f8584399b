"""Training into a directory: checkpoint and metrics after every chunk, so that nothing is lost and a run can go on.

DIR/checkpoint.safetensors   the whole state, replaced atomically
DIR/metrics.jsonl            one line per chunk, always those of the checkpoint
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leo_lab.checkpoints import checkpoint_file, load, save, write_atomically
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.training import CHUNKS, Run, Snapshot, begin, continue_stream

METRICS_NAME = "metrics.jsonl"


def stream_into(
    directory: str | Path,
    env: Environment,
    learner: str = "leo",
    *,
    resume: bool = False,
    overwrite: bool = False,
    steps: int | None = None,
    seed: int | None = None,
    chunks: int = CHUNKS,
    **config,
) -> Iterator[Snapshot]:
    """Like `stream`, but every snapshot is on disk before it is yielded.

    Args:
      directory: created if needed.
      env: where to train.
      learner: its name.
      resume: continue the run that the directory holds, or start one if it holds none.
      overwrite: replace the run that the directory holds.
      steps, seed, **config: as in `stream`. On resuming, those left out are the run's own.
      chunks: how many snapshots, and so checkpoints, a run has.

    Raises:
      LabError: the directory holds a run and neither `resume` nor `overwrite` was said, or holds another run than
        the one asked for.
    """
    directory = Path(directory)
    asked = {"steps": steps, "seed": seed, **config}
    asked = {name: value for name, value in asked.items() if value is not None}
    exists = checkpoint_file(directory).exists()
    if exists and not (resume or overwrite):
        raise LabError(f"{directory} already holds a run; continue it with --resume, or choose another directory")
    if exists and resume:
        run = load(directory)
        _check_same(directory, run, env, learner, asked)
    else:
        run = begin(env, learner, **asked)
    return _saved(directory, continue_stream(run, chunks=chunks))


def _saved(directory: Path, snapshots: Iterator[Snapshot]) -> Iterator[Snapshot]:
    for snapshot in snapshots:
        save(snapshot.run, directory)
        lines = "".join(json.dumps(row) + "\n" for row in snapshot.run.metrics)
        write_atomically(directory / METRICS_NAME, lines.encode())
        yield snapshot


def _check_same(directory: Path, run: Run, env: Environment, learner: str, asked: dict[str, Any]) -> None:
    held = {
        "environment": run.env.name,
        **run.env.spec,
        "learner": run.learner.name,
        "steps": run.program.steps,
        "seed": run.seed,
        **run.config.__dict__,
    }
    wanted = {"environment": env.name, **env.spec, "learner": learner, **asked}
    for name, value in wanted.items():
        if held.get(name) != value:
            found, asked_for = (" ".join(str(v).split()) for v in (held.get(name), value))
            message = f"{directory} holds a run with {name} = {found}, but {asked_for} was asked for"
            raise LabError(f"{message}; leave that out or choose another directory")
