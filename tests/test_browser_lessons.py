"""UpdateMicroscope and SuccessMatrix in Chromium: exported, from disk, without a kernel and without a network."""

import statistics

import pytest
import toy_values
from browser import MEASURE, Widget, chromium, open_file, pixels, wait_until  # noqa: F401
from test_update_microscope import random_walk

from leo_widgets import GoalMap, UpdateMicroscope, page

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()  # 4 rows, 7 columns
VALUES = toy_values.estimate(TRUTH, 0.02)
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

    def lessons(self) -> dict[str, list[str]]:
        rows = self.root.locator(".leo-lessons tr").all_inner_texts()[1:]
        return {name: numbers for name, *numbers in (row.split("\t") for row in rows)}


@pytest.fixture(scope="module")
def micro(tmp_path_factory):
    widget = UpdateMicroscope(TRUTH, **random_walk(), fresh=True, step=60, goal="r1c1", title="A blank table")
    return widget, widget.to_html(tmp_path_factory.mktemp("export") / "micro.html")


def test_stepping_on_and_back_shows_the_same_again(chromium, micro):  # noqa: F811
    widget, path = micro
    with open_file(chromium, path) as tab:
        view = Micro(tab)
        seen = []
        for step in range(60, 66):
            widget.step = step
            seen.append((view.pictures(), view.line, view.lessons()))
            wanted = {
                name: [f"{now} of 21", str(total)]
                for name, (now, total) in zip(("single goal", "HER", "LEO"), widget.lessons().values(), strict=True)
            }
            assert view.lessons() == wanted
            assert view.line.endswith(
                f"learnt something: LEO {widget.changed} of 21, HER {wanted['HER'][0][:-6]}, "
                f"single goal {wanted['single goal'][0][:-6]}"
            )
            view.keys(".")
        for wanted in seen[::-1]:
            view.keys(",")
            assert (view.pictures(), view.line, view.lessons()) == wanted
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
        before = view.lessons()
        view.keys("c")
        alpha.fill("1")
        assert view.root.locator("output").all_inner_texts() == ["1", "0.99"]
        assert view.lessons()["single goal"] == before["single goal"] and " + 1 · " in view.formula.inner_text()
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


def test_the_microscope_answers_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    truth, walked = big(), {"states": [i % 171 for i in range(301)], "actions": [1] * 300, "goals": [5] * 300}
    path = UpdateMicroscope(toy_values.estimate(truth), **walked).to_html(tmp_path / "big.html")
    with open_file(chromium, path) as tab:
        times = {f"micro {kind}": sample for kind, sample in tab.evaluate(MEASURE, ".leo-probe").items()}
        times |= {f"micro {kind}": sample for kind, sample in tab.evaluate(MEASURE_STEPS).items()}
    report(times, capsys)
    assert all(statistics.median(times[f"micro {kind}"]) <= 16 for kind in ("hover", "choose", "step"))
    assert statistics.median(times["micro alpha"]) <= 50
