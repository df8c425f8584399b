"""What the `leo-lab` command does with worlds whose goals are places: settings, trials, walks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leo_lab.artefacts.files import to_json
from leo_lab.cli.craftax import TRIES, best_and_worst, trial_rows
from leo_lab.cli.options import Parser, learner_options
from leo_lab.envs import env_entry
from leo_lab.errors import LabError, check_count

if TYPE_CHECKING:
    from leo_lab.artefacts.plane import PlaneTrace
    from leo_lab.scores.trials import Trials
    from leo_lab.training.program import Run

PLACES = 100  # off the lattice, that are tried
TOUR = 4  # goals that a walk is for, unless told
WALK_LIMIT = 600  # steps of a walk at most, unless told
FPS, MOST_FPS = 8, 25  # pictures per second where a world has no clock, and where it has one at most


def is_plane(env: Any) -> bool:
    """Whether the goals of an environment are places."""
    return env.places is not None


def read_place(text: str) -> tuple[float, float]:
    """X and Y with a comma between them."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a place; write X,Y') from None
    return x, y


# Training -----------------------------------------------------------------------------------------------------------


def plane_training_options(args: argparse.Namespace, *, resumes: bool) -> tuple[dict[str, Any], str]:
    """Steps, seed and settings that were asked for, those that suit the world first; and a line about them, or "".

    Args:
      args: of the command `train`.
      resumes: whether a run is there to go on with, whose own settings then hold unless others were asked for.

    Raises LabError where a preset was asked for.
    """
    if args.preset is not None:
        raise LabError(f"presets are for Craftax; {args.env} has settings of its own, leave out --preset")
    given = {"steps": args.steps, "seed": args.seed, **learner_options(args)}
    if resumes:
        return given, ""
    own = env_entry(args.env)
    if args.steps is None:
        given["steps"] = own.steps
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in own.settings.items() if name not in given)
    about = f"settings that suit {args.env}: {words}" if words else ""
    return {**_fitting(own.settings, args.learner), **given}, about


def _fitting(settings: dict[str, Any], learner: str) -> dict[str, Any]:
    """Those settings that a learner has; all for an unknown learner, which is missed later."""
    from leo_lab.learners import LEARNERS

    known = LEARNERS[learner][1].__dataclass_fields__ if learner in LEARNERS else settings
    return {name: value for name, value in settings.items() if name in known}


# Trials -------------------------------------------------------------------------------------------------------------


def add_place_options(parser: Parser) -> None:
    """Options of `evaluate` for worlds of places."""
    group = parser.add_argument_group("where goals are places, of which others than goals are tried out, too")
    group.add_argument("--places", type=int, metavar="N", help=f"places off the lattice, drawn at random ({PLACES})")
    group.add_argument("--seed", type=int, metavar="K", help="of these places, and of the worlds (0)")


def check_no_places(run: Run, args: argparse.Namespace, names: Sequence[str]) -> None:
    """Raises LabError where an option for worlds of places was given in another world."""
    wrong = [name for name in names if getattr(args, name) is not None]
    if wrong and not is_plane(run.env):
        raise LabError(f"the goals of {run.env.title} are no places; leave out --{wrong[0]}")


def evaluate_plane(run: Run, args: argparse.Namespace) -> None:
    """Tries all goals, and places off the lattice, and prints how that went, or JSON."""
    from leo_lab.scores.trials import random_places, try_goals, try_places

    env = run.env
    tries = TRIES if args.tries is None else args.tries
    limit = env.max_steps if args.limit is None else args.limit
    count, seed = PLACES if args.places is None else args.places, args.seed or 0
    places = random_places(env, count, seed)
    how = {"tries": tries, "limit": limit, "seed": seed, "progress": sys.stderr.isatty()}
    trials, off = try_goals(run, **how), try_places(run, places, **how)
    exact = compare_with_exact(run, trials, seed) if env.places.observe is not None else None
    if args.json:
        about = {"env": env.name, "world": env.title, "learner": run.learner.name, "env_steps": run.env_steps}
        scores = {**_scores(trials), "off_lattice": {"places": count, **_scores(off)}, "exact": exact}
        print(to_json({**about, "tries": tries, "limit": limit, "seed": seed, **scores, "goals": trial_rows(trials)}))
        return
    print(f"{run.learner.title} in {env.title}, {run.env_steps:,} steps")
    for text in _tables(trials, off):
        print(f"\n{text}")
    if exact:
        print(_exact_words(exact))


def _scores(trials: Trials) -> dict[str, float]:
    """Success over all tries, and the steps of those that succeeded."""
    steps = trials.length[trials.hit]
    return {"success": float(trials.hit.mean()), "steps": float(steps.mean()) if steps.size else float("nan")}


def _tables(trials: Trials, off: Trials) -> list:
    from leo_lab.viz import table

    kinds = {"goals of the lattice": trials, "places off the lattice": off}
    rows = [
        {"what": name, "number": len(each.hit), **_scores(each), "value": float(each.v.mean())}
        for name, each in kinds.items()
    ]
    caption = f"{trials.hit.shape[1]} tries at each, of {trials.limit} steps at most; steps of those that succeeded"
    return [table(rows, caption=caption), *best_and_worst(trial_rows(trials))]


