"""leo-lab bench craftax."""

from __future__ import annotations

import sys

from leo_lab.artefacts.files import to_json
from leo_lab.bench import craftax as bench
from leo_lab.cli.options import Device, Figure, Json, Learner, Settings, count, text
from leo_lab.envs import make
from leo_lab.training import starting
from leo_lab.training.devices import require_platform
from leo_lab.training.presets import PRESETS
from leo_lab.training.presets import preset as settings_of_preset
from leo_lab.viz.figures.reports import check_figure_path, save_figure, time_figure
from leo_lab.viz.reports import craftax_sheet


def bench_craftax(
    *,
    env: text("WORLD", "craftax or craftax-classic", starting.PRESET_WORLDS) = "craftax",
    learner: Learner = "leo",
    preset: text("PRESET", "settings to begin with: paper, minute or cpu (by device)", PRESETS) = None,
    repeat: count("rounds, the fastest of which counts") = 5,
    device: Device = None,
    json: Json = False,
    figure: Figure = None,
    settings: Settings,
) -> None:
    """Time the training loop of a learner in Craftax against stepping the world alone; say where the time goes."""
    require_platform(device)
    check_figure_path(figure)
    preset = preset or starting.default_preset()
    settings, world = {**settings_of_preset(preset, learner), **settings}, make(env)
    print(f"Compiling and timing {learner} in {world.title}, preset {preset}: minutes on a CPU.", file=sys.stderr)
    report = {"preset": preset, **bench.bench_craftax(world, learner, repeat=repeat, **settings)}
    if figure:
        save_figure(figure, time_figure(report))
    print(to_json(report) if json else craftax_sheet(report))
