"""One update, three drivers: a compiled loop, the same loop over seeds, and a stream of chunks for the host.

The compiled loop never calls back into Python. Between chunks the host has its turn: progress, metrics, snapshots,
stop, checkpoint. The number of iterations of a chunk is data, so one compilation serves every chunk, and a run that
was cut anywhere between two chunks and resumed is, bit for bit, the run that was never interrupted.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment, settled
from leo_lab.errors import LabError, check_count, check_number, unknown
from leo_lab.experience.online import Actors, collect, start_actors
from leo_lab.learners import make_learner, make_learner_config
from leo_lab.learners.base import Config, Learner, PyTree
from leo_lab.training.devices import naming_what_to_halve, shard_over_envs

STEPS_PER_PAIR = 60
SIDE_BY_SIDE = ("auto", "vmap", "threads")
CHUNKS = 40  # turns that the host gets in a run, unless told otherwise
BY_GROUP = "success/"  # begins the names of metrics of one group of goals
SHARE = 0.8  # of the seconds that a chunk may take is aimed at, for worlds that become slower while they are played


class TrainState(NamedTuple):
    """Everything that changes during a run: a plain pytree that scan, vmap, sharding and checkpoints can hold.

    Attributes:
      learner: the learner's own state.
      actors: the environments and their commanded goals; None in a run that was loaded from its parameters alone.
      key: the run's PRNG key; iteration i uses fold_in(key, i) and nothing else does.
      iteration: int32 [], iterations done.
    """

    learner: PyTree
    actors: Actors | None
    key: jax.Array
    iteration: jax.Array


class Program:
    """The training of one learner in one environment, compiled once.

    Attributes:
      env, learner, config: what is trained where.
      steps: environment steps asked for; `iterations` whole iterations take at least as many.
    """

    def __init__(self, env: Environment, learner: str, steps: int, config: Config):
        self.env, self.config, self.steps = env, config, _count("steps", steps)
        self.iterations = -(-self.steps // config.steps_per_iteration)
        self.learner: Learner = make_learner(learner, env, config, self.iterations)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def init(self, seed: int) -> TrainState:
        """A fresh state. The seed fixes everything that follows."""
        with naming_what_to_halve(self.config):
            return shard_over_envs(self._init(jax.random.key(seed)), self.config.num_envs)

    def init_seeds(self, seeds: Sequence[int]) -> TrainState:
        """Fresh states of several seeds, stacked along a new leading axis."""
        return jax.vmap(self._init)(jnp.stack([jax.random.key(seed) for seed in seeds]))

    @cached_property
    def _init(self):
        @jax.jit
        def init(key: jax.Array) -> TrainState:
            learner_key, actors_key, run_key = jax.random.split(key, 3)
            actors = start_actors(self.env, actors_key, self.config.num_envs)
            return TrainState(settled(self.learner.init(learner_key)), actors, run_key, jnp.zeros((), jnp.int32))

        return init

    def update(self, state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
        """One iteration: collect a segment, learn from it. Pure; returns the new state and scalar metrics."""
        rollout_key, learn_key = jax.random.split(jax.random.fold_in(state.key, state.iteration))

        def choose(obs, goal, key):
            return self.learner.act(state.learner, obs, goal, key)

        actors, segment = collect(self.env, choose, state.actors, rollout_key, self.config.unroll)
        learner, metrics = self.learner.update(state.learner, segment, learn_key)
        return TrainState(learner, actors, state.key, state.iteration + 1), metrics

    def advance(self, state: TrainState, count: jax.Array) -> tuple[TrainState, dict[str, jax.Array]]:
        """`count` iterations, int32 []; metrics are means over them."""
        shapes = jax.eval_shape(self.update, state)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def body(_, carry):
            state, total = carry
            state, metrics = self.update(state)
            return state, jax.tree.map(jnp.add, total, metrics)

        state, total = jax.lax.fori_loop(0, count, body, (state, zeros))
        return state, jax.tree.map(lambda leaf: leaf / count, total)

    def compile(self, state: TrainState) -> tuple[Any, float]:
        """Compiles `advance` for such a state, or for a stack of as many, once; returns it and the seconds it took."""
        began = time.perf_counter()
        seeds = state.iteration.shape
        if seeds not in self._compiled:
            advance = jax.vmap(self.advance, in_axes=(0, None)) if seeds else self.advance
            places = jax.tree.map(lambda leaf: leaf.sharding, state)  # what comes out lies where it lay
            compiled = jax.jit(advance, out_shardings=(places, None)).lower(state, jnp.int32(1)).compile()
            self._compiled[seeds] = compiled
        return self._compiled[seeds], time.perf_counter() - began

    @cached_property
    def _read_out(self):
        return jax.jit(self.learner.values)

    def read_values(self, learner_state: PyTree, title: str = "") -> AllGoalsValues:
        """The values of all states of an environment whose states can be listed."""
        env, states = self.env, self.env.states
        if states is None:
            raise LabError(f"{env.name}: its states cannot be listed; ask learner.values for the ones you have")
        return AllGoalsValues(
            q=np.asarray(self._read_out(learner_state, states.observations)),
            state_names=states.names,
            goal_names=env.goals.names,
            action_names=env.action_names,
            gamma=self.config.gamma,
            scale=self.learner.scale,
            state_positions=states.positions,
            goal_positions=env.goals.positions,
            layout=states.layout,
            start=states.start,
            title=title or self.learner.title,
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A run, finished or under way.

    Attributes:
      program: what is trained where.
      state: where it stands.
      seed: which fixed everything.
      metrics: one dict per chunk, see `stream`.
      seconds: spent in training, without compilation.
      compile_seconds: spent in compilation.
      resumable: False for a run that was loaded from its parameters alone.
    """

    program: Program
    state: TrainState
    seed: int
    metrics: tuple[dict[str, float], ...] = ()
    seconds: float = 0.0
    compile_seconds: float = 0.0
    resumable: bool = True

    @property
    def env(self) -> Environment:
        return self.program.env

    @property
    def learner(self) -> Learner:
        return self.program.learner

    @property
    def config(self) -> Config:
        return self.program.config

    @cached_property
    def iteration(self) -> int:
        """Iterations done."""
        return int(self.state.iteration)

    @property
    def env_steps(self) -> int:
        """Environment steps taken."""
        return self.iteration * self.config.steps_per_iteration

    @property
    def finished(self) -> bool:
        return self.iteration >= self.program.iterations

    def values(self) -> AllGoalsValues:
        """What the agent believes: the value of every action for every goal in every state."""
        return self._values

    def part(self, name: str) -> Run:
        """One network of a learner that has several, such as the "teacher" of Dual LEO, as a run of its own.

        It can be looked at and saved, not resumed. Raises LabError for an unknown part, or where there is only one.
        """
        parts = getattr(self.learner, "parts", {})
        if not parts:
            raise LabError(f'{self.learner.name} is one network and has no "{name}"; leave the part out')
        if name not in parts:
            raise unknown(f"part of {self.learner.name}", name, parts)
        program = Program(self.env, parts[name], self.program.steps, getattr(self.config, name))
        state = self.state._replace(learner=getattr(self.state.learner, name))
        return dataclasses.replace(self, program=program, state=state, resumable=False)

    @cached_property
    def _values(self) -> AllGoalsValues:
        title = f"{self.learner.title}, {self.env_steps:,} steps"
        return self.program.read_values(self.state.learner, title)


