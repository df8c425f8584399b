"""leo-lab bench cost."""

from __future__ import annotations

import sys

from leo_lab.artefacts.files import to_json
from leo_lab.bench import cost
from leo_lab.cli.options import Device, Figure, Json, count, counts, names
from leo_lab.training.devices import require_platform
from leo_lab.viz.figures.reports import check_figure_path, cost_figure, save_figure
from leo_lab.viz.reports import cost_table


def bench_cost(
    *,
    goals: counts("how many") = cost.GOALS,
    actions: counts("how many") = cost.ACTIONS,
    torso: names("sizes of network") = tuple(cost.TORSOS),
    learners: names("of one goal, of some and of all") = tuple(cost.COST_LEARNERS),
    repeat: count("rounds to take the median of") = 5,
    device: Device = None,
    json: Json = False,
    figure: Figure = None,
) -> None:
    """Time gradient updates and whole iterations of learners of one goal, of some and of all, without a world."""
    require_platform(device)
    check_figure_path(figure)
    grid = {"goals": goals, "actions": actions, "torsos": torso, "learners": learners, "repeat": repeat}
    minutes = max(1, round(cost.expected_seconds(**grid) / 60))
    print(f"Compiling and timing: about {minutes} min on two idle CPU cores, longer on busy ones.", file=sys.stderr)
    report = cost.bench_cost(**grid, progress=True)
    if figure:
        save_figure(figure, cost_figure(report))
    print(to_json(report) if json else cost_table(report))
