"""The command with worlds of places: one tiny point maze, trained once, and all that is done with it."""

import contextlib
import inspect
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from leo_lab import LabError, load, make
from leo_lab.cli import app as cli
from leo_lab.cli.options import named_learner, world_options
from leo_lab.envs import env_entry, env_names, option_names
from leo_lab.scores.sheet import compare_with_exact
from leo_lab.scores.trials import first_worlds, random_places, try_goals, try_places
from leo_lab.training import Snapshot, begin, finish, make_program
from leo_lab.training.presets import default_learner, starting_settings
from leo_lab.truth.plane import plane_exact
from leo_lab.walks import tours
from leo_lab.walks.plane import plane_values
from leo_lab.walks.tours import tour
from toy_points import MAP, SIZES, STEPS, WORDS


@pytest.fixture(scope="module")
def trained_run(tmp_path_factory):
    """The directory of a run, and what the command printed."""
    directory = tmp_path_factory.mktemp("maze")
    (directory / "tiny.txt").write_text(MAP)
    words = ["train", "point_maze", "--map", directory / "tiny.txt", "--out", directory / "run", *WORDS, "--chunks", 2]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert cli.main([str(word) for word in words]) == 0
    return directory / "run", printed.getvalue()


@pytest.fixture(scope="module")
def agent(trained_run):
    return load(trained_run[0])


@pytest.fixture
def held(trained_run, agent, monkeypatch):
    """The directory of the run, which is not read again."""
    monkeypatch.setattr("leo_lab.training.checkpoints.load", lambda path, part=None: agent)
    monkeypatch.setattr("leo_lab.training.runs.load_any", lambda path, known=None: agent)
    return trained_run[0]


def parsed(*words):
    """The arguments of the command, by name."""
    command = cli.parse([str(word) for word in words])
    return {**inspect.signature(command.func).bind(*command.args, **command.keywords).arguments}


def started(*words, resumes=False):
    """The settings that a run of `train` with these words begins with, and the line about them."""
    args = parsed("train", *words, "--out", "x")
    given = {name: args[name] for name in ("steps", "seed") if args.get(name) is not None} | args["settings"]
    learner = args["learner"] or default_learner(args["env"])
    return starting_settings(args["env"], learner, args["preset"], given, resumes=resumes)


# Training -----------------------------------------------------------------------------------------------------------


