"""Makes the shipped Craftax-Classic agents, how they did, and walks of theirs: `python data/make.py craftax`.

Each is trained with the preset "cpu", as many steps as that gives a run. A run goes on where it was interrupted
(runs/craftax-classic/).

    python data/make_craftax.py screen leo her     tries the settings of SCREENED, equally many of each learner
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.bench.entries import ENDLESS
from leo_lab.scores import Trials, try_goals
from leo_lab.training import Run, begin, continue_for, finish
from leo_lab.training.presets import PRESETS, preset
from leo_lab.training.runs import stream_into
from leo_lab.walks import record

DATA = Path(__file__).parent
RUNS = DATA.parent / "runs" / "craftax-classic"
WORLD, STEPS, SEED, CHUNKS = "craftax-classic", PRESETS["cpu"].steps, 0, 20
LEARNERS = {"leo": {}, "her": {"relabel": "positive"}}  # what they have otherwise than the preset
TRIES, LIMIT = 4, 300  # of each goal; steps of a try
WALK, SEEDS = 200, 10  # steps; worlds of which the first is kept in which the goal is achieved
WALKS = (
    *("inventory/sapling_1", "inventory/sapling_3", "inventory/wood_1", "inventory/wood_2"),
    *("block_map/WATER_up", "block_map/STONE_left", "block_map/COAL_left", "mob_map/cow_left"),
)
TOUR = (  # one goal after the other, in the world of ten where most are achieved
    *("inventory/wood_1", "inventory/wood_2", "inventory/sapling_1"),
    *("mob_map/cow_left", "block_map/WATER_up", "block_map/STONE_left"),
)
TOUR_STEPS = 300
SCREEN_SEED, SCREEN_WORLDS, SCREEN_TRIES = 1, 1000, 3  # other runs and worlds than those that are reported
_COMMON = (  # a factor at a time beside the preset, for every learner
    *({}, {"gamma": 0.99}, {"gamma": 0.98}, {"gamma": 0.9}, {"learning_rate": 1e-3}, {"learning_rate": 5e-3}),
    *({"minibatch": 128}, {"epochs": 2}, {"width": 512}, {"num_envs": 128}, {"average": 0.9}, {"epsilon_end": 0.1}),
)
_OWN = {"leo": ({"n_step": 4}, {"n_step": 16}, {"target": "greedy_return"}, {"code": 64})}
_OWN |= dict.fromkeys(("pqn", "her"), ({"lam": 0.5}, {"lam": 0.8}, {"lam": 0.9}, {"initial_value": 0.03}))
_OWN["dual_leo"] = _OWN["leo"]
SCREENED = {name: (*_COMMON, *own) for name, own in _OWN.items()}


def train(name: str) -> Run:
    """Trains one learner, or goes on; after every chunk, what each goal's tries gave so far is written beside it."""
    folder = RUNS / name
    settings = preset("cpu", name) | LEARNERS[name]
    options = {"chunks": CHUNKS, "every": 3600.0, "steps": STEPS, "seed": SEED}
    for snapshot in stream_into(folder, WORLD, name, resume=True, **options, **settings):
        actors = jax.device_get(snapshot.run.state.source)
        row = {"env_steps": snapshot.env_steps, "tries": actors.tries.tolist(), "hits": actors.hits.tolist()}
        counts = folder / "goals.jsonl"
        lines = counts.read_text("utf-8").splitlines() if counts.exists() else []
        kept = [line for line in lines if json.loads(line)["env_steps"] < snapshot.env_steps]
        write_atomically(counts, "".join(f"{line}\n" for line in [*kept, to_json(row)]).encode())
        print(name, snapshot.env_steps, round(snapshot.seconds), snapshot.metrics.get("commanded_success"), flush=True)
    return snapshot.run


