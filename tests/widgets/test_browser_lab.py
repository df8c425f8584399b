"""Every widget in a real JupyterLab: answers while the kernel is busy, keeps its keys to itself, tells Python the goal.

A widget joins by one line in CASES.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import toy_values
from browser import Lab, Widget, chromium, lab_server, pixels, wait_until  # noqa: F401
from toy_walks import walk

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Case:
    """One widget. Points are fractions (across, down) of the canvas that the pointer acts on."""

    name: str
    cell: str  # Python that makes the widget `w`; `truth` and `values` (4 rows, 7 columns) are there already
    canvas: str  # CSS selector of the canvas, inside the widget's root
    points: tuple[tuple[float, float], tuple[float, float]]  # two places to read: the live line must differ
    goal: int  # the goal that a click on the second place chooses


PLAYER = """from toy_walks import walk
w = leo_widgets.RolloutPlayer(values, walk(truth, "r3c2", "r1c0"), truth)"""
SCOPE = """import toy_training
w = leo_widgets.TrainScope(truth, goal=0).follow(toy_training.snapshots(truth))
w.wait(20)"""
COMPARE = "w = leo_widgets.CompareAB(values, truth, goal=0)"
MATRIX = """from toy_walks import outcomes
w = leo_widgets.SuccessMatrix(outcomes(values, truth), goal=0)"""
MICRO = """from toy_walks import walk
w = leo_widgets.UpdateMicroscope(values, walk(truth, "r3c2", "r1c0"), goal=0)"""
MOSAIC = "w = leo_widgets.GoalMosaic(values, truth, goal=5)"
CRAFTAX = """import toy_craftax
w = leo_widgets.CraftaxTrace(toy_craftax.walk(steps=30), goal=0)"""
TABLE = """import toy_craftax
names = toy_craftax.goal_names()
w = leo_widgets.GoalTable(names, {"tries": range(136)})"""
PLANE_MAP = """import toy_planes
field = toy_planes.exact(toy_planes.grid_plane(), (9, 18))
w = leo_widgets.PlaneMap(field, field, goal=0)"""
PLANE_PLAYER = """import toy_planes
field = toy_planes.exact(toy_planes.grid_plane(), (9, 18))
w = leo_widgets.RolloutPlayer(toy_planes.point_walk(field, (0, 13), start=70), goal=0)"""

CASES = [
    Case("GoalMap", "w = leo_widgets.GoalMap(values, truth, goal=0)", ".leo-probe", ((0.5, 0.4), (0.95, 0.4)), 12),
    Case("RolloutPlayer", PLAYER, ".leo-player-walk", ((0.5, 0.4), (0.95, 0.4)), 12),
    Case("CompareAB", COMPARE, ".leo-probe >> nth=0", ((0.5, 0.4), (0.95, 0.4)), 12),
    Case("GoalMosaic", MOSAIC, ".leo-probe", ((0.5, 0.5), (0.03, 0.06)), 0),
    Case("SuccessMatrix", MATRIX, ".leo-probe", ((0.5, 0.5), (0.62, 0.3)), 12),
    Case("UpdateMicroscope", MICRO, ".leo-probe >> nth=0", ((0.5, 0.4), (0.95, 0.4)), 12),
    Case("CraftaxTrace", CRAFTAX, ".leo-player-head", ((0.5, 0.5), (0.8, 0.24)), 132),  # a commanded, so taller row
    Case("GoalTable", TABLE, ".leo-goals-profile", ((0.5, 0.3), (0.5, 0.93)), 126),
    Case("PlaneMap", PLANE_MAP, ".leo-probe >> nth=0", ((0.5, 0.8), (0.9, 0.8)), 13),
    Case("RolloutPlayer-plane", PLANE_PLAYER, ".leo-probe", ((0.5, 0.8), (0.9, 0.8)), 13),
    Case("TrainScope", SCOPE, ".leo-probe", ((0.5, 0.4), (0.95, 0.4)), 12),
]

SETUP = f"""import sys
from pathlib import Path
sys.path.insert(0, {str(Path(toy_values.__file__).parent)!r})
import leo_widgets
import toy_values
truth = toy_values.exact()
values = toy_values.estimate(truth, 0.002)
"""
SHOW = """
w.observe(lambda change: Path("goal.txt").write_text(str(change.new)), "goal")
w"""
BUSY = """import time
Path("kernel_is_held").touch()
until = time.monotonic() + 60
while not Path("pointer_is_done").exists() and time.monotonic() < until:
    time.sleep(0.02)
