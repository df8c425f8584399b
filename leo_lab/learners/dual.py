"""Dual LEO (arXiv:2605.23551): LEO teaches, a network that is told the goal refines, both learn from the same rollouts.

LEO's torso is never told the goal, so it is a coarse sponge: it learns of hard goals early and stays behind on easy
ones. The student is told. A PQN student acts together with its teacher; a PPO student (dual_ppo.py) acts alone and
imitates it.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree
from leo_lab.experience.segment import Choice, Segment
from leo_lab.learners.base import Learner, Readout
from leo_lab.learners.config import Config
from leo_lab.learners.exploration import epsilon_greedy
from leo_lab.learners.gradient import Minibatches
from leo_lab.learners.leo import LEO, LEOConfig, TableLogits
from leo_lab.learners.uvfa import PQN, PQNConfig

ACTING = ("mixture", "teacher", "student", "max", "min")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairConfig(LEOConfig):
    """Settings of a teacher and its student; those it shares with LEO hold for both unless the student has its own.

    Attributes:
      student_depth: hidden layers of the student.
      student_average: share of its old average that is kept; 0 for the newest parameters.
    """

    student_depth: int = 2
    student_average: float = 0.0

    RULES: ClassVar = {"at least 1": ("student_depth",), "at least 0, below 1": ("student_average",)}

    def __post_init__(self):
        super().__post_init__()
        _ = self.student  # whose own rules hold, too

    @property
    def teacher(self) -> LEOConfig:
        """The teacher's own settings."""
        return LEOConfig(**{field.name: getattr(self, field.name) for field in dataclasses.fields(LEOConfig)})

    @property
    def student(self) -> Config:
        """The student's own settings."""
        raise NotImplementedError

    def _student(self, cls: type[Config]) -> Config:
        """Settings of that class: `student_x` where there is such a one, else `x`, else the default.

        The default minibatch, too, where the teacher's is left to the world.
        """
        settings = {}
        for field in dataclasses.fields(cls):
            for name in (field.name, f"student_{field.name}"):
                if hasattr(self, name) and (name != "minibatch" or self.minibatch):
                    settings[field.name] = getattr(self, name)
        return cls(**settings)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DualConfig(PairConfig):
    """Settings of Dual LEO with a PQN student.

    Attributes:
      acting: whose values choose: "mixture", (1 - alpha) of the student's and alpha of the teacher's; "teacher" or
        "student" alone; "max" or "min", the larger or the smaller of the two for each action.
      alpha: share of the teacher at the beginning.
      alpha_end: and at the end of the run; it changes linearly.
      student_target: what the student's values are taught.
      student_lam: lambda of it.
      student_epochs: its passes over each segment.
      student_initial_value: every value of it before learning.
      epsilon_end: higher than LEO's, for the student, which sees a goal only while that one is commanded.
    """

    epsilon_end: float = 0.1
    acting: str = "mixture"
    alpha: float = 0.3
    alpha_end: float = 0.3
    student_target: str = PQNConfig.target
    student_lam: float = PQNConfig.lam
    student_epochs: int = PQNConfig.epochs
    student_initial_value: float = PQNConfig.initial_value

    RULES: ClassVar = {"from 0 to 1": ("alpha", "alpha_end")}
    CHOICES: ClassVar = {"acting": ACTING}

    @property
    def student(self) -> PQNConfig:
        return self._student(PQNConfig)


class Both(NamedTuple):
    """Everything that changes while the two learn, GradientStates; or what either learns from, Minibatches."""

    teacher: PyTree
    student: PyTree


class PairMemo(NamedTuple):
    """What the two keep of N states.

    Attributes:
      teacher, student: their own memos.
      q_teacher: float32 [N, A], the teacher's values of the commanded goal.
    """

    teacher: PyTree
    student: PyTree
    q_teacher: jax.Array


