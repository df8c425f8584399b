"""leo-lab list and leo-lab check."""

from __future__ import annotations

import dataclasses

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Json
from leo_lab.envs import env_names
from leo_lab.envs.maps import map_names
from leo_lab.learners import learner_names
from leo_lab.machine import check_environment
from leo_lab.training.presets import PRESETS


def list_names(*, json: Json = False) -> None:
    """List environments, maps, learners and presets."""
    names = {"environments": env_names(), "maps": map_names(), "learners": learner_names(), "presets": tuple(PRESETS)}
    print(to_json(names) if json else "\n".join(f"{kind:<14}{', '.join(each)}" for kind, each in names.items()))


def check(*, json: Json = False) -> int:
    """Say whether everything is here that the lab needs, and what to do where it is not."""
    report = check_environment()
    print(to_json({"ready": report.ready, **dataclasses.asdict(report)}) if json else report)
    return 0 if report.ready else 1
