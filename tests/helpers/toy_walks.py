"""Greedy walks through the small gridworlds of toy_values, and what becomes of them, made with numpy alone."""

from types import SimpleNamespace

import numpy as np

from leo_lab.artefacts.walk import Walk
from toy_values import ACTIONS, _next_cell, estimate, replace


def walk(values, *goals, max_steps=100):
    """Command `goals` (names such as "r3c2") one after the other from the start, always taking the best action."""
    names, cells = list(values.state_names), [tuple(cell) for cell in values.state_positions.tolist()]
    moves, order = list(ACTIONS.values()), [names.index(goal) for goal in goals]
    states, actions, commanded = [values.start], [], [order[0]]
    for goal in order:
        done = False
        while not done and len(actions) < max_steps:
            actions.append(int(values.q[states[-1], goal].argmax()))
            states.append(cells.index(_next_cell(values.layout, cells[states[-1]], moves[actions[-1]])))
            done = states[-1] == goal
            commanded.append(goal)
    return walk_of(values, states, actions, commanded[1:])


def walk_of(values, states, actions, goals, **changes):
    """The record of a walk through the states of a table, with the values and best actions of that table."""
    states, q = np.array(states), values.q[np.array(states)]
    here = (values.state_positions[states][:, None] == values.goal_positions[None]).all(-1)
    record = Walk(
        action=np.array(actions, np.int32), goal=np.array(goals, np.int32), achieved=here, v=q.max(axis=-1),
        best=q.argmax(axis=-1).astype(np.uint8), goal_names=values.goal_names, action_names=values.action_names,
        gamma=values.gamma, title=values.title, cell=states.astype(np.int32),
    )  # fmt: skip
    return replace(record, **changes)


def moves_of(values):
    """Next states of a table with a layout, int [S, A], by the rules of the map."""
    cells = [tuple(cell) for cell in values.state_positions.tolist()]
    moves = ACTIONS.values()
    return np.array([[cells.index(_next_cell(values.layout, cell, move)) for move in moves] for cell in cells])


def outcomes(values, truth, max_steps=50):
    """What becomes of the greedy walk from every start to every goal: the attributes of an evaluation."""
    best, after = values.q.argmax(axis=-1), moves_of(values)
    size = len(best)
    length = np.full((size, size), np.nan)
    for start in range(size):
        for goal in range(size):
            state = start
            for step in range(1, max_steps + 1):
                state = after[state, best[state, goal]]
                if state == goal:
                    length[start, goal] = step
                    break
    pairs = (truth.q.max(axis=-1) > 0) & ~np.eye(size, dtype=bool)
    success = (~np.isnan(length)).astype(float)
    return SimpleNamespace(values=values, exact=truth, pairs=pairs, success=success, length=length)


def wanderer(truth, noise=0.005):
    """An agent in ROOMS that fails at times, and takes a way round from r0c4 to the goals below it and beside that."""
    q = estimate(truth, noise).q.copy()
    index, left, down = truth.state_names.index, 0, 3
    for goal in map(index, ("r1c4", "r1c5", "r1c6")):
        q[:, goal] = truth.q[:, goal]
        q[index("r0c4"), goal], q[index("r0c3"), goal] = 0.9 * np.eye(4)[left], 0.9 * np.eye(4)[down]
    return replace(truth, q=q, title="wanderer")


def random_walk(truth, steps=120, seed=0):
    """States [T + 1], actions and commanded goals [T] of a walk without aim; walls are bumped into."""
    rng = np.random.default_rng(seed)
    cells, states = [tuple(cell) for cell in truth.state_positions.tolist()], [truth.start]
    actions, moves = rng.integers(4, size=steps), list(ACTIONS.values())
    for action in actions:
        states.append(cells.index(_next_cell(truth.layout, cells[states[-1]], moves[action])))
    return {"states": states, "actions": actions, "goals": rng.integers(21, size=steps)}
