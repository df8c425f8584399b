"""TrainScope in Chromium: scrubbing an exported run from disk, and a live one in a real JupyterLab.

What needs Lab and no clock is in test_browser_lab.py, so that one start of Lab serves both.
"""

import statistics
import time
from pathlib import Path

import pytest

import toy_training
import toy_values
from browser import Lab, chromium, lab_server, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import GoalMap, TrainScope, page

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()
MARGIN = 20  # CSS pixels of row and column numbers around the map


def run(count=11, truth=TRUTH, **options):
    scope = TrainScope(truth, **options).follow(toy_training.snapshots(truth or TRUTH, count))
    scope.wait(20)
    return scope


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return run(goal="r3c2", title="A toy run").to_html(tmp_path_factory.mktemp("export") / "scope.html")


class Scope:
    """The TrainScope of a page, spoken to as a reader does."""

    def __init__(self, tab, root=None):
        self.tab = tab
        self.root = root or tab.locator(".leo-train-scope")
        self.map, self.probe = self.root.locator(".leo-map"), self.root.locator(".leo-probe")

    @property
    def line(self) -> str:
        return self.root.locator(".leo-status").inner_text()

    @property
    def reading(self) -> str:
        """What the map says of the cell that is read, at the shown moment."""
        return self.root.locator(".leo-map-reading").inner_text()

    def number(self, metric: str) -> str:
        return self.root.locator(f"[data-metric={metric}] .leo-curve-number").inner_text()

    def keys(self, *names: str) -> str:
        self.root.focus()
        for name in names:
            self.tab.keyboard.press(name)
        return self.line

    def cell(self, row: int, col: int) -> dict:
        size = (self.probe.bounding_box()["width"] - MARGIN - 1) / 7
        return {"x": MARGIN + (col + 0.5) * size, "y": MARGIN + (row + 0.5) * size}

    def button(self, name: str):
        return self.root.get_by_role("button", name=name, exact=True)


