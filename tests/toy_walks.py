"""Greedy walks through the small gridworlds of toy_values, made with numpy alone."""

from types import SimpleNamespace

import numpy as np
from toy_values import ACTIONS, _next_cell


def walk(values, *goals, max_steps=100):
    """Command `goals` (names such as "r3c2") one after the other from the start, always taking the best action."""
    names, cells = list(values.state_names), [tuple(cell) for cell in values.state_positions.tolist()]
    moves, order = list(ACTIONS.values()), [names.index(goal) for goal in goals]
    states, actions, commanded, achieved = [values.start], [], [order[0]], [False]
    for goal in order:
        done = False
        while not done and len(actions) < max_steps:
            actions.append(int(values.q[states[-1], goal].argmax()))
            states.append(cells.index(_next_cell(values.layout, cells[states[-1]], moves[actions[-1]])))
            done = states[-1] == goal
            commanded.append(goal)
            achieved.append(done)
    return SimpleNamespace(
        states=np.array(states), actions=np.array(actions), goals=np.array(commanded), achieved=np.array(achieved)
    )
