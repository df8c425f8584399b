"""Your own learner: a table that learns all goals at once, in one class.

    python examples/01_own_learner.py
    leo-lab train gridworld --map four_rooms --learner examples/01_own_learner.py:Table --out runs/table

A learner says how its state begins, what it learns from a segment of experience, and what it knows. Training, scores,
comparisons, checkpoints, widgets and the command line follow from that.
"""

import dataclasses

import jax.numpy as jnp

import leo_lab
from leo_lab.errors import LabError, require
from leo_lab.experience.segment import next_observations
from leo_lab.learners import Config, Learner, Readout, targets


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableConfig(Config):
    """Settings of the table.

    Attributes:
      rate: share of the way to its target that a value goes in an iteration.
    """

    rate: float = 0.5

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.rate <= 1, "rate", self.rate, "above 0, at most 1")


class Table(Learner):
    """Q-learning of all goals in a table, float32 [S, A, G]; its state is the table."""

    name = "table"
    title = "table"
    Config = TableConfig

    def init(self, key):
        if self.env.states is None:
            raise LabError(f"a table needs a world whose states can be listed, unlike {self.env.title}")
        return jnp.zeros((len(self.env.states), len(self.env.action_names), len(self.env.goals)))

    def learn(self, state, data):
        segment, _ = data  # what `prepare` gives unless told otherwise: T steps of N environments
        s_tm1, s_t = self.env.states.index(segment.obs), self.env.states.index(next_observations(segment))
        discount_t = segment.discount(self.config.gamma)[..., None]
        target = targets.one_step_hit(segment.hit, state[s_t].max(axis=2), discount_t)  # [T, N, G]
        error = target - state[s_tm1, segment.action]
        # An action that was taken several times moves once, by the mean.
        count = jnp.zeros(state.shape[:2]).at[s_tm1, segment.action].add(1.0)[..., None]
        total = jnp.zeros_like(state).at[s_tm1, segment.action].add(error)
        return state + self.config.rate * total / jnp.maximum(count, 1.0), {"loss": jnp.square(error).mean()}

    def readout(self, state, obs):
        return Readout.of_q(state[self.env.states.index(obs)].swapaxes(1, 2))


def main(steps=400_000):
    leo_lab.register(Table)  # now "table" is a learner like any other, in `compare` and in files, too
    env = leo_lab.make("gridworld", map="four_rooms")
    run = leo_lab.train(env, "table", steps=steps, progress=True, rate=0.8)
    print(leo_lab.evaluate(run).summary())
    return run


if __name__ == "__main__":
    main()
