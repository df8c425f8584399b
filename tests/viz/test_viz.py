"""Figures and pictures: the right numbers at the right places, the same every time, small."""

import ast
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from leo_lab import viz
from leo_lab.envs import make
from leo_lab.errors import LabError
from leo_lab.truth.tabular import exact_values
from leo_lab.viz import theme
from leo_lab.viz.reading import describe, read_maps

# 4 rows and 7 columns, so that a transposed map cannot pass; r3c6 has no way in or out.
ROOMS = """\
..#....
.S.....
.###.##
....>#.
"""
PORTAL = """\
..#..
SA#a.
..#..
"""
DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
CELL = 30
LEFT, TOP = 26, 26  # of the map in a picture


@pytest.fixture(scope="module")
def env():
    return make("gridworld", map=ROOMS)


@pytest.fixture(scope="module")
def truth(env):
    return exact_values(env)


@pytest.fixture(scope="module")
def agent(truth):
    """The truth with an error that grows along the rows, so that states and goals can be told apart."""
    rise = 0.01 * truth.state_positions[:, 0, None, None] * np.ones((1, 1, 4), np.float32)
    return truth.replace(q=np.clip(truth.q - rise, 0.001, 1), title="leo")


def state(values, name):
    return values.state_names.index(name)


def cell_of(image, row, col, cell=CELL):
    """The pixels of a cell, without its hair line."""
    return image[TOP + row * cell : TOP + (row + 1) * cell - 1, LEFT + col * cell : LEFT + (col + 1) * cell - 1]


# ---------------------------------------------------------------- reading


def test_steps_of_a_map_run_from_one_to_the_farthest_state(truth):
    reading = read_maps(truth, ["r0c6"], "steps")
    goal = state(truth, "r0c6")
    assert reading.numbers[state(truth, "r0c5"), 0] == pytest.approx(1)
    assert reading.numbers[state(truth, "r1c3"), 0] == pytest.approx(4)
    assert np.isnan(reading.numbers[goal, 0]) and reading.here[goal, 0]
    assert (reading.low, reading.high) == (1, 12)  # from r3c3
    assert reading.unreachable[:, 0].sum() == 2  # r3c6 is cut off, and r3c4 opens to the right only
    assert [truth.state_names[i] for i in np.flatnonzero(reading.unreachable[:, 0])] == ["r3c4", "r3c6"]


def test_an_agent_is_coloured_by_the_range_of_the_truth(truth, agent):
    assert read_maps(agent, ["r0c6"], "steps", truth).high == read_maps(truth, ["r0c6"], "steps").high
    assert read_maps(agent, ["r0c6"], "value", truth).low == pytest.approx(0.89)  # 0.99 ** 11, rounded down


def test_the_tiny_values_of_unreachable_goals_do_not_bleach_the_colours(agent):
    assert read_maps(agent, None, "steps").high <= len(agent.state_names)


def test_the_range_of_errors_is_symmetric_and_round(truth, agent):
    reading = read_maps(agent, ["r0c0"], "error", truth)
    assert (reading.low, reading.high) == (-0.03, 0.03)
    assert reading.numbers[state(truth, "r1c3"), 0] == pytest.approx(-0.01)


