"""leo-lab bench gridworld."""

from __future__ import annotations

from leo_lab.artefacts.files import to_json
from leo_lab.bench import gridworld as bench
from leo_lab.cli.options import Device, Figure, Json, Learner, Settings, World, count, world_options
from leo_lab.envs import make
from leo_lab.training.devices import require_platform
from leo_lab.viz.figures.reports import check_figure_path, save_figure


def bench_gridworld(
    *,
    seeds: count("how many to take the median of") = 5,
    together: count("also train so many seeds side by side and give the ratio") = 0,
    learner: Learner = "leo",
    steps: count("environment steps (by the map)") = None,
    device: Device = None,
    json: Json = False,
    figure: Figure = None,
    world: World,
    settings: Settings,
) -> None:
    """Train a learner with several seeds; say how well and how fast it learns."""
    require_platform(device)
    check_figure_path(figure)
    env = make("gridworld", **world_options("gridworld", world))
    report = bench.bench_gridworld(env, learner=learner, steps=steps, seeds=seeds, together=together, **settings)
    if figure:
        save_figure(figure, bench.figure(report, learner))
    shown = {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in report.items()}
    lines = [f"{name:<36}{value}" for name, value in shown.items() if name != "per_seed"]
    print(to_json(report) if json else "\n".join(lines))