def test_keys_walk_through_the_run(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        assert scope.line == f"finished: 1 million steps, loss {scope.number('loss')}, mean error 0"
        seen = {pixels(scope.map)}
        line = scope.keys(",")
        assert line.startswith("900 thousand of 1 million steps (snapshot 10 of 11), loss 0.0")
        assert scope.button("Newest").get_attribute("aria-pressed") == "false"
        seen.add(pixels(scope.map))
        assert scope.keys("Home") == f"0 of 1 million steps (snapshot 1 of 11), mean error {scope.number('value_mae')}"
        assert scope.number("loss") == "–"
        seen.add(pixels(scope.map))
        assert len(seen) == 3
        assert scope.keys(",").startswith("0 of")
        assert scope.keys(".", ".").startswith("200 thousand")
        assert scope.keys("End").startswith("finished: 1 million")
        assert scope.button("Newest").get_attribute("aria-pressed") == "true"


def test_slider_and_curves_scrub(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        slider = scope.root.get_by_role("slider")
        box = slider.bounding_box()
        tab.mouse.click(box["x"] + box["width"] * 0.31, box["y"] + box["height"] / 2)
        assert "300 thousand" in scope.line and slider.get_attribute("aria-valuetext") == (
            "300 thousand steps, snapshot 4 of 11"
        )
        slider.focus()
        tab.keyboard.press("ArrowRight")
        assert "400 thousand" in scope.line
        plot = scope.root.locator("[data-metric=goals_seen] .leo-plot")
        size = plot.bounding_box()
        plot.hover(position={"x": size["width"] * 0.58, "y": 20})
        assert scope.number("goals_seen") == "19" and "400 thousand" in scope.line  # reading is no scrubbing
        assert scope.root.get_by_text("at 600 thousand steps", exact=True).is_visible()
        plot.click(position={"x": size["width"] * 0.12, "y": 20})
        assert "100 thousand" in scope.line
        tab.mouse.move(5, 5)
        assert scope.number("goals_seen") == "4"
        wait_until(tab, "location.hash.includes('0.snapshot=1')")


RECORD = """() => {
    const [status, play] = [".leo-status", ".leo-play"].map((name) => document.querySelector(name));
    window.lines = [];
    window.titles = [];
    const note = () => { window.lines.push(status.textContent); window.titles.push(play.title); };
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(note).observe(status, everything);
    new MutationObserver(note).observe(play, everything);
}"""


def test_space_plays_to_the_end(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        play = scope.root.locator(".leo-play")
        tab.evaluate(RECORD)  # what is shown for a moment only, however seldom this process gets its turn
        scope.keys(" ")
        wait_until(tab, "document.querySelector('.leo-status').textContent.startsWith('finished')")
        lines = tab.evaluate("window.lines")
        for wanted in ("0 of", "300 thousand"):
            assert any(line.startswith(wanted) for line in lines), lines
        assert any("stop playing" in title for title in tab.evaluate("window.titles"))
        assert "play the training" in play.get_attribute("title")
        scope.keys(" ")
        scope.keys(",")  # a step by hand ends it
        where = scope.line
        tab.wait_for_timeout(400)
        assert scope.line == where and "play the training" in play.get_attribute("title")


def test_map_reads_and_chooses(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        scope.probe.hover(position=scope.cell(3, 0))
        assert scope.line.endswith("; r3c0 to r3c2: go right, about 2 steps (exact 2), value 0.990 (exact 0.990)")
        assert scope.root.locator(".leo-map-reading b").inner_text() == "r3c0 to r3c2"
        scope.probe.click(position=scope.cell(1, 5))
        assert "r1c5 to r1c5: the state is the goal" in scope.line
        scope.probe.hover(position=scope.cell(3, 6))
        assert scope.line.endswith("; r3c6 to r1c5: no way leads there")
        tab.mouse.move(5, 5)
        assert "r1c2" not in scope.line
        assert "r1c3 to r1c5: go right" in scope.keys("ArrowRight", "ArrowRight")
        assert "r1c3 to r1c3: the state is the goal" in scope.keys("Enter")
        assert "r1c3 to r1c4: go right, about 1 steps" in scope.keys("]")
        first = pixels(scope.map)
        scope.keys("v")
        assert scope.root.locator(".leo-legend-title").inner_text().startswith("steps to the goal")
        scope.keys("v")
        assert "estimate − exact value" in scope.root.locator(".leo-legend-title").inner_text()
        scope.keys("v")
        assert pixels(scope.map) == first


def test_log_scale_and_table(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        axis = scope.root.locator("[data-metric=loss] .leo-curve-axis span")
        line = scope.root.locator("[data-metric=loss] .leo-line")
        linear = line.get_attribute("d")
        assert axis.all_inner_texts()[1] == "0"
        scope.keys("l")
        assert axis.all_inner_texts() == ["1", "0.001"] and line.get_attribute("d") != linear
        scope.keys("t", "Home")
        wait_until(tab, "document.querySelectorAll('.leo-table tbody tr').length === 11")
        rows = scope.root.locator(".leo-table tbody tr")
        wait_until(tab, "document.querySelector('.leo-table tbody tr').getAttribute('aria-current') === 'true'")
        assert rows.nth(3).locator("th").inner_text() == "300,000"
        heads = scope.root.locator(".leo-table thead th").all_inner_texts()
        assert heads[:6] == ["steps", "seconds", "loss", "TD error", "commanded success", "goals seen"]
        assert heads[6:] == ["mean |V − V*|", "optimal actions"]


def test_an_exported_page_has_nobody_to_stop(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        scope = Scope(tab)
        assert scope.root.locator(".leo-pause").is_hidden() and scope.root.locator(".leo-stop").is_hidden()
        before = scope.line
        assert scope.keys("p", "S") == before
        scope.keys("?")
        assert "stop the training" in scope.root.locator(".leo-help").inner_text()
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: scope.root.get_attribute(name) for name in wanted} == wanted
        assert "A toy run" in scope.root.get_attribute("aria-label")


def test_url_and_link_keep_the_view(chromium, exported, tmp_path):  # noqa: F811
    with open_file(chromium, exported, "#0.snapshot=4&0.goal=3&0.log_scale=true") as tab:
        assert "400 thousand" in Scope(tab).line and "r0c4" in Scope(tab).root.inner_text()
    for wrong in ("#0.snapshot=99", "#0.snapshot=-7", "#0.snapshot=1.5"):
        with open_file(chromium, exported, wrong) as tab:
            assert "loss" in Scope(tab).line
    both = page([("Run", run(goal=2)), ("Values", GoalMap(TRUTH, goal=5))], tmp_path / "p.html", "Two")
    with open_file(chromium, both) as tab:
        scope = Scope(tab)
        scope.probe.click(position=scope.cell(1, 5))
        assert "goal r1c5" in tab.locator(".leo-goal-map .leo-status").inner_text()


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_nothing_is_cut_off(chromium, exported, width):  # noqa: F811
    with open_file(chromium, exported, width=width, dark=width == 700) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for name in tab.locator(".leo-curve figcaption").all():
            assert name.evaluate("node => node.scrollWidth <= node.clientWidth"), name.inner_text()


def test_runs_without_places_or_snapshots(chromium, tmp_path):  # noqa: F811
    items = [toy_values.replace(item, values=None) for item in toy_training.snapshots(TRUTH, 3)]
    bare = TrainScope().follow(items)
    bare.wait(20)
    with open_file(chromium, bare.to_html(tmp_path / "bare.html")) as tab:
        assert Scope(tab).map.is_hidden() and Scope(tab).line.startswith("finished: 1 million steps, loss 0.00")
    with open_file(chromium, TrainScope(TRUTH).to_html(tmp_path / "none.html")) as tab:
        scope = Scope(tab)
        assert scope.line == "no snapshot yet" and scope.root.get_by_role("slider").is_disabled()
        scope.keys(",", "Home", " ", "l", "v", "t", "]", "ArrowLeft", "End")
    with open_file(chromium, TrainScope().to_html(tmp_path / "nothing.html")) as tab:
        Scope(tab).keys(",", "Home", " ", "v", "]", "ArrowLeft", "Enter", "p")


# From a click on the map, or a step, to the last line drawn for it, in the page's own clock.
MEASURE = """async () => {
  const probe = document.querySelector(".leo-probe");
  const box = probe.getBoundingClientRect();
  const root = document.querySelector(".leo-train-scope");
  const frame = () => new Promise(requestAnimationFrame);
  const time = async (send) => {
    const times = [];
    for (let i = 0; i < 48; i++) {
      const before = performance.now();
      send(i);
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  return {
    "choose a goal": await time((i) => probe.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true,
      clientX: box.x + 20 + ((i * 37) % (box.width - 21)), clientY: box.y + 20 + ((i * 53) % (box.height - 21)) }))),
    scrub: await time(() => root.dispatchEvent(new KeyboardEvent("keydown", { key: "," }))),
  };
}"""


def report(capsys, times):
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    assert all(statistics.median(sample) <= 16 for sample in times.values())


@pytest.mark.clock
def test_everything_is_redrawn_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    """256 states, 60 snapshots, six curves: handler and whole redraw, median of 48; the printed line has the worst."""
    truth = toy_values.exact(tuple("." * 16 for _ in range(16)))
    with open_file(chromium, run(60, truth, goal=0).to_html(tmp_path / "big.html")) as tab:
        report(capsys, tab.evaluate(MEASURE))


# ------------------------------------------------------------------ live

SETUP = f"""import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(toy_values.__file__).parent)!r})
import toy_training, toy_values
from leo_widgets import TrainScope
truth = toy_values.exact()
"""
LIVE = """scope = TrainScope(truth, goal=0)
name = f"{time.monotonic_ns()}.run"
Path("name.txt").write_text(name)
scope.follow(toy_training.slow(truth, 400, name, 0.05))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, chromium):  # noqa: F811
    with lab_server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")
def notebook(lab, chromium):  # noqa: F811
    """One page of Lab with a kernel and three cells, which each test fills and runs: a start of Lab takes seconds."""
    lab.write("live.ipynb", ["", "", ""])
    with lab.open(chromium, "live.ipynb", width=1400, height=1000) as tab:
        yield tab


def shown(tab, *cells) -> Scope:
    """The widget that the cells show, which are run."""
    Lab.fill(tab, [SETUP, *cells])
    Lab.run_all(tab)
    return Scope(tab, tab.locator(".jp-OutputArea .leo-train-scope"))


def told(lab, name="name.txt") -> str:
    path = lab.folder / name
    return path.read_text() if path.exists() else ""


def eventually(condition, timeout=15.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.03)


POINTS = "document.querySelector('[data-metric=loss] .leo-line').getAttribute('d').split('L').length"


@pytest.mark.clock
def test_live_in_lab(lab, notebook, capsys):
    scope = shown(notebook, LIVE, "import threading")
    scope.map.wait_for(timeout=20_000)
    check_grows_and_answers(notebook, scope, capsys)
    check_scrubbing_stays(notebook, scope)
    check_pause_and_stop(notebook, scope, lab)
    check_the_cell_again(notebook, scope, lab)


def check_grows_and_answers(tab, scope, capsys):
    before = tab.evaluate(POINTS)
    reading = scope.reading
    wait_until(tab, f"{POINTS} > {before + 3}")
    assert scope.reading != reading
    progress = scope.root.locator(".leo-progress").inner_text()
    assert " of 1 million steps" in progress and "per second" in progress and "left" in progress
    assert scope.button("Live").get_attribute("aria-pressed") == "true"
    report(capsys, {f"live, {kind}": times for kind, times in tab.evaluate(MEASURE).items()})
    scope.keys("End")


def check_scrubbing_stays(tab, scope):
    line = scope.keys("Home")
    assert "snapshot 1 of" in line
    before = tab.evaluate(POINTS)
    reading = scope.reading
    wait_until(tab, f"{POINTS} !== {before}")
    assert scope.reading == reading != "" and scope.button("Live").get_attribute("aria-pressed") == "false"
    scope.button("Live").click()
    assert scope.reading != reading


def check_pause_and_stop(tab, scope, lab):
    scope.button("Pause").click()
    scope.button("Resume").wait_for()
    wait_until(tab, "document.querySelector('.leo-progress').textContent.startsWith('paused')")
    at = told(lab, told(lab))
    time.sleep(0.4)
    assert told(lab, told(lab)) == at
    scope.keys("p")
    eventually(lambda: told(lab, told(lab)) != at)
    scope.button("Pause").wait_for()
    scope.keys("Shift+S")
    eventually(lambda: told(lab, told(lab)) == "over")
    wait_until(tab, "document.querySelector('.leo-progress').textContent.startsWith('stopped')")
    assert scope.button("Stop").is_hidden()


def check_the_cell_again(tab, scope, lab):
    """Running the cell again, while it trains, ends the training that it had started."""
    runs = []
    for _ in range(2):
        tab.evaluate(
            "async () => { const panel = window.jupyterapp.shell.currentWidget; panel.content.activeCellIndex = 1;"
            " await window.jupyterapp.commands.execute('notebook:run-cell'); }"
        )
        eventually(lambda: told(lab) not in runs and told(lab, told(lab)).isdigit())
        runs.append(told(lab))
    assert runs[0] != runs[1]
    eventually(lambda: told(lab, runs[0]) == "over")
    assert told(lab, runs[1]).isdigit()
    scope.button("Stop").click()
    eventually(lambda: told(lab, runs[1]) == "over")