@pytest.mark.parametrize(
    "scale, place, words",
    [
        ("steps", "r1c0", "r1c0 -> r0c6: about 8.1 steps (exact 7)"),
        ("value", "r1c0", "r1c0 -> r0c6: about 8.1 steps (exact 7), value 0.931"),
        ("error", "r1c0", "r1c0 -> r0c6: about 8.1 steps (exact 7), value 0.931, too low by 0.010"),
        ("steps", "r0c6", "r0c6: the goal itself"),
        ("steps", "r3c6", "r3c6 -> r0c6: no way leads there (believed value 0.001)"),
    ],
)
def test_the_pointer_reads_one_line(truth, agent, scale, place, words):
    assert describe(read_maps(agent, ["r0c6"], scale, truth), state(truth, place), 0) == words


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda v: viz.value_map(v, "r3c11"), 'unknown goal "r3c11"; did you mean'),
        (lambda v: viz.value_map(v, 99), "goal 99 does not exist: there are 21, numbered from 0"),
        (lambda v: viz.value_map(v, -1), "goal -1 does not exist"),
        (lambda v: viz.value_map(v, 1.5), "a goal is an index or a name, got 1.5"),
        (lambda v: viz.value_map(v, 0, scale="step"), 'unknown scale of a map "step"; did you mean "steps"?'),
        (lambda v: viz.value_map(v, 0, scale="error"), "needs the exact values"),
        (lambda v: viz.value_map(v, 0, v.replace(gamma=0.9)), "discounts 0.99"),
        (lambda v: viz.value_map(v.replace(state_positions=None), 0), "the states have no positions"),
        (lambda v: viz.goal_mosaic(v, "r3c1"), "goals must be a list"),
        (lambda v: viz.goal_mosaic(v, []), "no goals to show"),
        (lambda v: viz.goal_mosaic(v, columns=0), "columns must be at least 1"),
        (lambda v: viz.map_sheet(v, [0], 0), "columns must be at least 1"),
        (lambda v: viz.draw_map(v, 0, "r9c9"), 'unknown state "r9c9"'),
        (lambda v: viz.draw_map(v, 0, cell=4), "cell must be at least 8 pixels, got 4"),
        (lambda v: viz.calibration(v, v, pairs=np.zeros((21, 21), bool)), "no (start, goal) pair"),
    ],
)
def test_bad_input_is_one_line(truth, call, message):
    with pytest.raises(LabError) as caught:
        call(truth)
    assert message in str(caught.value) and "\n" not in str(caught.value)


# ---------------------------------------------------------------- figures of maps


def tips(figure):
    """Where the arrows of a figure point: {(row, col) of the cell: direction}."""
    found = {}
    for trace in figure.data:
        if trace.type != "scatter" or trace.fill != "toself":
            continue
        points = np.stack([trace.y, trace.x], axis=1)
        for outline in np.split(points, np.flatnonzero(np.isnan(points[:, 0]))):
            outline = outline[~np.isnan(outline[:, 0])]
            if len(outline):
                centre = np.round(outline.mean(axis=0)).astype(int)
                d_row, d_col = outline[3] - centre  # the tip is the middle one of the seven points
                step = (round(d_row / 0.29), round(d_col / 0.29))
                found[tuple(centre.tolist())] = next(n for n, d in DIRECTIONS.items() if d == step)
    return found


def test_value_map_shows_numbers_where_they_belong(truth):
    heat = viz.value_map(truth, "r0c6").data[1]
    assert heat.z.shape == (4, 7)
    assert heat.z[0, 5] == 1 and heat.z[1, 0] == 7
    assert np.isnan(heat.z[0, 2]) and np.isnan(heat.z[3, 6]) and np.isnan(heat.z[0, 6])
    assert heat.text[1][0] == "r1c0 -> r0c6: about 7 steps" and heat.text[0][2] == ""
    assert viz.value_map(truth, "r0c6").data[0].z[0, 2] == 2  # a wall


def test_arrows_of_a_figure_point_along_the_greedy_actions(truth):
    found = tips(viz.value_map(truth, "r0c0"))
    assert found[1, 3] == "left" and found[3, 0] == "up" and found[3, 3] == "left" and found[1, 0] == "up"
    assert found[2, 4] == "up" and tips(viz.value_map(truth, "r3c4"))[2, 4] == "down"
    assert (0, 0) not in found and (3, 6) not in found and (0, 2) not in found


def test_arrows_are_skipped_for_actions_without_a_direction(truth):
    assert tips(viz.value_map(truth.replace(action_names=("noop", "right", "a", "b")), 0)).keys() == {
        place for place, direction in tips(viz.value_map(truth, 0)).items() if direction == "right"
    }


