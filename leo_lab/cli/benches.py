"""leo-lab bench gridworld, cost, craftax and continuous."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leo_lab.artefacts.files import to_json
from leo_lab.bench import continuous, continuous_cost, cost, craftax, gridworld
from leo_lab.cli import options as ask
from leo_lab.envs import env_entry, env_names, make
from leo_lab.errors import require_choice
from leo_lab.training import presets, starting
from leo_lab.training.devices import require_platform
from leo_lab.viz.figures.reports import check_figure_path, continuous_figures, cost_figure, save_figure, time_figure
from leo_lab.viz.reports import cost_table, craftax_sheet, success_tables


def bench_gridworld(
    *,
    seeds: ask.count("how many to take the median of") = 5,
    together: ask.count("also train so many seeds side by side and give the ratio") = 0,
    learner: ask.Learner = "leo",
    steps: ask.count("environment steps (by the map)") = None,
    device: ask.Device = None,
    json: ask.Json = False,
    figure: ask.Figure = None,
    world: ask.World,
    settings: ask.Settings,
) -> None:
    """Train a learner with several seeds; say how well and how fast it learns."""
    require_platform(device)
    check_figure_path(figure)
    env = make("gridworld", **ask.world_options("gridworld", world))
    report = gridworld.bench_gridworld(env, learner=learner, steps=steps, seeds=seeds, together=together, **settings)
    _show(report, json, _lines, figure, lambda report: gridworld.figure(report, learner))


def bench_cost(
    *,
    goals: ask.counts("how many") = cost.GOALS,
    actions: ask.counts("how many") = cost.ACTIONS,
    torso: ask.names("sizes of network") = tuple(cost.TORSOS),
    learners: ask.names("of one goal, of some and of all") = tuple(cost.COST_LEARNERS),
    repeat: ask.count("rounds to take the median of") = 5,
    device: ask.Device = None,
    json: ask.Json = False,
    figure: ask.Figure = None,
) -> None:
    """Time gradient updates and whole iterations of learners of one goal, of some and of all, without a world."""
    require_platform(device)
    check_figure_path(figure)
    grid = {"goals": goals, "actions": actions, "torsos": torso, "learners": learners, "repeat": repeat}
    minutes = max(1, round(cost.expected_seconds(**grid) / 60))
    print(f"Compiling and timing: about {minutes} min on two idle CPU cores, longer on busy ones.", file=sys.stderr)
    _show(cost.bench_cost(**grid, progress=True), json, cost_table, figure, cost_figure)


def bench_craftax(
    *,
    env: ask.text("WORLD", "craftax or craftax-classic", starting.PRESET_WORLDS) = "craftax",
    learner: ask.Learner = "leo",
    preset: ask.text("PRESET", "settings to begin with: paper, minute or cpu (by device)", presets.PRESETS) = None,
    repeat: ask.count("rounds, the fastest of which counts") = 5,
    device: ask.Device = None,
    json: ask.Json = False,
    figure: ask.Figure = None,
    settings: ask.Settings,
) -> None:
    """Time the training loop of a learner in Craftax against stepping the world alone; say where the time goes."""
    require_platform(device)
    check_figure_path(figure)
    preset = preset or starting.default_preset()
    settings, world = {**presets.preset(preset, learner), **settings}, make(env)
    print(f"Compiling and timing {learner} in {world.title}, preset {preset}: minutes on a CPU.", file=sys.stderr)
    report = {"preset": preset, **craftax.bench_craftax(world, learner, repeat=repeat, **settings)}
    _show(report, json, craftax_sheet, figure, time_figure)


def bench_continuous(
    *,
    only: ask.text("ONLY", "one half of it: cost or success", ("cost", "success")) = None,
    device: ask.Device = None,
    json: ask.Json = False,
    figure: ask.folder("draw it: cost.html, success.html and curves.html in DIR") = None,
    goals: ask.counts("cost: how many") = continuous_cost.GOALS,
    actions: ask.counts("cost: how many numbers an action has") = continuous_cost.ACTIONS,
    inputs: ask.count("cost: numbers of an observation") = continuous_cost.INPUTS,
    minibatch: ask.count("cost: steps of an update") = continuous_cost.MINIBATCH,
    repeat: ask.count("cost: rounds to take the median of") = 5,
    worlds: ask.names("success: where goals are places") = continuous.WORLDS,
    learners: ask.names("success: such as sac_leo or sac_her:relabel=final") = continuous.LEARNERS_COMPARED,
    seeds: ask.count("success: runs of each learner in each world") = 5,
    steps: ask.count("success: environment steps of each run (by the world)") = None,
    seconds: ask.number("success: of each run's training (with neither this nor --steps: 60, and equal steps)") = None,
    tries: ask.count("success: worlds per goal") = 4,
    places: ask.count("success: tried off the lattice") = 100,
    out: ask.file("success: FILE.jsonl; runs that it holds are not made again") = None,
) -> None:
    """Continuous actions: time updates of all goals at once; compare success at equal steps and equal seconds."""
    require_platform(device)
    for name in worlds:
        require_choice("world of places", name, [name for name in env_names() if env_entry(name).continuous])
    report, shows = {}, {"progress": sys.stderr.isatty()}
    if only != "success":
        print("Compiling and timing three learners at every place of the grid: minutes on a CPU.", file=sys.stderr)
        grid = {"goals": goals, "actions": actions, "inputs": inputs, "minibatch": minibatch, "repeat": repeat}
        report["cost"] = continuous_cost.bench_continuous_cost(**grid, **shows)
        if not json:
            print(f"{cost_table(report['cost'])}\n\na time of an update is that of {report['cost']['included']}\n")
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


def _show(report: dict, json: bool, words: Callable, figure: Path | None, draw: Callable) -> None:
    """Prints a report, and draws it where that was asked for."""
    if figure:
        save_figure(figure, draw(report))
    print(to_json(report) if json else words(report))


def _lines(report: dict[str, Any]) -> str:
    """What `bench_gridworld` returns, a figure a line."""
    shown = {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in report.items()}
    return "\n".join(f"{name:<36}{value}" for name, value in shown.items() if name != "per_seed")
