"""UpdateMicroscope and SuccessMatrix in Chromium: exported, from disk, without a kernel and without a network."""

import statistics

import numpy as np
import pytest

import toy_values
from browser import MEASURE, Widget, chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import GoalMap, SuccessMatrix, UpdateMicroscope, page
from toy_values import at
from toy_walks import moves_of, outcomes, random_walk, wanderer

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()  # 4 rows, 7 columns
VALUES = toy_values.estimate(TRUTH, 0.02)
NAMES = ("single goal", "HER", "LEO")
MARGIN = 20  # CSS pixels of row and column numbers around a map


class Micro(Widget):
    """The map of changes (0) and the bars (1), with what the pointer reads over each."""

    def __init__(self, tab):
        super().__init__(tab, ".leo-update-microscope")
        self.maps, self.probes = self.root.locator(".leo-map"), self.root.locator(".leo-probe")
        self.formula = self.root.locator(".leo-formula")

    def pictures(self) -> list[str]:
        return [pixels(self.maps.nth(i)) for i in range(2)]

    def place(self, row: int, col: int) -> dict:
        size = (self.probes.nth(0).bounding_box()["width"] - MARGIN - 1) / 7
        return {"x": MARGIN + (col + 0.5) * size, "y": MARGIN + (row + 0.5) * size}

    def changed_goals(self) -> dict[str, list[str]]:
        rows = self.root.locator(".leo-changed-goals tr").all_inner_texts()[1:]
        return {name: numbers for name, *numbers in (row.split("\t") for row in rows)}


@pytest.fixture(scope="module")
def micro(tmp_path_factory):
    widget = UpdateMicroscope(TRUTH, **random_walk(TRUTH), fresh=True, step=60, goal="r1c1", title="A blank table")
    return widget, widget.to_html(tmp_path_factory.mktemp("export") / "micro.html")


def test_stepping_on_and_back_shows_the_same_again(chromium, micro):  # noqa: F811
    widget, path = micro
    with open_file(chromium, path) as tab:
        view = Micro(tab)
        seen = []
        for step in range(60, 66):
            widget.step = step
            seen.append((view.pictures(), view.line, view.changed_goals()))
            wanted = {
                name: [f"{now} of 21", str(total)]
                for name, (now, total) in zip(NAMES, widget.changed_goals().values(), strict=True)
            }
            assert view.changed_goals() == wanted
            assert view.line.endswith(
                f"learnt something: LEO {widget.changed} of 21, HER {wanted['HER'][0][:-6]}, "
                f"single goal {wanted['single goal'][0][:-6]}"
            )
            view.keys(".")
        for wanted in seen[::-1]:
            view.keys(",")
            assert (view.pictures(), view.line, view.changed_goals()) == wanted
        assert len({str(shown) for shown, _, _ in seen}) > 3
        view.keys("Home")
        assert view.line.startswith("transition 0 of 119, ")
        view.keys("End")
        assert view.line.startswith("transition 119 of 119, ")
        view.keys(".")
        assert view.line.startswith("transition 119 of 119, ")


def test_the_formula_is_that_of_the_goal_under_the_pointer(chromium, micro):  # noqa: F811
    widget, path = micro
    widget.step = 60
    rows = {row["goal"].rsplit("/")[-1]: row for row in widget.table()}
    with open_file(chromium, path) as tab:
        view = Micro(tab)
        maps = view.pictures()
        for row, col in ((1, 1), (0, 3), (3, 0)):
            view.probes.nth(0).hover(position=view.place(row, col))
            told, numbers = view.formula.inner_text(), rows[f"r{row}c{col}"]
            assert f"goal r{row}c{col}" in told and f" = {numbers['target']:.3f}" in told
            assert f"{numbers['reward']} + 0.99 · (1 − {int(numbers['done'])}) · {numbers['max_next']:.3f}" in told
            assert f"change {numbers['change']:+.3f}".replace("+0.000", "0.000") in view.line.replace("−", "-")
        assert view.pictures() == maps  # reading moves the frames only
        first = widget.table()[0]["goal"].rsplit("/")[-1]
        view.probes.nth(1).hover(position={"x": 70, "y": 60})  # the first bar
        assert f"goal {first}" in view.formula.inner_text()
        view.probes.nth(1).click(position={"x": 70, "y": 60})
        wait_until(tab, f"location.hash.includes('0.goal={TRUTH.state_names.index(first)}')")
        view.keys("c")
        assert "(commanded)" in view.formula.inner_text()
        view.probes.nth(0).hover(position=view.place(0, 1))
        assert "goal r0c3" in view.keys("ArrowRight")  # over the wall, from where the pointer is


