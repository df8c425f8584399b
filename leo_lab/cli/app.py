"""The `leo-lab` command: the composition root, and the only module that may import leo_widgets."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.cli.bench_continuous import add_bench_continuous, interval_text
from leo_lab.cli.craftax import (
    add_bench_craftax,
    add_preset,
    add_trial_options,
    evaluate_trials,
    goal_columns,
    rollout_world,
    training_options,
    walk,
)
from leo_lab.cli.options import (
    Parser,
    add_learner_options,
    add_map_options,
    add_plane_options,
    check_map_options,
    learner_options,
    map_options,
    named_learner,
    read_count,
    read_counts,
    read_names,
)
from leo_lab.cli.planes import (
    add_place_options,
    add_walk_place,
    asked_for,
    check_no_places,
    evaluate_plane,
    film_walk,
    is_plane,
    plane_training_options,
    plane_walk,
    walk_words,
)
from leo_lab.envs import env_entry
from leo_lab.errors import LabError

DEMO_DIR = Path("runs/demo")
DEMO_MAP = "four_rooms"
DEMO_STEPS = 500_000
BENCH = "Measure speed and quality on this machine."
EXPLORER_INTRO = (
    "Every map on this page is drawn from one array: the value of every action for every goal in every state. "
    "Move the pointer over a map to ask; click to choose another goal; press ? for the keys."
)
WORLD_INTRO = (
    "One walk, and at every step of it the agent's value of every goal, also of those that it was not asked for. "
    "Play it or drag through it; click a goal to read its whole curve; press ? for the keys."
)
PLANE_INTRO = (
    "Goals are places. Every map on this page is drawn from the agent's values of all of them, also of those that it "
    "was not asked for. Play the walk or drag through it; point at the ground to ask; click to choose another goal; "
    "press ? for the keys."
)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns the exit status: 0, or 2 after a one-line error."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        args = _parser(argv).parse(argv)
        return args.run(args) or 0
    except LabError as error:
        print(f"leo-lab: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"leo-lab: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("leo-lab: interrupted; what was saved can be continued with --resume", file=sys.stderr)
        return 130


def _parser(argv: list[str]) -> Parser:
    parser = Parser(prog="leo-lab", description="Train, score and look at agents that learn every goal at once.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    train = command("train", _train, "Train a learner and write checkpoint and metrics to a directory.")
    train.add_argument("env", help="gridworld, craftax-classic, craftax, point_maze, reacher, ant, ant_umaze")
    train.add_argument("--out", required=True, metavar="DIR", type=Path, help="where the run is written")
    train.add_argument("--resume", action="store_true", help="continue what DIR holds, or start")
    train.add_argument("--chunks", type=int, default=40, metavar="N", help="checkpoints in a run (40)")
    train.add_argument("--every", type=float, metavar="S", help="seconds between checkpoints, at most (120)")
    add_preset(train)
    _add_training(train, argv)
    add_plane_options(train)

    evaluate = command("evaluate", _evaluate, "Score a run against the exact solution, or by trying goals out.")
    _add_run(evaluate)
    add_trial_options(evaluate)
    add_place_options(evaluate)
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    values = command("values", _values, "Write the values of all states, goals and actions as .npz.")
    _add_run(values)
    values.add_argument("--out", required=True, type=Path, metavar="FILE.npz")
    values.add_argument("--exact", action="store_true", help="the exact values of the run's world instead")

    rollout = command("rollout", _rollout, "Command goals and write a video of what the agent does.")
    _add_run(rollout)
    rollout.add_argument("--goal", action="append", metavar="NAME", help="such as r3c5; may be given several times")
    add_walk_place(rollout)
    out = ".mp4 or .gif; in Craftax also .npz, where goals are places also .html"
    rollout.add_argument("--out", required=True, type=Path, metavar="FILE", help=out)
    rollout.add_argument("--limit", type=int, metavar="N", help="longest walk (Craftax: 300; not in a gridworld)")
    rollout.add_argument("--seed", type=int, default=0, metavar="K", help="luck of a random world (0)")

    export = command("export", _export, "Write an interactive page of a run that opens with no kernel and no network.")
    _add_run(export)
    export.add_argument("--goal", action="append", metavar="NAME", help="to walk to; may be given several times")
    add_walk_place(export)
    export.add_argument("--out", required=True, type=Path, metavar="FILE.html")

    bench = commands.add_parser("bench", help=BENCH, description=BENCH)
    benches = bench.add_subparsers(required=True, metavar="BENCHMARK")
    _add_bench_gridworld(benches, argv)
    _add_bench_cost(benches)
    add_bench_craftax(benches, argv)
    add_bench_continuous(benches)

    _add_compare(command("compare", _compare, "Compare learners over seeds and maps, with intervals."))

    listing = command("list", _list, "List environments, maps and learners.")
    listing.add_argument("--json", action="store_true", help="print one JSON object")

    demo = command("demo", _demo, "Train LEO on four rooms and write everything that can be looked at.")
    demo.add_argument("--out", type=Path, default=DEMO_DIR, metavar="DIR", help=f"({DEMO_DIR})")
    for sub in (*commands.choices.values(), *benches.choices.values()):
        sub.remember_options()
    return parser


def _add_bench_gridworld(benches, argv: list[str]) -> None:
    text = "Train a learner with several seeds; say how well and how fast it learns."
    bench = benches.add_parser("gridworld", help=text, description=text)
    bench.set_defaults(run=_bench_gridworld, env="gridworld")
    bench.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds to take the median of (5)")
    bench.add_argument(
        "--together", type=int, default=0, metavar="N", help="also train N seeds side by side and give the ratio"
    )
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    _add_training(bench, argv, seed=False)


def _add_bench_cost(benches) -> None:
    from leo_lab.bench.cost import ACTIONS, COST_LEARNERS, GOALS, TORSOS

    text = "Time gradient updates and whole iterations of learners of one goal, of some and of all, without a world."
    bench = benches.add_parser("cost", help=text, description=text)
    bench.set_defaults(run=_bench_cost)
    for name, default in (("goals", GOALS), ("actions", ACTIONS)):
        shown = ",".join(map(str, default))
        bench.add_argument(f"--{name}", type=read_counts, default=default, metavar="N,...", help=f"how many ({shown})")
    for name, known in (("torso", TORSOS), ("learners", COST_LEARNERS)):
        shown = ",".join(known)
        bench.add_argument(f"--{name}", type=read_names, default=tuple(known), metavar="NAME,...", help=f"({shown})")
    bench.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds to take the median of (5)")
    bench.add_argument("--device", choices=["cpu", "gpu"], help="refuse to run on anything else")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.add_argument("--figure", type=Path, metavar="FILE", help=".html, .json, .png or .svg")


def _add_run(parser: Parser) -> None:
    parser.add_argument("run_path", metavar="DIR", help="a run's directory or checkpoint")
    parser.add_argument("--part", metavar="NAME", help="one network alone of several: teacher or student of Dual LEO")


def _add_training(parser: Parser, argv: list[str], *, seed: bool = True) -> None:
    parser.add_argument("--learner", default=named_learner(argv), metavar="NAME", help="(leo; for places sac_leo)")
    parser.add_argument("--steps", type=read_count, metavar="N", help="environment steps (by the world or preset)")
    parser.add_argument("--device", choices=["cpu", "gpu"], help="refuse to run on anything else")
    if seed:
        parser.add_argument("--seed", type=int, metavar="K", help="fixes everything (0)")
    add_map_options(parser)
    add_learner_options(parser, named_learner(argv))


def _add_compare(parser: Parser) -> None:
    parser.add_argument(
        "--learners", type=read_names, required=True, metavar="NAME,...", help="such as leo,pqn,her:relabel=random"
    )
    parser.add_argument("--maps", type=read_names, required=True, metavar="NAME,...", help="shipped maps or map files")
    parser.add_argument("--out", required=True, metavar="DIR", type=Path, help="runs that it holds are not made again")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each learner on each map (5)")
    parser.add_argument("--steps", type=read_count, metavar="N", help="environment steps of each run (by the map)")
    parser.add_argument("--seconds", type=float, metavar="S", help="also, or only, on equal seconds of training")
    parser.add_argument("--device", choices=["cpu", "gpu"], help="refuse to run on anything else")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def _train(args: argparse.Namespace) -> None:
    from leo_lab.training.checkpoints import checkpoint_file
    from leo_lab.training.program import finish
    from leo_lab.training.runs import EVERY, stream_into

    _check_device(args)
    check_map_options(args)
    world = _environment(args) if map_options(args) else args.env
    options = plane_training_options if env_entry(args.env).continuous else training_options
    asked, about = options(args, resumes=args.resume and checkpoint_file(args.out).exists())
    turns = {"chunks": args.chunks, "every": EVERY if args.every is None else args.every}
    snapshots = stream_into(args.out, world, args.learner, resume=args.resume, **turns, **asked)
    if about:
        print(about)
    run = finish(snapshots, progress=True)
    print(
        f"{args.learner} on {run.env.title}: {run.env_steps:,} steps "
        f"in {run.seconds:.1f} s + {run.compile_seconds:.1f} s compilation"
    )
    print(f"written to {args.out}; next: leo-lab evaluate {args.out}")


def _check_device(args: argparse.Namespace) -> None:
    from leo_lab.training.devices import require_platform

    if args.device:
        require_platform(args.device)


def _environment(args: argparse.Namespace):
    from leo_lab.envs import make

    return make(args.env, **map_options(args))


def _evaluate(args: argparse.Namespace) -> None:
    from leo_lab.scores.evaluation import evaluate
    from leo_lab.training.checkpoints import load

    run = load(args.run_path, part=args.part)
    check_no_places(run, args, ("places", "seed"))
    if not _listed(run.env):
        return evaluate_plane(run, args) if is_plane(run.env) else evaluate_trials(run, args)
    if args.tries is not None or args.limit is not None:
        raise LabError(f"{run.env.title} is scored over all of its states; leave out --tries and --limit")
    scores = evaluate(run)
    if args.json:
        report = {
            **scores.summary(),
            "env_steps": run.env_steps,
            "map": run.env.title,
            "goals": scores.per_goal(),
        }
        print(to_json(report))
    else:
        print(f"{run.values().title} on {run.env.title}")
        _print_scores(scores)


def _listed(env) -> bool:
    """Whether all states of an environment can be listed, and so all values shown and compared with the truth."""
    return env.states is not None


def _print_scores(scores) -> None:
    rows = [row for row in scores.per_goal() if row["pairs"]]
    worst = sorted(rows, key=lambda row: (row["success"], -row["value_mae"]))
    print(f"\n{'goal':<18}{'success':>9}{'extra steps':>13}{'|V - V*|':>10}{'rank corr.':>12}")
    shown = worst if len(worst) <= 16 else [*worst[:10], None, *worst[-3:]]
    for row in shown:
        if row is None:
            print(f"{'... ' + str(len(worst) - 13) + ' more':<18}")
            continue
        success, extra, error, rank = (row[n] for n in ("success", "extra_steps", "value_mae", "rank_correlation"))
        name = row["goal"].partition("/")[2]
        extra = round(extra, 2) + 0.0  # never -0.00
        print(f"{name:<18}{success:>9.3f}{extra:>13.2f}{error:>10.4f}{rank:>12.3f}")
    summary = scores.summary()
    print(
        f"\nagainst the exact solution, over {int(scores.pairs.sum()):,} (start, goal) pairs: "
        f"success {summary['success_all_pairs']:.4f} (from the start {summary['success_from_start']:.4f})\n"
        f"mean |V - V*| {summary['value_mae']:.4f}, median error of steps-to-goal {summary['steps_error_median']:.2f}, "
        f"optimal first moves {summary['optimal_actions']:.3f}"
    )


def _values(args: argparse.Namespace) -> None:
    from leo_lab.training.checkpoints import load
    from leo_lab.truth.tabular import exact_values

    run = load(args.run_path, part=args.part)
    if not _listed(run.env):
        message = f"{run.env.title}: its states cannot be listed, so it has no table of values"
        ending = "html shows" if is_plane(run.env) else "npz keeps"
        raise LabError(f"{message}; leo-lab rollout DIR --out FILE.{ending} those along a walk")
    table = exact_values(run.env, run.config.gamma) if args.exact else run.values()
    path = table.save(args.out)
    shape = " x ".join(str(n) for n in table.q.shape)
    print(f"written to {path}: q [S, G, A] = {shape}, with names, positions (row, col), gamma and the map")


def _rollout(args: argparse.Namespace) -> None:
    from leo_lab.training.checkpoints import load

    run = load(args.run_path, part=args.part)
    check_no_places(run, args, ("place",))
    if is_plane(run.env):
        return _show_walk(run, args) if args.out.suffix == ".html" else film_walk(run, args)
    if not _listed(run.env):
        return rollout_world(run, args.goal, args.out, limit=args.limit, seed=args.seed)
    if args.limit is not None:
        raise LabError(f"--limit is for Craftax; a walk in {run.env.title} ends where its time limit says")
    goals = _goals(run, args.goal)
    trace = _trace(run, goals, args.seed)
    path = _write_video(run, trace, args.out)
    print(f"written to {path}: {int(trace.achieved.sum())} of {len(goals)} goals reached in {len(trace.actions)} steps")


def _export(args: argparse.Namespace) -> None:
    from leo_lab.training.checkpoints import load

    run = load(args.run_path, part=args.part)
    check_no_places(run, args, ("place",))
    if is_plane(run.env):
        return _show_walk(run, args)
    path = _write_explorer(run, args.out, args.goal) if _listed(run.env) else _write_walk(run, args.out, args.goal)
    print(f"written to {path}: open it in any browser; it needs no kernel and no network")


def _goals(run, names: list[str] | None) -> list[int]:
    return run.env.goals.select(names).tolist() if names else tour_goals(run.env)


def tour_goals(env, count: int = 6) -> list[int]:
    """Goals worth a walk: each next one is the farthest from the start and from those chosen before."""
    from leo_lab.truth.tabular import exact_values

    steps, start = exact_values(env).steps(), env.states.start
    there = [int(goal) for goal in env.states.reachable[start].nonzero()[0] if goal != start]
    if not there:
        raise LabError(f"{env.title}: nothing can be reached from the start, so there is no goal to command")
    chosen = [start]
    for _ in range(min(count, len(there))):
        rest = [goal for goal in there if goal not in chosen]
        chosen.append(max(rest, key=lambda goal: min(steps[before, goal] for before in chosen)))
    return chosen[1:]


def _trace(run, goals: list[int], seed: int = 0):
    from leo_lab.viz import greedy_trace

    limit, transitions = run.env.max_steps, run.env.states.transitions
    return greedy_trace(run.values(), transitions, None, goals, limit * len(goals), seed, patience=limit // 2)


def _write_video(run, trace, path: Path) -> Path:
    from leo_lab.viz import rollout_frames, save_video

    path.parent.mkdir(parents=True, exist_ok=True)
    return save_video(path, rollout_frames(run.values(), trace))


def _write_explorer(run, path: Path, names: list[str] | None = None, snapshots=()) -> Path:
    """One page with a goal map, a rollout and, if there are snapshots, the history of training."""
    from leo_lab.truth.tabular import exact_values
    from leo_widgets import GoalMap, RolloutPlayer, TrainScope, page

    goals = _goals(run, names)
    values, truth = run.values(), exact_values(run.env, run.config.gamma)
    parts = [
        ("What it believes, next to the truth", GoalMap(values, truth, goal=goals[0])),
        ("What it does", RolloutPlayer(values, _trace(run, goals), truth)),
    ]
    if snapshots:
        scope = TrainScope(truth, goal=goals[0])
        for snapshot in snapshots:
            scope.append(snapshot)
        parts.append(("How it learnt", scope))
    return page(parts, path, f"{run.learner.title} on {run.env.title}", EXPLORER_INTRO)


def _write_walk(run, path: Path, names: list[str] | None) -> Path:
    """One page with a walk through Craftax, and all goals in a table that follows it."""
    from leo_widgets import CraftaxTrace, GoalTable, page

    trace = walk(run, names)
    goals = GoalTable(trace.goal_names, goal_columns(run, trace), values=trace.v, sort="value now")
    parts = [("A walk, and what the agent thinks of every goal", CraftaxTrace(trace)), ("All goals", goals)]
    return page(parts, path, f"{run.learner.title} in {run.env.title}", WORLD_INTRO)


def _show_walk(run, args: argparse.Namespace) -> None:
    """Writes a page with a walk to places, and says what was reached."""
    walked = {name: getattr(args, name) for name in ("limit", "seed") if hasattr(args, name)}
    trace = plane_walk(run, args.goal, args.place, **walked)
    path = _write_plane(run, trace, args.out)
    print(f"written to {path}: {walk_words(trace, asked_for(args.goal, args.place, run.env))}")
    print("open it in any browser; it needs no kernel and no network")


def _write_plane(run, trace, path: Path) -> Path:
    """One page with a walk and all goals' values on it; where a place is the whole state, over the plane, too."""
    from leo_lab.truth.plane import plane_exact
    from leo_lab.walks.plane import plane_values
    from leo_widgets import PlaneMap, RolloutPlayer, page

    parts = [("What it does, and what it thinks of every goal", RolloutPlayer(trace))]
    if run.env.places.observe is not None:
        values, truth = plane_values(run), plane_exact(run.env, run.config.gamma)
        parts.insert(0, ("What it believes, next to the truth", PlaneMap(values, truth, trace)))
    return page(parts, path, f"{run.learner.title} in {run.env.title}", PLANE_INTRO)