@dataclasses.dataclass(frozen=True, eq=False)
class Snapshot:
    """A run between two chunks.

    Attributes:
      run: the run as it stands.
      metrics: of the last chunk; see `stream`.
    """

    run: Run
    metrics: dict[str, float]

    @property
    def env_steps(self) -> int:
        return self.run.env_steps

    @property
    def total_steps(self) -> int:
        """Environment steps of the whole run."""
        return self.run.program.iterations * self.run.config.steps_per_iteration

    @property
    def seconds(self) -> float:
        return self.run.seconds

    @property
    def values(self) -> AllGoalsValues:
        return self.run.values()


def default_steps(env: Environment) -> int:
    """Environment steps that a run gets unless told: enough to meet every pair of places often, in reason."""
    pairs = len(env.goals) ** 2
    return int(np.clip(STEPS_PER_PAIR * pairs, 800_000, 4_000_000))


def begin(env: Environment, learner: str = "leo", *, steps: int | None = None, seed: int = 0, **config) -> Run:
    """A run that has not learnt yet; see `stream` for the arguments and errors."""
    steps = default_steps(env) if steps is None else steps
    seed = _seed(seed)
    program = Program(env, learner, steps, make_learner_config(learner, **config))
    return Run(program, program.init(seed), seed)


def _count(name: str, value: object) -> int:
    """A whole number of at least 1, also written as 1e6; LabError for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    check_count(name, value)
    return int(value)


def _seed(value: object) -> int:
    """A seed, 0 to 2**32 - 1: JAX drops higher bits, which would give two seeds one run. LabError for others."""
    check_number("seed", value, whole=True)
    if not 0 <= value < 2**32:
        raise LabError(f"seed must be 0 to {2**32 - 1}, got {value}")
    return int(value)


def stream(env: Environment, learner: str = "leo", *, chunks: int = CHUNKS, **options) -> Iterator[Snapshot]:
    """Trains in chunks and yields a Snapshot after each; stop iterating to stop training.

    The first snapshot comes before any learning. Metrics of a chunk: iteration, env_steps, seconds, those of the
    learner (means over the chunk), `commanded_success` (share of first commanded goals achieved in the chunk, nan
    where none was decided), the same of each group of goals where there are several, such as `success/inventory`,
    `goals_seen`, and in continuous worlds `broken`: how often the simulator gave no numbers so far.

    Args:
      env: where to train.
      learner: its name.
      chunks: how many snapshots a run has, besides the first.
      **options: `steps`, environment steps, rounded up to whole iterations (default: by the number of goals);
        `seed`, which fixes everything (default 0); and settings of the learner, see its configuration class.

    Raises:
      LabError: an unknown learner or setting, or settings that do not fit together.
    """
    return continue_stream(begin(env, learner, **options), chunks=chunks)


def continue_stream(run: Run, *, chunks: int = CHUNKS, every: float | None = None) -> Iterator[Snapshot]:
    """Like `stream`, from where a run stands.

    Args:
      run: which may have been loaded.
      chunks: as in `stream`.
      every: seconds that a chunk may take; what would take longer is cut in as many chunks as that needs. One
        iteration is then tried out beforehand. The run is the same, bit for bit, wherever it is cut.
    """
    chunks = _count("chunks", chunks)
    if every is not None:
        check_number("every", every)
        if not every > 0:
            raise LabError(f"every must be above 0 seconds, got {every}")
    if not run.resumable:
        raise LabError("this run holds the agent's parameters only, so it cannot go on; train a new one")
    return _chunks(run, chunks, every)


def _chunks(run: Run, chunks: int, every: float | None) -> Iterator[Snapshot]:
    program = run.program
    size = -(-program.iterations // chunks)
    yield Snapshot(run, run.metrics[-1] if run.metrics else {})
    if run.finished:
        return
    with naming_what_to_halve(run.config):
        advance, compile_seconds = program.compile(run.state)
    run = dataclasses.replace(run, compile_seconds=run.compile_seconds + compile_seconds)
    pace = 0.0  # seconds of an iteration, as far as known
    if every is not None and size > 1:
        pace = _advance(advance, run, 1)[2]
    while not run.finished:
        # Chunks end at multiples of their size, wherever a resumed run starts.
        count = min(size - run.iteration % size, program.iterations - run.iteration)
        if every is not None:
            count = _part(count, pace, SHARE * every)
        state, metrics, seconds = _advance(advance, run, count)
        pace = seconds / count
        row = _row(run, state, metrics, run.seconds + seconds)
        run = dataclasses.replace(run, state=state, metrics=(*run.metrics, row), seconds=run.seconds + seconds)
        yield Snapshot(run, row)


def _advance(advance: Any, run: Run, count: int) -> tuple[TrainState, dict[str, jax.Array], float]:
    """`count` iterations from where a run stands: state, metrics and the seconds they took."""
    began = time.perf_counter()
    with naming_what_to_halve(run.config):
        state, metrics = jax.block_until_ready(advance(run.state, jnp.int32(count)))
    return state, metrics, time.perf_counter() - began


def _part(count: int, pace: float, seconds: float) -> int:
    """The first of as many equal parts of `count` iterations as must be made so that none takes longer."""
    parts = min(count, max(1, -int(-count * pace // seconds)))
    return -(-count // parts)


def _row(run: Run, state: TrainState, metrics: dict[str, jax.Array], seconds: float) -> dict[str, float]:
    iteration = int(state.iteration)
    tries, hits = (
        np.asarray(getattr(state.actors, name)) - np.asarray(getattr(run.state.actors, name))
        for name in ("tries", "hits")
    )
    return {
        "iteration": iteration,
        "env_steps": iteration * run.config.steps_per_iteration,
        "seconds": round(seconds, 4),
        **{name: float(value) for name, value in metrics.items()},
        "commanded_success": _share(hits, tries),
        **_by_group(run.env.goals.groups, hits, tries),
        "goals_seen": int(state.actors.seen.sum()),
        **({"broken": int(state.actors.broken)} if run.env.continuous else {}),
    }


def _share(hits: np.ndarray, tries: np.ndarray) -> float:
    return int(hits.sum()) / int(tries.sum()) if tries.any() else float("nan")


def _by_group(groups: Sequence[str], hits: np.ndarray, tries: np.ndarray) -> dict[str, float]:
    """The share of each group of goals, where there are several."""
    names = list(dict.fromkeys(groups))
    if len(names) == 1:
        return {}
    members = {name: np.array([group == name for group in groups]) for name in names}
    return {f"{BY_GROUP}{name}": _share(hits[which], tries[which]) for name, which in members.items()}


def train(env: Environment, learner: str = "leo", *, progress: bool = False, **options) -> Run:
    """Trains a learner and returns the run. Takes what `stream` takes.

    Args:
      env: where to train.
      learner: its name.
      progress: show a progress bar.
      **options: steps, seed, chunks and the learner's settings; see `stream`.
    """
    return finish(stream(env, learner, **options), progress=progress)


def finish(snapshots: Iterator[Snapshot], *, progress: bool = False) -> Run:
    """Follows a stream to its end, with a progress bar on request.

    With it comes a line per chunk in worlds that are dear: where goals have groups, or actions are continuous.
    """
    from tqdm.auto import tqdm

    last = next(iter(snapshots))
    done = last.env_steps
    with tqdm(
        total=last.total_steps, initial=done, unit="step", unit_scale=True, disable=not progress, desc="train"
    ) as bar:
        for snapshot in snapshots:
            bar.update(snapshot.env_steps - last.env_steps)
            bar.set_postfix(loss=f"{snapshot.metrics['loss']:.4f}", goals=snapshot.metrics["goals_seen"])
            dear = snapshot.run.env.continuous or any(name.startswith(BY_GROUP) for name in snapshot.metrics)
            if progress and dear:
                bar.write(_progress(snapshot, last))
            last = snapshot
    return last.run


def _progress(now: Snapshot, before: Snapshot) -> str:
    """One line: how far, how fast, how long still, which goals succeed, and how often the simulator broke."""
    speed = (now.env_steps - before.env_steps) / max(1e-9, now.seconds - before.seconds)
    left = round((now.total_steps - now.env_steps) / speed)
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    groups = {name.removeprefix(BY_GROUP): now.metrics[name] for name in now.metrics if name.startswith(BY_GROUP)}
    groups = groups or {"commanded": now.metrics["commanded_success"]}
    broken = f"; simulator broke {now.metrics['broken']} times" if now.metrics.get("broken") else ""
    shares = ", ".join(f"{name} {'-' if share != share else f'{share:.2f}'}" for name, share in groups.items())
    return (
        f"{now.env_steps:,} steps, {speed:,.0f} steps/s, {hours}:{minutes:02}:{seconds:02} left, "
        f"{now.metrics['goals_seen']} goals seen; success: {shares}{broken}"
    )


def train_seeds(
    env: Environment,
    learner: str = "leo",
    *,
    steps: int | None = None,
    seeds: int | Sequence[int] = 8,
    by: str = "auto",
    **config,
) -> list[Run]:
    """Trains several seeds with one compiled program, side by side.

    Args:
      env: where to train.
      learner: its name.
      steps: environment steps of each seed.
      seeds: how many (0, 1, ...), or which.
      by: "vmap", all in one batched loop, which fills an accelerator; "threads", one core each until all are done,
        since XLA runs batched products on one core only; or "auto", threads on a CPU, else vmap.
      **config: settings of the learner.

    Returns:
      One run per seed. `seconds` and `compile_seconds` are those of all together.

    Raises:
      LabError: no seed, another `by`, or what `train` raises.
    """
    seeds = [_seed(seed) for seed in (seeds if np.ndim(seeds) else range(_count("seeds", seeds)))]
    if not seeds:
        raise LabError("seeds must name at least one seed")
    if by not in SIDE_BY_SIDE:
        raise unknown("way to train seeds", by, SIDE_BY_SIDE)
    if by == "auto":
        by = "threads" if jax.default_backend() == "cpu" else "vmap"
    steps = default_steps(env) if steps is None else steps
    program = Program(env, learner, steps, make_learner_config(learner, **config))
    states, seconds, compile_seconds = (_by_vmap if by == "vmap" else _by_threads)(program, seeds)
    return [Run(program, state, seed, (), seconds, compile_seconds) for state, seed in zip(states, seeds, strict=True)]


def _by_vmap(program: Program, seeds: Sequence[int]) -> tuple[list[TrainState], float, float]:
    states = program.init_seeds(seeds)
    advance, compile_seconds = program.compile(states)
    began = time.perf_counter()
    states, _ = jax.block_until_ready(advance(states, jnp.int32(program.iterations)))
    seconds = time.perf_counter() - began
    return [jax.tree.map(lambda leaf, i=i: leaf[i], states) for i in range(len(seeds))], seconds, compile_seconds


def _by_threads(program: Program, seeds: Sequence[int]) -> tuple[list[TrainState], float, float]:
    states = [program.init(seed) for seed in seeds]
    advance, compile_seconds = program.compile(states[0])

    def whole_run(state: TrainState) -> TrainState:
        return jax.block_until_ready(advance(state, jnp.int32(program.iterations)))[0]

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(whole_run, states))
    return done, time.perf_counter() - began, compile_seconds
