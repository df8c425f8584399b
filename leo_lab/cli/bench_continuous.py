"""The command `leo-lab bench continuous`: what all goals cost and gain where every goal has its own action."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import read_count, read_counts, read_names
from leo_lab.envs import env_entry, env_names
from leo_lab.errors import unknown

BENCH = "Continuous actions: time updates of all goals at once; compare success at equal steps and equal seconds."


def add_bench_continuous(benches: Any) -> None:
    """The command `bench continuous`."""
    from leo_lab.bench.continuous import LEARNERS_COMPARED, SECONDS, WORLDS
    from leo_lab.bench.continuous_cost import ACTIONS, GOALS, INPUTS, MINIBATCH

    bench = benches.add_parser("continuous", help=BENCH, description=BENCH)
    bench.set_defaults(run=_bench_continuous)
    bench.add_argument("--only", choices=["cost", "success"], help="one half of it")
    bench.add_argument("--device", choices=["cpu", "gpu"], help="refuse to run on anything else")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.add_argument(
        "--figures", type=Path, metavar="DIR", help="write cost.html, success.html and curves.html there"
    )
    cost = bench.add_argument_group("cost")
    for name, default in (("goals", GOALS), ("actions", ACTIONS)):
        shown = ",".join(map(str, default))
        cost.add_argument(f"--{name}", type=read_counts, default=default, metavar="N,...", help=f"how many ({shown})")
    cost.add_argument("--inputs", type=int, default=INPUTS, metavar="N", help=f"numbers of an observation ({INPUTS})")
    cost.add_argument("--minibatch", type=int, default=MINIBATCH, metavar="N", help=f"steps of an update ({MINIBATCH})")
    cost.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds to take the median of (5)")
    success = bench.add_argument_group("success")
    for name, default in (("worlds", WORLDS), ("learners", LEARNERS_COMPARED)):
        shown = ",".join(default)
        success.add_argument(f"--{name}", type=read_names, default=default, metavar="NAME,...", help=f"({shown})")
    success.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each learner in each world (5)")
    success.add_argument("--steps", type=read_count, metavar="N", help="environment steps of each run (by the world)")
    seconds = f"of training of each run (with neither this nor --steps: {SECONDS:g}, and equal steps, too)"
    success.add_argument("--seconds", type=float, metavar="S", help=seconds)
    success.add_argument("--tries", type=int, default=4, metavar="K", help="worlds per goal (4)")
    success.add_argument("--places", type=int, default=100, metavar="N", help="tried off the lattice (100)")
    success.add_argument("--out", type=Path, metavar="FILE.jsonl", help="runs that it holds are not made again")


def _bench_continuous(args: argparse.Namespace) -> None:
    from leo_lab.training.devices import require_platform

    if args.device:
        require_platform(args.device)
    known = [name for name in env_names() if env_entry(name).continuous]
    for name in args.worlds:
        if name not in known:
            raise unknown("world of places", name, known)
    report: dict[str, Any] = {}
    if args.only != "success":
        report["cost"] = _cost(args)
    if args.only != "cost":
        report["success"] = _success(args)
    if args.json:
        print(to_json(report))
    for path in _figures(report, args.figures) if args.figures else ():
        print(f"written to {path}", file=sys.stderr)


def _cost(args: argparse.Namespace) -> dict[str, Any]:
    from leo_lab.bench.continuous_cost import bench_continuous_cost

    print("Compiling and timing three learners at every place of the grid: minutes on a CPU.", file=sys.stderr)
    grid = {name: getattr(args, name) for name in ("goals", "actions", "inputs", "minibatch", "repeat")}
    report = bench_continuous_cost(**grid, progress=sys.stderr.isatty())
    if not args.json:
        print(f"{cost_table(report)}\n\na time of an update is that of {report['included']}\n")
    return report


def _success(args: argparse.Namespace) -> dict[str, Any]:
    from leo_lab.bench.continuous import bench_continuous
    from leo_lab.envs import make

    envs = {name: make(name) for name in dict.fromkeys(args.worlds)}
    runs = f"{args.seeds} seeds of {len(args.learners)} learners in {len(envs)} worlds"
    print(f"Training {runs}, one run after the other; minutes each, besides compilation.", file=sys.stderr)
    how = {name: getattr(args, name) for name in ("seeds", "steps", "seconds", "tries", "places")}
    report = bench_continuous(envs, args.learners, **how, path=args.out, progress=sys.stderr.isatty())
    if not args.json:
        for text in success_tables(report):
            print(f"{text}\n")
    return report


def cost_table(report: dict[str, Any]) -> Any:
    """What `bench_continuous_cost` returns, for people."""
    from leo_lab.viz import table

    columns = {
        "goals": "goals",
        "actions": "numbers an action",
        "learner": "learner",
        "ms_per_update": "ms per update",
        "ms_per_update_least": "least",
        "ms_per_update_most": "most",
        "ratio_to_single_goal": "x single goal",
        "ms_per_rollout": "ms per rollout",
        "peak_mb": "peak MB",
        "measured_goals": "measured at",
    }
    settings = report["settings"]
    caption = (
        f"{report['device']}, jax {report['jax']}; minibatches of {settings['minibatch']} steps, rollouts of "
        f"{settings['num_envs']} x {settings['unroll']}; times measured at fewer goals are scaled up linearly"
    )
    return table(report["rows"], columns, digits=2, caption=caption)


def success_tables(report: dict[str, Any]) -> list:
    """For each budget of what `bench_continuous` returns: every learner in every world, with intervals."""
    from leo_lab.bench.continuous import METRICS
    from leo_lab.viz import table

    tables = []
    for budget in dict.fromkeys(row["budget"] for row in report["summary"]):
        rows = [row for row in report["summary"] if row["budget"] == budget]
        places = list(dict.fromkeys(row["map"] for row in rows))
        shown = [
            {
                **{"world": row["map"], "learner": row["learner"], "runs": row["runs"]},
                **{heading: interval_text(row[metric]) for metric, heading in METRICS.items()},
                "million steps": _mean_steps(report["rows"], row),
            }
            for row in sorted(rows, key=lambda row: places.index(row["map"]))
        ]
        caption = f"{budget} on {report['device']}: interquartile means over the runs, with 95 % bootstrap intervals"
        tables.append(table(shown, caption=caption))
    return tables


def _mean_steps(rows: list[dict[str, Any]], of: dict[str, Any]) -> float:
    """Environment steps of the runs that a line of the summary puts together, in millions; nan over several worlds."""
    mine = [
        row["env_steps"] / 1e6
        for row in rows
        if (row["budget"], row["learner"], row["world"]) == (of["budget"], of["learner"], of["map"])
    ]
    return sum(mine) / len(mine) if mine else math.nan


def interval_text(score: dict[str, float]) -> str:
    """An interquartile mean and its interval."""
    return f"{score['iqm']:.3f} ({score['low']:.3f}-{score['high']:.3f})" if math.isfinite(score["iqm"]) else "-"


def _figures(report: dict[str, Any], folder: Path) -> list[Path]:
    from leo_lab.bench.continuous import METRICS
    from leo_lab.viz.figures.planes import continuous_cost_figure, success_curves
    from leo_lab.viz.figures.reports import comparison_figure, save_figure

    figures = {}
    if "cost" in report:
        figures["cost"] = continuous_cost_figure(report["cost"])
    if "success" in report:
        shares = {name: text for name, text in METRICS.items() if name != "steps_to_goal"}
        title = "Interquartile mean over the runs and 95 % interval"
        figures["success"] = comparison_figure(report["success"]["summary"], shares, title=title)
        figures["curves"] = success_curves(report["success"]["rows"])
    return [save_figure(folder / f"{name}.html", figure) for name, figure in figures.items()]
