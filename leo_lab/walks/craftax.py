"""Walks of an agent through a world that is seen around it: recorded, kept in a small file, looked at later."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.errors import LabError, check_count
from leo_lab.training.program import Run

_NAMES = ("block_names", "thing_names", "stat_names", "action_names", "goal_names")
_ARRAYS = ("blocks", "things", "direction", "stats", "actions", "goal", "achieved", "v", "best")
CODES = 65535  # values are kept as whole numbers of this many parts


@dataclasses.dataclass(frozen=True, eq=False)
class WorldTrace:
    """A walk of T steps, in a view of R x C places with the player in the middle one.

    Attributes:
      blocks: uint8 [T + 1, R, C], index into block_names.
      things: uint8 [T + 1, R, C], what stands on the block, index into thing_names; 0 is nothing.
      direction: uint8 [T + 1], where the player faces: 0 left, 1 right, 2 up, 3 down.
      stats: uint8 [T + 1, K], see stat_names.
      actions: uint8 [T].
      goal: int16 [T], the goal commanded when the action was chosen.
      achieved: bool [T + 1, G], the goals that the state at each time achieves.
      v: float32 [T + 1, G], max_a Q.
      best: uint8 [T + 1, G], the best action for each goal.
      block_names, thing_names, stat_names, action_names, goal_names: what the numbers mean.
      gamma: discount per step.
      title: whose walk it is.
    """

    blocks: np.ndarray
    things: np.ndarray
    direction: np.ndarray
    stats: np.ndarray
    actions: np.ndarray
    goal: np.ndarray
    achieved: np.ndarray
    v: np.ndarray
    best: np.ndarray
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]
    action_names: tuple[str, ...]
    goal_names: tuple[str, ...]
    gamma: float
    title: str

    @property
    def steps(self) -> int:
        """T."""
        return len(self.actions)

    def first_reached(self) -> np.ndarray:
        """The time at which each goal is first achieved after the start, int32 [G]; -1 for never."""
        later = self.achieved[1:]
        return np.where(later.any(axis=0), 1 + later.argmax(axis=0), -1).astype(np.int32)

    def save(self, path: str | Path) -> Path:
        """Writes a .npz file, whole or not at all; values are kept to 1/65535. Returns its path."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {"achieved": np.packbits(self.achieved, axis=1), "v": np.round(CODES * self.v).astype(np.uint16)}
        header = {name: getattr(self, name) for name in (*_NAMES, "gamma", "title")}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, header=np.array(to_json(header)), **arrays)
        path = Path(path)
        write_atomically(path, buffer.getvalue())
        return path


def load_trace(path: str | Path) -> WorldTrace:
    """Reads what `WorldTrace.save` wrote. Raises LabError for a missing or damaged file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            header = json.loads(str(file["header"]))
    except FileNotFoundError:
        raise LabError(f"{path}: no such file; leo-lab rollout DIR --out FILE.npz records one") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise LabError(f"{path}: not a trace, or a damaged one ({error}); record it again") from None
    count = len(header["goal_names"])
    arrays["achieved"] = np.unpackbits(arrays["achieved"], axis=1, count=count).astype(bool)
    arrays["v"] = (arrays["v"] / np.float32(CODES)).astype(np.float32)
    names = {name: tuple(header[name]) for name in _NAMES}
    return WorldTrace(**arrays, **names, gamma=header["gamma"], title=header["title"])


class Step(NamedTuple):
    """One time of a walk: the world's state, what is seen of it [F], and how all goals are valued, Q [G, A]."""

    state: Any
    obs: np.ndarray
    q: np.ndarray