def test_learners_settings_and_order(chromium, micro):  # noqa: F811
    _, path = micro
    with open_file(chromium, path, "#0.step=101") as tab:
        view, seen = Micro(tab), []
        for key in ("m", "m", "m", "o", "o"):
            view.keys(key)
            seen.append(str(view.pictures()))
        assert len(set(seen)) == 5 and view.pressed() == ["LEO", "List"]
        view.keys("m", "t")
        wait_until(tab, "document.querySelectorAll('.leo-table tbody tr').length === 21")
        assert view.root.locator("caption").inner_text().endswith("learner: single goal")
        assert view.root.locator(".leo-table tbody td:nth-child(2)").all_inner_texts().count("yes") == 1
        alpha = view.root.get_by_label("step size alpha")
        before = view.changed_goals()
        view.keys("c")
        alpha.fill("1")
        assert view.root.locator("output").all_inner_texts() == ["1", "0.99"]
        assert view.changed_goals()["single goal"] == before["single goal"] and " + 1 · " in view.formula.inner_text()
        url = wait_until(tab, "location.hash.includes('alpha') && location.hash")
        pictures = view.pictures()
    for fragment, same in ((url, True), ("#0.alpha=99&0.gamma=-5&0.mode=leo&0.step=500", False)):
        with open_file(chromium, path, fragment) as tab:
            assert (Micro(tab).pictures() == pictures) is same
            assert Micro(tab).root.locator("output").all_inner_texts()[0] == "1"


def test_playing_stops_at_the_end(chromium, micro):  # noqa: F811
    _, path = micro
    with open_file(chromium, path, "#0.step=117") as tab:
        view = Micro(tab)
        view.keys(" ")
        wait_until(tab, "document.querySelector('.leo-player-time b').textContent === '119'")
        wait_until(tab, "document.querySelector('.leo-player-play').title === 'play (space)'")
        view.keys(" ")  # from the beginning
        wait_until(tab, "document.querySelector('.leo-player-time b').textContent < 10")
        view.keys(" ")


def test_micro_fits_every_width_and_shares_its_goal(chromium, tmp_path):  # noqa: F811
    one = UpdateMicroscope(VALUES, states=["r1c1", "r1c2"], actions=["right"], goals="r0c0", goal="r3c2")
    with open_file(chromium, page([one, GoalMap(VALUES)], tmp_path / "p.html", "Two"), dark=True) as tab:
        view, other = Micro(tab), Widget(tab, ".leo-goal-map")
        view.keys("?", "t")
        for width in (1280, 700, 360):
            tab.set_viewport_size({"width": width, "height": 900})
            wait_until(tab, "document.documentElement.scrollWidth <= innerWidth")
        assert "read the commanded goal" in view.root.locator(".leo-help").inner_text()
        assert "goal r3c3" in view.keys("]") and "goal r3c3" in other.line
        view.keys(" ")  # one transition: nothing to play
        assert view.root.locator(".leo-player-play").get_attribute("title").startswith("play")
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: view.root.get_attribute(name) for name in wanted} == wanted


# ------------------------------------------------------------------ SuccessMatrix

SCORES = outcomes(wanderer(TRUTH), TRUTH)
FAILS = SCORES.pairs & (SCORES.success < 1)
LEFT, TOP = 52, 34  # CSS pixels of names beside the matrix


class Matrix(Widget):
    """The matrix (0) and the map (1), and what lies over each."""

    def __init__(self, tab):
        super().__init__(tab, ".leo-success-matrix")
        self.cells, self.probe = self.root.locator(".leo-map").nth(0), self.root.locator(".leo-probe")
        self.world, self.walk = self.root.locator(".leo-map").nth(1), self.root.locator(".leo-walk")
        self.frame = self.root.locator(".leo-player-time")

    def place(self, row: int, col: int, cols: int = 21) -> dict:
        cell = (self.probe.bounding_box()["width"] - LEFT - 8) / cols
        return {"x": LEFT + (col + 0.5) * cell, "y": TOP + (row + 0.5) * cell}

    def hover(self, row: int, col: int) -> str:
        self.probe.hover(position=self.place(row, col))
        return self.line

    def pair(self) -> str:
        return self.root.locator(".leo-matrix-pair .leo-pair").inner_text()


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    widget = SuccessMatrix(SCORES, start="r1c1", goal="r3c2", title="A wanderer")
    return widget.to_html(tmp_path_factory.mktemp("export") / "matrix.html")


