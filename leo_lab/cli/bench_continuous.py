"""leo-lab bench continuous."""

from __future__ import annotations

import sys

from leo_lab.artefacts.files import to_json
from leo_lab.bench import continuous, continuous_cost
from leo_lab.cli.options import Device, Json, count, counts, file, folder, names, number, text
from leo_lab.envs import env_entry, env_names, make
from leo_lab.errors import unknown
from leo_lab.training.devices import require_platform
from leo_lab.viz.figures.reports import continuous_figures, save_figure
from leo_lab.viz.reports import cost_table, success_tables


def bench_continuous(
    *,
    only: text("ONLY", "one half of it: cost or success", ("cost", "success")) = None,
    device: Device = None,
    json: Json = False,
    figure: folder("draw it: cost.html, success.html and curves.html in DIR") = None,
    goals: counts("cost: how many") = continuous_cost.GOALS,
    actions: counts("cost: how many numbers an action has") = continuous_cost.ACTIONS,
    inputs: count("cost: numbers of an observation") = continuous_cost.INPUTS,
    minibatch: count("cost: steps of an update") = continuous_cost.MINIBATCH,
    repeat: count("cost: rounds to take the median of") = 5,
    worlds: names("success: where goals are places") = continuous.WORLDS,
    learners: names("success: such as sac_leo or sac_her:relabel=final") = continuous.LEARNERS_COMPARED,
    seeds: count("success: runs of each learner in each world") = 5,
    steps: count("success: environment steps of each run (by the world)") = None,
    seconds: number("success: of each run's training (with neither this nor --steps: 60, and equal steps too)") = None,
    tries: count("success: worlds per goal") = 4,
    places: count("success: tried off the lattice") = 100,
    out: file("success: FILE.jsonl; runs that it holds are not made again") = None,
) -> None:
    """Continuous actions: time updates of all goals at once; compare success at equal steps and equal seconds."""
    require_platform(device)
    known = [name for name in env_names() if env_entry(name).continuous]
    for name in worlds:
        if name not in known:
            raise unknown("world of places", name, known)
    report, shows = {}, {"progress": sys.stderr.isatty()}
    if only != "success":
        print("Compiling and timing three learners at every place of the grid: minutes on a CPU.", file=sys.stderr)
        grid = {"goals": goals, "actions": actions, "inputs": inputs, "minibatch": minibatch, "repeat": repeat}
        report["cost"] = cost = continuous_cost.bench_continuous_cost(**grid, **shows)
        if not json:
            print(f"{cost_table(cost)}\n\na time of an update is that of {cost['included']}\n")
    if only != "cost":
        runs = f"{seeds} seeds of {len(learners)} learners in {len(worlds)} worlds"
        print(f"Training {runs}, one run after the other; minutes each, besides compilation.", file=sys.stderr)
        envs = {name: make(name) for name in worlds}
        how = {"seeds": seeds, "steps": steps, "seconds": seconds, "tries": tries, "places": places, "path": out}
        report["success"] = continuous.bench_continuous(envs, learners, **how, **shows)
        if not json:
            print("\n\n".join(map(str, success_tables(report["success"], continuous.METRICS))))
    if json:
        print(to_json(report))
    for name, drawn in continuous_figures(report, continuous.METRICS).items() if figure else ():
        print(f"written to {save_figure(figure / f'{name}.html', drawn)}", file=sys.stderr)