def test_mosaic_lays_each_small_map_where_its_goal_lies(truth):
    figure = viz.goal_mosaic(truth)
    image = figure.data[0].z
    assert image.shape == (4 * 5 - 1, 7 * 8 - 1) and image.dtype == np.uint8
    near, far, wall, goal = image[3 * 5 + 3, 1 * 8 + 0], image[3 * 5 + 0, 1 * 8 + 6], 253, 255
    assert image[3 * 5 + 3, 1 * 8 + 1] == goal  # r3c1 in the small map of r3c1
    assert image[3 * 5 + 2, 1 * 8 + 1] == wall and (image[0:4, 2 * 8 : 2 * 8 + 7] == 252).all()  # no goal there
    assert near < far <= 251  # the steps from r3c0 and from r0c6
    assert figure.data[1].text[state(truth, "r3c6")] == "goal r3c6: no way leads there"
    assert figure.data[1].text[0].startswith("goal r0c0: about ")


def test_mosaic_of_chosen_goals_has_columns_and_names(truth, agent):
    figure = viz.goal_mosaic(agent, ["r0c6", "r3c1", "r0c0"], 2, truth=truth)
    assert list(figure.data[2].text) == ["r0c6", "r3c1", "r0c0"]
    assert figure.data[2].x.tolist() == [3, 11, 3]
    assert figure.data[1].text[2].endswith("on average") and ", exact " in figure.data[1].text[2]


# ---------------------------------------------------------------- figures of scores


def metrics(count=10, offset=0.0):
    return [
        {
            "env_steps": 1000 * i,
            "loss": 0.5**i + offset,
            "commanded_success": float("nan") if i == 1 else i / 10,
            "goals_seen": i,
        }
        for i in range(1, count + 1)
    ]


def test_learning_curves_draw_each_metric_over_steps():
    figure = viz.learning_curves(metrics(), ["loss", "commanded_success", "goals_seen"])
    assert [trace.x[-1] for trace in figure.data] == [10_000] * 3
    assert figure.data[0].y[1] == pytest.approx(0.25) and np.isnan(figure.data[1].y[0])
    assert figure.layout.yaxis.type == "log" and figure.layout.yaxis3.type is None
    assert [note.text for note in figure.layout.annotations] == [
        "loss",
        "success of commanded goals",
        "goals seen",
    ]
    assert not any(trace.showlegend for trace in figure.data)


def test_learning_curves_of_several_runs_have_one_legend():
    figure = viz.learning_curves({"a": metrics(), "b": metrics(6, 0.1)}, ["loss", "goals_seen"])
    assert [(trace.name, trace.showlegend) for trace in figure.data] == [
        ("a", True), ("b", True), ("a", False), ("b", False)
    ]  # fmt: skip
    assert figure.data[0].line.color != figure.data[1].line.color == figure.data[3].line.color


@pytest.mark.parametrize(
    "given, keys, message",
    [
        ([], ["loss"], "no metrics to draw"),
        ({"a": metrics(), "b": []}, ["loss"], 'no metrics of run "b"'),
        (metrics(), [], "no keys to draw"),
        (metrics(), ["goal_seen"], 'unknown metric "goal_seen"; did you mean "goals_seen"?'),
    ],
)
def test_learning_curves_name_what_is_missing(given, keys, message):
    with pytest.raises(LabError, match=message.replace("?", r"\?")):
        viz.learning_curves(given, keys)


@pytest.fixture(scope="module")
def scores(truth, agent):
    """Evaluation-like: everything succeeds within four steps, and starts in row 0 always do."""
    steps = truth.steps()
    pairs = (truth.v > 0) & ~np.eye(len(truth.state_names), dtype=bool)
    success = np.where((steps < 4.5) | (truth.state_positions[:, :1] == 0), 1.0, 0.0)
    return SimpleNamespace(values=agent, exact=truth, pairs=pairs, success=success, steps_error=agent.steps() - steps)


