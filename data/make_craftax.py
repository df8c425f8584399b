"""Makes the shipped Craftax-Classic agents, how they did, and walks of theirs: `python data/make.py craftax`.

A run goes on where it was interrupted (runs/craftax-classic/). An hour on two cores. The shipped runs were cut by the
clock as well, so that their curves have a few points more.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path

import jax
import numpy as np

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.scores import Trials, try_goals
from leo_lab.training import Run
from leo_lab.training.presets import preset
from leo_lab.training.runs import stream_into
from leo_lab.walks import record

DATA = Path(__file__).parent
RUNS = DATA.parent / "runs" / "craftax-classic"
WORLD, STEPS, SEED, CHUNKS = "craftax-classic", 2_000_000, 0, 20
LARGER = {"width": 256, "minibatch": 512, "epochs": 2}  # than the preset "cpu"
LEARNERS = {"leo": {}, "her": {"relabel": "positive"}}
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


def train(name: str) -> Run:
    """Trains one learner, or goes on; after every chunk, what each goal's tries gave so far is written beside it."""
    folder = RUNS / name
    settings = preset("cpu", name) | LARGER | LEARNERS[name]
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
    craftax()
