"""Makes the shipped files of runs, `python data/make.py tuning comparison continuous`, and finds what is stale."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import leo_lab
from leo_lab.bench.compare import compare, jobs_to_compare
from leo_lab.bench.entries import Job, Row, read_rows, write_rows
from leo_lab.bench.stale import one_each, stale_runs
from leo_lab.bench.tune import SEEDS, chosen, jobs_to_tune, tune
from leo_lab.cli.benches import PLACE_WORLDS, SAC_LEARNERS
from leo_lab.envs import Environment

DATA = Path(__file__).parent
PAPER = ":target=one_step:loss=squared:average=0.0"
COMPARED = (
    *("leo", "leo:passes=batch", f"leo{PAPER}", "pqn", f"pqn{PAPER}", "her:relabel=random", "her:relabel=positive"),
    *("her:relabel=mixed", f"her:relabel=mixed{PAPER}", "ppo", "dual_leo", "dual_leo_ppo", "cleo"),
)
"""LEO with and without the list of states, which other learners cannot use; and the paper's own settings."""
COMPARED_MAPS, COMPARED_STEPS, COMPARED_SEEDS = ("four_rooms", "maze", "one_way", "plain", "spiral"), 200_000, range(5)
CONTINUOUS_STEPS, CONTINUOUS_SECONDS, COMPARED_SECONDS = 60_000, 25.0, 8.0
TUNED_STEPS, TUNED_PLACE_STEPS = 120_000, 12_000
TUNED_MAPS = {"a": {"size": 9, "wall": 0.25, "seed": 1}, "b": {"size": 11, "wall": 0.15, "seed": 2}}  # none of COMPARED
TUNED_PLACES = {"plain": {"map": "plain"}, "spiral": {"map": "spiral"}}  # likewise
DISCRETE = ("leo", "tabular", "ppo", "cleo", "pqn", "her", "dual_leo", "dual_leo_ppo")

_world = functools.cache(leo_lab.make)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a file of runs is to hold.

    Attributes:
      world, options: the kind of all its worlds and the options of each, by what it is called; without a kind, their
        names are their kinds.
      learners, how, seeds: as `compare` has them, or `tune`.
      sweep: whether `tune` makes it.
    """

    world: str | None
    options: Mapping[str, Mapping[str, Any]]
    learners: Sequence[str]
    how: Mapping[str, Any]
    seeds: Sequence[int] = COMPARED_SEEDS
    sweep: bool = False

    @property
    def envs(self) -> dict[str, Environment]:
        return {name: _world(self.world or name, **options) for name, options in self.options.items()}

    def jobs(self) -> list[Job]:
        """What is trained with every seed."""
        return (jobs_to_tune if self.sweep else jobs_to_compare)(self.envs, self.learners, **self.how)

    def make(self, path: Path) -> Sequence[Row]:
        """Makes the runs that the file does not hold yet, and leaves those in it that are asked for, in their order."""
        how = {"seeds": self.seeds, "path": path, "progress": True, **self.how}
        make = tune if self.sweep else lambda *what, **how: compare(*what, **how).rows
        rows = make(self.envs, self.learners, **how)
        write_rows(path, rows)
        return rows


_MAPS = {name: {"map": name} for name in COMPARED_MAPS}
_TWO_MAPS = {name: _MAPS[name] for name in ("four_rooms", "maze")}
_PLACES = {name: {} for name in PLACE_WORLDS}
_TUNED = {"seeds": SEEDS, "sweep": True}
_SAC = ("sac", "sac_her", "sac_leo")
_BOTH = ("steps", "passes")
_ROOMS = {"two rooms": {"map": "S...#...\n....#...\n........\n....#...\n....#...", "title": "two rooms"}}
_QUICK = "num_envs=64:width=64:minibatch=256"
_UNEQUAL = (f"pqn:epochs=1:{_QUICK}", f"pqn:epochs=4:{_QUICK}", "tabular:num_envs=64")
RUNS = {
    "tuning.jsonl": Asked("gridworld", TUNED_MAPS, DISCRETE, {"steps": TUNED_STEPS}, **_TUNED),
    "tuning_continuous.jsonl": Asked("point_maze", TUNED_PLACES, _SAC, {"steps": TUNED_PLACE_STEPS}, **_TUNED),
    "comparison.jsonl": Asked("gridworld", _MAPS, COMPARED, {"budget": _BOTH, "steps": COMPARED_STEPS}),
    "comparison_seconds.jsonl": Asked("gridworld", _TWO_MAPS, COMPARED, {"seconds": COMPARED_SECONDS}),
    "unequal.jsonl": Asked("gridworld", _ROOMS, _UNEQUAL, {"budget": _BOTH, "steps": 40_960}, seeds=range(3)),
    "continuous.jsonl": Asked(None, _PLACES, SAC_LEARNERS, {"budget": _BOTH, "steps": CONTINUOUS_STEPS}),
    "continuous_seconds.jsonl": Asked(None, _PLACES, SAC_LEARNERS, {"seconds": CONTINUOUS_SECONDS}),
}


def tuning() -> None:
    """As many settings of every learner, on maps and seeds that nothing is compared on; goes on where it was."""
    rows = [row for name, asked in RUNS.items() if asked.sweep for row in asked.make(DATA / name)]
    for name, choice in chosen(rows).items():
        print(name, choice)


def comparison() -> None:
    """All learners on five maps, at equal steps and passes, and on two at equal seconds; nothing is made again."""
    for name in ("comparison.jsonl", "comparison_seconds.jsonl"):
        RUNS[name].make(DATA / name)


def unequal() -> None:
    """One learner twice, of which one makes four passes for a step, and a table: what notebook 09 is deceived by."""
    RUNS["unequal.jsonl"].make(DATA / "unequal.jsonl")


def continuous() -> None:
    """SAC's learners on worlds of places, at equal steps, passes and seconds; nothing is made again."""
    for name in ("continuous.jsonl", "continuous_seconds.jsonl"):
        RUNS[name].make(DATA / name)


def find_stale(name: str, *, few: bool = False) -> dict[str, str]:
    """What `stale_runs` finds in one of RUNS; where `few` do, each learner is traced in one world alone, and in one of
    the files that compare it."""
    asked = RUNS[name]
    jobs, rows = asked.jobs(), read_rows(DATA / name)
    sharing = [other for other in RUNS if RUNS[other].learners == asked.learners]
    share = one_each(jobs)[sharing.index(name) :: len(sharing)]
    return stale_runs(rows, jobs, asked.seeds, share if few else None)