def test_success_by_distance_averages_over_pairs(scores):
    figure = viz.success_by_distance(scores)
    success, error = figure.data[0], figure.data[1]
    assert success.x[:4].tolist() == [1, 2, 3, 4] and (success.y[:4] == 1).all() and (success.y[4:] < 1).all()
    counted = scores.pairs & (np.round(scores.exact.steps()) == 5)
    assert success.y[4] == pytest.approx(scores.success[counted].mean(), rel=1e-3)
    assert error.y[4] == pytest.approx(np.median(scores.steps_error[counted]), rel=1e-3)
    assert success.text[4] == f"5 steps, {counted.sum()} pairs"


def test_success_by_distance_compares_agents_and_needs_pairs(scores):
    figure = viz.success_by_distance({"one": scores, "two": scores})
    assert [trace.name for trace in figure.data if trace.showlegend] == ["one", "two"]
    with pytest.raises(LabError, match=r"no \(start, goal\) pair counts"):
        viz.success_by_distance(SimpleNamespace(**{**vars(scores), "pairs": scores.pairs & False}))


def test_calibration_of_the_truth_is_the_diagonal(truth):
    heat, line, medians = viz.calibration(truth, truth).data
    for column, steps in enumerate(heat.x):
        row = heat.y.tolist().index(steps)
        assert heat.z[row, column] == 1 and np.isnan(np.delete(heat.z[:, column], row)).all()
    assert np.array_equal(medians.y, medians.x) and tuple(line.x) == tuple(line.y)


def test_calibration_says_how_many_beliefs_lie_above_its_rows(truth, agent):
    figure = viz.calibration(agent.replace(q=np.minimum(agent.q, 0.5)), truth)
    assert figure.layout.annotations[0].text == "100 % of the pairs lie above"


def test_success_matrix_has_starts_as_rows(scores, truth):
    heat = viz.success_matrix(scores).data[0]
    start, goal = state(truth, "r0c0"), state(truth, "r1c6")
    assert heat.y[start] == "r0c0" and heat.x[goal] == "r1c6"
    assert heat.z[start, goal] == 1 and heat.z[goal, start] == 0 and np.isnan(heat.z[start, start])
    assert heat.customdata[goal, start] == 7
    assert np.isnan(heat.z[start, state(truth, "r3c6")])


# ---------------------------------------------------------------- all figures


def all_figures(truth, agent, scores):
    return {
        "value_map": viz.value_map(agent, "r0c6", truth),
        "error": viz.value_map(agent, "r0c6", truth, "error"),
        "mosaic": viz.goal_mosaic(agent, truth=truth),
        "mosaic of some": viz.goal_mosaic(agent, [1, 2, 3], scale="value"),
        "curves": viz.learning_curves(metrics(), ["loss", "goals_seen"]),
        "distance": viz.success_by_distance(scores),
        "calibration": viz.calibration(agent, truth),
        "matrix": viz.success_matrix(scores),
    }


def test_figures_are_the_same_every_time(truth, agent, scores):
    first, second = (all_figures(truth, agent, scores) for _ in range(2))
    for name, figure in first.items():
        text = figure.to_json()
        assert text == second[name].to_json(), name
        assert '"uid"' not in text and len(text) < 25_000, name


def test_figures_of_a_large_map_stay_small():
    values = exact_values(make("gridworld", size=16, wall=0.2, seed=1))
    assert len(values.goal_names) > 190
    mosaic, single = viz.goal_mosaic(values), viz.value_map(values, 0)
    for figure, most in ((mosaic, 120_000), (single, 60_000)):
        assert len(json.dumps(json.loads(figure.to_json()), indent=1)) < most
    assert len(mosaic.data) == 2  # one image, one layer for the pointer


# ---------------------------------------------------------------- pictures


def test_picture_is_as_wide_as_the_map_and_even(truth):
    image = viz.draw_map(truth, 0, cell=CELL)
    assert image.dtype == np.uint8 and image.shape[1] == LEFT + 7 * CELL + 14
    assert image.shape[0] == TOP + 4 * CELL + 4 + 32
    assert all(side % 2 == 0 for side in viz.draw_map(truth, 0, cell=31, caption="odd").shape[:2])