def _bench_gridworld(args: argparse.Namespace) -> None:
    from leo_lab.bench.gridworld import bench_gridworld

    _check_device(args)
    env = _environment(args)
    report = bench_gridworld(
        env,
        learner=args.learner,
        steps=args.steps,
        seeds=args.seeds,
        together=args.together,
        **learner_options(args),
    )
    if args.json:
        print(to_json(report))
        return
    for name, value in report.items():
        if name != "per_seed":
            print(f"{name:<36}{value:.4f}" if isinstance(value, float) else f"{name:<36}{value}")


def _bench_cost(args: argparse.Namespace) -> None:
    from leo_lab.bench.cost import bench_cost, expected_seconds
    from leo_lab.viz.figures.reports import check_figure_path, cost_figure, save_figure

    _check_device(args)
    if args.figure:
        check_figure_path(args.figure)
    grid = {"goals": args.goals, "actions": args.actions, "torsos": args.torso, "learners": args.learners}
    minutes = expected_seconds(**grid, repeat=args.repeat) / 60
    print(
        f"Compiling and timing every learner at every place of the grid: about {max(1, round(minutes))} min on two "
        "idle CPU cores, longer while they do something else.",
        file=sys.stderr,
    )
    report = bench_cost(**grid, repeat=args.repeat, progress=True)
    if args.figure:
        save_figure(args.figure, cost_figure(report))
    print(to_json(report) if args.json else _cost_table(report))


