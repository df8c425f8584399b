"""Makes the shipped agents of the plane, and how they did: `python data/make.py point_maze reacher`, minutes each."""

from __future__ import annotations

import platform
from pathlib import Path

import jax

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.envs.base import Environment
from leo_lab.scores.trials import random_places, try_goals, try_places

DATA = Path(__file__).parent
SEED, CHUNKS = 0, 6
TRIES, PLACES = 4, 100


def reacher() -> None:
    """An arm that reaches for places."""
    _agent(leo_lab.make("reacher"), steps=120_000)


def point_maze() -> None:
    """A point in four rooms."""
    _agent(leo_lab.make("point_maze", map="four_rooms"), steps=60_000)


def _agent(env: Environment, steps: int) -> None:
    """SAC + LEO in a world of places, success while it learns, and of places off the lattice."""
    curve = []
    for snapshot in leo_lab.stream(env, "sac_leo", steps=steps, seed=SEED, chunks=CHUNKS):
        trials = try_goals(snapshot.run, tries=TRIES, limit=env.max_steps)
        seconds, success = round(snapshot.seconds, 1), round(trials.summary()["success"], 4)
        curve.append({"env_steps": snapshot.env_steps, "seconds": seconds, "success": success})
        print(curve[-1], flush=True)
    path = leo_lab.save(snapshot.run, DATA / "agents" / f"{env.name}_sac_leo.safetensors", light=True, half=True)
    print(path.relative_to(DATA), path.stat().st_size, "bytes")
    off = try_places(snapshot.run, random_places(env, PLACES, SEED), tries=TRIES, limit=env.max_steps)
    report = {
        "command": f"python data/make.py {env.name}",
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
    write_atomically(DATA / f"{env.name}.json", f"{to_json(report)}\n".encode())
