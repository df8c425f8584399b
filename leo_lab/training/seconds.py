"""Runs that end after so many seconds of training."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from leo_lab.errors import check_number, require
from leo_lab.learners.clock import with_clocks
from leo_lab.training.program import whole_count
from leo_lab.training.stream import CHUNKS, Run, Snapshot, advanced, check_resumable, compiled


def continue_for(run: Run, seconds: float, *, chunks: int = CHUNKS) -> Iterator[Snapshot]:
    """Like `continue_stream`, but until the run has trained for so many seconds, as measured on the way.

    Nothing is planned ahead: after every chunk the seconds that are left, at the pace of that chunk, say where the
    schedules end. The end is off by half an iteration at most, whether or not the machine becomes slower.
    """
    check_number("seconds", seconds)
    require(0 < seconds < float("inf"), "seconds", seconds, "above 0")
    check_resumable(run)
    return _timed_chunks(run, seconds, whole_count("chunks", chunks))


def _timed_chunks(run: Run, seconds: float, chunks: int) -> Iterator[Snapshot]:
    yield Snapshot(run, run.metrics[-1] if run.metrics else {})
    advance, run = compiled(run)
    pace = None
    while (left := seconds - run.seconds) > (pace or 0.0) / 2:
        # Half of what is left, so that a machine that becomes slower does not go on for too long.
        count = 1 if pace is None else max(1, int(min(seconds / chunks, left / 2) / pace))
        before, run = run, advanced(advance, run, count)
        pace = (run.seconds - before.seconds) / count
        horizon = run.iteration + max(0.0, seconds - run.seconds) / pace
        learner = with_clocks(run.state.learner, horizon)
        run = dataclasses.replace(run, state=run.state._replace(learner=learner))
        yield Snapshot(run, run.metrics[-1])
