"""Dual LEO with a PPO student (arXiv:2605.23551): the student acts alone, and imitates its teacher while it is new."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import chex
import jax

from leo_lab.envs.base import PyTree
from leo_lab.errors import LabError
from leo_lab.experience.segment import Choice, Segment
from leo_lab.learners.base import Readout
from leo_lab.learners.dual import Both, Pair, PairConfig, PairMemo
from leo_lab.learners.gradient import Minibatches, hit_loss
from leo_lab.learners.leo import LEO
from leo_lab.learners.ppo import PPO, PPOConfig

CLONED = ("argmax", "softmax")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DualPPOConfig(PairConfig):
    """Settings of Dual LEO with a PPO student, which acts alone.

    Attributes:
      clone: weight of the student's cross-entropy to its teacher's choices.
      clone_value: weight of the loss of the student's value against the teacher's, max_a Q.
      clone_end: share of both weights at the end of the run; they change linearly.
      cloned: what is cloned: "argmax", the teacher's best action; or "softmax", its values as a policy.
      temperature: of that softmax, in units of value; one step more is worth 1 - gamma near a goal.
      student_minibatch: B of the student.
      student_epochs: its passes over each segment.
      student_learning_rate: of its Adam, annealed linearly to 0.
      student_lam: lambda of the student's advantages (GAE).
      clip: how far the probability of an action may move in the student, as a ratio to that of the rollout.
      entropy: weight of the entropy of the student's policy.
      value: weight of the loss of the student's value.
    """

    clone: float = 0.1
    clone_value: float = 0.0
    clone_end: float = 0.0
    cloned: str = "argmax"
    temperature: float = 0.01
    student_minibatch: int = PPOConfig.minibatch
    student_epochs: int = PPOConfig.epochs
    student_learning_rate: float = PPOConfig.learning_rate
    student_lam: float = PPOConfig.lam
    clip: float = PPOConfig.clip
    entropy: float = PPOConfig.entropy
    value: float = PPOConfig.value

    RULES: ClassVar = {
        **{"above 0": ("temperature",), "at least 0": ("clone", "clone_value"), "from 0 to 1": ("clone_end",)},
    }
    CHOICES: ClassVar = {"cloned": CLONED}

    def __post_init__(self):
        super().__post_init__()
        if not (self.clone or self.clone_value):
            raise LabError("clone and clone_value are 0, a student without a teacher; raise one of them, or use ppo")

    @property
    def student(self) -> PPOConfig:
        return self._student(PPOConfig)


class DualLEOPPO(Pair):
    """Dual LEO with a PPO student. See leo_lab.learners.base.Learner."""

    name = "dual_leo_ppo"
    title = "Dual LEO (PPO)"
    target = PPO.target
    Config = DualPPOConfig
    online = PPO.online
    parts: ClassVar = {"teacher": LEO, "student": PPO}

    def readout(self, state: Both, obs: jax.Array) -> Readout:
        return self.student.readout(state.student, obs)

    def act(self, state: Both, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        table = self.teacher.table_logits(state.teacher.params, obs)
        action, memo = self.student.act(state.student, obs, goal, key)
        return Choice(action, PairMemo(self.teacher.memo(table, action), memo, self.teacher.q_of_goal(table, goal)))

    def greedy(self, state: Both, obs: jax.Array, goal: jax.Array) -> jax.Array:
        return self.student.greedy(state.student, obs, goal)

    def clone_share(self, state: Both) -> jax.Array:
        """What is left of the weights of cloning, float32 []."""
        return 1.0 - (1.0 - self.config.clone_end) * state.teacher.clock.progress()

    def cloned_policy(self, q_teacher: jax.Array) -> jax.Array:
        """The teacher's values [B, A] as the policy that is cloned, [B, A]."""
        if self.config.cloned == "softmax":
            return jax.nn.softmax(q_teacher / self.config.temperature)
        return jax.nn.one_hot(q_teacher.argmax(axis=-1), q_teacher.shape[-1])

    def student_loss(
        self, params: PyTree, obs, goal, action, log_prob, advantage, v_target, q_teacher, share: jax.Array
    ) -> tuple[jax.Array, dict]:
        """PPO's loss of rows (see PPO.loss and PPO.objective), and that of cloning; returns (loss [], info).

        `q_teacher` [B, A] holds the teacher's values of these goals; `share` [] is left of the weights of cloning.
        """
        log_probs, critic = self.student.policy(params, obs, goal)
        chex.assert_equal_shape([log_probs, q_teacher])
        loss, info = self.student.objective(log_probs, critic, action, log_prob, advantage, v_target)
        clone = -(self.cloned_policy(q_teacher) * log_probs).sum(axis=-1).mean()
        clone_value, _ = hit_loss("cross_entropy", critic, q_teacher.max(axis=-1))
        loss += share * (self.config.clone * clone + self.config.clone_value * clone_value)
        return loss, {**info, "clone": clone}

    def prepare_student(self, state: Both, segment: Segment, key: jax.Array) -> Minibatches:
        rows = self.student.rows(state.student, segment._replace(memo=segment.memo.student))
        return Minibatches((*rows, segment.memo.q_teacher), {"share": self.clone_share(state)}, key)
