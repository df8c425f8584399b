"""What a learner reaches in a gridworld, and how fast, with several seeds on the machine at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from leo_lab.bench.compare import Comparison
from leo_lab.bench.entries import one_by_one
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.scores.evaluation import evaluate
from leo_lab.training import default_steps, make_program, train_seeds

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = ("success_from_start", "success_all_pairs", "value_mae", "steps_error_median")  # by a figure


def bench_gridworld(
    env: Environment, *, learner: str = "leo", steps: int | None = None, seeds: int = 5, together: int = 0, **config
) -> dict[str, Any]:
    """Trains one program with several seeds, one after the other, and scores each against the exact solution.

    Args:
      env, learner, steps, **config: as in `train`.
      seeds: how many (0, 1, ...).
      together: if above 0, also trains that many seeds side by side and reports their time over that of one seed.

    Returns:
      Medians over the seeds of what `evaluate` sums up and of train_seconds; compile_seconds; env_steps; seeds; world;
      per_seed, the same for each; and with `together` seeds_cost_ratio, after compilation, and
      seeds_cost_ratio_with_compilation, which is what a user waits for.

    Raises:
      LabError: fewer than one seed, or what `train` raises.
    """
    if seeds < 1 or together < 0:
        raise LabError(f"seeds must be at least 1 and together at least 0, got {seeds} and {together}")
    steps = default_steps(env) if steps is None else steps
    program = make_program(env, learner, steps, **config)
    runs = list(one_by_one(program, range(seeds)))
    rows = [{"seed": run.seed, **evaluate(run).summary(), "train_seconds": run.seconds} for run in runs]
    report: dict[str, Any] = {name: float(np.median([row[name] for row in rows])) for name in rows[0] if name != "seed"}
    report |= {
        "compile_seconds": runs[0].compile_seconds,
        "env_steps": runs[0].env_steps,
        "seeds": seeds,
        "world": env.title,
        "goals": int(env.states.reachable[env.states.start].sum()),
        "device": jax.devices()[0].device_kind,
        "per_seed": rows,
    }
    if together:
        run = train_seeds(env, learner, steps=steps, seeds=together, **config)[0]
        report["seeds_together"] = together
        report["seeds_cost_ratio"] = run.seconds / report["train_seconds"]
        whole = report["train_seconds"] + report["compile_seconds"]
        report["seeds_cost_ratio_with_compilation"] = (run.seconds + run.compile_seconds) / whole
    return report


def figure(report: dict[str, Any], learner: str = "leo") -> go.Figure:
    """Interquartile means over the seeds, with their intervals, of what `bench_gridworld` returned for a learner."""
    budget = f"{report['env_steps']:,} steps"
    head = {"learner": learner, "world": report["world"], "budget": budget, "env_steps": report["env_steps"]}
    return Comparison(tuple({**row, **head} for row in report["per_seed"])).figure(SHOWN)