def record(
    run: Run,
    goals: Sequence[int | str],
    *,
    steps: int = 300,
    patience: int | None = None,
    seed: int = 0,
    frame: Callable[[Any], Any] | None = None,
) -> WorldTrace | tuple[WorldTrace, list[np.ndarray]]:
    """Commands goals one after the other in one fresh world and follows the greedy policy until the last is achieved.

    The walk ends early where the player dies.

    Args:
      run: the agent, in a world whose observations can be read as scenes (Craftax).
      goals: names or indices, in the order of their command.
      steps: the longest walk.
      patience: steps allowed for one goal, then the next is commanded; as many as there are for each, unless told.
      seed: of the world and of its luck.
      frame: draws a state, such as `env.scene.renderer(16)`; asked for after every step.

    Returns:
      The walk; with `frame` also its T + 1 pictures, uint8 [H, W, 3].

    Raises:
      LabError: no goal, an unknown one, a limit below 1, or a world without scenes.
    """
    env = run.env
    if env.scene is None:
        raise LabError(f"{env.title} has no scenes; its walks are leo_lab.viz.greedy_trace's")
    order = env.goals.select(goals).tolist()
    if not order:
        raise LabError("goals must name at least one goal")
    patience = -(-steps // len(order)) if patience is None else patience
    for name, value in (("steps", steps), ("patience", patience)):
        check_count(name, value)
    walk, actions, commanded = _walk(run, order, steps, patience, seed)
    trace = _trace(run, walk, actions, commanded)
    if frame is None:
        return trace
    draw = jax.jit(frame)
    return trace, [np.asarray(draw(each.state)).astype(np.uint8) for each in walk]


@functools.lru_cache(maxsize=2)  # compiled once for all walks of a run
def _programs(run: Run) -> tuple[Callable, Callable, Callable]:
    """Compiled: key -> state; state -> (obs, Q [G, A], achieved [G]); what a step takes -> (state, action, over)."""
    env, learner, agent = run.env, run.learner, run.state.learner

    def look(state):
        obs = env.observe(state)
        return obs, learner.values(agent, obs[None])[0], env.achieved(obs)

    def move(state, obs, goal, key):
        action = learner.greedy(agent, obs[None], goal[None])[0]
        after, over = env.step(state, action, key)
        return after, action, over

    return jax.jit(env.reset), jax.jit(look), jax.jit(move)


def _walk(run: Run, order: list[int], steps: int, patience: int, seed: int) -> tuple[list[Step], list, list]:
    """The times of a walk, its actions, and the goals they were chosen for."""
    reset, look, move = _programs(run)
    reset_key, walk_key = jax.random.split(jax.random.key(seed))
    state = reset(reset_key)
    obs, q, _ = look(state)
    walk, actions, commanded = [Step(state, np.asarray(obs), np.asarray(q))], [], []
    place, since = 0, 0
    for time in range(steps):
        goal = order[place]
        state, action, over = move(state, obs, jnp.int32(goal), jax.random.fold_in(walk_key, time))
        obs, q, achieved = look(state)
        walk.append(Step(state, np.asarray(obs), np.asarray(q)))
        actions.append(int(action))
        commanded.append(goal)
        since += 1
        if achieved[goal] or since == patience:
            place, since = place + 1, 0
        if over or place == len(order):
            break
    return walk, actions, commanded


def _trace(run: Run, walk: Sequence[Step], actions: Sequence[int], commanded: Sequence[int]) -> WorldTrace:
    env = run.env
    obs, q = np.stack([each.obs for each in walk]), np.stack([each.q for each in walk])
    return WorldTrace(
        **env.scene.read(obs)._asdict(),
        actions=np.array(actions, np.uint8),
        goal=np.array(commanded, np.int16),
        achieved=np.asarray(env.achieved(jnp.asarray(obs))),
        v=q.max(axis=-1).astype(np.float32),
        best=q.argmax(axis=-1).astype(np.uint8),
        block_names=env.scene.block_names,
        thing_names=env.scene.thing_names,
        stat_names=env.scene.stat_names,
        action_names=env.action_names,
        goal_names=env.goals.names,
        gamma=run.config.gamma,
        title=f"{run.learner.title} in {env.title}, {run.env_steps:,} steps",
    )
