"""Makes the shipped agent of the reacher, and how it did: `python data/make.py reacher`. Five minutes on two cores."""

from __future__ import annotations

import platform
from pathlib import Path

import jax
import numpy as np

import leo_lab
from leo_lab.resources import to_json, write_atomically
from leo_lab.trials import try_goals, try_places

DATA = Path(__file__).parent
STEPS, SEED, CHUNKS = 200_000, 0, 8
SETTINGS = {"gamma": 0.95}
TRIES, PLACES = 4, 100


def reacher() -> None:
    """SAC + LEO on the reacher, success while it learns, and of places off the lattice."""
    env = leo_lab.make("reacher")
    curve = []
    for snapshot in leo_lab.stream(env, "sac_leo", steps=STEPS, seed=SEED, chunks=CHUNKS, **SETTINGS):
        trials = try_goals(snapshot.run, tries=TRIES, limit=env.max_steps)
        seconds, success = round(snapshot.seconds, 1), round(float(trials.success.mean()), 4)
        curve.append({"env_steps": snapshot.env_steps, "seconds": seconds, "success": success})
        print(curve[-1], flush=True)
    path = leo_lab.save(snapshot.run, DATA / "agents" / "reacher_sac_leo.safetensors", light=True, half=True)
    print(path.relative_to(DATA), path.stat().st_size, "bytes")
    report = {
        "command": "python data/make.py reacher",
        "learner": "sac_leo",
        "settings": snapshot.run.config.__dict__,
        "env": env.spec,
        "seed": SEED,
        "machine": f"{platform.machine()}, {jax.devices()[0].device_kind}, {jax.local_device_count()} device",
        "jax": jax.__version__,
        "curve": curve,
        "success": dict(zip(trials.goal_names, trials.success.tolist(), strict=True)),
        "off_lattice": float(try_places(snapshot.run, places(env), tries=TRIES, limit=env.max_steps).success.mean()),
    }
    write_atomically(DATA / "reacher.json", f"{to_json(report)}\n".encode())


def places(env) -> np.ndarray:
    """Places between the goals: each nearer to one than the lattice's spacing over the root of two."""
    rng = np.random.default_rng(SEED)
    low, high = env.lattice.points.min(axis=0), env.lattice.points.max(axis=0)
    drawn = rng.uniform(low, high, (10 * PLACES, 2)).astype(np.float32)
    near = np.linalg.norm(drawn[:, None] - env.lattice.points, axis=-1).min(axis=1) < env.lattice.spacing / 2**0.5
    return drawn[near][:PLACES]
