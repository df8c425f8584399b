"""Metrics where you want them: a function that is called with every snapshot, here into pandas and TensorBoard.

pip install pandas tensorboardX
python examples/06_metrics.py
tensorboard --logdir runs/board
"""

import pandas as pd
from tensorboardX import SummaryWriter

import leo_lab


def main(folder="runs/board", steps=200_000):
    env = leo_lab.make("gridworld", map="four_rooms")
    with SummaryWriter(folder) as board:

        def log(snapshot):
            """Between two chunks, on the host: whatever is done here does not slow the compiled loop down."""
            for name, value in snapshot.metrics.items():
                board.add_scalar(name, value, snapshot.env_steps)
            board.add_histogram("values", snapshot.values.v, snapshot.env_steps)

        run = leo_lab.train(env, "leo", steps=steps, chunks=10, callback=log)
    frame = pd.DataFrame(run.metrics).set_index("env_steps")
    print(frame[["loss", "td_error", "goals_seen"]].describe())
    return frame


if __name__ == "__main__":
    main()