class Pair(Learner):
    """LEO and a student. See leo_lab.learners.base.Learner; subclasses say how the two act."""

    parts: ClassVar[dict[str, type[Learner]]]

    def __init__(self, env: Environment, config: PairConfig, iterations: int, steps_per_iteration: int):
        super().__init__(env, config, iterations, steps_per_iteration)
        size = iterations, steps_per_iteration
        self.teacher = self.parts["teacher"](env, config.teacher, *size)
        self.student = self.parts["student"](env, config.student, *size)

    @property
    def passes(self) -> int:
        return self.teacher.passes + self.student.passes

    def init(self, key: jax.Array) -> Both:
        teacher_key, student_key = jax.random.split(key)
        return Both(self.teacher.init(teacher_key), self.student.init(student_key))

    def epsilon(self, state: Both) -> jax.Array:
        return self.teacher.epsilon(state.teacher)

    def prepare(self, state: Both, segment: Segment, key: jax.Array) -> Both:
        teacher_key, student_key = jax.random.split(key)
        teacher = self.teacher.prepare(state.teacher, segment._replace(memo=segment.memo.teacher), teacher_key)
        return Both(teacher, self.prepare_student(state, segment, student_key))

    def prepare_student(self, state: Both, segment: Segment, key: jax.Array) -> Minibatches:
        """What the student learns from."""
        return self.student.prepare(state.student, segment._replace(memo=segment.memo.student), key)

    def learn(self, state: Both, data: Both) -> tuple[Both, dict[str, jax.Array]]:
        teacher, info = self.teacher.learn(state.teacher, data.teacher)
        student, also = self.student.descent.run(self.student_loss, state.student, data.student)
        return Both(teacher, student), {**info, **{f"student_{name}": value for name, value in also.items()}}

    def student_loss(self, params: PyTree, *rows: jax.Array) -> tuple[jax.Array, dict]:
        """The student's own loss of rows [B, ...]; returns (loss [], info)."""
        return self.student.loss(params, *rows)


class DualLEO(Pair):
    """Dual LEO with a PQN student. See leo_lab.learners.base.Learner."""

    name = "dual_leo"
    title = "Dual LEO"
    Config = DualConfig
    parts: ClassVar = {"teacher": LEO, "student": PQN}

    def alpha(self, state: Both) -> jax.Array:
        """Share of the teacher, float32 []."""
        return self.config.alpha + state.teacher.clock.progress() * (self.config.alpha_end - self.config.alpha)

    def combine(self, q_teacher: jax.Array, q_student: jax.Array, alpha: jax.Array) -> jax.Array:
        """The values that choose, from those of the two networks, any shape, and the share of the teacher []."""
        ways = {
            "mixture": lambda: (1 - alpha) * q_student + alpha * q_teacher,
            "teacher": lambda: q_teacher,
            "student": lambda: q_student,
            "max": lambda: jnp.maximum(q_teacher, q_student),
            "min": lambda: jnp.minimum(q_teacher, q_student),
        }
        return ways[self.config.acting]()

    def readout(self, state: Both, obs: jax.Array) -> Readout:
        q_teacher = self.teacher.readout(state.teacher, obs).q
        q_student = self.student.readout(state.student, obs).q
        return Readout.of_q(self.combine(q_teacher, q_student, self.alpha(state)))

    def greedy(self, state: Both, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self._evaluate(state, obs, goal)[-1].argmax(axis=-1)

    def _evaluate(
        self, state: Both, obs: jax.Array, goal: jax.Array
    ) -> tuple[TableLogits, jax.Array, jax.Array, jax.Array]:
        """The teacher's logits, and values [N, A] of one goal each: the teacher's, the student's, those that choose."""
        table = self.teacher.table_logits(state.teacher.params, obs)
        q_teacher, q_student = self.teacher.q_of_goal(table, goal), self.student.q(state.student.params, obs, goal)
        return table, q_teacher, q_student, self.combine(q_teacher, q_student, self.alpha(state))

    def act(self, state: Both, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        table, q_teacher, q_student, q = self._evaluate(state, obs, goal)
        action = epsilon_greedy(key, q, self.epsilon(state))
        memos = self.teacher.memo(table, action), self.student.memo(q_student, action)
        return Choice(action, PairMemo(*memos, q_teacher))

    def learn(self, state: Both, data: Both) -> tuple[Both, dict[str, jax.Array]]:
        after, info = super().learn(state, data)
        return after, {**info, "alpha": self.alpha(state)}
