"""Scores and measurements as tables for people; the figures of the same are in `leo_lab.viz.figures`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leo_lab.viz.tables import Table, distinct, matching, table

if TYPE_CHECKING:
    from leo_lab.scores.sheet import Score

SHOWN = 8  # best and worst goals
_GOAL_COLUMNS = (
    "goal",
    "success",
    "interval",
    "floor",
    "steps",
    "extra_steps",
    "value",
    "return",
    "value_mae",
    "rank_correlation",
)
_COST_COLUMNS = (
    *("torso", "goals", "actions", "learner", "ms_per_update", "ratio_to_single_goal", "ms_per_iteration"),
    *("iteration_ratio_to_single_goal", "steps_per_second", "peak_mb", "measured_goals"),
)
_HEADINGS = {
    **{"interval": "95 % interval", "floor": "floor (random)"},
    **{"value_mae": "|V - V*|", "rank_correlation": "rank corr.", "ratio_to_single_goal": "x single goal"},
    **{"iteration_ratio_to_single_goal": "x single goal", "steps_per_second": "steps/s", "peak_mb": "peak MB"},
    "measured_goals": "measured at",
}


def score_sheet(score: Score) -> str:
    """A score for people: success by group, the best and the worst goals, and the headline numbers in words."""
    parts = [score.title, _groups(score), *best_and_worst(score.per_goal()), _in_words(score)]
    return "\n\n".join(str(part) for part in parts)


def _groups(score: Score) -> Table:
    """Success by group of goals, over all, and off the lattice; of trials with its interval and its floor."""
    rows = [dict(row) for row in score.group_rows()]
    caption = "the greedy policy from all starts, exactly"
    if score.trials is not None:
        caption = f"{score.about['tries']} tries at each goal, of {score.about['limit']} steps at most"
        caption += "; the floor: as many with random actions"
    if score.off_lattice is not None:
        rows.append({**score.off_lattice.group_rows()[-1], "group": "off the lattice"})
    return table(
        with_intervals(rows), _headed(("group", "goals", "success", "interval", "floor"), rows), caption=caption
    )


def with_intervals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows, of which those with low and high get the two as words, `interval`."""
    return [{**row, "interval": between(row["low"], row["high"])} if "low" in row else dict(row) for row in rows]


def between(low: float, high: float) -> str:
    """An interval in words, "-" where it is not known."""
    return f"{low:.3f}-{high:.3f}" if math.isfinite(low) else "-"