Path("kernel_is_held").unlink()"""  # held until the test lets go, however slow the browser is


@pytest.fixture(scope="module")
def lab(tmp_path_factory, chromium):  # noqa: F811
    with lab_server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")
def notebook(lab, chromium):  # noqa: F811
    """One page of Lab with a kernel and two cells, which each test fills and runs: a start of Lab takes seconds."""
    lab.write("widgets.ipynb", ["", ""])
    with lab.open(chromium, "widgets.ipynb", width=1400, height=1000) as tab:
        yield tab


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_widget_in_lab(lab, notebook, case):
    told, done, held = (lab.folder / name for name in ("goal.txt", "pointer_is_done", "kernel_is_held"))
    for file in (told, done, held):
        file.unlink(missing_ok=True)
    Lab.fill(notebook, [SETUP + case.cell + SHOW, BUSY])
    Lab.run_all(notebook)
    root = notebook.locator(".jp-OutputArea .leo")
    canvas = root.locator(case.canvas)
    canvas.wait_for(timeout=20_000)
    check_answers_while_busy(held, root, canvas, case)
    done.touch()
    check_goal_arrives(told, case.goal)
    check_keys_stay_inside(notebook, root)
    check_theme(notebook, root)
    if directory := os.environ.get("LEO_SCREENSHOTS"):
        notebook.screenshot(path=f"{directory}/lab-{case.name}.png")


PLAYING = """import threading, time
from toy_walks import walk
w = leo_widgets.RolloutPlayer(truth, walk(truth, *["r3c2", "r1c0", "r0c3"] * 3), speed=32)
def tell():
    w.observe(lambda change: Path("state.txt").write_text(repr((w.frame, w.goal, w.follow))), ["frame", "goal"])
    while not Path("go.txt").exists():
        time.sleep(0.1)
    w.frame = 10