def test_hovering_tells_and_shows_the_walk(chromium, matrix):  # noqa: F811
    with open_file(chromium, matrix) as tab:
        view = Matrix(tab)
        assert view.line == "from r1c1 to r3c2, chosen: reached in 5 steps, the optimum"
        cells, walk = pixels(view.cells), pixels(view.walk)
        for start, goal in [(at(0, 4), at(1, 6)), *map(tuple, np.argwhere(FAILS)[::40])]:
            line = view.hover(start, goal)
            assert line.startswith(f"from {TRUTH.state_names[start]} to {TRUTH.state_names[goal]}: ")
            told = (
                "reached in 5 steps, 2 more than the optimum of 3"
                if not FAILS[start, goal]
                else "fails; the optimum is "
            )
            assert told in line and ("the walk " in line) == FAILS[start, goal]
            assert view.pair() in line and pixels(view.walk) != walk
        assert view.hover(4, 4).endswith("the start is the goal, so this pair does not count")
        assert view.hover(0, 20).endswith("no way leads there, so this pair does not count")
        assert pixels(view.cells) == cells  # reading moves the frames only
        tab.mouse.move(0, 0)
        assert "chosen" in view.line and pixels(view.walk) == walk


def test_a_click_walks_to_the_goal_and_stops(chromium, matrix):  # noqa: F811
    with open_file(chromium, matrix) as tab:
        view = Matrix(tab)
        view.probe.click(position=view.place(at(0, 4), at(1, 6)))
        assert view.line.startswith("from r0c4 to r1c6, chosen: reached in 5 steps")
        wait_until(tab, "document.querySelector('.leo-player-time').textContent === '5 / 5'")
        wait_until(tab, "document.querySelector('.leo-player-play').title === 'play (space)'")
        tab.wait_for_timeout(400)  # the last glide
        end = pixels(view.walk)
        view.hover(at(0, 0), at(1, 0))
        assert pixels(view.walk) != end and view.frame.inner_text() == "5 / 5"
        tab.mouse.move(0, 0)
        assert pixels(view.walk) == end  # the agent waits where the chosen walk has ended
        view.keys(",", ",")
        assert view.frame.inner_text() == "3 / 5"
        wait_until(tab, "location.hash.includes('0.state_index=3') && location.hash.includes('0.goal=12')")
        tab.emulate_media(reduced_motion="reduce")
        view.keys("Enter")
        tab.wait_for_timeout(400)
        assert view.frame.inner_text() == "0 / 5"  # the whole way is drawn, and nothing moves by itself


def test_matrix_keys_filter_and_sort(chromium, matrix):  # noqa: F811
    widget = SuccessMatrix(SCORES, sort="success", only_failures=True)
    starts, goals = widget.shown()
    with open_file(chromium, matrix) as tab:
        view, seen = Matrix(tab), []
        assert view.keys("ArrowRight").startswith("from r1c1 to r3c3, chosen")
        assert view.keys("ArrowUp").startswith("from r1c0 to r3c3, chosen")
        assert view.keys("[").startswith("from r1c0 to r3c2, chosen")
        for keys in ("", "o", "f"):
            view.keys(*keys)
            seen.append(pixels(view.cells))
        assert len(set(seen)) == 3 and view.pressed() == ["Success", "Failures only"]
        box = view.place(0, 0, len(goals))
        view.probe.hover(position=box)
        assert view.line.startswith(f"from {TRUTH.state_names[starts[0]]} to {TRUTH.state_names[goals[0]]}")
        assert "fails; " in view.keys("n")
        first = view.line
        assert "fails; " in view.keys("n") and view.line != first
        view.keys("t")
        wait_until(tab, f"document.querySelectorAll('.leo-table tbody tr').length === {FAILS.sum()}")
        rows = view.root.locator(".leo-table tbody tr").all_inner_texts()
        assert [row.split("\t")[:2] for row in rows] == [
            [row["start"], row["goal"].rsplit("/")[-1]] for row in widget.table()
        ]
        wait_until(tab, "location.hash.includes('only_failures=true')")
        url, picture = tab.evaluate("location.hash"), pixels(view.cells)
    with open_file(chromium, matrix, url) as tab:
        assert pixels(Matrix(tab).cells) == picture


