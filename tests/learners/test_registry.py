"""A learner of one's own, known by its class, its name or its file; what is wrong with one is one line."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import LabError, load, make, register, save, train, train_seeds
from leo_lab.bench.compare import compare
from leo_lab.bench.entries import Entry
from leo_lab.learners import Config, Learner, Readout, configure, learner_names, registry, resolve
from leo_lab.training import begin, make_program
from leo_lab.training.presets import preset
from leo_lab.training.runs import stream_into
from small import MAP

SOURCE = '''
import dataclasses

import jax
import jax.numpy as jnp

from leo_lab.learners import Config, Learner, Readout

COUNT = [0]
COUNT[0] += 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class QTableConfig(Config):
    """Settings.

    Attributes:
      rate: step size.
      twice: learn twice from everything.
    """

    rate: float = 0.2
    twice: bool = False


class QTable(Learner):
    """All-goals Q-learning of a table [S, G, A] (Kaelbling 1993)."""

    name = "q_table"
    Config = QTableConfig

    def init(self, key):
        return jnp.zeros((len(self.env.states.names), len(self.env.goals), len(self.env.action_names)))

    def readout(self, state, obs):
        return Readout.of_q(state[self.env.states.index(obs)])

    def learn(self, state, data):
        segment, _ = data
        row, action = self.env.states.index(segment.obs[0]), segment.action[0]
        v = self.readout(state, segment.obs[1]).v
        target = jnp.where(segment.hit[0], 1.0, segment.discount(self.config.gamma)[0][:, None] * v)
        error = target - state[row, :, action]
        after = state.at[row, :, action].set(state[row, :, action] + self.config.rate * error)
        return after, {"loss": jnp.square(error).mean()}
'''
SIZES = {"num_envs": 8, "unroll": 4}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture(scope="module")
def mine(file):
    return resolve(f"{file}:QTable")


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


@pytest.fixture(scope="module")
def env():
    return make("gridworld", map=MAP)


@pytest.fixture(scope="module")
def run(env, mine):
    return train(env, mine, steps=32 * 40, chunks=2, rate=0.5, **SIZES)


# What works ---------------------------------------------------------------------------------------------------------


def test_a_class_can_be_trained(run):
    assert (run.learner.name, run.learner.title, run.config.rate) == ("q_table", "q_table", 0.5)
    assert run.settings == {"num_envs": 8, "unroll": 4, "gamma": 0.99, "rate": 0.5, "twice": False}
    values = run.values()
    assert values.q.shape == (21, 21, 4) and 0 < values.q.max() <= 1 and values.title == "q_table, 1,280 steps"
    assert run.metrics[-1]["loss"] > 0 and run.metrics[-1]["goals_seen"] > 1


def test_it_acts_and_chooses_by_its_readout(run, env):
    q = np.random.default_rng(0).uniform(size=(21, 21, 4)).astype(np.float32)
    obs, goal = env.states.observations, np.arange(21)[::-1]
    best = q[np.arange(21), np.arange(21)[::-1]].argmax(axis=-1)
    q = jnp.asarray(q)
    assert jax.jit(run.learner.greedy)(q, obs, goal).tolist() == best.tolist()
    act = jax.jit(jax.vmap(lambda key: run.learner.act(q, obs, goal, key).action))
    choices = act(jax.random.split(jax.random.key(0), 400))
    assert (np.asarray(choices) == best).mean() == pytest.approx(0.9 + 0.1 / 4, abs=0.02)


def test_a_name_a_class_and_a_file_are_one_learner(file, mine):
    assert resolve(f"{file}:QTable") is mine is resolve(mine)  # the file is executed once
    with pytest.raises(LabError, match='unknown learner "q_table"'):
        resolve("q_table")
    assert register(mine) is mine
    assert resolve("q_table") is mine and "q_table" in learner_names()


def test_a_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text(SOURCE)
    before = resolve(f"{path}:QTable")
    path.write_text(SOURCE.replace("0.2", "0.25"))
    assert resolve(f"{path}:QTable").Config().rate == 0.25 != before.Config().rate


def test_a_class_that_is_registered_again_replaces_the_old_one(mine):
    register(mine)
    newer = register(type("QTable", (mine,), {"name": "q_table"}))
    assert resolve("q_table") is newer


def test_several_seeds_comparisons_and_presets_take_it(env, mine, file):
    runs = train_seeds(env, mine, steps=64, seeds=2, **SIZES)
    assert [run.seed for run in runs] == [0, 1]
    entry = Entry.parse(f"{file}:QTable:rate=0.75:twice=true:num_envs=8")
    assert entry.learner is mine
    assert [entry.settings[name] for name in ("rate", "twice", "num_envs", "unroll")] == [0.75, True, 8, 16]
    rows = compare({"small": env}, [f"{file}:QTable:num_envs=8:unroll=4"], seeds=1, steps=64).rows
    assert rows[0]["learner"] == f"{file}:QTable:num_envs=8:unroll=4" and rows[0]["env_steps"] == 64
    assert preset("cpu", mine) == {"num_envs": 64, "unroll": 16}


def test_its_run_is_read_with_its_class_and_nothing_in_the_file_is_executed(run, mine, file, tmp_path):
    path = save(run, tmp_path)
    message = 'unknown learner "q_table"; register it first, or load(path, learner=ITS_CLASS)'
    with pytest.raises(LabError) as caught:
        load(path)
    assert message in str(caught.value)
    for learner in (mine, f"{file}:QTable"):
        assert (load(path, learner=learner).values().q == run.values().q).all()
    with pytest.raises(LabError, match='unknown learner "q_table"'):
        load(path, learner="leo")
    register(mine)
    assert load(path).learner.name == "q_table"
    with pytest.raises(LabError, match="holds q_table; it is no leo"):
        load(path, learner="leo")


def test_its_run_goes_on_in_its_directory(env, mine, tmp_path):
    settings = {"steps": 256, "chunks": 2, "every": 1e9, **SIZES}
    first = next(stream_into(tmp_path, env, mine, **settings)).run
    assert first.iteration == 0
    *_, last = stream_into(tmp_path, env, mine, resume=True, **settings)
    assert last.run.finished and last.run.learner.name == "q_table"


def test_the_command_line_takes_its_file(file, tmp_path, call, capsys):
    words = ["train", "gridworld", "--learner", f"{file}:QTable", "--rate", "0.5", "--steps", 64, "--num-envs", 8]
    assert "64 steps" in call(*words, "--unroll", 4, "--map", "plain", "--out", tmp_path)
    assert load(tmp_path, learner=f"{file}:QTable").config.rate == 0.5
    with pytest.raises(SystemExit, match="0"):
        call("train", "gridworld", "--learner", f"{file}:QTable", "--help")
    assert "--twice" in capsys.readouterr().out


# What does not ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Slim:
    gamma: float = 0.9


def variant(**attributes):
    """A learner that is right but for these."""
    given = {
        "name": "mine",
        "init": lambda self, key: jnp.zeros(()),
        "learn": lambda self, state, data: (state, {}),
        "readout": lambda self, state, obs: Readout.of_q(jnp.zeros((len(obs), 21, 4))),
        **attributes,
    }
    return type("Mine", (Learner,), {name: thing for name, thing in given.items() if thing is not None})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clashing(Config):
    unroll: int = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Odd(Config):
    layers: tuple = (1, 2)


METHODS = "a learner has init, act, greedy, prepare, learn, readout"
WRONG_CLASSES = {
    "no learner at all": (lambda: Slim, f"Slim has no init; {METHODS}"),
    "a method less": (lambda: variant(learn=None), f"Mine has no learn; {METHODS}"),
    "a method that is none": (lambda: variant(act=3), f"Mine has no act; {METHODS}"),
    "no name": (lambda: variant(name=None), "Mine.name must be a word such as \"mine\", got ''"),
    "a name with a colon": (lambda: variant(name="a:b"), "Mine.name must be a word such as \"mine\", got 'a:b'"),
    "a name of ours": (lambda: variant(name="leo"), 'Mine.name is "leo", a learner of leo_lab'),
    "scale": (lambda: variant(scale="hits"), 'unknown scale of Mine "hits"; did you mean "hit"?'),
    "target": (lambda: variant(target="best"), 'unknown target of Mine "best"; known: optimal, policy, behaviour'),
    "settings in a dict": (lambda: variant(Config={"rate": 1}), "Mine.Config must be a dataclass of its settings"),
    "settings of no dataclass": (lambda: variant(Config=int), "Mine.Config must be a dataclass of its settings"),
    "a setting of an odd type": (
        lambda: variant(Config=Odd),
        "Mine.Config.layers must have a default that is a",
    ),
    "a setting of collecting": (lambda: variant(Config=Clashing), "Mine.Config has unroll, a setting of collecting"),
    "how it collects": (lambda: variant(online=8), "Mine.online must be an OnlineConfig, got 8"),
}


@pytest.mark.parametrize("case", WRONG_CLASSES)
def test_a_class_that_is_no_learner(case, env):
    make_class, message = WRONG_CLASSES[case]
    for use in (register, lambda cls: begin(env, cls)):
        with pytest.raises(LabError) as caught:
            use(make_class())
        assert message in str(caught.value) and "\n" not in str(caught.value)


def readout(**axes):
    return lambda self, state, obs: Readout(**{name: jnp.zeros(shape(len(obs))) for name, shape in axes.items()})


V = {"v": lambda b: (b, 21)}
WRONG_READOUTS = {
    "no readout": (lambda self, state, obs: jnp.zeros((2, 21, 4)), "its readout must be a Readout(v, q, action), got"),
    "v": (readout(v=lambda b: (21, b)), "mine: v of its readout must be [B, G] = [2, 21], got [21, 2]"),
    "q": (
        readout(q=lambda b: (b, 4, 21), **V),
        "q of its readout must be [B, G, A] = [2, 21, 4], got [2, 4, 21]",
    ),
    "no q": (readout(**V), "mine: its readout must have q [B, G, A], got None"),
    "action": (
        readout(q=lambda b: (b, 21, 4), action=lambda b: (b, 21), **V),
        "mine: action of its readout must be [B, G, A] = [2, 21, 4], got [2, 21]",
    ),
}


@pytest.mark.parametrize("case", WRONG_READOUTS)
def test_a_readout_of_the_wrong_axes(case, env):
    wrong, message = WRONG_READOUTS[case]
    with pytest.raises(LabError) as caught:
        make_program(env, variant(readout=wrong), 100, num_envs=4)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_right_one_passes(env):
    make_program(env, variant(), 100, num_envs=4)


WRONG_NAMES = {
    "unregistered": ("q_tabel", 'unknown learner "q_tabel"; did you mean "tabular"?'),
    "near": ("loe", 'unknown learner "loe"; did you mean "leo"?'),
    "no such file": ("nowhere.py:Mine", "nowhere.py: no such file; a learner is a name, or my_file.py:MyLearner"),
    "no class": ("{file}", "name its class, too: {file}:MyLearner"),
    "another class": ("{file}:QTabel", '{file} has no class "QTabel"; did you mean "QTable"?'),
    "no learner": ("{file}:QTableConfig", "QTableConfig has no init; a learner has init"),
    "a file with a mistake": ("{broken}:Mine", "broken.py cannot be executed (SyntaxError"),
}


@pytest.mark.parametrize("case", WRONG_NAMES)
def test_what_names_no_learner(case, env, file, tmp_path):
    given, message = WRONG_NAMES[case]
    places = {"file": file, "broken": tmp_path / "broken.py"}
    places["broken"].write_text("def (")
    for use in (resolve, lambda name: begin(env, name), Entry.parse):
        with pytest.raises(LabError) as caught:
            use(given.format(**places))
        assert message.format(**places) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_of_something_else_is_no_learner(tmp_path):
    path = tmp_path / "text.md"
    path.write_text("class Mine: pass")
    with pytest.raises(LabError, match=r"text\.md is no file of Python; its name must end with \.py"):
        resolve(f"{path}:Mine")


def test_a_setting_of_another_learner_says_whose_it_is(mine):
    for settings, message in (
        ({"clone": 0.1}, 'unknown setting of leo "clone"; it is one of dual_leo_ppo'),
        ({"updates": 3}, 'unknown setting of leo "updates"; it is one of sac, sac_her, sac_leo'),
        ({"gama": 0.9}, 'unknown setting of leo "gama"; did you mean "gamma"?'),
        ({"num_env": 3}, 'unknown setting of leo "num_env"; did you mean "num_envs"?'),
        ({"width": 2.5}, "width must be int, got 2.5"),
        ({"num_envs": 0}, "num_envs must be at least 1, got 0"),
    ):
        with pytest.raises(LabError) as caught:
            configure("leo", settings)
        assert str(caught.value) == message
    with pytest.raises(LabError, match="twice must be bool, got 1"):
        configure(mine, {"twice": 1})
    register(mine)
    with pytest.raises(LabError, match='twice of learner "q_table:twice=yes" must be bool, got "yes"'):
        Entry.parse("q_table:twice=yes")
