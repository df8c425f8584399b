"""Makes what only an accelerator can say: `python data/make_gpu.py [PIECE ...] [--out DIR] [--toy]`.

Without a name all pieces are made that are not there yet. Each leaves DIR/PIECE.json, with the device, versions and the
command; a piece that trains goes on where it was cut, for MINUTES at a time, and leaves its file once it is finished.
What is still missing is printed at the end.

  cost             updates of all goals at once, at 512 goals and 43 actions
  speed-WORLD      steps per second and peak memory of training, in Craftax and in Craftax-Classic
  classic-LEARNER  50 million steps of Craftax-Classic, its curve, and tries at all goals; also a light agent
  ant-LEARNER, ant_umaze-LEARNER   the same of the ants, by SAC, HER and LEO
  seeds            64 runs side by side against one

`--toy` runs every piece in a few seconds on a CPU, in small worlds, to see that it works; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.bench.cost import bench_cost
from leo_lab.bench.craftax import bench_craftax
from leo_lab.envs import env_entry
from leo_lab.learners import resolve, settings_of
from leo_lab.training.presets import preset
from leo_lab.training.runs import stream_into

OUT = Path(__file__).parent / "gpu"
MINUTES = 7.0  # of training in one go, so that compiling and scoring fit into eight
Piece = Callable[["Size", Path], dict[str, Any] | None]


@dataclasses.dataclass(frozen=True)
class Size:
    """How large pieces are.

    Attributes:
      cost: the grid of `bench_cost`.
      worlds: what takes the place of a world.
      steps: environment steps of the training by world; those of the world unless told.
      settings: of learners, besides those of their presets and worlds.
      seeds: runs side by side, and their steps.
      tries: worlds per goal in which an agent is tried out.
    """

    cost: dict[str, Any]
    worlds: dict[str, str]
    steps: dict[str, int]
    settings: dict[str, Any]
    seeds: tuple[int, int]
    tries: int


FULL = Size(
    cost={"goals": (512,), "actions": (43,), "torsos": ("craftax",)},
    worlds={},
    steps={"craftax-classic": 50_000_000},
    settings={},
    seeds=(64, 1_000_000),
    tries=4,
)
SMALL = {
    "num_envs": 8,
    "unroll": 8,
    "minibatch": 64,
    "width": 8,
    "depth": 1,
    "student_depth": 1,
    "conv": 0,
    "epochs": 1,
}
SMALL |= {"student_minibatch": 64, "student_epochs": 1, "updates": 1, "replay": 512, "units": 2, "code": 4}
TOY = Size(
    cost={"goals": (4,), "actions": (2,), "torsos": ("small",), "learners": ("leo",), "repeat": 2},
    worlds={"craftax": "gridworld", "craftax-classic": "gridworld", "ant": "point_maze", "ant_umaze": "point_maze"},
    steps=dict.fromkeys(("gridworld", "point_maze"), 256),
    settings=SMALL,
    seeds=(3, 256),
    tries=1,
)


def fitting(size: Size, learner: str, world: str) -> dict[str, Any]:
    """The settings of a learner in a world: of the paper's preset or of the world, then those of the size."""
    own = env_entry(world).settings if env_entry(world).continuous else preset("paper", learner)
    known = settings_of(resolve(learner))
    return {name: value for name, value in {**own, **size.settings}.items() if name in known}


def cost(size: Size, folder: Path) -> dict[str, Any]:
    """Updates of all goals at once."""
    return bench_cost(**size.cost, progress=True)


def speed(world: str, size: Size, folder: Path) -> dict[str, Any]:
    """The training loop of LEO against the world alone."""
    env = leo_lab.make(size.worlds.get(world, world))
    return bench_craftax(env, "leo", **fitting(size, "leo", world))


