"""Which runs of a file are stale: today's program is another than the one that made their row, or they have none.

What decides a row is in its key (see leo_lab.bench.fingerprint). Today's keys are found by tracing, about a second for
a learner in a world; nothing is compiled and nothing is trained. A key is only the same with the same version of JAX,
and a program may be another on another device; so rows that were made elsewhere are not held against theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from leo_lab.bench.entries import Job, Row, seeds_of
from leo_lab.bench.timing import about

CHANGED = "made by another program than today's"
MISSING = "asked for, without a row"
UNASKED = "not asked for any more"
UNKNOWN = "made with an unknown version of JAX"
SHOWN = 3  # of a learner in a world, that `words` names for each reason


def stale_runs(
    rows: Iterable[Row], jobs: Sequence[Job], seeds: int | Sequence[int], traced: Collection[Job] | None = None
) -> dict[str, str]:
    """Names of the runs that are stale, such as "leo in maze, 9 steps, seed 0", each with one of the reasons above.

    Args:
      rows: of a file, see `leo_lab.bench.entries.read_rows`.
      jobs, seeds: what is asked for now, each job with every seed, see `jobs_to_compare` and `jobs_to_tune`.
      traced: those of the jobs whose rows are held against today's programs; all unless told. Of the other jobs it is
        only seen that each run has a row, which says with what version of JAX it was made.

    Raises:
      LabError: no seeds, or settings of a traced job that do not suit its world.
    """
    seeds, held = seeds_of(seeds), {}
    for row in rows:
        held.setdefault(_name(row), []).append(row)
    found = dict.fromkeys(held, UNASKED)
    for job in jobs:
        runs = {seed: _name({**job.head, "seed": seed}) for seed in seeds}
        mine = [row for name in runs.values() for row in held.get(name, ())]
        judged = (traced is None or job in traced) and any("jax" in row and not made_elsewhere(row) for row in mine)
        keys = job.keys(job.program(), seeds) if judged else {}
        found |= {name: _reason(held.get(name, ()), keys.get(seed)) for seed, name in runs.items()}
    return {name: reason for name, reason in found.items() if reason}


def _name(row: Mapping[str, Any]) -> str:
    """A run; of a sweep by the number of its choice, as its settings are many."""
    learner = f"{row['name']}, choice {row['choice']}," if "choice" in row else row["learner"]
    return f"{learner} in {row['world']}, {row['budget']}, seed {row['seed']}"


def _reason(rows: Collection[Row], key: str | None) -> str:
    """Why a run with these rows is stale, or "". Without a key of today's its program is not looked at."""
    if not rows:
        return MISSING
    if any("jax" not in row for row in rows):
        return UNKNOWN
    return CHANGED if key and any(row["key"] != key and not made_elsewhere(row) for row in rows) else ""


def made_elsewhere(row: Row) -> bool:
    """Whether a row says that it was made with another version of JAX than this one, or on another device."""
    return any(row.get(name, here) != here for name, here in about().items())


def one_each(jobs: Iterable[Job]) -> list[Job]:
    """One of the jobs of each learner, or of a sweep's learner: of the next one the next, so that all worlds occur."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.own.get("name", job.entry.label), []).append(job)
    return [each[number % len(each)] for number, each in enumerate(groups.values())]


def words(found: Mapping[str, str]) -> str:
    """What `stale_runs` found, a line for each reason: how many runs, and the first of them without their seeds."""
    lines = []
    for reason in dict.fromkeys(found.values()):
        names = [name.rpartition(", ")[0] for name, why in found.items() if why == reason]
        arms = list(dict.fromkeys(names))
        more = f"; and {len(arms) - SHOWN:,} more" if len(arms) > SHOWN else ""
        lines.append(f"{len(names):,} {reason}: {'; '.join(arms[:SHOWN])}{more}")
    return "\n".join(lines) or "not stale"