def _cost_table(report: dict):
    from leo_lab.viz import table

    columns = {
        "torso": "torso",
        "goals": "goals",
        "actions": "actions",
        "learner": "learner",
        "ms_per_update": "ms per update",
        "ratio_to_single_goal": "x single goal",
        "ms_per_iteration": "ms per iteration",
        "iteration_ratio_to_single_goal": "x single goal, iteration",
        "steps_per_second": "steps per second",
        "peak_mb": "peak MB",
        "measured_goals": "measured at",
    }
    caption = f"{report['device']}, jax {report['jax']}; times measured at fewer goals are scaled up linearly"
    return table(report["rows"], columns, digits=2, caption=caption)


def _compare(args: argparse.Namespace) -> None:
    from leo_lab.bench.compare import compare
    from leo_lab.envs import make
    from leo_lab.viz.figures.reports import save_figure

    _check_device(args)
    envs = {name: make("gridworld", map=name) for name in args.maps}
    budget = {"steps": args.steps, "seconds": args.seconds}
    comparison = compare(
        envs, args.learners, seeds=args.seeds, **budget, path=args.out / "runs.jsonl", progress=not args.json
    )
    summary = comparison.summary()
    write_atomically(args.out / "summary.json", to_json(summary).encode())
    save_figure(args.out / "figure.html", comparison.figure())
    if args.json:
        print(to_json({"summary": summary, "runs": comparison.rows}))
        return
    for text in _comparison_tables(summary):
        print(f"{text}\n")
    print(f"written to {args.out}: runs.jsonl, summary.json; open {args.out / 'figure.html'}")