def trained(world: str, learner: str, size: Size, folder: Path) -> dict[str, Any] | None:
    """A run, for MINUTES at most; once it is finished, its curve and score, else None."""
    name, began = size.worlds.get(world, world), time.monotonic()
    steps, place = size.steps.get(name, env_entry(name).steps), folder / f"{world.removeprefix('craftax-')}-{learner}"
    how = {"resume": True, "steps": steps, "seed": 0, "every": 60.0, **fitting(size, learner, world)}
    for snapshot in stream_into(place, leo_lab.make(name), learner, **how):
        print(f"{world}, {learner}: {snapshot.env_steps:,} of {snapshot.total_steps:,} steps", flush=True)
        if time.monotonic() - began > 60 * MINUTES and not snapshot.run.finished:
            return None
    run = snapshot.run
    leo_lab.save(run, place.with_name(f"{place.name}.safetensors"), light=True, half=True)
    score = leo_lab.score(run, **({} if run.env.states is not None else {"tries": size.tries}))
    about = {"settings": run.settings, "seconds": run.seconds, "compile_seconds": run.compile_seconds}
    return {**score.about, **score.metrics, "groups": score.by_group(), **about, "curve": list(run.metrics)}


def seeds(size: Size, folder: Path) -> dict[str, Any]:
    """Many runs side by side, in one batched loop, against one."""
    count, steps = size.seeds
    env = leo_lab.make("gridworld", map="four_rooms")
    known = {name: value for name, value in size.settings.items() if name in settings_of(resolve("leo"))}
    spent = {}
    for many in (1, count):
        run = leo_lab.train_seeds(env, "leo", steps=steps, seeds=many, by="vmap", **known)[0]
        spent[many] = {"seconds": run.seconds, "compile_seconds": run.compile_seconds}
    ratio = spent[count]["seconds"] / spent[1]["seconds"]
    return {"seeds": count, "env_steps": run.env_steps, "one": spent[1], "all": spent[count], "seconds_ratio": ratio}


LEARNERS = ("leo", "her", "ppo", "dual_leo", "dual_leo_ppo")
PIECES: dict[str, Piece] = {
    "cost": cost,
    **{f"speed-{world}": functools.partial(speed, world) for world in ("craftax", "craftax-classic")},
    **{f"classic-{name}": functools.partial(trained, "craftax-classic", name) for name in LEARNERS},
    **{
        f"{world}-{name}": functools.partial(trained, world, name)
        for world in ("ant", "ant_umaze")
        for name in ("sac", "sac_her", "sac_leo")
    },
    "seeds": seeds,
}


def missing(folder: Path) -> list[str]:
    """The pieces that have no file yet."""
    return [name for name in PIECES if not (folder / f"{name}.json").exists()]


def make_piece(name: str, size: Size, folder: Path, command: str) -> bool:
    """Makes a piece, or goes on with it; returns whether it is finished."""
    found = PIECES[name](size, folder)
    if found is None:
        return False
    device = jax.devices()[0]
    where = {"device": device.device_kind, "platform": device.platform, "devices": len(jax.devices())}
    where |= {"jax": jax.__version__, "python": platform.python_version(), "command": command}
    write_atomically(folder / f"{name}.json", (to_json({**where, **found}) + "\n").encode())
    return True


def main(argv: list[str] | None = None) -> int:
    """Makes what is asked for and not there; returns 0 once nothing of it is missing, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=", ".join(PIECES))
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR")
    parser.add_argument("--toy", action="store_true", help="in seconds, on a CPU, to see that all pieces work")
    args = parser.parse_args(argv)
    strange = [name for name in args.pieces if name not in PIECES]
    if strange:
        parser.error(f'unknown piece "{strange[0]}"; there are {", ".join(PIECES)}')
    if jax.default_backend() == "cpu" and not args.toy:
        parser.error("there is no accelerator here; --toy tries the pieces out on a CPU")
    wanted = [name for name in args.pieces or PIECES if name in missing(args.out)]
    for name in wanted:
        finished = make_piece(name, TOY if args.toy else FULL, args.out, f"python data/make_gpu.py {name}")
        print(f"{name}: {'written' if finished else 'to be continued; run it again'}", flush=True)
    left = [name for name in missing(args.out) if name in (args.pieces or PIECES)]
    print(f"missing: {', '.join(left)}" if left else "nothing is missing")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
