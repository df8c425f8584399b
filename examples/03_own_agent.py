"""Your own agent: any array of values [S, G, A] is one, wherever it comes from.

    python examples/03_own_agent.py

Here it is made by numpy: the agent believes that a goal is as far as the crow flies, and knows nothing of walls.
"""

import numpy as np

import leo_lab
from leo_widgets import GoalMap


def crow_flies(env, gamma=0.99):
    """float32 [S, G, A]: gamma^(steps - 1), with the steps that a world without walls would take after each action."""
    places = env.states.positions
    moves = np.array([(0, -1), (0, 1), (-1, 0), (1, 0)])  # row, col of left, right, up, down
    after = places[:, None] + moves[None]  # [S, A, 2]
    steps = 1 + np.abs(after[:, None] - places[None, :, None]).sum(axis=-1)  # [S, G, A]
    return gamma ** (steps - 1.0)


def main(path="own_agent.html"):
    env = leo_lab.make("gridworld", map="four_rooms")
    values = leo_lab.AllGoalsValues(
        q=crow_flies(env),
        state_names=env.states.names,
        goal_names=env.goals.names,
        action_names=env.action_names,
        state_positions=env.states.positions,
        goal_positions=env.goals.positions,
        layout=env.states.layout,
        start=env.states.start,
        title="as the crow flies",
    )
    scores = leo_lab.evaluate(values, env)
    print(scores.summary())
    print("open", GoalMap(values, leo_lab.exact_values(env), goal="r1c1").to_html(path))
    return scores


if __name__ == "__main__":
    main()
