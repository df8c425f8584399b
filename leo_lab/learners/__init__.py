"""Learners, by name."""

from __future__ import annotations

from leo_lab.envs.base import Environment
from leo_lab.errors import unknown
from leo_lab.learners.base import Config, Learner, make_config
from leo_lab.learners.cleo import CLEO, CLEOConfig
from leo_lab.learners.dual import DualConfig, DualLEO, DualLEOPPO, DualPPOConfig
from leo_lab.learners.leo import LEO, LEOConfig
from leo_lab.learners.ppo import PPO, PPOConfig
from leo_lab.learners.sac import SAC, SACHER, SACConfig, SACHERConfig
from leo_lab.learners.sac_leo import SACLEO, SACLEOConfig
from leo_lab.learners.uvfa import HER, PQN, HERConfig, PQNConfig

LEARNERS: dict[str, tuple[type, type]] = {
    "leo": (LEO, LEOConfig),
    "pqn": (PQN, PQNConfig),
    "her": (HER, HERConfig),
    "ppo": (PPO, PPOConfig),
    "dual_leo": (DualLEO, DualConfig),
    "dual_leo_ppo": (DualLEOPPO, DualPPOConfig),
    "cleo": (CLEO, CLEOConfig),
    "sac": (SAC, SACConfig),
    "sac_her": (SACHER, SACHERConfig),
    "sac_leo": (SACLEO, SACLEOConfig),
}


def make_learner_config(name: str, **settings) -> Config:
    """The configuration of a learner; LabError for an unknown learner or setting, naming the nearest one."""
    if name not in LEARNERS:
        raise unknown("learner", name, LEARNERS)
    return make_config(LEARNERS[name][1], **settings)


def make_learner(name: str, env: Environment, config: Config, iterations: int) -> Learner:
    """Builds a learner for an environment and a run of `iterations`."""
    if name not in LEARNERS:
        raise unknown("learner", name, LEARNERS)
    return LEARNERS[name][0](env, config, iterations)