threading.Thread(target=tell, daemon=True).start()
w"""


def test_the_kernel_hears_the_frame_of_a_walk_and_may_set_it(lab, notebook):
    """It plays while the kernel is busy; what Python hears late never ends the following of commanded goals."""
    Lab.fill(notebook, [SETUP + PLAYING, "time.sleep(4)"])
    Lab.run_all(notebook)
    root = notebook.locator(".leo-rollout-player")
    shown = "document.querySelector('.leo-player-time b').textContent"
    root.wait_for(timeout=20_000)
    root.focus()
    notebook.keyboard.press(" ")
    wait_until(notebook, f"{shown} > 20")
    notebook.keyboard.press(" ")
    frame = int(root.locator(".leo-player-time b").inner_text())
    goal = int(walk(toy_values.exact(), *["r3c2", "r1c0", "r0c3"] * 3).commanded[frame])
    told, wanted = lab.folder / "state.txt", repr((frame, goal, True))
    wait_for(lambda: told.exists() and told.read_text() == wanted, f"Python never heard {wanted}")
    (lab.folder / "go.txt").touch()
    wait_until(notebook, f"{shown} === '10'")
    assert "commanded goal" in root.locator(".leo-player-chosen").inner_text()


FOLLOWING = """import time
import toy_training
scope = leo_widgets.TrainScope(truth, goal=0)
scope.follow(toy_training.slow(truth, COUNT, "training.run", PAUSE))"""


def following(lab, notebook, count, pause, cell) -> tuple[Widget, Path]:
    """The widget of a training of so many snapshots, with a cell run after it, and the file that the cell writes."""
    (told := lab.folder / "told.txt").unlink(missing_ok=True)
    follow = FOLLOWING.replace("COUNT", str(count)).replace("PAUSE", str(pause))
    Lab.fill(notebook, [SETUP + follow, cell])
    Lab.run_all(notebook)
    return Widget(notebook, ".jp-OutputArea .leo-train-scope"), told


def test_buttons_reach_a_kernel_that_waits(lab, notebook):
    wait = "scope.wait(60); Path('told.txt').write_text(scope.status)"
    scope, told = following(lab, notebook, 400, 0.05, wait)
    progress = "document.querySelector('.leo-progress')?.textContent"
    wait_until(notebook, f"{progress}?.includes('left')", 30)
    scope.button("Pause").click()
    wait_until(notebook, f"{progress}.startsWith('paused')")
    scope.button("Resume").click()
    wait_until(notebook, f"{progress}.includes('left')")
    scope.button("Stop").click()
    wait_for(lambda: told.exists() and told.read_text() == "stopped", "the kernel never heard of the stop")


def test_waiting_in_the_next_cell(lab, notebook):
    """The kernel is busy from the first moment on: the browser has everything all the same."""
    wait = "assert scope.wait(30).env_steps == 1_000_000; Path('told.txt').write_text('yes')"
    scope, told = following(lab, notebook, 9, 0.1, wait)
    wait_until(notebook, "document.querySelector('.leo-progress')?.textContent.startsWith('finished')", 30)
    wait_for(lambda: told.exists() and told.read_text() == "yes", "the kernel never came to its end")
    seen = set()
    for _ in range(9):
        seen.add(scope.root.locator(".leo-map-reading").inner_text())
        scope.keys(",")
    assert len(seen) == 9 and "" not in seen


def check_answers_while_busy(held: Path, root, canvas, case):
    """The pointer moves the reading within the browser, with the kernel held in a cell.

    The cell itself says so: Lab calls the kernel idle as soon as it has answered a widget's message, cell or no cell.
    """
    wait_for(held.exists, "the kernel never came to the cell that holds it")
    lines, pictures = [], []
    for point in case.points:
        canvas.hover(position=place(canvas, point))
        lines.append(root.locator(".leo-status").inner_text())
        pictures.append(pixels(canvas))
    click(canvas, case.points[1])
    lines.append(root.locator(".leo-status").inner_text())
    assert held.exists(), "the kernel woke up before the pointer was done"
    assert len(set(lines)) == 3 and "" not in lines
    assert pictures[0] != pictures[1]


def check_keys_stay_inside(tab, root):
    """Keys that would add, cut or delete cells do nothing to the notebook while the widget has the focus."""
    count = Lab.cell_count(tab)
    root.focus()
    for key in ("b", "a", "x", "d", "d", "Enter", "ArrowDown", "x"):
        tab.keyboard.press(key)
    assert Lab.cell_count(tab) == count
    tab.keyboard.press("Escape")  # leaves the widget, back to the notebook
    for keys, cells in (("b", count + 1), ("dd", count)):  # where the same keys add and delete a cell
        for key in keys:
            tab.keyboard.press(key)
        wait_until(tab, f"window.jupyterapp.shell.currentWidget.content.model.cells.length === {cells}")


def check_goal_arrives(told: Path, goal: int):
    """Python hears of the click as soon as its kernel is free."""
    wait_for(lambda: told.exists() and told.read_text() == str(goal), f"Python never heard of goal {goal}")


def wait_for(condition: Callable[[], bool], otherwise: str, timeout: float = 20.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def check_theme(tab, root):
    """A change of Lab's theme is drawn at once. Lab remembers the theme of the test before, so both are set."""
    pictures = []
    for name, light in (("JupyterLab Light", "true"), ("JupyterLab Dark", "false")):
        tab.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{name}'}})")
        wait_until(tab, f"document.body.dataset.jpThemeLight === '{light}'")
        tab.wait_for_timeout(200)
        pictures.append([pixels(canvas) for canvas in root.locator("canvas").all()])
    assert pictures[0] != pictures[1]


def place(canvas, point) -> dict:
    box = canvas.bounding_box()
    return {"x": point[0] * box["width"], "y": point[1] * box["height"]}


def click(canvas, point) -> None:
    canvas.click(position=place(canvas, point))
