"""A sweep: every setting with several seeds, which share one compiled program, scored against the exact values.

python examples/05_sweep.py
"""

import itertools

import leo_lab
from leo_lab.scores.statistics import interval
from leo_lab.viz import table

GRID = {"learning_rate": (1e-3, 3e-3), "target": ("one_step", "best_return")}


def main(steps=100_000, seeds=3):
    env = leo_lab.make("gridworld", map="one_way")
    rows = []
    for values in itertools.product(*GRID.values()):
        settings = dict(zip(GRID, values, strict=True))
        runs = leo_lab.train_seeds(env, "leo", steps=steps, seeds=seeds, **settings)
        score = interval([[leo_lab.evaluate(run).success_all_pairs for run in runs]])
        rows.append({**settings, "success": score["iqm"], "low": score["low"], "high": score["high"]})
    print(table(rows, caption=f"{env.title}, {steps:,} steps, {seeds} seeds: interquartile mean and 95 % interval"))
    return rows


if __name__ == "__main__":
    main()