def test_matrix_fits_every_width_and_shares_start_and_goal(chromium, tmp_path):  # noqa: F811
    perfect = SuccessMatrix(outcomes(TRUTH, TRUTH), start="r1c1", goal="r3c2")
    with open_file(chromium, page([perfect, GoalMap(TRUTH)], tmp_path / "p.html", "Two"), dark=True) as tab:
        view, other = Matrix(tab), Widget(tab, ".leo-goal-map")
        assert view.button("Failures only").is_disabled() and view.button("Next failure").is_disabled()
        view.keys("?", "f", "n")  # nothing fails
        for width in (1280, 700, 360):
            tab.set_viewport_size({"width": width, "height": 900})
            wait_until(tab, "document.documentElement.scrollWidth <= innerWidth")
        assert view.line == "no pair fails" and "0 of " in view.root.locator(".leo-count").inner_text()
        view.keys("f", "ArrowRight", "ArrowDown")
        assert "row 1 column 2, goal r3c3" in other.line
        assert other.keys("]").startswith("row 1 column 2, goal r3c4") and "from r1c2 to r3c4" in view.line
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: view.root.get_attribute(name) for name in wanted} == wanted


def test_where_moves_slip_the_likeliest_walk_is_played(chromium, tmp_path):  # noqa: F811
    slips = 0.8 * np.eye(21)[moves_of(TRUTH)] + 0.2 * np.eye(21)[:, None]
    rates = SCORES.success * 0.995
    widget = SuccessMatrix(
        SCORES.values, TRUTH, rates, SCORES.length + 0.4, transitions=slips, start="r0c4", goal="r1c6", fails_below=0.9
    )
    with open_file(chromium, widget.to_html(tmp_path / "slips.html")) as tab:
        view = Matrix(tab)
        assert "reached in over 99 % of tries, then in 5.4 steps" in view.line.replace(
            "reached in 99 %", "reached in over 99 %"
        )
        assert view.line.endswith("; the likeliest walk arrives after 5 steps")
        assert view.root.locator(".leo-samples span").all_inner_texts() == [
            "never reached",
            "reached at times",
            "does not count",
        ]


# ------------------------------------------------------------------ time


def big():
    """A map of 16 x 16 cells, 171 of them free, and its exact values."""
    free = [(i + 1) * 171 // 256 > i * 171 // 256 for i in range(256)]
    truth = toy_values.exact(tuple("".join("#."[free[16 * r + c]] for c in range(16)) for r in range(16)))
    assert truth.q.shape[:2] == (171, 171)
    return truth


def report(times: dict, capsys) -> None:
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")


# A step, and a turn of alpha: every one of 300 transitions is learnt again by all three learners.
MEASURE_STEPS = """async () => {
  const root = document.querySelector(".leo-update-microscope");
  const input = root.querySelector(".leo-setting input");
  const frame = () => new Promise(requestAnimationFrame);
  const found = { step: [], alpha: [] };
  for (let i = 0; i < 32; i++) {
    let before = performance.now();
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "." }));
    found.step.push(performance.now() - before);
    await frame();
    input.value = 0.05 + 0.05 * ((7 * i) % 20);
    before = performance.now();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    found.alpha.push(performance.now() - before);
    await frame();
  }
  return found;
}"""


@pytest.mark.clock
def test_the_microscope_answers_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    truth, walked = big(), {"states": [i % 171 for i in range(301)], "actions": [1] * 300, "goals": [5] * 300}
    path = UpdateMicroscope(toy_values.estimate(truth), **walked).to_html(tmp_path / "big.html")
    with open_file(chromium, path) as tab:
        times = {f"micro {kind}": sample for kind, sample in tab.evaluate(MEASURE, ".leo-probe").items()}
        times |= {f"micro {kind}": sample for kind, sample in tab.evaluate(MEASURE_STEPS).items()}
    report(times, capsys)
    assert all(statistics.median(times[f"micro {kind}"]) <= 16 for kind in ("hover", "choose", "step"))
    assert statistics.median(times["micro alpha"]) <= 100


@pytest.mark.clock
def test_the_matrix_answers_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    truth = big()
    v, here = truth.q.max(axis=-1), np.eye(171, dtype=bool)
    fails = np.random.default_rng(0).random((171, 171)) < 0.05
    length = np.where((v > 0) & ~fails, np.round(1 + np.log(np.maximum(v, 1e-9)) / np.log(0.99)), np.nan)
    widget = SuccessMatrix(truth, truth, (~np.isnan(length)).astype(float), length, (v > 0) & ~here)
    with open_file(chromium, widget.to_html(tmp_path / "big.html")) as tab:
        times = {f"matrix {kind}": sample for kind, sample in tab.evaluate(MEASURE, ".leo-probe").items()}
    report(times, capsys)
    assert all(statistics.median(sample) <= 16 for sample in times.values())
