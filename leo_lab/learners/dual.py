"""Dual LEO (arXiv:2605.23551): LEO teaches, a network that is told the goal refines, both learn from the same rollouts.

LEO's torso is never told the goal, so it is a coarse sponge: it learns of hard goals early and stays behind on easy
ones. The student is told. A PQN student acts together with its teacher; a PPO student acts alone and imitates it.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.experience.segment import Choice, Segment
from leo_lab.learners.base import Config, require, require_choice
from leo_lab.learners.exploration import epsilon_greedy, moved
from leo_lab.learners.gradient import GradientState, hit_loss
from leo_lab.learners.leo import LEO, LEOConfig, Sight
from leo_lab.learners.ppo import PPO, PPOConfig
from leo_lab.learners.uvfa import PQN, PQNConfig

ACTING = ("mixture", "teacher", "student", "max", "min")
CLONED = ("argmax", "softmax")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairConfig(LEOConfig):
    """Settings of a teacher and its student; those it shares with LEO hold for both unless the student has its own.

    Attributes:
      student_depth: hidden layers of the student.
      student_average: share of its old average that is kept; 0 for the newest parameters.
    """

    student_depth: int = 2
    student_average: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        require(self.student_depth >= 1, "student_depth", self.student_depth, "at least 1")
        require(0 <= self.student_average < 1, "student_average", self.student_average, "at least 0, below 1")
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
        """Settings of that class: `student_x` where there is such a one, else `x`, else the default."""
        settings = {}
        for field in dataclasses.fields(cls):
            for name in (field.name, f"student_{field.name}"):
                if hasattr(self, name):
                    settings[field.name] = getattr(self, name)
        return cls(**settings)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DualConfig(PairConfig):
    """Settings of Dual LEO with a PQN student.

    Attributes:
      acting: whose values choose: "mixture", (1 - alpha) of the student's and alpha of the teacher's; "teacher" or
        "student" alone; "max" or "min", the larger or the smaller of the two for each action.
      alpha: share of the teacher at the beginning.
      alpha_end: and at the end of the run; it moves linearly.
      lam: lambda of the student's return.
      student_epochs: its passes over each segment.
      student_initial_value: every value of it before learning.
      epsilon_end: higher than LEO's, for the student, which sees a goal only while that one is commanded.
    """

    epsilon_end: float = 0.1
    acting: str = "mixture"
    alpha: float = 0.3
    alpha_end: float = 0.3
    lam: float = PQNConfig.lam
    student_epochs: int = PQNConfig.epochs
    student_initial_value: float = PQNConfig.initial_value

    def __post_init__(self):
        super().__post_init__()
        require_choice("acting", self.acting, ACTING)
        for name in ("alpha", "alpha_end"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "from 0 to 1")

    @property
    def student(self) -> PQNConfig:
        return self._student(PQNConfig)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DualPPOConfig(PairConfig):
    """Settings of Dual LEO with a PPO student, which acts alone.

    Attributes:
      clone: weight of the student's cross-entropy to its teacher's choices.
      clone_value: weight of the loss of the student's value against the teacher's, max_a Q.
      clone_end: share of both weights at the end of the run; they move linearly.
      cloned: what is cloned: "argmax", the teacher's best action; or "softmax", its values as a policy.
      temperature: of that softmax, in units of value; one step more is worth 1 - gamma near a goal.
      student_minibatch: B of the student.
      student_epochs: its passes over each segment.
      student_learning_rate: of its Adam, annealed linearly to 0.
      lam: lambda of the student's advantages (GAE).
      clip: how far the probability of an action may move in the student, as a ratio to that of the rollout.
      entropy: weight of the entropy of the student's policy.
      value: weight of the loss of the student's value.
    """

    unroll: int = PPOConfig.unroll
    clone: float = 0.1
    clone_value: float = 0.0
    clone_end: float = 0.0
    cloned: str = "argmax"
    temperature: float = 0.01
    student_minibatch: int = PPOConfig.minibatch
    student_epochs: int = PPOConfig.epochs
    student_learning_rate: float = PPOConfig.learning_rate
    lam: float = PPOConfig.lam
    clip: float = PPOConfig.clip
    entropy: float = PPOConfig.entropy
    value: float = PPOConfig.value

    def __post_init__(self):
        super().__post_init__()
        require_choice("cloned", self.cloned, CLONED)
        require(self.temperature > 0, "temperature", self.temperature, "above 0")
        for name in ("clone", "clone_value"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "at least 0")
        require(0 <= self.clone_end <= 1, "clone_end", self.clone_end, "from 0 to 1")
        if not (self.clone or self.clone_value):
            raise LabError("clone and clone_value are 0, a student without a teacher; raise one of them, or use ppo")

    @property
    def student(self) -> PPOConfig:
        return self._student(PPOConfig)


class PairState(NamedTuple):
    """Everything that changes while the two learn."""

    teacher: GradientState
    student: GradientState


class PairMemo(NamedTuple):
    """What either network notes.

    Attributes:
      teacher, student: their own memos.
      advice: float32 [N, A], the teacher's values of the commanded goal.
    """

    teacher: PyTree
    student: PyTree
    advice: jax.Array


class Pair:
    """LEO and a student; see leo_lab.learners.base.Learner.

    Attributes:
      parts: the networks by name, each with the learner that it is; see `Run.part`.
    """

    scale = "hit"
    parts: ClassVar[dict[str, str]]
    student_class: type

    def __init__(self, env: Environment, config: PairConfig, iterations: int):
        """Prepares both networks; LabError where the settings do not suit the environment."""
        self.config, self.iterations = config, iterations
        self.teacher = LEO(env, config.teacher, iterations)
        self.student = self.student_class(env, config.student, iterations)

    def init(self, key: jax.Array) -> PairState:
        teacher_key, student_key = jax.random.split(key)
        return PairState(self.teacher.init(teacher_key), self.student.init(student_key))

    def update(self, state: PairState, segment: Segment, key: jax.Array) -> tuple[PairState, dict[str, jax.Array]]:
        teacher_key, student_key = jax.random.split(key)
        teacher, info = self.teacher.update(state.teacher, segment._replace(memo=segment.memo.teacher), teacher_key)
        student, also = self._teach(state, segment, student_key)
        own = {f"student_{name}": value for name, value in also.items() if name != "epsilon"}
        return PairState(teacher, student), {**info, **own}

    def _teach(self, state: PairState, segment: Segment, key: jax.Array) -> tuple[GradientState, dict[str, jax.Array]]:
        """What the student learns from a segment."""
        return self.student.update(state.student, segment._replace(memo=segment.memo.student), key)


class DualLEO(Pair):
    """Dual LEO with a PQN student. See leo_lab.learners.base.Learner."""

    name = "dual_leo"
    title = "Dual LEO"
    parts: ClassVar = {"teacher": "leo", "student": "pqn"}
    student_class = PQN

    def alpha(self, iteration: jax.Array) -> jax.Array:
        """Share of the teacher, float32 []."""
        return moved(self.config.alpha, self.config.alpha_end, iteration / self.iterations)

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

    def values(self, state: PairState, obs: jax.Array) -> jax.Array:
        teacher, student = self.teacher.values(state.teacher, obs), self.student.values(state.student, obs)
        return self.combine(teacher, student, state.teacher.iteration)

    def greedy(self, state: PairState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self._weigh(state, obs, goal)[-1].argmax(axis=-1)

    def _weigh(
        self, state: PairState, obs: jax.Array, goal: jax.Array
    ) -> tuple[Sight, jax.Array, jax.Array, jax.Array]:
        """What the teacher sees, and the values [N, A] of one goal each: the teacher's, the student's, the choice's."""
        seen = self.teacher.see(state.teacher, obs)
        advice, q_student = self.teacher.of_goal(seen, goal), self.student.q(state.student.params, obs, goal)
        return seen, advice, q_student, self.combine(advice, q_student, state.teacher.iteration)

    def act(self, state: PairState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        seen, advice, q_student, q = self._weigh(state, obs, goal)
        action = epsilon_greedy(key, q, self.teacher.epsilon(state.teacher.iteration))
        return Choice(action, PairMemo(self.teacher.note(seen, action), self.student.note(q_student, action), advice))

    def update(self, state: PairState, segment: Segment, key: jax.Array) -> tuple[PairState, dict[str, jax.Array]]:
        after, info = super().update(state, segment, key)
        return after, {**info, "alpha": self.alpha(state.teacher.iteration)}


class DualLEOPPO(Pair):
    """Dual LEO with a PPO student. See leo_lab.learners.base.Learner."""

    name = "dual_leo_ppo"
    title = "Dual LEO (PPO)"
    parts: ClassVar = {"teacher": "leo", "student": "ppo"}
    student_class = PPO

    def values(self, state: PairState, obs: jax.Array) -> jax.Array:
        return self.student.values(state.student, obs)

    def act(self, state: PairState, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        seen = self.teacher.see(state.teacher, obs)
        action, memo = self.student.act(state.student, obs, goal, key)
        return Choice(action, PairMemo(self.teacher.note(seen, action), memo, self.teacher.of_goal(seen, goal)))

    def greedy(self, state: PairState, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self.student.greedy(state.student, obs, goal)

    def share(self, iteration: jax.Array) -> jax.Array:
        """What is left of the weights of cloning, float32 []."""
        return moved(1.0, self.config.clone_end, iteration / self.iterations)

    def advised(self, advice: jax.Array) -> jax.Array:
        """The teacher's values [B, A] as the policy that is cloned, [B, A]."""
        if self.config.cloned == "softmax":
            return jax.nn.softmax(advice / self.config.temperature)
        return jax.nn.one_hot(advice.argmax(axis=-1), advice.shape[-1])

    def student_loss(
        self, share: jax.Array, params: PyTree, obs, goal, action, log_prob, advantage, v_target, advice
    ) -> tuple[jax.Array, dict]:
        """PPO's loss of rows [B, ...] with what the teacher advises, [B, A]; returns (loss, info)."""
        log_probs, critic = self.student.policy(params, obs, goal)
        loss, info = self.student.objective(log_probs, critic, action, log_prob, advantage, v_target)
        clone = -(self.advised(advice) * log_probs).sum(axis=-1).mean()
        clone_value, _ = hit_loss("cross_entropy", critic, advice.max(axis=-1))
        loss += share * (self.config.clone * clone + self.config.clone_value * clone_value)
        return loss, {**info, "clone": clone}

    def _teach(self, state: PairState, segment: Segment, key: jax.Array) -> tuple[GradientState, dict[str, jax.Array]]:
        rows = self.student.rows(state.student, segment._replace(memo=segment.memo.student))
        loss = functools.partial(self.student_loss, self.share(state.teacher.iteration))
        return self.student.descend(loss, state.student, (*rows, segment.memo.advice), key)
