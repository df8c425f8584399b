"""Dual LEO (arXiv:2605.23551): LEO teaches, a network that is told the goal refines, and the two act together.

LEO's torso is never told the goal, so it is a coarse sponge: it learns of hard goals early and stays behind on easy
ones. The student is told; both learn from the same rollouts.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment
from leo_lab.learners.base import PyTree, require, require_choice
from leo_lab.learners.exploration import epsilon_greedy
from leo_lab.learners.gradient import GradientState
from leo_lab.learners.leo import LEO, LEOConfig
from leo_lab.learners.uvfa import PQN, PQNConfig
from leo_lab.rollout import Choice, Segment

ACTING = ("mixture", "teacher", "student", "max", "min")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DualConfig(LEOConfig):
    """Settings of Dual LEO with a PQN student; those it shares with LEO hold for both networks.

    Attributes:
      student_depth: hidden layers of the student.
      acting: whose values choose: "mixture", (1 - alpha) of the student's and alpha of the teacher's; "teacher" or
        "student" alone; "max" or "min", the larger or the smaller of the two for each action.
      alpha: share of the teacher at the beginning.
      alpha_end: and at the end of the run; it moves linearly.
    """

    student_depth: int = 2
    acting: str = "mixture"
    alpha: float = 0.3
    alpha_end: float = 0.3

    def __post_init__(self):
        super().__post_init__()
        require(self.student_depth >= 1, "student_depth", self.student_depth, "at least 1")
        require_choice("acting", self.acting, ACTING)
        for name in ("alpha", "alpha_end"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "from 0 to 1")

    @property
    def student(self) -> PQNConfig:
        """The student's own settings."""
        shared = {field.name for field in dataclasses.fields(PQNConfig)} & set(self.__dict__)
        return PQNConfig(**{name: getattr(self, name) for name in shared} | {"depth": self.student_depth})


class DualState(NamedTuple):
    """Everything that changes while Dual LEO learns."""

    teacher: GradientState
    student: GradientState


class DualMemo(NamedTuple):
    """What either network notes."""

    teacher: PyTree
    student: PyTree


class DualLEO:
    """The learner. See leo_lab.learners.base.Learner."""

    name = "dual_leo"
    title = "Dual LEO"
    scale = "hit"

    def __init__(self, env: Environment, config: DualConfig, iterations: int):
        """Prepares both networks; LabError where the settings do not suit the environment."""
        self.config, self.iterations = config, iterations
        self.teacher = LEO(env, config, iterations)
        self.student = PQN(env, config.student, iterations)

    def init(self, key: jax.Array) -> DualState:
        teacher_key, student_key = jax.random.split(key)
        return DualState(self.teacher.init(teacher_key), self.student.init(student_key))

    def alpha(self, iteration: jax.Array) -> jax.Array:
        """Share of the teacher, float32 []."""
        progress = jnp.minimum(iteration / self.iterations, 1.0)
        return self.config.alpha + (self.config.alpha_end - self.config.alpha) * progress

    def combine(self, teacher: jax.Array, student: jax.Array, iteration: jax.Array) -> jax.Array:
        """The values that choose, from those of the two networks; any shape."""
        alpha = self.alpha(iteration)
        ways = {
            "mixture": lambda: (1 - alpha) * student + alpha * teacher,
            "teacher": lambda: teacher,
            "student": lambda: student,
            "max": lambda: jnp.maximum(teacher, student),
            "min": lambda: jnp.minimum(teacher, student),
        }
        return ways[self.config.acting]()

    def values(self, state: DualState, obs: jax.Array) -> jax.Array:
        teacher, student = self.teacher.values(state.teacher, obs), self.student.values(state.student, obs)
        return self.combine(teacher, student, state.teacher.iteration)

    def act(self, state: DualState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        seen = self.teacher.see(state.teacher, obs)
        q_student = self.student.q(state.student.params, obs, goal)
        iteration = state.teacher.iteration
        q = self.combine(self.teacher.of_goal(seen, goal), q_student, iteration)
        action = epsilon_greedy(key, q, self.teacher.epsilon(iteration))
        return Choice(action, DualMemo(self.teacher.note(seen, action), self.student.note(q_student, action)))

    def update(self, state: DualState, segment: Segment, key: jax.Array) -> tuple[DualState, dict[str, jax.Array]]:
        teacher_key, student_key = jax.random.split(key)
        memo = segment.memo
        teacher, info = self.teacher.update(state.teacher, segment._replace(memo=memo.teacher), teacher_key)
        student, also = self.student.update(state.student, segment._replace(memo=memo.student), student_key)
        own = {f"student_{name}": value for name, value in also.items() if name != "epsilon"}
        return DualState(teacher, student), {**info, **own, "alpha": self.alpha(state.teacher.iteration)}