def _headed(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Of these columns those that rows with intervals have, and their headings."""
    known = {*rows[0], *(["interval"] if "low" in rows[0] else [])}
    return {key: _HEADINGS.get(key, key.replace("_", " ")) for key in columns if key in known}


def best_and_worst(goals: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Two tables of rows of `Score.per_goal`: of goals with equal success, the worst are those that were valued most.

    Goals that do not count, whose success is nan, are left out.
    """
    rows = [row for row in goals if row["success"] == row["success"]]
    if not rows:
        return []
    columns, rows = _headed(_GOAL_COLUMNS, rows), with_intervals(rows)
    count = min(SHOWN, -(-len(rows) // 2))
    best = sorted(rows, key=lambda row: (-row["success"], _doubt(row)))
    worst = sorted(rows, key=lambda row: (row["success"], _doubt(row, missed=True)))
    which = "those of the largest value first" if "value" in rows[0] else "those of the largest error first"
    return [
        table(best[:count], columns, caption=f"the {count} best goals"),
        table(worst[:count], columns, caption=f"the {count} worst goals, {which}"),
    ]


def _doubt(row: Mapping[str, Any], missed: bool = False) -> float:
    """What goals of equal success are sorted by."""
    if "value_mae" in row:
        return -row["value_mae"] if missed else row["value_mae"]
    return row["steps"] if row["success"] and not missed else -row["value"]


def _in_words(score: Score) -> str:
    metrics = score.metrics
    if score.exact is not None:
        return (
            f"against the exact solution, over {int(score.exact.pairs.sum()):,} (start, goal) pairs: success "
            f"{metrics['success']:.4f} (from the start {metrics['success_from_start']:.4f})\n"
            f"mean |V - V*| {metrics['value_mae']:.4f}, median error of steps-to-goal "
            f"{metrics['steps_error_median']:.2f}, optimal first moves {metrics['optimal_actions']:.3f}"
        ).replace("nan", "-")
    lines = [_tried_in_words(metrics)]
    if score.off_lattice is not None:
        lines.append(f"off the lattice: {_tried_in_words(metrics, '_off_lattice')}")
    lines.append(_masked_in_words(score))
    if "steps_error" in metrics:
        lines.append(
            f"against the numerically exact values: mean |V - V exact| {metrics['value_mae']:.4f}, mean error of "
            f"steps-to-goal {metrics['steps_error']:.2f}; extra steps {metrics['extra_steps']:.2f}"
        )
    return "\n".join(filter(None, lines)).replace("nan", "-")


def _tried_in_words(metrics: Mapping[str, float], suffix: str = "") -> str:
    """Success and floor, each with its interval, how many goals are above theirs, and the steps."""

    def number(name: str) -> float:
        return metrics.get(f"{name}{suffix}", math.nan)

    def share(name: str) -> str:
        return f"{number(name):.4f} ({between(number(f'{name}_low'), number(f'{name}_high'))})"

    above = f"{number('above_floor'):.0f} goals above their floor"
    words = f"success {share('success')}, random actions {share('floor')}, {above}"
    return f"{words}; tries that succeeded took {number('steps'):.2f} steps"


def _masked_in_words(score: Score) -> str:
    """How many tries at goals do not count, or ""."""
    masked, goals = score.metrics["masked"], score.metrics["masked_goals"]
    if not masked:
        return ""
    none = f"; of {goals} goals none does" if goals else ""
    return f"{masked} of {score.trials.counted.size:,} tries do not count, where the goal held from the first{none}"


def interval_text(score: Mapping[str, float]) -> str:
    """An interquartile mean and its interval, as `leo_lab.scores.statistics.interval` gives them."""
    return f"{score['iqm']:.3f} ({score['low']:.3f}-{score['high']:.3f})" if math.isfinite(score["iqm"]) else "-"


def comparison_tables(summary: Sequence[Mapping[str, Any]], metrics: Mapping[str, str]) -> Iterator[Table]:
    """For each budget of what `Comparison.summary` returns, learners in every world, and then with their intervals.

    The metrics say which, and what they are called; intervals are over all worlds.
    """
    for budget in distinct(summary, "budget"):
        rows = matching(summary, budget=budget)
        rows = [row for world in distinct(rows, "world") for row in matching(rows, world=world)]
        heads = [{key: row[key] for key in ("world", "learner", "runs")} for row in rows]
        scores = [{name.removesuffix("_median"): row[name]["iqm"] for name in metrics} for row in rows]
        steps = [
            {"in common": f"{row['common']} of {row['tasks']}", "million steps": row["env_steps"] / 1e6} for row in rows
        ]
        means = [head | score | step for head, score, step in zip(heads, scores, steps, strict=True)]
        caption = "interquartile means over the runs; steps are those of the tasks that all of them solved"
        yield table(means, caption=f"{budget}: {caption}")
        last = matching(rows, world=rows[-1]["world"])
        intervals = [
            {"metric": metrics[name], **{row["learner"]: interval_text(row[name]) for row in last}} for name in metrics
        ]
        as_they_are = {key: key for key in intervals[0]}
        yield table(intervals, as_they_are, caption=f"{budget}, {rows[-1]['world']}: with 95 % bootstrap intervals")
    arms = {row["learner"]: row["tuned"] for row in summary}
    rows = [{"learner": learner, "settings found by": text} for learner, text in arms.items()]
    yield table(rows, caption="how the settings were found that are not named here")


def gridworld_sheet(report: Mapping[str, Any]) -> str:
    """What `leo_lab.bench.gridworld.bench_gridworld` returns, a figure a line."""
    shown = {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in report.items()}
    return "\n".join(f"{name:<36}{value}" for name, value in shown.items() if name != "per_seed")


def cost_table(report: Mapping[str, Any]) -> Table:
    """What `bench_cost` returns."""
    columns = {key: _HEADINGS.get(key, key.replace("_", " ")) for key in _COST_COLUMNS}
    caption = f"{report['device']}, jax {report['jax']}; times measured at fewer goals are scaled up linearly"
    return table(report["rows"], columns, digits=2, caption=caption)


def craftax_sheet(report: Mapping[str, Any]) -> str:
    """What `bench_craftax` returns."""
    caption = f"{report['env']}, {report['goals']} goals, {report['learner']}, {report['device']}, jax {report['jax']}"
    columns = {"part": "where the time goes", "us_per_step": "us per step", "share": "share of training"}
    lines = [
        f"training              {report['steps_per_second']:>12,.0f} steps/s "
        f"({report['ratio_to_paper']:.3g} x the paper's 37,000, at 512 goals)",
        f"world alone           {report['world_steps_per_second']:>12,.0f} steps/s",
        f"overhead of training  {report['overhead']:>12.2f} x the time of the world alone",
        f"testing all goals     {100 * report['achieved_share_of_step']:>11.2f} % of an environment step",
        f"peak memory           {report['peak_mb']:>12,.0f} MB ({report['peak_source']})",
    ]
    return "\n".join([str(table(report["rows"], columns, caption=caption)), "", *lines])


def sizes_table(report: Mapping[str, Any]) -> Table:
    """The summary of what `bench_sizes` returns."""
    good = f"seconds to {report['good']:.0%}"
    rows = [
        {
            **{name: line[name] for name in ("size", "goals", "learner", "runs")},
            "steps": line["env_steps"],
            **{"success": line["success"], "success range": between(line["success_least"], line["success_most"])},
            **{"seconds": line["seconds"], "seconds range": between(line["seconds_least"], line["seconds_most"])},
            **{"x smallest": line["seconds_ratio"], good: line["seconds_to_good"], "reached": line["reached"]},
        }
        for line in report["summary"]
    ]
    caption = f"{report['device']}, jax {report['jax']}; success over all pairs; medians over the runs, and their range"
    return table(rows, {key: key for key in rows[0]}, caption=caption)
