"""Exploring with a table: every step teaches every goal, and a rule chooses what to command next."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from leo_lab.envs.base import Environment
from leo_lab.errors import LabError


class Live(NamedTuple):
    """What R runs know of their G goals while they explore.

    Attributes:
      seen: bool [R, G], goals achieved at least once.
      visits: int64 [R, G], how often.
      tries, wins: int64 [R, G], how often a goal was commanded, and was then achieved before its episode ended.
    """

    seen: np.ndarray
    visits: np.ndarray
    tries: np.ndarray
    wins: np.ndarray

    @property
    def success(self) -> np.ndarray:
        """Share of the tries that were won, float64 [R, G], as if one more had been won and one lost: 1/2 at first."""
        return (self.wins + 1) / (self.tries + 2)


@dataclasses.dataclass(frozen=True, eq=False)
class Exploration:
    """R runs that are over.

    Attributes:
      live: what they know in the end.
      q: float64 [R, S, G, A], their tables.
      records: one dict for every tenth of the run: env_steps, goals_seen (mean over the runs).
    """

    live: Live
    q: np.ndarray
    records: tuple[dict[str, float], ...]


def explore(
    env: Environment,
    sample: Callable[[Live], np.ndarray],
    *,
    episodes: int = 200,
    length: int = 100,
    epsilon: float = 0.1,
    gamma: float = 0.99,
    runs: int = 10,
    seed: int = 0,
) -> Exploration:
    """Explores from the start: epsilon-greedy towards a commanded goal, a new one when it is achieved.

    Every step writes the one-step targets of all goals into the table, so that samplers differ in where they lead only.

    Args:
      env: a world without luck whose states can be listed.
      sample: Live -> the probability of each goal to be commanded next, [R, G].
      episodes, length: of each run; an episode begins at the start.
      epsilon, gamma: probability of a random action, and discount per step.
      runs: R independent runs.
      seed: fixes everything.

    Raises:
      LabError: a world with luck, or probabilities that are none.
    """
    if not env.deterministic:
        raise LabError(f"explore needs a world without luck, unlike {env.title}")
    states, actions = env.states, len(env.action_names)
    hit, after = np.asarray(env.achieved(states.observations)), states.transitions.argmax(axis=-1)
    rng, row, steps = np.random.default_rng(seed), np.arange(runs), episodes * length
    q = np.zeros((runs, len(states), actions, len(env.goals)))  # maxima over actions are fast this way
    state = np.full(runs, states.start)
    live = Live(hit[state], *np.zeros((3, *hit[state].shape), np.int64))
    goal, records = _draw(sample, live, rng), []
    for step in range(1, steps + 1):
        best = (q[row, state, :, goal] + 1e-6 * rng.random((runs, actions))).argmax(axis=-1)  # ties by chance
        action = np.where(rng.random(runs) < epsilon, rng.integers(actions, size=runs), best)
        reached = after[state, action]
        q[row, state, action] = np.where(hit[reached], 1.0, gamma * q[row, reached].max(axis=1))
        won, ended = hit[reached, goal], step % length == 0
        live.tries[row, goal] += won | ended
        live.wins[row, goal] += won
        live = live._replace(seen=live.seen | hit[reached], visits=live.visits + hit[reached])
        if (won | ended).any():
            goal = np.where(won | ended, _draw(sample, live, rng), goal)
        state = np.full(runs, states.start) if ended else reached
        if step % max(steps // 10, 1) == 0:
            records.append({"env_steps": step, "goals_seen": float(live.seen.sum(axis=1).mean())})
    return Exploration(live, q.swapaxes(-1, -2), tuple(records))


def _draw(sample: Callable[[Live], np.ndarray], live: Live, rng: np.random.Generator) -> np.ndarray:
    """Goals int64 [R] with the sampler's probabilities."""
    chance = np.asarray(sample(live), float)
    if chance.shape != live.seen.shape:
        raise LabError(f"a sampler must return probabilities [R, G] = {list(live.seen.shape)}, got {chance.shape}")
    if not ((chance >= 0).all() and np.allclose(chance.sum(axis=1), 1)):
        raise LabError("the probabilities of a sampler must be at least 0 and sum to 1 in each row")
    below = chance.cumsum(axis=1) <= rng.random((len(chance), 1))
    last = chance.shape[1] - 1 - (chance[:, ::-1] > 0).argmax(axis=1)  # rounding must not lead past it
    return np.minimum(below.sum(axis=1), last)
