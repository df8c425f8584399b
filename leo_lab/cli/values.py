"""leo-lab values."""

from __future__ import annotations

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Json, Part, RunPath, file, flag
from leo_lab.errors import LabError
from leo_lab.training import checkpoints
from leo_lab.truth.tabular import exact_values
from leo_lab.walks.tours import kind


def values(
    run: RunPath,
    *,
    out: file("FILE.npz"),
    part: Part = None,
    exact: flag("the exact values of the run's world instead") = False,
    json: Json = False,
) -> None:
    """Write the values of all states, goals and actions as .npz."""
    agent = checkpoints.load(run, part=part)
    if kind(agent.env) != "states":
        ending = "html shows" if kind(agent.env) == "places" else "npz keeps"
        message = f"{agent.env.title}: its states cannot be listed, so it has no table of values"
        raise LabError(f"{message}; leo-lab rollout DIR --out FILE.{ending} those along a walk")
    table = exact_values(agent.env, agent.config.gamma) if exact else agent.values()
    path, shape = table.save(out), table.q.shape
    words = f"q [S, G, A] = {' x '.join(map(str, shape))}, with names, positions (row, col), gamma and the map"
    print(to_json({"out": str(path), "shape": shape}) if json else f"written to {path}: {words}")
