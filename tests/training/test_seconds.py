"""Runs that end after so many seconds: by a clock of our own, so that nothing depends on the machine."""

import dataclasses

import pytest

from leo_lab import LabError, make
from leo_lab.training import begin, continue_for
from leo_lab.training import seconds as module
from small import BRIEF, HASTY


@pytest.fixture(scope="module")
def begun():
    return begin(make("gridworld", **HASTY), steps=10**9, **BRIEF)


@pytest.fixture
def pretend(monkeypatch, begun):
    """Iterations that take as long as they are told, by their number, and are not really made."""

    def of(seconds_of):
        def advanced(advance, run, count):
            first = int(run.state.learner.clock.iteration)
            spent = run.seconds + sum(seconds_of(first + i) for i in range(count))
            clock = run.state.learner.clock
            learner = run.state.learner._replace(clock=clock._replace(iteration=clock.iteration + count))
            row = {"iteration": first + count, "progress": float(learner.clock.progress())}
            state = run.state._replace(learner=learner, iteration=run.state.iteration + count)
            return dataclasses.replace(run, state=state, seconds=spent, metrics=(*run.metrics, row))

        monkeypatch.setattr(module, "compiled", lambda run: (None, run))
        monkeypatch.setattr(module, "advanced", advanced)
        return list(continue_for(begun, 10.0))

    return of


@pytest.mark.parametrize(
    "pace", [lambda i: 0.01, lambda i: 0.05, lambda i: 0.01 if i < 400 else 0.04, lambda i: 0.03 if i < 99 else 0.01],
    ids=["steady", "few", "slower", "swifter"],
)  # fmt: skip
def test_a_run_lasts_as_long_as_it_is_told_however_the_machine_runs(pretend, pace):
    *_, last = pretend(pace)
    assert last.seconds == pytest.approx(10.0, rel=0.003)
    assert float(last.run.state.learner.clock.progress()) == pytest.approx(1.0, abs=1e-3)


def test_schedules_follow_the_time(pretend):
    for snapshot in pretend(lambda i: 0.01)[2:]:
        share = float(snapshot.run.state.learner.clock.progress())
        assert share == pytest.approx(snapshot.seconds / 10.0, abs=0.002)


def test_what_is_wrong_is_one_line(begun):
    for wrong in (0, -1, float("inf"), "9"):
        with pytest.raises(LabError, match="seconds must be"):
            continue_for(begun, wrong)
    with pytest.raises(LabError, match="parameters only"):
        continue_for(dataclasses.replace(begun, resumable=False), 1.0)