@pytest.mark.parametrize("scale", ["steps", "value", "error"])
def test_picture_has_each_colour_in_its_cell(truth, agent, scale):
    image = viz.draw_map(agent, "r0c6", scale=scale, truth=truth, cell=CELL)
    colours = read_maps(agent, ["r0c6"], scale, truth).rgb()[:, 0]
    for (row, col), colour, name in zip(truth.state_positions, colours, truth.state_names, strict=True):
        if name != "r0c6":
            assert cell_of(image, row, col)[-3, 2].tolist() == colour.tolist(), name


def test_picture_hatches_walls(truth):
    wall = cell_of(viz.draw_map(truth, 0, cell=CELL), 0, 2).reshape(-1, 3)
    assert tuple(wall.max(axis=0)) == theme.rgb(theme.WALL) and (wall >= theme.rgb(theme.HATCH)).all()
    assert wall.std(axis=0).min() > 2  # lines, not one tone


def test_picture_rings_the_goal_and_marks_the_agent(truth):
    image = viz.draw_map(truth, "r1c5", "r3c1", cell=CELL)
    accent = theme.rgb(theme.ACCENT)
    middle = (CELL - 1) // 2
    goal, agent_cell = cell_of(image, 1, 5), cell_of(image, 3, 1)
    assert tuple(goal[middle, middle + 10]) == accent and tuple(goal[2, 2]) == (255, 255, 255)
    assert tuple(agent_cell[middle, middle]) == accent
    others = [cell_of(image, r, c) for r in range(4) for c in range(7) if (r, c) not in ((1, 5), (3, 1))]
    assert not any((cell == accent).all(axis=-1).any() for cell in others)


@pytest.mark.parametrize(
    "goal, place, toward",
    [("r0c0", (1, 3), "left"), ("r0c6", (1, 2), "right"), ("r0c0", (2, 4), "up"), ("r3c4", (2, 4), "down")],
)
def test_arrows_of_a_picture_point_along_the_greedy_actions(truth, goal, place, toward):
    cell = cell_of(viz.draw_map(truth, goal, cell=CELL), *place).astype(int)
    ink = np.abs(cell - cell[-3, 2]).sum(axis=-1)
    rows, cols = np.indices(ink.shape) - (CELL - 2) / 2
    lean = np.array([(ink * rows).sum(), (ink * cols).sum()]) / ink.sum()  # the head is the heavy end
    d_row, d_col = DIRECTIONS[toward]
    assert lean @ (d_row, d_col) > 0.8 and abs(lean @ (d_col, d_row)) < 0.2


@pytest.mark.parametrize("place, ink", [((1, 5), theme.INK), ((3, 2), theme.PAPER)])
def test_arrows_stand_out_from_near_and_far_colours(truth, place, ink):
    cell = cell_of(viz.draw_map(truth, "r0c6", cell=CELL), *place)
    assert (cell == theme.rgb(ink)).all(axis=-1).sum() > 20


