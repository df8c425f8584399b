"""leo-lab compare."""

from __future__ import annotations

import dataclasses

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.bench import compare as bench
from leo_lab.cli.options import count, file, folder, names, number
from leo_lab.cli.output import Report, with_output
from leo_lab.envs import make
from leo_lab.viz.figures.reports import save_figure
from leo_lab.viz.reports import comparison_tables


@dataclasses.dataclass(frozen=True)
class Drawn(Report):
    """And a figure that is always drawn."""

    figure: file("where it is drawn: .html, .json, .png or .svg (DIR/figure.html)") = None


@with_output
def compare(
    *,
    learners: names("such as leo,pqn,her:relabel=random"),
    maps: names("shipped maps or map files"),
    out: folder("runs that it holds are not made again"),
    seeds: count("runs of each learner on each map") = 5,
    steps: count("environment steps of each run (by the map)") = None,
    budget: names("what is equal: steps, passes, seconds (all that have an amount, else steps)") = None,
    passes: number("gradient passes of each run (as the first learner's)") = None,
    seconds: number("seconds of training of each run (10)") = None,
    report: Drawn,
) -> None:
    """Compare learners over seeds and maps, with intervals."""
    envs = {name: make("gridworld", map=name) for name in maps}
    how = {"budget": budget, "steps": steps, "passes": passes, "seconds": seconds}
    where = {"path": out / "runs.jsonl", "progress": not report.json}
    comparison = bench.compare(envs, learners, seeds=seeds, **how, **where)
    summary = comparison.summary()
    write_atomically(out / "summary.json", to_json(summary).encode())
    drawn = save_figure(report.figure or out / "figure.html", comparison.figure())
    if report.json:
        print(to_json({"summary": summary, "runs": comparison.rows}))
    else:
        print(*comparison_tables(summary, comparison.metrics), sep="\n\n")
        print(f"\nwritten to {out}: runs.jsonl, summary.json; open {drawn}")
