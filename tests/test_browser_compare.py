"""CompareAB in Chromium: exported, from disk, without a kernel and without a network."""

import statistics

import pytest
import toy_values
from browser import chromium, open_file, pixels, wait_until  # noqa: F401

from leo_widgets import CompareAB, GoalMap, page

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()
A = toy_values.replace(toy_values.estimate(TRUTH, 0.01, seed=1), title="LEO")
B = toy_values.replace(toy_values.estimate(TRUTH, 0.03, seed=2), title="UVFA")
MARGIN = 20  # CSS pixels of row and column numbers around a map


class Widget:
    """A widget of a page, spoken to as a reader does: by keys and words."""

    def __init__(self, tab, name: str):
        self.tab, self.root = tab, tab.locator(name)

    @property
    def line(self) -> str:
        return self.root.locator(".leo-status").inner_text()

    def keys(self, *names: str) -> str:
        self.root.focus()
        for name in names:
            self.tab.keyboard.press(name)
        return self.line

    def button(self, name: str):
        return self.root.get_by_role("button", name=name, exact=True)

    def pressed(self) -> list[str]:
        return self.root.locator("button[aria-pressed=true]").all_inner_texts()


class Compare(Widget):
    """Three maps: of a, of b, and of their difference."""

    def __init__(self, tab):
        super().__init__(tab, ".leo-compare-ab")
        self.maps, self.probes = self.root.locator(".leo-map"), self.root.locator(".leo-probe")
        self.names = self.root.locator(".leo-figure-name b")

    def pictures(self) -> list[str]:
        return [pixels(self.maps.nth(i)) for i in range(3)]

    def place(self, number: int, row: int, col: int) -> dict:
        size = (self.probes.nth(number).bounding_box()["width"] - MARGIN - 1) / 7
        return {"x": MARGIN + (col + 0.5) * size, "y": MARGIN + (row + 0.5) * size}

    def hover(self, number: int, row: int, col: int) -> str:
        self.probes.nth(number).hover(position=self.place(number, row, col))
        return self.line


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    widget = CompareAB(A, B, TRUTH, goal="r3c2", state="r0c0", title="Four by seven")
    return widget.to_html(tmp_path_factory.mktemp("export") / "compare.html")