def _comparison_tables(summary: list[dict]) -> Iterator:
    """For each budget, learners on every map, and then all metrics with their intervals over all maps."""
    from leo_lab.bench.compare import METRICS
    from leo_lab.viz import table

    headings = {"map": "map", "learner": "learner", **{name: name.removesuffix("_median") for name in METRICS}}
    for budget in dict.fromkeys(row["budget"] for row in summary):
        rows = [row for row in summary if row["budget"] == budget]
        maps = list(dict.fromkeys(row["map"] for row in rows))
        means = [{**row, **{name: row[name]["iqm"] for name in METRICS}} for row in rows]
        yield table(
            sorted(means, key=lambda row: maps.index(row["map"])),
            headings,
            caption=f"{budget}: interquartile means over the runs",
        )
        last = [row for row in rows if row["map"] == maps[-1]]
        intervals = [
            {"metric": METRICS[name], **{row["learner"]: interval_text(row[name]) for row in last}} for name in METRICS
        ]
        yield table(intervals, caption=f"{budget}, {last[0]['map']}: with 95 % bootstrap intervals")


def _list(args: argparse.Namespace) -> None:
    from leo_lab.envs import env_names
    from leo_lab.envs.maps import map_names
    from leo_lab.learners import LEARNERS
    from leo_lab.training.presets import PRESETS

    names = {"environments": env_names(), "maps": map_names(), "learners": tuple(LEARNERS), "presets": tuple(PRESETS)}
    print(to_json(names) if args.json else "\n".join(f"{kind:<14}{', '.join(n)}" for kind, n in names.items()))


