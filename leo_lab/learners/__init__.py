"""Learners: what one is (`Learner`), the registry of names, and one file for each."""

from leo_lab.learners.base import Learner, Readout
from leo_lab.learners.config import Config
from leo_lab.learners.registry import configure, learner_names, register, resolve, settings_of

__all__ = ["Config", "Learner", "Readout", "configure", "learner_names", "register", "resolve", "settings_of"]
