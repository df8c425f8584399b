"""The command, called as a function: what it writes and prints, and one line of error for everything that is wrong."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from leo_lab import exact_values, load, make, save
from leo_lab.cli import app as cli
from leo_lab.cli.app import main
from leo_lab.envs.maps import map_names
from leo_lab.training import begin
from leo_lab.walks.tours import tour
from small import BRIEF, MAP, STEPS_301

EVALUATE = {"success_all_pairs", "success_from_start", "value_mae", "steps_error_median", "env_steps", "world", "goals"}
SETTINGS = [text for name, value in BRIEF.items() for text in (f"--{name.replace('_', '-')}", str(value))]


@pytest.fixture(scope="module")
def map_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "small.txt"
    path.write_text(MAP)
    return str(path)


@pytest.fixture(scope="module")
def agent(trained, tmp_path_factory):
    """A directory that holds the trained run."""
    directory = tmp_path_factory.mktemp("agent")
    save(trained, directory)
    return str(directory)


def strictly(text):
    """Parses JSON that has no nan in it."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


# What it does -------------------------------------------------------------------------------------------------------


def test_train_evaluate_and_resume(call, fail, map_file, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["train", "gridworld", "--map", map_file, "--steps", STEPS_301, "--seed", 5, "--out", out, *SETTINGS]
    printed = call(*words, "--chunks", 3)
    assert "leo on small.txt: 38,528 steps" in printed.lower() and f"leo-lab evaluate {out}" in printed
    run = load(out)
    assert (run.seed, run.config.width, run.env.states.layout) == (5, 16, tuple(MAP.split()))
    assert len((out / "metrics.jsonl").read_text().splitlines()) == len(run.metrics) == 3

    assert "already holds a run; continue it with --resume" in fail(*words)
    assert "width = 16, but 32 was asked for" in fail("train", "gridworld", "--out", out, "--resume", "--width", 32)
    assert "map = small.txt, but maze was asked" in fail(
        "train", "gridworld", "--out", out, "--resume", "--map", "maze"
    )
    assert "38,528 steps" in call("train", "gridworld", "--out", out, "--resume")


@pytest.fixture
def only_begin(monkeypatch):
    """Training ends before its first chunk, and so before anything is compiled."""
    monkeypatch.setattr("leo_lab.training.finish", lambda snapshots, progress: next(snapshots).run)


def test_train_passes_on_the_world_the_settings_and_steps_like_1e3(call, only_begin, tmp_path):
    world = ["--size", 4, "--wall", 0.1, "--map-seed", 3, "--slip", 0.2]
    settings = ["--steps", "1e3", "--learner=leo", "--learning-rate", 0.5, "--loss=squared", "--epochs", 3]
    call("train", "gridworld", "--out", tmp_path, "--resume", *world, *settings, *SETTINGS)
    run = load(tmp_path)
    assert run.program.steps == 1000
    assert (run.config.learning_rate, run.config.loss, run.config.epochs, run.settings["unroll"]) == (
        0.5,
        "squared",
        3,
        8,
    )
    assert run.env.title.startswith("random 4x4, wall 0.1, seed 3") and run.env.map.slip == 0.2


def test_evaluate_json_holds_the_numbers_of_evaluate(call, agent):
    report = strictly(call("evaluate", agent, "--json"))
    assert report.keys() >= EVALUATE
    assert report["success_all_pairs"] >= 0.99 and report["env_steps"] == 300_032
    rows = report["goals"]
    assert len(rows) == 21
    assert rows[0].keys() == {"goal", "group", "pairs", "success", "extra_steps", "value_mae", "rank_correlation"}
    assert [row["goal"] for row in rows if row["success"] is None] == ["position/r1c5", "position/r3c5"]


def test_one_network_of_several(call, fail, agent, tmp_path):
    assert 'leo is one network and has no "teacher"; leave the part out' in fail("evaluate", agent, "--part", "teacher")
    run = begin(make("gridworld", map=MAP), "dual_leo", steps=STEPS_301, **BRIEF)
    save(run, tmp_path)
    call("values", tmp_path, "--part", "teacher", "--out", tmp_path / "q.npz")
    assert (np.load(tmp_path / "q.npz")["q"] == run.part("teacher").values().q).all()
    assert 'did you mean "student"' in fail("values", tmp_path, "--part", "studen", "--out", tmp_path / "other.npz")


def test_evaluate_for_people_shows_goals_and_the_summary(call, agent):
    printed = call("evaluate", agent)
    assert printed.startswith("LEO in map, 300,032 steps\n")
    assert "over 342 (start, goal) pairs: success " in printed
    assert "the 8 best goals" in printed and "the 8 worst goals" in printed and "position/r0c1" in printed
    assert "nan" not in printed


def test_values_are_written_as_documented(call, agent, trained, tmp_path):
    printed = call("values", agent, "--out", tmp_path / "q.npz")
    assert "q [S, G, A] = 21 x 21 x 4" in printed
    with np.load(tmp_path / "q.npz", allow_pickle=False) as stored:
        assert stored["q"].dtype == np.float32
        assert (stored["q"] == trained.values().q).all()
        assert stored["action_names"].tolist() == ["left", "right", "up", "down"]
        for name in ("state_positions", "goal_positions"):
            assert stored[name].shape == (21, 2)
            assert stored[name][5].tolist() == [1, 0]  # row, col: five free cells above it
        assert stored["state_names"][5] == "r1c0" and stored["goal_names"][5] == "position/r1c0"
        assert stored["layout"].tolist() == MAP.split()


def test_values_can_be_the_exact_ones(call, agent, trained, tmp_path):
    call("values", agent, "--exact", "--out", tmp_path / "deep" / "q.npz")
    with np.load(tmp_path / "deep" / "q.npz") as stored:
        assert (stored["q"] == exact_values(trained.env, trained.config.gamma).q).all()


def test_rollout_writes_a_walk_to_the_goals(call, agent, tmp_path):
    printed = call("rollout", agent, "--goal", "r4c0", "--goal", "position/r0c4", "--out", tmp_path / "deep" / "w.gif")
    assert "2 of 2 goals reached in 12 steps" in printed
    with Image.open(tmp_path / "deep" / "w.gif") as picture:
        assert picture.n_frames > 12


def test_rollout_chooses_goals_and_writes_video(call, agent, tmp_path):
    assert "6 of 6 goals reached" in call("rollout", agent, "--out", tmp_path / "walk.mp4")
    assert (tmp_path / "walk.mp4").stat().st_size > 1000


def test_tour_goals_are_far_apart_and_can_be_reached(trained):
    env, steps = trained.env, exact_values(trained.env).steps()
    goals = tour(env)
    assert len(set(goals)) == 6 and env.states.start not in goals
    assert env.states.reachable[env.states.start][goals].all()
    assert steps[env.states.start, goals[0]] == steps[env.states.start][env.states.reachable[env.states.start]].max()
    assert tour(env, count=99) and len(tour(env, count=99)) == 18


def test_whatever_prints_numbers_prints_json(call, agent, map_file, only_begin, tmp_path):
    world = ["--map", map_file, "--steps", 128, *SETTINGS]
    report = strictly(call("train", "gridworld", *world, "--out", tmp_path / "run", "--json"))
    assert (report["env"], report["world"], report["learner"]) == ("gridworld", "small.txt", "leo")
    assert report.keys() >= {"env_steps", "train_seconds", "compile_seconds"} and load(report["out"]).seed == 0
    report = strictly(call("values", agent, "--out", tmp_path / "q.npz", "--json"))
    assert report == {"out": str(tmp_path / "q.npz"), "shape": [21, 21, 4]}
    for command, out in (("rollout", "w.gif"), ("export", "e.html")):
        report = strictly(call(command, agent, "--goal", "r4c0", "--goal", "r0c4", "--out", tmp_path / out, "--json"))
        assert report == {"out": str(tmp_path / out), "reached": 2, "asked": 2, "steps": 12}


def test_a_score_can_be_drawn(call, fail, agent, tmp_path):
    call("evaluate", agent, "--figure", tmp_path / "score.html")
    assert "exact steps to the goal" in (tmp_path / "score.html").read_text("utf-8")
    assert 'unknown figure format ".htm"' in fail("evaluate", agent, "--figure", tmp_path / "score.htm")


def test_check_says_what_is_there(capsys):
    assert main(["check", "--json"]) == 0
    report = strictly(capsys.readouterr().out)
    assert report["ready"] and {"name", "found", "level", "fix"} == report["findings"][0].keys()


def test_list_names_everything(call):
    report = strictly(call("list", "--json"))
    assert report == {
        "environments": ["gridworld", "craftax-classic", "craftax", "point_maze", "reacher", "ant", "ant_umaze"],
        "maps": list(map_names()),
        "learners": [
            "leo",
            "pqn",
            "her",
            "ppo",
            "dual_leo",
            "dual_leo_ppo",
            "cleo",
            "tabular",
            "sac",
            "sac_her",
            "sac_leo",
        ],
        "presets": ["paper", "minute", "cpu"],
    }
    printed = call("list")
    assert "four_rooms" in printed and "gridworld" in printed and "leo" in printed


def test_bench_prints_what_is_promised(call, map_file):
    words = ["bench", "gridworld", "--map", map_file, "--steps", STEPS_301, "--seeds", 2, *SETTINGS]
    report = strictly(call(*words, "--json"))
    promised = {"success_all_pairs", "success_from_start", "value_mae", "steps_error_median", "train_seconds"}
    assert report.keys() >= promised | {"compile_seconds", "env_steps", "seeds"}
    assert (report["seeds"], report["env_steps"], report["goals"], report["world"]) == (2, 38_528, 19, "small.txt")
    printed = call(*words)
    assert "success_all_pairs" in printed and "per_seed" not in printed


def test_bench_sizes_prints_what_is_promised(call, tmp_path):
    learner, figure = "tabular:num_envs=16:unroll=8", tmp_path / "sizes.html"
    words = ["bench", "sizes", "--size", 5, "--size", 4, "--learner", learner, "--seeds", 2, "--steps", 1500]
    report = strictly(call(*words, "--json", "--figure", figure))
    assert report.keys() >= {"device", "jax", "wall", "world_seed", "seeds", "good", "rows", "summary"}
    assert [(row["size"], row["learner"], row["seed"]) for row in report["rows"]] == [
        (size, *run) for size in (4, 5) for run in ((learner, 0), (learner, 1), ("exact solver", None))
    ]
    for row in report["rows"]:
        assert row.keys() == {"size", "states", "goals", "learner", "seed", "curve"}
        assert all(point.keys() == {"env_steps", "seconds", "success"} for point in row["curve"])
    promised = {"success", "seconds", "seconds_to_good", "reached", "seconds_ratio"}
    assert len(report["summary"]) == 4 and all(line.keys() >= promised for line in report["summary"])
    assert learner in figure.read_text("utf-8")
    printed = call(*words)
    assert learner in printed and "exact solver" in printed and "seconds to 99%" in printed
    assert len(printed.splitlines()) == 3 + 4


def test_help_shows_settings_with_their_meaning(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["train", "--help"])
    printed = " ".join(capsys.readouterr().out.replace("│", "").split())
    assert caught.value.code == 0
    assert "--learning-rate FLOAT" in printed and "annealed linearly to 0 (default: " in printed
    assert "--num-envs INT" in printed and "N, environments stepped together" in printed


@pytest.mark.parametrize("width", [80, 120])
def test_help_fits_its_terminal(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    commands = [[], *([name] for name in cli.COMMANDS), *(["bench", name] for name in cli.BENCHES)]
    for words in commands:
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) > 5 and max(map(len, lines)) <= width, words


def test_every_option_says_what_it_does(capsys):
    """Help of every command: no option without a line about it, and nothing of Python's."""
    for words in [*([name] for name in cli.COMMANDS), *(["bench", name] for name in cli.BENCHES)]:
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        printed = capsys.readouterr().out
        assert words == ["bench"] or "--json" in printed
        assert not re.search(r"(--[\w-]+( [A-Z,.]+)?)\s+(\(repeatable\)|\(\))", printed), words
        assert not re.search(r"None|unset|Any|<|Path\(|(--[\w-]+( [A-Z,.]+)?)\s*│\n│ --", printed), words


def test_the_shell_completes_commands_and_options(tmp_path):
    with pytest.raises(SystemExit) as caught:
        main(["--tyro-write-completion", "bash", str(tmp_path / "leo-lab")])
    script = (tmp_path / "leo-lab").read_text()
    assert not caught.value.code
    assert all(name in script for name in (*cli.COMMANDS, *cli.BENCHES, "--learning-rate", "--map", "--figure"))


def test_an_interrupt_says_how_to_go_on(capsys, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "list", interrupted)
    assert main(["list"]) == 130
    assert "can be continued with --resume" in capsys.readouterr().err


# What is wrong ------------------------------------------------------------------------------------------------------

WRONG = {
    "no command": ("", "the following arguments are required: COMMAND; try leo-lab --help"),
    "command": ("trian", 'unknown command "trian"; did you mean "train"?'),
    "environment": ("train gridwrld --out OUT", 'unknown environment "gridwrld"; did you mean "gridworld"?'),
    "environment of a map": ("train gridwrld --map maze --out OUT", 'unknown environment "gridwrld"'),
    "benchmark": ("bench gridwrld", 'unknown benchmark "gridwrld"; did you mean "gridworld"?'),
    "map": ("train gridworld --map mase --out OUT", 'unknown map "mase"; did you mean "maze"?'),
    "map file": ("train gridworld --map no/such.txt --out OUT", "no/such.txt: no such map file"),
    "map and size": ("train gridworld --map maze --size 4 --out OUT", "a map is given, so size of a random map cannot"),
    "size": ("bench gridworld --size 1", "the map size must be 2 to 64 cells, got 1"),
    "learner": ("train gridworld --learner lio --out OUT", 'unknown learner "lio"; did you mean "leo"?'),
    "learner with =": ("train gridworld --learner=lio --out OUT", 'unknown learner "lio"; did you mean "leo"?'),
    "option": ("train gridworld --out OUT --learning-rat 1", '"--learning-rat"; did you mean "--learning-rate"?'),
    "option with =": ("train gridworld --out OUT --widht=1", 'unknown option "--widht"; did you mean "--width"?'),
    "option of another command": ("list --out OUT", 'unknown option "--out"'),
    "one word too many": ("evaluate one two", 'unknown option "two"'),
    "choice": ("train gridworld --out OUT --loss square", 'unknown loss "square"; did you mean "squared"?'),
    "device": ("train gridworld --out OUT --device gpi", 'unknown device "gpi"; did you mean "gpu"?'),
    "no value": ("train gridworld --out", "argument --out: expected one argument; try leo-lab train --help"),
    "no learner": ("train gridworld --out OUT --learner", "argument --learner: expected one argument"),
    "no out": ("train gridworld", "the following arguments are required: --out"),
    "steps in words": ("train gridworld --out OUT --steps many", 'argument --steps: "many" is not a whole number'),
    "half a step": ("train gridworld --out OUT --steps 2.5", '"2.5" is not a whole number'),
    "endless": ("train gridworld --out OUT --steps inf", '"inf" is not a whole number'),
    "no steps": ("train gridworld --out OUT --steps 0", "steps must be at least 1, got 0"),
    "seed": ("train gridworld --out OUT --seed 99999999999999999999", "seed must be 0 to 4294967295"),
    "chunks": ("train gridworld --out OUT --chunks 0", "chunks must be at least 1, got 0"),
    "minibatch": ("train gridworld --out OUT --minibatch 1000", "minibatch = 1000 does not divide num_envs x unroll"),
    "slip": ("train gridworld --out OUT --map maze --slip 2", "slip must be a probability from 0 to below 1, got 2"),
    "number": ("train gridworld --out OUT --gamma x", "argument --gamma: invalid float value: 'x'"),
    "seeds": ("bench gridworld --seeds 0", "seeds must be at least 1"),
    "size of a bench": ("bench sizes --size 1", "the map size must be 2 to 64 cells, got 1"),
    "sizes in words": ("bench sizes --size 4,x", 'argument --size: "4,x" is not a whole number'),
    "learner of a bench": ("bench sizes --learner lio", 'unknown learner "lio"; did you mean "leo"?'),
    "learner of a bench, set": ("bench sizes --learner leo:wide=no", 'unknown wide "no"'),
    "figure of a bench": ("bench sizes --figure OUT/f.gif", 'unknown figure format ".gif"'),
    "figure of a comparison": ("compare --learners leo --maps maze --out OUT --figure f.gif", "unknown figure format"),
    "run": ("evaluate no/such/run", "no/such/run/checkpoint.safetensors: no such file; leo-lab train --out DIR writes"),
    "goal": ("rollout AGENT --goal r0c9 --out OUT/w.gif", 'unknown goal "r0c9"; did you mean "r0c'),
    "video": ("rollout AGENT --out OUT/w.avi", 'unknown video format ".avi"'),
    "place for values": ("values AGENT --out FILE/q.npz", "q.npz: cannot be written"),
    "place for a video": ("rollout AGENT --out FILE/w.gif", "small.txt: File exists"),
    "place for a run": ("train gridworld --out FILE", "small.txt is a file; choose a directory for the run"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(fail, agent, map_file, tmp_path, case):
    line, message = WRONG[case]
    places = {"OUT": tmp_path / "out", "AGENT": agent, "FILE": map_file}
    for name, place in places.items():
        line = line.replace(name, str(place))
    assert message in fail(*line.split())
    assert not list(tmp_path.glob("out/*"))


def test_a_gpu_that_is_not_there_is_missed_before_anything_is_done(fail, tmp_path, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    for words in (["train", "gridworld", "--out", tmp_path / "run"], ["bench", "gridworld"]):
        assert "asked for a GPU but JAX runs on cpu" in fail(*words, "--device", "gpu")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_checkpoint_is_one_line(fail, agent, tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"\x80\x04cbuiltins\nexec\n.")
    for words in (["evaluate"], ["values", "--out", tmp_path / "q.npz"], ["export", "--out", tmp_path / "e.html"]):
        assert "truncated or not a checkpoint" in fail(words[0], tmp_path, *words[1:])
    assert "truncated" in fail("train", "gridworld", "--resume", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_where_nothing_can_be_reached_there_is_no_tour(fail, call, only_begin, tmp_path):
    (tmp_path / "cell.txt").write_text("S#.\n")
    call("train", "gridworld", "--map", tmp_path / "cell.txt", "--steps", 128, "--out", tmp_path / "run", *SETTINGS)
    assert "nothing can be reached from the start" in fail("rollout", tmp_path / "run", "--out", tmp_path / "w.gif")


# Pages --------------------------------------------------------------------------------------------------------------


def test_export_writes_one_page_that_asks_no_host_for_anything(call, agent, tmp_path):
    printed = call("export", agent, "--out", tmp_path / "deep" / "e.html")
    assert "open it in any browser" in printed
    text = (tmp_path / "deep" / "e.html").read_text("utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    for heading in ("What it believes, next to the truth", "What it does", "LEO on map"):
        assert heading in text
    assert "How it learnt" not in text  # the file holds the end of training only
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["e.html"]


@pytest.fixture
def small_demo(monkeypatch, map_file, tmp_path):
    """The demo on the small map, trained briefly, in a directory where nothing else is."""
    monkeypatch.setattr("leo_lab.cli.demo.MAP", map_file)
    monkeypatch.setattr("leo_lab.cli.demo.STEPS", 10_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs" / "demo"


def test_demo_writes_everything_that_it_names(call, small_demo):
    printed = call("demo")
    named = ["explorer.html", "rollout.mp4", "map.png", "metrics.jsonl", "checkpoint.safetensors"]
    assert sorted(path.name for path in small_demo.iterdir()) == sorted(named)
    for name in named:
        assert name in printed and (small_demo / name).stat().st_size > 500
    assert "against the exact solution, over 342 (start, goal) pairs" in printed
    assert (small_demo / "explorer.html").as_uri() in printed
    assert "How it learnt" in (small_demo / "explorer.html").read_text("utf-8")
    run = load(small_demo)
    assert len((small_demo / "metrics.jsonl").read_text().splitlines()) == len(run.metrics)
    assert run.env_steps >= 10_000
    with Image.open(small_demo / "map.png") as picture:
        assert min(picture.size) > 100


def test_demo_replaces_its_own_run_and_no_other(call, fail, small_demo, map_file, tmp_path, only_begin):
    elsewhere = ["--out", tmp_path / "mine"]
    call("train", "gridworld", "--map", map_file, "--steps", 128, *elsewhere, *SETTINGS)
    before = (tmp_path / "mine" / "checkpoint.safetensors").read_bytes()
    assert "already holds a run" in fail("demo", *elsewhere)
    assert (tmp_path / "mine" / "checkpoint.safetensors").read_bytes() == before