def _demo(args: argparse.Namespace) -> None:
    from leo_lab.envs import make
    from leo_lab.scores.evaluation import evaluate
    from leo_lab.training.program import finish
    from leo_lab.training.runs import METRICS_NAME, stream_into
    from leo_lab.truth.tabular import exact_values
    from leo_lab.viz import map_sheet, save_png

    began = time.perf_counter()
    out, env = args.out, make("gridworld", map=DEMO_MAP)
    snapshots: list = []
    stream = _kept(stream_into(out, env, overwrite=out == DEMO_DIR, steps=DEMO_STEPS), snapshots)
    print(f"Training LEO on {env.title}: {len(env.goals)} goals at once, about 10 seconds to compile and learn.")
    run = finish(stream, progress=True)
    scores = evaluate(run)
    _print_scores(scores)
    goals = tour_goals(env)
    truth = exact_values(env, run.config.gamma)
    sheet = map_sheet(run.values(), goals[:4], 4, truth=truth, title=f"LEO on {env.title}: steps to four goals")
    files = {
        "an interactive page: OPEN THIS FIRST": _write_explorer(run, out / "explorer.html", None, snapshots),
        "the agent walking from goal to goal": _write_video(run, _trace(run, goals), out / "rollout.mp4"),
        "four goals, belief above truth": save_png(out / "map.png", sheet),
        "metrics, a line per chunk": out / METRICS_NAME,
        "the agent; try leo-lab evaluate " + str(out): out / "checkpoint.safetensors",
    }
    print(f"\nDone in {time.perf_counter() - began:.0f} s. In {out}/:")
    for text, path in files.items():
        print(f"  {path.name:<24}{text}")
    print(f"\nOpen {(out / 'explorer.html').resolve().as_uri()} in a browser, or go on with: make lab")


def _kept(stream: Iterator, kept: list) -> Iterator:
    """Passes snapshots on and keeps them."""
    for snapshot in stream:
        kept.append(snapshot)
        yield snapshot