def test_one_cursor_reads_both(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Compare(tab)
        assert view.names.all_inner_texts() == ["LEO", "UVFA", "LEO − UVFA"]
        maps, probes = view.pictures(), [pixels(probe) for probe in view.probes.all()]
        assert len(set(maps)) == 3
        lines = {view.hover(number, 3, 0) for number in range(3)}  # whichever map the pointer is on
        assert len(lines) == 1 and lines.pop().startswith("row 3 column 0, goal r3c2: LEO ")
        assert view.pictures() == maps  # reading moves the frames only, on all three
        assert all(pixels(probe) != before for probe, before in zip(view.probes.all(), probes, strict=True))
        assert view.root.locator(".leo-both .leo-pair").inner_text() == "r3c0 to r3c2"
        view.probes.nth(2).click(position=view.place(2, 1, 5))
        assert view.line == "row 1 column 5, goal r1c5: the state is the goal"
        assert all(now != before for now, before in zip(view.pictures(), maps, strict=True))
        wait_until(tab, "location.hash.includes('0.goal=11')")


def test_keys_move_scale_flip_and_swap(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Compare(tab)
        before = view.pictures()
        assert "row 0 column 3, goal r3c2" in view.keys("ArrowRight", "ArrowRight")  # over the wall
        assert view.keys("s").index("UVFA") < view.line.index("LEO")
        assert view.names.all_inner_texts() == ["UVFA", "LEO", "UVFA − LEO"]
        after = view.pictures()
        assert after[:2] == before[1::-1] and after[2] != before[2]
        view.keys("s", "v")
        assert view.root.locator(".leo-legend-title").nth(2).inner_text() == "difference of steps"
        assert view.line.split("difference ")[1].split(";")[0].endswith(" steps")
        assert "in size of error" in view.keys("v")
        view.keys("v", "]", "f", "t")
        wait_until(tab, "document.querySelector('caption')?.textContent === 'all goals, from state r0c3'")
        rows = view.root.locator(".leo-table tbody tr")
        assert rows.count() == 21 and rows.nth(TRUTH.state_names.index("r0c3")).inner_text().split()[1] == "is"
        assert view.line.startswith("goal r3c3, from row 0 column 3: ")
        url = wait_until(tab, "location.hash.includes('direction') && location.hash")
        pictures = view.pictures()
    with open_file(chromium, exported, url) as tab:
        assert Compare(tab).pictures() == pictures


def test_blinking_shows_both_in_one_place(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Compare(tab)
        view.keys("x")  # the other one, and stays
        assert view.probes.nth(1).is_hidden() and view.pressed()[-2:] == ["Blink", "UVFA"]
        second, line = pixels(view.maps.nth(0)), view.line
        view.keys("x")
        first = pixels(view.maps.nth(0))
        assert first != second and view.pressed()[-1] == "LEO" and view.line == line
        view.button("UVFA").click()
        assert pixels(view.maps.nth(0)) == second
        view.button("show both by turns").click()
        wait_until(tab, "document.querySelector('.leo-blink [aria-pressed=true]').textContent === 'LEO'")
        assert pixels(view.maps.nth(0)) == first
        view.keys("b")
        assert view.probes.nth(1).is_visible() and "Blink" not in view.pressed()


def test_nothing_blinks_by_itself_for_those_who_ask_for_less_motion(chromium, exported):  # noqa: F811
    for motion, runs in (("no-preference", True), ("reduce", False)):
        with open_file(chromium, exported) as tab:
            tab.emulate_media(reduced_motion=motion)
            view = Compare(tab)
            view.keys("b")
            assert view.button("stop blinking").count() == runs


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (700, True), (360, False)])
def test_compare_is_not_cut_off(chromium, exported, width, dark):  # noqa: F811
    with open_file(chromium, exported, width=width, dark=dark) as tab:
        view = Compare(tab)
        view.keys("?", "t")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tops = [probe.bounding_box()["y"] for probe in view.probes.all()]
        assert len(set(tops)) == {1280: 1, 700: 1, 360: 3}[width]
        assert "swap left and right" in view.root.locator(".leo-help").inner_text()
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: view.root.get_attribute(name) for name in wanted} == wanted


def test_compare_shares_its_goal_on_a_page(chromium, tmp_path):  # noqa: F811
    pair = [CompareAB(A, B, goal=3), GoalMap(A, TRUTH, goal=5)]
    with open_file(chromium, page(pair, tmp_path / "p.html", "Two")) as tab:
        view, other = Compare(tab), Widget(tab, ".leo-goal-map")
        assert view.button("Error").is_disabled() and "needs exact" in view.button("Error").get_attribute("title")
        other.keys("]")
        assert "goal r0c5" in view.line and "goal r0c5" in other.line
        before = other.line
        assert "row 1 column 2, goal r0c5" in view.keys("ArrowRight")  # from the start, on both
        assert "row 1 column 2, goal r0c5" in other.line and other.line != before


# From the pointer's event to the last line drawn for it, in the page's own clock.
MEASURE = """async (selector) => {
  const canvas = document.querySelector(selector);
  const box = canvas.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const run = async (buttons) => {
    const times = [];
    for (let i = 0; i < 48; i++) {
      const [x, y] = [20 + ((i * 37) % (box.width - 21)), 20 + ((i * 53) % (box.height - 21))];
      const event = { clientX: box.x + x, clientY: box.y + y, buttons, bubbles: true, pointerType: "mouse" };
      const before = performance.now();
      canvas.dispatchEvent(new PointerEvent(i || !buttons ? "pointermove" : "pointerdown", event));
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  return { hover: await run(0), choose: await run(1) };
}"""


def report(capsys, times):
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    assert all(statistics.median(sample) <= 16 for sample in times.values())


def test_compare_answers_the_pointer_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    """256 states on three maps: handler, whole redraw and reading, median of 48; the printed line has the maximum."""
    truth = toy_values.exact(tuple("." * 16 for _ in range(16)))
    widget = CompareAB(
        toy_values.estimate(truth, 0.01, seed=1), toy_values.estimate(truth, 0.03, seed=2), truth, goal=0
    )
    with open_file(chromium, widget.to_html(tmp_path / "big.html")) as tab:
        report(capsys, tab.evaluate(MEASURE, ".leo-probe"))
