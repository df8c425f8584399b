"""leo-lab evaluate."""

from __future__ import annotations

import sys

from leo_lab.cli.options import Figure, Json, Part, RunPath, count
from leo_lab.scores import score
from leo_lab.training import checkpoints
from leo_lab.viz.figures.charts import score_figure
from leo_lab.viz.figures.reports import check_figure_path, save_figure
from leo_lab.viz.reports import score_sheet


def evaluate(
    run: RunPath,
    *,
    part: Part = None,
    tries: count("fresh worlds per goal, but in a gridworld (4)") = None,
    limit: count("steps allowed, but in a gridworld (Craftax: 500; else the world's own time limit)") = None,
    places: count("off the lattice, drawn at random, where goals are places (100)") = None,
    seed: count("of these worlds and places (0)") = None,
    json: Json = False,
    figure: Figure = None,
) -> None:
    """Score a run against the exact solution, or by trying goals out."""
    check_figure_path(figure)
    agent = checkpoints.load(run, part=part)
    result = score(agent, tries=tries, limit=limit, places=places, seed=seed, progress=sys.stderr.isatty())
    if figure:
        save_figure(figure, score_figure(result))
    print(result.to_json() if json else score_sheet(result))
