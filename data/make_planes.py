"""Makes the shipped agent of the reacher, and how it did: `python data/make.py reacher`. Two minutes on two cores."""

from __future__ import annotations

import platform
from pathlib import Path

import jax

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.scores.trials import random_places, try_goals, try_places

DATA = Path(__file__).parent
STEPS, SEED, CHUNKS = 120_000, 0, 6
TRIES, PLACES = 4, 100


def reacher() -> None:
    """SAC + LEO on the reacher, success while it learns, and of places off the lattice."""
    env = leo_lab.make("reacher")
    curve = []
    for snapshot in leo_lab.stream(env, "sac_leo", steps=STEPS, seed=SEED, chunks=CHUNKS):
        trials = try_goals(snapshot.run, tries=TRIES, limit=env.max_steps)
        seconds, success = round(snapshot.seconds, 1), round(trials.summary()["success"], 4)
        curve.append({"env_steps": snapshot.env_steps, "seconds": seconds, "success": success})
        print(curve[-1], flush=True)
    path = leo_lab.save(snapshot.run, DATA / "agents" / "reacher_sac_leo.safetensors", light=True, half=True)
    print(path.relative_to(DATA), path.stat().st_size, "bytes")
    off = try_places(snapshot.run, random_places(env, PLACES, SEED), tries=TRIES, limit=env.max_steps)
    report = {
        "command": "python data/make.py reacher",
        "learner": "sac_leo",
        "settings": snapshot.run.settings,
        "env": env.spec,
        "seed": SEED,
        "machine": f"{platform.machine()}, {jax.devices()[0].device_kind}, {jax.local_device_count()} device",
        "jax": jax.__version__,
        "curve": curve,
        "success": dict(zip(trials.goal_names, trials.success.tolist(), strict=True)),
        "off_lattice": off.summary()["success"],
    }
    write_atomically(DATA / "reacher.json", f"{to_json(report)}\n".encode())