def screen(names: Sequence[str], seconds: float = 60.0) -> None:
    """Trains every learner with each of its settings for equally long and tries it out; a JSON line for each in RUNS.

    Lines that are there already are not made again.
    """
    path = RUNS / "screened.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    known = [[json.loads(line)[key] for key in ("learner", "changes", "budget")] for line in lines]
    for name, changes in ((each, changes) for each in names for changes in SCREENED[each]):
        if [name, changes, seconds] in known:
            continue
        settings = preset("cpu", name) | LEARNERS.get(name, {}) | changes
        begun = begin(leo_lab.make(WORLD), name, steps=ENDLESS, seed=SCREEN_SEED, **settings)
        run = finish(continue_for(begun, seconds))
        trials = try_goals(run, tries=SCREEN_TRIES, limit=LIMIT, seed=SCREEN_WORLDS)
        row = {"learner": name, "changes": changes, "budget": seconds, "settings": run.settings}
        row |= {"env_steps": run.env_steps, "seconds": run.seconds, "seed": SCREEN_SEED, "worlds": SCREEN_WORLDS}
        lines.append(to_json({**row, **trials.summary(), "by_group": trials.by_group()}))
        write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
        print(name, changes, run.env_steps, trials.by_group(), flush=True)


def curve(name: str) -> dict[str, list]:
    """Success of each goal as the first one of an episode, between two chunks: steps [C], success [C][G] (or None)."""
    rows = [json.loads(line) for line in (RUNS / name / "goals.jsonl").read_text("utf-8").splitlines()]
    tries, hits = (np.diff([row[key] for row in rows], axis=0) for key in ("tries", "hits"))
    share = np.where(tries > 0, hits / np.maximum(tries, 1), np.nan).round(3)
    return {"env_steps": [row["env_steps"] for row in rows[1:]], "success": share.tolist()}


def report(name: str, run: Run, trials: Trials) -> dict:
    """How an agent did: of its training, and of tries at all goals against their floor."""
    return {
        "command": f"python data/make.py craftax  # {name}",
        "settings": run.settings,
        "seed": run.seed,
        "env_steps": run.env_steps,
        "seconds": round(run.seconds),
        "curve": curve(name),
        "summary": trials.summary(),
        "by_group": trials.group_rows(),
        "goals": trials.per_goal(),
        **outcomes(trials),
        "v": trials.v.round(4).tolist(),
    }


def outcomes(trials: Trials) -> dict[str, list]:
    """Of each goal and try: achieved, steps, and whether it counts, [G][K]."""
    return {name: getattr(trials, name).astype(int).tolist() for name in ("hit", "length", "counted")}


def walk(run: Run, goal: str) -> int:
    """Keeps a walk for a goal: that of the first world in which it is achieved, else of the last one tried."""
    for seed in range(SEEDS):
        trace = record(run, [goal], steps=WALK, seed=seed)
        if trace.achieved[1:, run.env.goals.index(goal)].any():
            break
    trace.save(DATA / "traces" / f"craftax_classic_{goal.replace('/', '_')}.npz")
    return seed


def tour(run: Run) -> int:
    """Keeps a walk for several goals."""
    traces = [record(run, TOUR, steps=TOUR_STEPS, seed=seed) for seed in range(SEEDS)]
    seed = int(np.argmax([trace.reached for trace in traces]))
    traces[seed].save(DATA / "traces" / "craftax_classic_tour.npz")
    return seed


def craftax() -> None:
    """All of it."""
    runs = {name: train(name) for name in LEARNERS}
    for name, run in runs.items():
        leo_lab.save(run, DATA / "agents" / f"craftax_classic_{name}.safetensors", light=True, half=True)
    how = {"tries": TRIES, "limit": LIMIT, "seed": SEED, "floor": True, "progress": True}
    trials = {name: try_goals(run, **how) for name, run in runs.items()}
    whole = {
        "world": WORLD,
        "hardware": f"2-core CPU ({platform.machine()})",
        "jax": jax.__version__,
        "python": platform.python_version(),
        "tries": TRIES,
        "limit": LIMIT,
        "goals": list(runs["leo"].env.goals.names),
        "learners": {name: report(name, run, trials[name]) for name, run in runs.items()},
        "floor": outcomes(trials["leo"].floor),  # which is the same for all learners
        "walks": {**{goal: walk(runs["leo"], goal) for goal in WALKS}, "tour": tour(runs["leo"])},
    }
    write_atomically(DATA / "craftax_classic.json", (to_json(whole) + "\n").encode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["screen"]:
        screen(sys.argv[2:])
    else:
        craftax()
