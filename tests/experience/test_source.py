"""A source without environments under way is a source like any other: drawn from, measured, saved."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import LabError, load, make, save
from leo_lab.experience import OnlineConfig, OnlineSource, Segment
from leo_lab.learners import Config, Learner, Readout
from leo_lab.training import Program, Run, continue_stream, finish
from small import HASTY


@dataclasses.dataclass(frozen=True)
class RecordedConfig:
    batch: int = 3


class Recorded:
    """The same steps over and over; its state is how often they were drawn."""

    name = "recorded"

    def __init__(self, env):
        self.env, self.config = env, RecordedConfig()
        self.steps = 2 * self.config.batch

    def init(self, key):
        return jnp.zeros((), jnp.int32)

    def draw(self, state, choose, key):
        count, size, goals = self.config.batch, self.env.obs_size, len(self.env.goals)
        flags, obs = jnp.zeros((2, count), bool), jnp.ones((2, count, size))
        whole = jnp.zeros((2, count), jnp.int32)
        hit, seen = jnp.zeros((2, count, goals), bool), jnp.ones(goals, bool)
        return state + 1, Segment(obs, whole, whole, (), hit, flags, flags, flags, obs[0], obs[0], seen)

    def metrics(self, state, before):
        return {"draws": int(state) - int(before)}

    def split(self, state, parts):
        return False


class Sum(Learner):
    """Adds up what it observes."""

    name = "sum"

    def init(self, key):
        return jnp.zeros(())

    def learn(self, state, data):
        return state + data[0].obs.sum(), {"total": state}

    def readout(self, state, obs):
        return Readout.of_q(jnp.full((len(obs), len(self.env.goals), len(self.env.action_names)), state))


@pytest.fixture(scope="module")
def run():
    program = Program(Sum, Config(gamma=0.5), Recorded(make("gridworld", **HASTY)), 6 * 4)
    return Run(program, program.init(0), 0)


def test_a_program_is_a_learner_and_a_source(run, tmp_path, capsys):
    done = finish(continue_stream(run, chunks=2), progress=True)
    assert done.finished and done.env_steps == 24 and int(done.state.source) == 4
    assert [row["draws"] for row in done.metrics] == [2, 2] and "loss" not in done.metrics[0]
    assert set(done.metrics[0]) == {"iteration", "env_steps", "seconds", "total", "draws"}
    assert float(done.state.learner) == 4 * 6 * run.env.obs_size
    assert done.settings == {"batch": 3, "gamma": 0.5}
    assert "100%" in capsys.readouterr().err
    path = save(done, tmp_path)
    with pytest.raises(LabError, match='unknown source of experience "recorded"; known: online'):
        load(path, learner=Sum)


def test_online_metrics_and_what_can_be_split():
    source = OnlineSource(make("gridworld", **HASTY), OnlineConfig(num_envs=4, unroll=3))
    assert source.steps == 12
    before = jax.jit(source.init)(jax.random.key(0))
    after = before._replace(
        tries=before.tries.at[2].add(3), hits=before.hits.at[2].add(1), seen=before.seen.at[:4].set(True)
    )
    row = source.metrics(after, before)
    assert row == {"commanded_success": 1 / 3, "goals_seen": int(np.asarray(after.seen).sum())}
    split = source.split(after, 2)
    assert split.obs and split.worlds and split.goal and not (split.seen or split.tries or split.hits or split.broken)
    with pytest.raises(LabError, match="num_envs = 4 does not divide over 3 devices; choose a multiple of 3"):
        source.split(after, 3)
    with pytest.raises(LabError, match="unroll must be at least 1, got 0"):
        OnlineConfig(unroll=0)