def test_one_way_cells_and_teleporters_are_marked(truth):
    plain = viz.draw_map(truth.replace(layout=tuple(row.replace(">", ".") for row in truth.layout)), 0, cell=CELL)
    changed = np.abs(viz.draw_map(truth, 0, cell=CELL).astype(int) - plain).sum(axis=-1)
    cell = cell_of(changed, 3, 4)
    assert cell.sum() == changed.sum() > 0  # nothing else changed
    assert (cell[:, CELL // 2 :] > 0).sum() > 5 * (cell[:, : CELL // 2] > 0).sum()  # at the right edge

    portal = viz.draw_map(exact_values(make("gridworld", map=PORTAL)), 0, cell=CELL)
    colour = theme.rgb(theme.portal_colour("A"))
    assert (cell_of(portal, 1, 1) == colour).all(axis=-1).sum() > 200
    assert tuple(cell_of(portal, 1, 3)[1, 4]) == colour


def test_trail_and_caption_add_to_a_picture_and_change_nothing_else(truth):
    bare = viz.draw_map(truth, "r0c6", cell=CELL)
    walked = viz.draw_map(truth, "r0c6", cell=CELL, trail=["r1c0", "r1c1", "r1c2"], caption="step 2")
    assert walked.shape[0] == bare.shape[0] + 32
    changed = (walked[: bare.shape[0]] != bare).any(axis=-1)
    assert cell_of(changed, 1, 1).any()
    changed[TOP + CELL : TOP + 2 * CELL, LEFT : LEFT + 3 * CELL] = False
    assert not changed.any()


def test_trail_breaks_where_the_agent_jumped():
    values = exact_values(make("gridworld", map=PORTAL))
    bare, walked = (viz.draw_map(values, "r2c4", cell=CELL, trail=trail) for trail in (None, ["r1c0", "r1c3"]))
    assert np.array_equal(bare, walked)


def test_long_captions_widen_the_picture(truth):
    image = viz.draw_map(truth, 0, cell=8, caption="a line that is longer than the map below which it stands")
    assert image.shape[1] > 8 * 7 + 40 and (image[-16, -10:] == theme.rgb(theme.EMPTY)).all()


def test_pictures_are_the_same_every_time(truth, agent):
    first, second = (viz.draw_map(agent, 3, 5, truth=truth, caption="x") for _ in range(2))
    assert np.array_equal(first, second)


def test_map_sheet_stacks_estimate_and_truth(truth, agent):
    goals = ["r0c6", "r3c1", "r0c0"]
    alone = viz.map_sheet(agent, goals, 2, cell=10)
    both = viz.map_sheet(agent, goals, 2, truth=truth, cell=10, title="rooms")
    assert alone.shape[1] == both.shape[1] == 26 + 2 * 70 + 18 + 14
    assert both.shape[0] == alone.shape[0] + 2 * (40 + 9) + 42
    error = viz.map_sheet(agent, goals, 2, truth=truth, scale="error", cell=10)
    assert error.shape[0] == alone.shape[0]
    # A step from the goal in row 0, where the agent is right: r0c5 in the first column, r0c1 in the last row's.
    second_row = 42 + 26 + 2 * 49 + 9 + 26
    for top, col in ((42 + 26, 5), (second_row, 1)):
        for line in range(2):
            pixel = both[top + line * 49 + 8, 26 + col * 10 + 1]
            assert tuple(pixel) == theme.rgb(theme.STEPS_COLOURS[0])
    ring = both[42 + 26 + 3 * 10 : 42 + 26 + 4 * 10, 26 + 70 + 18 + 10 :][:, :10]  # r3c1 in the second column
    assert (ring == theme.rgb(theme.ACCENT)).all(axis=-1).any()


def test_save_png_round_trips_or_leaves_nothing(tmp_path, truth):
    image = viz.draw_map(truth, 0)
    path = viz.save_png(tmp_path / "map.png", image)
    assert np.array_equal(np.asarray(Image.open(path)), image)
    with pytest.raises(LabError, match="cannot be written"):
        viz.save_png(tmp_path / "map.png" / "map.png", image)
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]


# ---------------------------------------------------------------- the package


def test_viewers_import_no_trainer():
    allowed = {"numpy", "plotly", "PIL", "kaleido", "mediapy", "imageio_ffmpeg", "mujoco", "leo_lab"}
    names = ("errors", "artefacts", "viz", "scores.evaluation", "scores.sheet")
    ours = {f"leo_lab.{name}" for name in names}
    for file in sorted(Path(viz.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.partition(".")[0]
                assert top in allowed or top in __import__("sys").stdlib_module_names, (file.name, name)
                assert top != "leo_lab" or any(name.startswith(known) for known in ours), (file.name, name)


def test_the_public_names_have_docstrings():
    assert all(getattr(viz, name).__doc__ for name in viz.__all__)
