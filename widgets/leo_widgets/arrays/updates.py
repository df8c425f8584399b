"""Transitions, and what three learners write into a table of values when they see them, one after the other."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leo_widgets.arrays.names import index_of
from leo_widgets.arrays.values import AllGoalsValues
from leo_widgets.arrays.walks import check_on_values, read_walk

LEARNERS = ("single", "her", "all")
LEAST = 1e-6  # a goal has learnt something where its value changed by more


@dataclass(frozen=True)
class Transitions:
    """T transitions (s, a, s'), and what was asked of the agent at each."""

    state: np.ndarray  # int64 [T]
    action: np.ndarray  # int64 [T]
    next_state: np.ndarray  # int64 [T]
    goal: np.ndarray  # int64 [T], the commanded goals
    terminated: np.ndarray  # bool [T]: the world ended, so there is no bootstrap
    truncated: np.ndarray  # bool [T]: the time limit ended the episode, and values go on
    relabelled: tuple[tuple[int, ...], ...]  # for each, the goals that HER learns beside the commanded one

    def __len__(self) -> int:
        return len(self.state)

    def learns(self, mode: str, goals: int) -> np.ndarray:
        """Which goals a learner updates at each transition, bool [T, G]."""
        mask = np.full((len(self), goals), mode == "all")
        mask[np.arange(len(self)), self.goal] = True
        if mode == "her":
            for time, chosen in enumerate(self.relabelled):
                mask[time, list(chosen)] = True
        return mask


def read_transitions(
    table: AllGoalsValues, walk, states, actions, next_states, goals, terminated, truncated, relabelled, who: str
) -> Transitions:
    """Transitions of a walk with the layer `cell`, or of arrays of indices or names.

    Raises TypeError for an object that is no such walk, ValueError for what does not fit.
    """
    if (walk is None) == (states is None):
        raise ValueError(f"{who} needs either a walk, or states, actions and goals")
    if walk is not None:
        read = read_walk(walk, who, "cell")
        check_on_values(read, table, who)
        states, actions, goals, next_states = read.cell, read.action, read.goal, None
    if actions is None or goals is None:
        raise ValueError(f"{who}: states need actions and goals")
    actions = _indices(actions, table.action_names, "action", who)
    count = len(actions)
    states = _indices(states, table.state_names, "state", who)
    if next_states is None:
        if len(states) != count + 1:
            raise ValueError(f"{who}: {count} actions need {count + 1} states (or next_states), got {len(states)}")
        states, next_states = states[:-1], states[1:]
    alone = isinstance(goals, str) or np.ndim(goals) == 0
    read = {
        "states": states, "next_states": _indices(next_states, table.state_names, "state", who),
        "goals": _indices([goals] * count if alone else goals, table.goal_names, "goal", who),
        "terminated": _flags(terminated, count), "truncated": _flags(truncated, count),
    }  # fmt: skip
    for name, array in read.items():
        if array.shape != (count,):
            raise ValueError(f"{who}: {count} actions need {count} {name}, got {len(array)}")
    ended = read["terminated"] | read["truncated"]
    return Transitions(
        read["states"], actions, read["next_states"], read["goals"], read["terminated"], read["truncated"],
        _relabelled(relabelled, table, read["next_states"], read["goals"], ended, who),
    )  # fmt: skip


def _indices(items, names, kind: str, who: str) -> np.ndarray:
    """Indices or names as int64 [T], at least one."""
    try:
        found = np.array([index_of(item, names, kind) for item in items], np.int64)
    except ValueError as error:
        raise ValueError(f"{who}: {error}") from None
    if found.size == 0:
        raise ValueError(f"{who}: there is no {kind}, so there is nothing to show")
    return found


def _flags(flags, count: int) -> np.ndarray:
    return np.zeros(count, bool) if flags is None else np.asarray(flags, bool)


def achieved_later(table: AllGoalsValues, next_states, ended) -> list[list[int]]:
    """For each of T steps the goals achieved then or later in the same episode, in the order of their achievement."""
    later, found = [], []
    for state, end in zip(next_states[::-1], ended[::-1], strict=True):
        now = np.flatnonzero(table.here[state]).tolist()
        later = now if end else now + [goal for goal in later if goal not in now]
        found.append(later)
    return found[::-1]


def _relabelled(wanted, table: AllGoalsValues, next_states, goals, ended, who: str) -> tuple[tuple[int, ...], ...]:
    """The goals given for each transition, or `wanted` of those that it or a later one achieves, drawn with seed 0."""
    if np.ndim(wanted) == 0 and not isinstance(wanted, str):
        if wanted < 0 or wanted != int(wanted):
            raise ValueError(f"{who}: relabelled must be a number of goals, or a list of goals for each transition")
        luck = np.random.default_rng(0)
        later = achieved_later(table, next_states, ended)
        choices = [[g for g in found if g != goal] for found, goal in zip(later, goals, strict=True)]
        return tuple(
            tuple(sorted(luck.choice(found, min(int(wanted), len(found)), replace=False).tolist())) if found else ()
            for found in choices
        )
    if len(wanted) != len(goals):
        raise ValueError(f"{who}: {len(goals)} transitions need {len(goals)} lists of relabelled goals")
    try:
        return tuple(tuple(index_of(goal, table.goal_names, "goal") for goal in chosen) for chosen in wanted)
    except ValueError as error:
        raise ValueError(f"{who}: {error}") from None


@dataclass(frozen=True)
class Record:
    """What one learner read and wrote at T transitions for G goals. The browser makes the same: map/updates.js."""

    hit: np.ndarray  # bool [T, G]: s' achieves the goal, so r = 1
    done: np.ndarray  # bool [T, G]: hit or terminated
    best: np.ndarray  # float32 [T, G]: max_a' Q(s')[g, a']
    target: np.ndarray  # float64 [T, G]
    before: np.ndarray  # float32 [T, G]: the prediction Q(s)[g, a]
    after: np.ndarray  # float32 [T, G]: the same once it is updated; equal where the goal is not learnt
    learns: np.ndarray  # bool [T, G]: goals that the learner updates

    @cached_property
    def change(self) -> np.ndarray:
        """float64 [T, G]."""
        return self.after.astype(float) - self.before

    @cached_property
    def counts(self) -> np.ndarray:
        """How many goals learnt something at each transition, int [T]."""
        return (np.abs(self.change) > LEAST).sum(axis=1)


def replay(table: AllGoalsValues, seen: Transitions, mode: str, alpha: float, gamma: float, steps: int | None = None):
    """The `Record` of a learner, and its table float32 [S, G, A] after the first `steps` transitions; all, unless told.

    y_g = r_g + gamma (1 - done_g) max_a' Q(s')[g, a'];  Q(s)[g, a] <- Q(s)[g, a] + alpha (y_g - Q(s)[g, a]).
    The table stays in single precision, and each number of an update in double: then Python and JavaScript agree
    to the last bit.
    """
    q, (_, goals, _) = table.q.copy(), table.q.shape
    hit = table.here[seen.next_state]
    done = hit | seen.terminated[:, None]
    learns = seen.learns(mode, goals)
    best, before, after = (np.zeros(hit.shape, np.float32) for _ in range(3))
    target = np.zeros(hit.shape)
    kept = q.copy() if steps == 0 else q
    for time in range(len(seen)):
        column = q[seen.state[time], :, seen.action[time]]  # [G], a view
        best[time] = q[seen.next_state[time]].max(axis=-1)
        target[time] = hit[time] + gamma * (1 - done[time]) * best[time].astype(float)
        before[time] = column
        new = before[time] + alpha * (target[time] - before[time])
        column[:] = after[time] = np.where(learns[time], new, before[time])
        if time + 1 == steps:
            kept = q.copy()
    return Record(hit, done, best, target, before, after, learns), kept