def compare_with_exact(run: Run, trials: Trials, seed: int = 0) -> dict[str, float]:
    """What an agent believes and does in a world in which a place is the whole state, against the exact values.

    Args:
      run: the agent.
      trials: what `try_goals` gave for all goals.
      seed: of these trials.

    Returns:
      value_mae: mean |V - V exact| over all places of a raster and all goals.
      steps_error: mean |steps - exact steps| of the same, steps read off the values, at most the trials' limit.
      extra_steps: mean of the steps that tries took beyond the exact ones, of those that succeeded; the exact ones are
        those of the nearest place of the raster.
    """
    from leo_lab.scores.trials import first_worlds
    from leo_lab.truth.plane import plane_exact
    from leo_lab.walks.plane import plane_values

    env, gamma = run.env, run.config.gamma
    believed, truth = plane_values(run), plane_exact(env, gamma)

    def steps(v: np.ndarray) -> np.ndarray:
        return 1 + np.log(np.clip(v, gamma ** (trials.limit - 1.0), 1.0)) / np.log(gamma)

    began = np.asarray(first_worlds(env, trials.hit.shape[1], seed))  # [K, 2]
    near = np.linalg.norm(began[:, None] - truth.places, axis=-1).argmin(axis=1)
    extra = (trials.length - steps(truth.v)[near].T)[trials.hit]
    return {
        "value_mae": float(np.abs(believed.v - truth.v).mean()),
        "steps_error": float(np.abs(steps(believed.v) - steps(truth.v)).mean()),
        "extra_steps": float(extra.mean()) if extra.size else float("nan"),
    }


def _exact_words(exact: dict[str, float]) -> str:
    extra = exact["extra_steps"]
    walked = f"{extra:.2f} steps more than the exact ones" if extra == extra else "nowhere"
    return (
        f"\nagainst the numerically exact values: mean |V - V exact| {exact['value_mae']:.4f}, mean error of "
        f"steps-to-goal {exact['steps_error']:.2f}; tries that succeeded took {walked}"
    )


# Walks --------------------------------------------------------------------------------------------------------------


def add_walk_place(parser: Parser) -> None:
    """The option of `rollout` and `export` that asks for a place instead of a goal."""
    parser.add_argument(
        "--place", action="append", type=read_place, metavar="X,Y", help="instead of a goal, where goals are places"
    )


def tour_places(env: Any, count: int = TOUR) -> list[int]:
    """Goals worth a walk: first the one farthest from the middle, then each the farthest from those chosen before."""
    points = env.places.lattice.points
    chosen: list[int] = []
    nearest = np.linalg.norm(points - points.mean(axis=0), axis=1)
    for _ in range(min(count, len(points))):
        chosen.append(int(nearest.argmax()))
        away = np.linalg.norm(points - points[chosen[-1]], axis=1)
        nearest = away if len(chosen) == 1 else np.minimum(nearest, away)
    return chosen


def plane_walk(
    run: Run,
    goals: Sequence[str] | None,
    places: Sequence[tuple[float, float]] | None,
    *,
    limit: int | None = None,
    seed: int = 0,
    states: bool = False,
) -> Any:
    """`record_walk` to these goals or places, or to those of a tour."""
    from leo_lab.walks.plane import record_walk

    if limit is not None:
        check_count("limit", limit)
    if goals is None and places is None:
        goals = tour_places(run.env)
    asked = len(goals if places is None else places)
    longest = min(WALK_LIMIT, run.env.max_steps * asked) if limit is None else limit
    wishes = None if places is None else np.array(places, np.float32)
    return record_walk(run, goals, places=wishes, steps=longest, seed=seed, states=states)


def walk_words(trace: PlaneTrace, asked: int) -> str:
    """How many of the goals or places asked for were reached."""
    away = np.linalg.norm(trace.places[1:] - trace.wish, axis=1)
    reached = int((away <= trace.plane.radius * (1 + 1e-5)).sum())
    return f"{reached} of {asked} reached in {trace.steps} steps"


def asked_for(goals: Sequence[str] | None, places: Sequence[tuple[float, float]] | None, env: Any) -> int:
    """How many goals or places a walk is for."""
    return len(goals or places or tour_places(env))


def film_walk(run: Run, args: argparse.Namespace) -> None:
    """Records a walk and writes it as a video, drawn by mujoco where the world has a body; says what was reached."""
    from leo_lab.viz.pictures.bodies import body_frames, plane_frames
    from leo_lab.viz.pictures.video import check_video_path, save_video

    check_video_path(args.out)
    env = run.env
    how = {"limit": args.limit, "seed": args.seed}
    if env.body is not None and env.body.model is not None:
        trace, states = plane_walk(run, args.goal, args.place, states=True, **how)
        frames, note = body_frames(env, states, goal=np.append(trace.goal, trace.goal[-1]))
    else:
        trace = plane_walk(run, args.goal, args.place, **how)
        frames, note = plane_frames(trace), "drawn flat, from above"
    args.out.parent.mkdir(parents=True, exist_ok=True)
    fps = min(MOST_FPS, 1 / trace.step_seconds) if trace.step_seconds else FPS
    path: Path = save_video(args.out, frames, fps=fps)
    print(f"written to {path}: {walk_words(trace, asked_for(args.goal, args.place, env))}; {note}")