def test_training_writes_a_run_and_a_line_per_chunk(trained_run, agent):
    directory, printed = trained_run
    first, second, last, _ = printed.splitlines()
    for steps, line in ((STEPS // 2, first), (STEPS, second)):
        assert line.startswith(f"{steps:,} steps, ") and "goals seen; success: commanded " in line
        assert "broke" not in line
    assert last.startswith(f"sac_leo on point maze, tiny.txt: {STEPS:,} steps")
    assert (agent.learner.name, agent.env.name, agent.config.width) == ("sac_leo", "point_maze", SIZES["width"])
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    assert [(row["env_steps"], row["broken"]) for row in rows] == [(STEPS // 2, 0), (STEPS, 0)]


def test_a_simulator_that_broke_is_told(agent, capsys):
    row = {"loss": 1.0, "goals_seen": 3, "commanded_success": float("nan"), "broken": 7}
    start = begin(agent.env, "sac_leo", steps=STEPS, **SIZES)
    finish(iter([Snapshot(start, {}), Snapshot(agent, row)]), progress=True)
    assert "3 goals seen; success: commanded -; simulator broke 7 times" in capsys.readouterr().out


def test_on_resuming_world_steps_and_settings_are_those_of_the_run(held, call, fail):
    words = ["train", "point_maze", "--resume", "--out", held]
    assert f"{STEPS:,} steps" in call(*words)
    assert "gamma = 0.9, but 0.5 was asked for" in fail(*words, "--gamma", 0.5)
    assert "learner = sac_leo, but sac was asked for" in fail(*words, "--learner", "sac")


@pytest.mark.parametrize(
    "words, learner",
    [
        ("train point_maze --out x", "sac_leo"),
        ("train --resume ant --out x", "sac_leo"),
        ("train --out ant gridworld", "leo"),
        ("train --out=ant gridworld", "leo"),
        ("train reacher --learner sac --out x", "sac"),
        ("train reacher --learner leo --out x", "leo"),
        ("train gridworld --out x", "leo"),
        ("bench gridworld", "leo"),
    ],
)
def test_worlds_of_places_have_a_learner_of_their_own(words, learner):
    assert named_learner(words.split()) == learner
    args = parsed(*words.split())
    assert (args.get("learner") or default_learner(args["env"])) == learner


def test_settings_of_the_learner_and_of_the_world_are_options():
    args = parsed("train", "point_maze", "--units", 4, "--speed", 0.25, "--spacing", 1, "--out", "x", "--max-steps", 60)
    assert args["settings"] == {"units": 4}
    env = make("point_maze", **world_options("point_maze", args["world"]))
    assert (env.speed, env.places.lattice.spacing, env.max_steps) == (0.25, 1.0, 60)
    args = parsed("train", "reacher", "--backend", "positional", "--out", "x")
    assert make("reacher", **world_options("reacher", args["world"])).backend == "positional"


@pytest.mark.parametrize("world", [name for name in env_names() if env_entry(name).continuous])
def test_a_run_gets_what_suits_its_world_unless_told(world):
    own = env_entry(world)
    asked, about = started(world, "--seed", 3)
    assert asked == {**own.settings, "steps": own.steps, "seed": 3}
    assert all(f"--{name.replace('_', '-')} {value}" in about for name, value in own.settings.items())
    make_program(make("point_maze"), "sac_leo", 1, **own.settings)  # settings that fit together
    asked, about = started(world, "--gamma", 0.5)
    assert asked["gamma"] == 0.5 and "--gamma" not in about
    assert started(world, "--seed", 3, resumes=True) == ({"seed": 3}, "")
    asked, _ = started(world, "--learner", "pqn")
    assert "updates" not in asked  # which that learner has not


@pytest.mark.parametrize("world", env_names())
def test_every_option_of_a_world_is_known_to_it_or_refused(world):
    given = {"map": "maze", "size": 4, "wall": 0.1, "map_seed": 1, "slip": 0.1, "spacing": 1.0, "radius": 0.3}
    given |= {"speed": 0.2, "cell": 3.0, "backend": "spring", "max_steps": 70}
    for name, value in given.items():
        args = parsed("train", world, "--out", "x", f"--{name.replace('_', '-')}", value)
        assert args["world"] == {name: value}
        if (name.removeprefix("map_")) in option_names(world):
            assert world_options(world, args["world"]) == {name.removeprefix("map_"): value}
        else:
            with pytest.raises(LabError, match=f"{world} has no --{name.replace('_', '-')}, which is for "):
                world_options(world, args["world"])


# Scores -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(trained_run, agent):
    """What `evaluate --json` prints."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr("leo_lab.training.checkpoints.load", lambda path, part=None: agent)
        assert cli.main(["evaluate", str(trained_run[0]), "--json"]) == 0
    return json.loads(printed.getvalue())


def test_scores_are_those_of_the_trials(report, agent):
    env = agent.env
    trials = try_goals(agent, tries=4, limit=env.max_steps, floor=True)
    off = try_places(agent, random_places(env, 100, 0), tries=4, limit=env.max_steps)
    assert (report["env"], report["learner"], report["tries"], report["limit"]) == ("point_maze", "sac_leo", 4, 60)
    assert report["success"] == pytest.approx(np.nanmean(trials.success)) and 0 < report["success"] < 1
    assert report["steps"] == pytest.approx(trials.length[trials.hit].mean())
    assert report["success_off_lattice"] == pytest.approx(np.nanmean(off.success))
    assert report["steps_off_lattice"] == pytest.approx(off.length[off.hit].mean())
    assert report["places"] == 100 and report["groups"]["place"] == report["success"]
    assert [row["goal"] for row in report["goals"]] == list(env.goals.names)
    for key, numbers in (("success", trials.success), ("floor", trials.floor.success), ("high", trials.interval[1])):
        known = np.array([row[key] for row in report["goals"]], float)  # nan for null
        np.testing.assert_allclose(known, numbers)


def test_scores_against_the_exact_values(report, agent):
    env, gamma = agent.env, agent.config.gamma
    truth = plane_exact(env, gamma)
    exact = report
    assert exact["value_mae"] == pytest.approx(np.abs(plane_values(agent).v - truth.v).mean(), rel=1e-5)
    trials = try_goals(agent, tries=4, limit=env.max_steps)
    # The exact steps from the very places that the tries began in, by hand.
    extra = []
    starts = np.asarray(first_worlds(env, range(len(env.goals)), 4))
    for goal, world in np.argwhere(trials.hit):
        here = np.argmin(((truth.places - starts[goal, world]) ** 2).sum(axis=1))
        extra.append(trials.length[goal, world] - 1 - np.log(truth.v[here, goal]) / np.log(gamma))
    assert exact["extra_steps"] == pytest.approx(np.mean(extra), abs=1e-4)
    assert exact["extra_steps"] > -0.5  # nobody is faster than the truth, but for the raster
    assert 0 < exact["steps_error"] < env.max_steps


def test_the_truth_errs_nowhere(agent, monkeypatch):
    truth = plane_exact(agent.env, agent.config.gamma)
    monkeypatch.setattr("leo_lab.scores.sheet._values_at", lambda run, places: truth.v)
    trials = try_goals(agent, tries=4, limit=agent.env.max_steps)
    scores = compare_with_exact(agent, trials)
    assert scores["value_mae"] == scores["steps_error"] == 0


def test_scores_for_people(call, held, agent):
    printed = call("evaluate", held)
    lines = printed.splitlines()
    assert lines[0] == f"SAC + LEO in point maze, tiny.txt, {STEPS:,} steps"
    goals = next(line for line in lines if line.startswith("place "))
    assert 0 < int(goals.split()[1]) <= len(agent.env.goals)
    assert any(re.match(r"off the lattice +\d+ +0\.\d+ +0\.\d+-", line) for line in lines)
    assert "best goals" in printed and "worst goals" in printed and "nan" not in printed
    assert "against the numerically exact values: mean |V - V exact| 0." in lines[-1]


# Walks --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trace(agent):
    """A walk to two places off the lattice."""
    return tours.walk(agent, None, [(0.6, 0.5), (0.5, 0.6)], limit=4)


@pytest.fixture
def asked(trace, monkeypatch):
    """What the command asks `walk` for, which answers with the walk that is there."""
    calls = []

    def walk(run, goals, places, **how):
        calls.append((goals, places, how))
        return trace

    monkeypatch.setattr(tours, "walk", walk)
    return calls


def test_a_walk_as_a_film(call, held, agent, trace, asked, tmp_path):
    out = tmp_path / "deep" / "walk.gif"
    printed = call(
        "rollout", held, "--place", "0.6,0.5", "--place", "-0.5,0.6", "--limit", 4, "--seed", 2, "--out", out
    )
    assert f"written to {out}: {tours.report(agent, trace, 'ab')[1]}; drawn flat, from above" in printed
    assert asked == [(None, ((0.6, 0.5), (-0.5, 0.6)), {"limit": 4, "seed": 2})]
    with Image.open(out) as picture:
        assert picture.n_frames > 1


def test_a_walk_as_a_page(call, held, asked, tmp_path):
    printed = call("rollout", held, "--goal", "place/x0.5y0.5", "--limit", 4, "--out", tmp_path / "w.html")
    assert "of 1 goals reached in " in printed and "open it in any browser" in printed
    assert asked == [(("place/x0.5y0.5",), None, {"limit": 4, "seed": 0})]
    text = (tmp_path / "w.html").read_text("utf-8")
    for needed in ("What it believes, next to the truth", "What it does", "SAC + LEO in point maze, tiny.txt"):
        assert needed in text


def test_a_page_of_a_tour(call, held, asked, tmp_path):
    assert "of 4 goals reached in " in call("export", held, "--out", tmp_path / "deep" / "w.html")
    assert asked == [(None, None, {})] and (tmp_path / "deep" / "w.html").exists()


@pytest.mark.parametrize(
    "asked_for, limit, steps",
    [
        ((None, None), None, 4 * 60),
        ((["a"], None), None, 60),
        ((None, [(1, 1)] * 99), None, 600),
        ((["a"], None), 7, 7),
    ],
)
def test_a_walk_is_as_long_as_its_goals_may_take(agent, monkeypatch, asked_for, limit, steps):
    told = []
    monkeypatch.setattr("leo_lab.walks.tours.record", lambda run, goals, **how: told.append((goals, how)))
    tours.walk(agent, *asked_for, limit=limit, seed=3)
    ((goals, how),) = told
    assert (how["steps"], how["seed"]) == (steps, 3)
    assert goals == (tour(agent.env) if asked_for == (None, None) else asked_for[0])


def test_the_goals_of_a_tour_are_far_apart(agent):
    env = make("point_maze", map="four_rooms")
    points = env.places.lattice.points[tour(env)]
    away = np.linalg.norm(points[:, None] - points, axis=-1) + 99 * np.eye(4)
    assert away.min() > 5
    assert tour(env, 1000)[:4] == tour(env) and len(set(tour(env, 1000))) == len(env.goals)


def test_a_walk_says_what_it_reached(agent):
    """Its own record says how much, see tests/artefacts/test_walk.py."""
    numbers, words = tours.report(agent, SimpleNamespace(reached=2, steps=3), "abcd")
    assert numbers == {"reached": 2, "asked": 4, "steps": 3} and words == "2 of 4 goals reached in 3 steps"


@pytest.mark.parametrize(
    "words, place",
    [("--place -0.1,-2", (-0.1, -2.0)), ("--place -.1,2", (-0.1, 2.0)), ("--place=-1,2", (-1.0, 2.0))],
)
def test_values_may_begin_with_a_minus_sign(words, place):
    assert parsed("rollout", "run", *words.split(), "--out", "x.gif")["place"] == (place,)
    assert parsed("train", "reacher", "--entropy", "-1", "--out", "x")["settings"] == {"entropy": -1.0}


# What is wrong ------------------------------------------------------------------------------------------------------

WRONG = {
    "learner": (
        "train point_maze --learner leo --out OUT",
        "continuous actions, which leo has no use for; train sac, sac_her, sac_leo there",
    ),
    "learner of places": ("train gridworld --learner sac --out OUT", "has discrete actions"),
    "backend": ("train reacher --backend sprung --out OUT", 'unknown backend "sprung"; did you mean "spring"?'),
    "backend of a maze": ("train point_maze --backend spring --out OUT", "has no --backend, which is for reacher, ant"),
    "map": ("train point_maze --map slippery --out OUT", "a point maze knows walls # and free cells . S only"),
    "map of an arm": ("train reacher --map maze --out OUT", "reacher has no --map, which is for gridworld, point_maze"),
    "preset": (
        "train point_maze --preset cpu --out OUT",
        "presets are for Craftax; point_maze has settings of",
    ),
    "no room": ("train point_maze --map maze --radius 3 --out OUT", "no goal has room for a radius of 3"),
    "world": ("train point_mase --out OUT", 'unknown environment "point_mase"; did you mean "point_maze"?'),
    "goal": ("rollout AGENT --goal place/x9y9 --out OUT/w.gif", 'unknown goal "place/x9y9"; did you mean "place/x'),
    "place outside": ("rollout AGENT --place 99,1 --out OUT/w.gif", "the place (99, 1) is outside the lattice"),
    "no place": ("rollout AGENT --place 1 --out OUT/w.gif", 'argument --place: "1" is not a place; write X,Y'),
    "goal and place": ("rollout AGENT --goal place/x0.5y0.5 --place 1,1 --out OUT/w.gif", "one of the two"),
    "film": ("rollout AGENT --out OUT/w.avi", 'unknown video format ".avi"'),
    "limit": ("rollout AGENT --limit 0 --out OUT/w.gif", "limit must be at least 1, got 0"),
    "places": ("evaluate AGENT --places 0", "places must be at least 1, got 0"),
    "tries": ("evaluate AGENT --tries 0", "tries must be at least 1, got 0"),
    "values": ("values AGENT --out OUT/q.npz", "rollout DIR --out FILE.html shows those along a walk"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(fail, held, tmp_path, case):
    line, message = WRONG[case]
    assert message in fail(*line.replace("AGENT", str(held)).replace("OUT", str(tmp_path / "out")).split())
    assert not list(tmp_path.rglob("*.*"))


def test_other_worlds_have_no_places(fail, monkeypatch, tmp_path):
    other = SimpleNamespace(env=make("gridworld", map=MAP))
    monkeypatch.setattr("leo_lab.training.checkpoints.load", lambda path, part=None: other)
    out = ["--out", tmp_path / "w.gif"]
    for words in (["evaluate", "x", "--places", 3], ["rollout", "x", "--place", "1,1", *out]):
        message = fail(*words)
        assert f"the goals of {other.env.title} are no places; leave out {words[2].strip('-')}" in message
