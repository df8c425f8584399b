"""What the `leo-lab` command does with Craftax, whose states cannot be listed: settings, trials, walks, benchmark."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Parser, add_learner_options, learner_options, named_learner
from leo_lab.envs import env_entry, env_names
from leo_lab.training.presets import PRESETS, preset

if TYPE_CHECKING:
    from leo_lab.scores.trials import Trials
    from leo_lab.training.program import Run
    from leo_lab.walks.craftax import WorldTrace

PRESET_STEPS = {"paper": 10**9, "minute": 5 * 10**6, "cpu": 10**6}
"""Environment steps of a run that begins with a preset, unless told."""

TOUR = ("inventory/wood_1", "inventory/wood_3", "tools/wood_pickaxe", "inventory/stone_1")
"""Goals that a walk is for, unless told: the first steps of every game."""

TRIES, TRY_LIMIT, WALK_LIMIT = 4, 500, 300
BENCH = "Time the training loop of a learner in Craftax against stepping the world alone; say where the time goes."
PIXELS, ENLARGED = 16, 3  # of a block in a video; how many times larger it is shown
SHOWN = 8  # best and worst goals


# Training -----------------------------------------------------------------------------------------------------------


def add_preset(parser: Parser) -> None:
    """The option that chooses a preset."""
    words = "; ".join(f"{name}: {text}" for name, (text, _, _) in PRESETS.items())
    parser.add_argument(
        "--preset",
        choices=list(PRESETS),
        metavar="PRESET",
        help=f"settings to begin with ({words}; in Craftax by device)",
    )


def preset_worlds() -> list[str]:
    """Names of the worlds whose runs begin with a preset."""
    return [name for name in env_names() if env_entry(name).presets]


def default_preset() -> str:
    """The preset that suits the device at hand."""
    import jax

    return "cpu" if jax.default_backend() == "cpu" else "paper"


def training_options(args: argparse.Namespace, *, resumes: bool) -> tuple[dict[str, Any], str]:
    """Steps, seed and settings that were asked for, those of a preset first; and a line about it, or "".

    Args:
      args: of the command `train`.
      resumes: whether a run is there to go on with, whose own settings then hold unless others were asked for.
    """
    name, begins = args.preset, not resumes and args.env in preset_worlds()
    if name is None and begins:
        name = default_preset()
    given = {"steps": args.steps, "seed": args.seed, **learner_options(args)}
    if name is None:
        return given, ""
    if begins and args.steps is None:
        given["steps"] = PRESET_STEPS[name]
    others = ", ".join(other for other in PRESETS if other != name)
    return {**preset(name, args.learner), **given}, f"preset {name}: {PRESETS[name][0]} (or --preset {others})"


# Trials -------------------------------------------------------------------------------------------------------------


def add_trial_options(parser: Parser) -> None:
    """Options of `evaluate` for worlds whose states cannot be listed."""
    group = parser.add_argument_group("in all worlds but a gridworld, where goals are tried out in fresh worlds")
    group.add_argument("--tries", type=int, metavar="K", help=f"worlds per goal ({TRIES})")
    group.add_argument(
        "--limit", type=int, metavar="N", help=f"steps allowed (Craftax: {TRY_LIMIT}; else the world's own time limit)"
    )


def evaluate_trials(run: Run, args: argparse.Namespace) -> None:
    """Tries all goals, and prints success by group and for the best and worst goals, or JSON."""
    from leo_lab.scores.trials import try_goals

    tries, limit = TRIES if args.tries is None else args.tries, TRY_LIMIT if args.limit is None else args.limit
    trials = try_goals(run, tries=tries, limit=limit, progress=sys.stderr.isatty())
    rows = trial_rows(trials)
    if args.json:
        about = {"env": run.env.name, "learner": run.learner.name, "env_steps": run.env_steps}
        print(to_json({**about, "tries": tries, "limit": limit, "success": trials.by_group(), "goals": rows}))
        return
    print(f"{run.learner.title} in {run.env.title}, {run.env_steps:,} steps")
    for text in _trial_tables(trials, rows):
        print(f"\n{text}")


def trial_rows(trials: Trials) -> list[dict[str, Any]]:
    """One row per goal: goal, group, success, steps (median over the tries that achieved it, nan if none), value (mean
    in the first state) and return (mean of what that should have been)."""
    steps = [np.median(each[hit]) if hit.any() else np.nan for each, hit in zip(trials.length, trials.hit, strict=True)]
    columns = trials.success, steps, trials.v.mean(axis=1), trials.returns.mean(axis=1)
    keys = "success", "steps", "value", "return"
    return [
        {"goal": name, "group": name.partition("/")[0], **dict(zip(keys, map(float, numbers), strict=True))}
        for name, *numbers in zip(trials.goal_names, *columns, strict=True)
    ]


def _trial_tables(trials: Trials, rows: list[dict[str, Any]]) -> list:
    from leo_lab.viz import table

    sizes = {group: sum(row["group"] == group for row in rows) for group in trials.by_group()}
    sizes["all"] = len(rows)
    groups = [{"group": group, "goals": sizes[group], "success": share} for group, share in trials.by_group().items()]
    head = table(groups, caption=f"{trials.hit.shape[1]} tries at each goal, of {trials.limit} steps at most")
    return [head, *best_and_worst(rows)]


def best_and_worst(rows: list[dict[str, Any]]) -> list:
    """Two tables of what `trial_rows` returns."""
    from leo_lab.viz import table

    keys, count = ("goal", "success", "steps", "value", "return"), min(SHOWN, -(-len(rows) // 2))
    best = sorted(rows, key=lambda row: (-row["success"], row["steps"] if row["success"] else -row["value"]))
    worst = sorted(rows, key=lambda row: (row["success"], -row["value"]))
    return [
        table(best[:count], keys, caption=f"the {count} best goals"),
        table(worst[:count], keys, caption=f"the {count} worst goals, those of the largest value first"),
    ]


# Walks --------------------------------------------------------------------------------------------------------------


def rollout_world(run: Run, goals: list[str] | None, path: Path, *, limit: int | None, seed: int) -> None:
    """Records a walk and writes it as a trace (.npz) or as a video, and says what was reached."""
    from leo_lab.viz.pictures.craftax import world_frames
    from leo_lab.viz.pictures.video import check_video_path, save_video

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        trace = walk(run, goals, limit=limit, seed=seed)
        trace.save(path)
    else:
        check_video_path(path)
        run.env.goals.select(goals or TOUR)  # before textures are made
        trace, pictures = walk(run, goals, limit=limit, seed=seed, frame=run.env.scene.renderer(PIXELS))
        save_video(path, world_frames(trace, pictures, ENLARGED))
    reached = int(trace.achieved[np.arange(1, trace.steps + 1), trace.goal].sum())
    print(f"written to {path}: {reached} of {len(goals or TOUR)} goals reached in {trace.steps} steps")


def walk(run: Run, goals: list[str] | None, *, limit: int | None = None, seed: int = 0, **options) -> Any:
    """`record` for these goals, or for those of TOUR."""
    from leo_lab.walks.craftax import record

    return record(run, goals or TOUR, steps=WALK_LIMIT if limit is None else limit, seed=seed, **options)


def goal_columns(run: Run, trace: WorldTrace) -> dict[str, np.ndarray]:
    """What is known of every goal, by heading, float64 [G]; nan where it is not."""
    columns = {}
    actors = run.state.actors
    if actors is not None:
        tries, hits = np.asarray(actors.tries, float), np.asarray(actors.hits, float)
        columns["training tries"] = tries
        columns["training success"] = np.divide(hits, tries, out=np.full_like(hits, np.nan), where=tries > 0)
    first = trace.first_reached().astype(float)
    columns["first reached"] = np.where(first < 0, np.nan, first)
    columns["mean value"] = trace.v.mean(axis=0).astype(float)
    columns["largest value"] = trace.v.max(axis=0).astype(float)
    return columns


# Benchmark ----------------------------------------------------------------------------------------------------------


def add_bench_craftax(benches: Any, argv: list[str]) -> None:
    """The command `bench craftax`."""
    bench = benches.add_parser("craftax", help=BENCH, description=BENCH)
    bench.set_defaults(run=_bench_craftax)
    bench.add_argument("--env", choices=preset_worlds(), default="craftax", metavar="WORLD", help="(craftax)")
    bench.add_argument("--learner", default="leo", metavar="NAME", help="(leo)")
    bench.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds, the fastest of which counts (5)")
    bench.add_argument("--device", choices=["cpu", "gpu"], help="refuse to run on anything else")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    add_preset(bench)
    add_learner_options(bench, named_learner(argv))


def _bench_craftax(args: argparse.Namespace) -> None:
    from leo_lab.bench.craftax import bench_craftax
    from leo_lab.envs import make
    from leo_lab.training.devices import require_platform

    if args.device:
        require_platform(args.device)
    name = args.preset or default_preset()
    settings = {**preset(name, args.learner), **learner_options(args)}
    env = make(args.env)
    print(f"Compiling and timing {args.learner} in {env.title}, preset {name}: minutes on a CPU.", file=sys.stderr)
    report = bench_craftax(env, args.learner, repeat=args.repeat, **settings)
    report = {"preset": name, **report}
    print(to_json(report) if args.json else bench_text(report))


def bench_text(report: dict[str, Any]) -> str:
    """The report of `bench_craftax` for people."""
    from leo_lab.viz import table

    caption = f"{report['env']}, {report['goals']} goals, {report['learner']}, {report['device']}, jax {report['jax']}"
    columns = {"part": "where the time goes", "us_per_step": "us per step", "share": "share of training"}
    return "\n".join(
        [
            str(table(report["rows"], columns, caption=caption)),
            "",
            f"training              {report['steps_per_second']:>12,.0f} steps/s "
            f"({report['ratio_to_paper']:.3g} x the paper's 37,000, at 512 goals)",
            f"world alone           {report['world_steps_per_second']:>12,.0f} steps/s",
            f"overhead of training  {report['overhead']:>12.2f} x the time of the world alone",
            f"testing all goals     {100 * report['achieved_share_of_step']:>11.2f} % of an environment step",
            f"peak memory           {report['peak_mb']:>12,.0f} MB ({report['peak_source']})",
        ]
    )
