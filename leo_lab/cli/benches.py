"""leo-lab bench gridworld, sizes, cost, craftax and continuous."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from leo_lab.artefacts.files import to_json
from leo_lab.bench import compare, cost, craftax, gridworld, sizes
from leo_lab.bench.timing import about
from leo_lab.cli import options as ask
from leo_lab.cli.output import Output, Report, with_output
from leo_lab.envs import env_entry, env_names, make
from leo_lab.errors import require_choice
from leo_lab.training import presets
from leo_lab.viz.figures.reports import cost_figure, save_figure, success_curves, time_figure
from leo_lab.viz.figures.sizes import sizes_figure
from leo_lab.viz.reports import comparison_tables, cost_table, craftax_sheet, gridworld_sheet, sizes_table

DISCRETE, CONTINUOUS = cost.SUITES["discrete"], cost.SUITES["continuous"]
PLACE_WORLDS = ("point_maze", "reacher")
SAC_LEARNERS = ("sac", "sac_her:relabel=future", "sac_her:relabel=final", "sac_leo")


@with_output
def bench_gridworld(
    *,
    seeds: ask.count("how many to take the median of") = 5,
    together: ask.count("also train so many seeds side by side and give the ratio") = 0,
    learner: ask.Learner = "leo",
    steps: ask.count("environment steps (by the map)") = None,
    report: Report,
    world: ask.World,
    settings: ask.Settings,
) -> None:
    """Train a learner with several seeds; say how well and how fast it learns."""
    env = make("gridworld", **ask.world_options("gridworld", world))
    found = gridworld.bench_gridworld(env, learner=learner, steps=steps, seeds=seeds, together=together, **settings)
    report.show(found, gridworld_sheet, lambda found: gridworld.figure(found, learner))


@with_output
def bench_sizes(
    *,
    size: ask.several(ask.count("cells along a side; may be given several times (12, 24, 32)")) = (),
    learner: ask.several(ask.text("NAME", "may be given several times (leo, leo:wide=off, tabular)")) = (),
    seeds: ask.count("runs of each learner in each world") = 3,
    steps: ask.count("environment steps of each run (by the world)") = None,
    report: Report,
) -> None:
    """Train learners in random gridworlds of several sizes: success against seconds, beside the exact solver."""
    how = {"learners": learner or sizes.LEARNERS, "seeds": seeds, "steps": steps, "progress": sys.stderr.isatty()}
    report.show(sizes.bench_sizes(size or sizes.SIZES, **how), sizes_table, sizes_figure)


@with_output
def bench_cost(
    *,
    goals: ask.counts("how many") = DISCRETE.goals,
    actions: ask.counts("how many") = DISCRETE.actions,
    torso: ask.names("sizes of network") = tuple(DISCRETE.torsos),
    learners: ask.names("of one goal, of some and of all") = tuple(DISCRETE.learners),
    repeat: ask.count("rounds to take the median of") = 5,
    report: Report,
) -> None:
    """Time gradient updates and whole iterations of learners of one goal, of some and of all, without a world."""
    grid = {"goals": goals, "actions": actions, "torsos": torso, "learners": learners, "repeat": repeat}
    report.show(_costs("discrete", **grid), cost_table, cost_figure)


def _costs(suite: str, **grid: Any) -> dict[str, Any]:
    """What `leo_lab.bench.cost.bench_cost` measures, after a word about how long that takes."""
    minutes = max(1, round(cost.expected_seconds(suite, **grid) / 60))
    print(f"Compiling and timing: about {minutes} min on two idle CPU cores, longer on busy ones.", file=sys.stderr)
    return cost.bench_cost(suite, **grid, progress=True)


@with_output
def bench_craftax(
    *,
    env: ask.text("WORLD", "craftax or craftax-classic", presets.PRESET_WORLDS) = "craftax",
    learner: ask.Learner = "leo",
    preset: ask.text("PRESET", "settings to begin with: paper, minute or cpu (by device)", presets.PRESETS) = None,
    repeat: ask.count("rounds, the fastest of which counts") = 5,
    report: Report,
    settings: ask.Settings,
) -> None:
    """Time the training loop of a learner in Craftax against stepping the world alone; say where the time goes."""
    preset = preset or presets.default_preset()
    settings, world = {**presets.preset(preset, learner), **settings}, make(env)
    print(f"Compiling and timing {learner} in {world.title}, preset {preset}: minutes on a CPU.", file=sys.stderr)
    found = {"preset": preset, **craftax.bench_craftax(world, learner, repeat=repeat, **settings)}
    report.show(found, craftax_sheet, time_figure)


@with_output
def bench_continuous(
    *,
    only: ask.text("ONLY", "one half of it: cost or success", ("cost", "success")) = None,
    output: Output,
    figure: ask.folder("draw it: cost.html, success.html and curves.html in DIR") = None,
    goals: ask.counts("cost: how many") = CONTINUOUS.goals,
    actions: ask.counts("cost: how many numbers an action has") = CONTINUOUS.actions,
    repeat: ask.count("cost: rounds to take the median of") = 5,
    worlds: ask.names("success: where goals are places") = PLACE_WORLDS,
    learners: ask.names("success: such as sac_leo or sac_her:relabel=final") = SAC_LEARNERS,
    seeds: ask.count("success: runs of each learner in each world") = 5,
    steps: ask.count("success: environment steps of each run (by the world)") = None,
    seconds: ask.number("success: of each run's training (with neither this nor --steps: 60, and equal steps)") = None,
    tries: ask.count("success: worlds per goal") = 4,
    places: ask.count("success: tried off the lattice") = 100,
    out: ask.file("success: FILE.jsonl; runs that it holds are not made again") = None,
) -> None:
    """Continuous actions: time updates of all goals at once; compare success at equal steps and equal seconds."""
    for name in worlds:
        require_choice("world of places", name, [name for name in env_names() if env_entry(name).continuous])
    report, figures = {}, {}
    if only != "success":
        report["cost"] = _costs("continuous", goals=goals, actions=actions, repeat=repeat)
        figures["cost"] = partial(cost_figure, report["cost"])
        if not output.json:
            print(cost_table(report["cost"]), end="\n\n")
    if only != "cost":
        how = {"seeds": seeds, "tries": tries, "places": places, "path": out, "progress": sys.stderr.isatty()}
        told = {"steps": steps, "seconds": seconds}
        budgets = [{}, {"seconds": 60.0}] if set(told.values()) == {None} else [told]
        envs = {name: make(name) for name in worlds}
        rows = [row for budget in budgets for row in compare.compare(envs, learners, **how, **budget).rows]
        done = compare.Comparison(tuple(rows))
        report["success"] = {**about(), "tries": tries, "places": places, "summary": done.summary(), "rows": done.rows}
        figures |= {"success": done.figure, "curves": partial(success_curves, done.rows)}
        if not output.json:
            print(*comparison_tables(done.summary(), done.metrics), sep="\n\n")
    if output.json:
        print(to_json(report))
    for name, draw in figures.items() if figure else ():
        print(f"written to {save_figure(figure / f'{name}.html', draw())}", file=sys.stderr)
