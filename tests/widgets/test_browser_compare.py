"""CompareAB and GoalMosaic in Chromium: exported, from disk, without a kernel and without a network."""

import statistics

import pytest

import toy_values
from browser import MEASURE, Widget, chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import CompareAB, GoalMap, GoalMosaic, page

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()
A = toy_values.replace(toy_values.estimate(TRUTH, 0.01, seed=1), title="LEO")
B = toy_values.replace(toy_values.estimate(TRUTH, 0.03, seed=2), title="UVFA")
TOPS = "new Set([...document.querySelectorAll('.leo-stage')].map((stage) => stage.offsetTop))"  # of the rows of maps
MARGIN = 20  # CSS pixels of row and column numbers around a map


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
        for motion, runs in (("no-preference", 1), ("reduce", 0)):  # nothing moves by itself for those who ask for that
            tab.emulate_media(reduced_motion=motion)
            view.keys("b")
            assert view.probes.nth(1).is_visible() and "Blink" not in view.pressed()
            view.keys("b")
            assert view.button("stop blinking").count() == runs


def test_compare_fits_every_width(chromium, exported):  # noqa: F811
    with open_file(chromium, exported, dark=True) as tab:
        view = Compare(tab)
        view.keys("?", "t")
        for width, rows in ((1280, 1), (700, 1), (360, 3)):
            tab.set_viewport_size({"width": width, "height": 900})
            wait_until(tab, f"({TOPS}).size === {rows}")
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert "swap left and right" in view.root.locator(".leo-help").inner_text()
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: view.root.get_attribute(name) for name in wanted} == wanted


# ------------------------------------------------------------------ GoalMosaic


class Mosaic(Widget):
    """The tiles of 21 goals, 4 rows and 7 columns each. Places are counted in reading order."""

    cell = 18  # CSS pixels; 21 tiles stand in rows of `columns`

    def __init__(self, tab):
        super().__init__(tab, ".leo-goal-mosaic")
        self.tiles, self.over = self.root.locator(".leo-map"), self.root.locator(".leo-probe")
        self.filter = self.root.get_by_role("searchbox")

    def place(self, place: int, row: int, col: int) -> dict:
        across = round((self.over.bounding_box()["width"] - 2) / 136)  # 7 cells and a gap
        x, y = 6 + place % across * 136, 6 + place // across * 96  # 4 cells, a line and a gap
        return {"x": x + (col + 0.5) * 18, "y": y + (row + 0.5) * 18}

    def hover(self, place: int, row: int, col: int) -> str:
        self.over.hover(position=self.place(place, row, col))
        return self.line


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory):
    rates = [0.5, *[1.0] * 20]
    widget = GoalMosaic(B, TRUTH, rates, goal="r3c2", state="r0c0", title="All goals")
    return widget.to_html(tmp_path_factory.mktemp("export") / "mosaic.html")


def test_mosaic_reads_chooses_and_picks(chromium, mosaic):  # noqa: F811
    with open_file(chromium, mosaic) as tab:
        view = Mosaic(tab)
        assert view.line.startswith("goal r3c2, chosen: mean value 0.") and "from row 0 column 0: " in view.line
        tiles, over = pixels(view.tiles), pixels(view.over)
        assert "goal r0c5: " in view.hover(4, 3, 1) and "from row 3 column 1: " in view.line
        assert "from row 0 column 0: " in view.hover(4, 2, 1)  # a wall
        assert pixels(view.tiles) == tiles and pixels(view.over) != over  # reading moves frames only
        view.over.click(position=view.place(4, 1, 1))
        assert view.line.startswith("goal r0c5, chosen: ")
        for place in (2, 6):
            view.over.click(position=view.place(place, 1, 1), modifiers=["Shift"])
        assert view.line.startswith("goal r1c0, picked: ")
        assert view.root.locator(".leo-picks").all_inner_texts() == [
            "picked 2 of 12:\n1 r0c3 ×\n2 r1c0 ×\nClear\nPick r0c5"
        ]
        view.button("take r0c3 away").click()
        wait_until(tab, "location.hash.includes('0.selection=%5B6%5D') && location.hash.includes('0.goal=4')")
        picture, url = pixels(view.tiles), tab.evaluate("location.hash")
    with open_file(chromium, mosaic, url) as tab:
        view = Mosaic(tab)
        assert pixels(view.tiles) == picture
        assert "picked 1 of 12: 1 r1c0" in " ".join(view.root.locator(".leo-picks").inner_text().split())


def test_mosaic_keys_sort_filter_and_scales(chromium, mosaic):  # noqa: F811
    with open_file(chromium, mosaic) as tab:
        view, count = Mosaic(tab), tab.locator(".leo-count")
        assert "goal r3c1: " in view.keys("ArrowLeft")
        assert "from row 0 column 1: " in view.keys("Shift+ArrowRight")
        assert "goal r3c1, chosen: " in view.keys("Enter")
        assert "goal r3c1, chosen, picked: " in view.keys(" ")
        assert "goal r3c2, chosen: " in view.keys("]")
        seen = {pixels(view.tiles)}
        for key, words in (("o", "largest mean value"), ("o", "largest mean error"), ("o", "lowest success")):
            view.keys(key)
            assert words in count.inner_text()
            seen.add(pixels(view.tiles))
        assert view.hover(0, 0, 1).startswith("goal r0c0: ") and "success 50 %" in view.line  # the one that fails
        for key in ("v", "v"):
            view.keys(key)
            seen.add(pixels(view.tiles))
        view.keys("v", "x")
        seen.add(pixels(view.tiles))
        assert len(seen) == 7
        view.keys("/")
        tab.keyboard.type("r3")
        assert count.inner_text() == "6 of 21 goals, lowest success first"
        tab.keyboard.type("x")
        assert view.line == "no goal has a name that starts with this"
        view.keys("ArrowLeft", "Enter", " ", "]", "t")  # nothing to act on
        view.filter.fill("")
        wait_until(tab, "document.querySelectorAll('.leo-table tbody tr').length === 21")
        assert view.root.locator("tr[aria-current=true] th").inner_text() == "position/r3c2"


def test_widgets_of_a_page_share_their_goal(chromium, tmp_path):  # noqa: F811
    widgets = [CompareAB(A, B, goal=0), GoalMosaic(B, selection=range(1, 13)), GoalMap(A, TRUTH)]
    with open_file(chromium, page(widgets, tmp_path / "p.html", "Three"), width=700) as tab:
        compare, view, other = Compare(tab), Mosaic(tab), Widget(tab, ".leo-goal-map")
        for widget, name, why in ((compare, "Error", "needs exact"), (view, "Success", "success=...")):
            assert widget.button(name).is_disabled() and why in widget.button(name).get_attribute("title")
        assert view.keys(" ") == "12 goals are picked, and no more can be: take one away first"
        view.button("Clear").click()
        view.button("Pick r0c0").click()
        assert view.line.startswith("goal r0c0, chosen, picked: ")
        view.keys("]")
        assert "goal r0c1" in other.line and "goal r0c1" in compare.line
        assert compare.keys("ArrowRight").startswith("row 1 column 2, goal r0c1: ")  # from the start
        assert "row 1 column 2" in other.line and "from row 1 column 2: " in view.line
        view.keys("?")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ------------------------------------------------------------------ time

MEASURE_KEYS = """async () => {
  const root = document.querySelector(".leo-goal-mosaic");
  const frame = () => new Promise(requestAnimationFrame);
  const found = {};
  for (const [name, key] of [["sort", "o"], ["scale", "v"]]) {
    found[name] = [];
    for (let i = 0; i < 16; i++) {
      const before = performance.now();
      root.dispatchEvent(new KeyboardEvent("keydown", { key }));
      found[name].push(performance.now() - before);
      await frame();
    }
  }
  return found;
}"""


@pytest.mark.clock
def test_the_pointer_is_answered_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    """256 states on three maps, and 171 goals x 171 states: handler and redraw, medians of 32 and the maximum.

    Sort and scale draw every tile again. They answer no pointer, so they may take longer.
    """
    free = [(i + 1) * 171 // 256 > i * 171 // 256 for i in range(256)]
    layout = tuple("".join("#."[free[16 * r + c]] for c in range(16)) for r in range(16))
    truth, full = toy_values.exact(layout), toy_values.exact(("." * 16,) * 16)
    assert truth.q.shape[:2] == (171, 171)
    estimates = [toy_values.estimate(full, 0.01, seed=seed) for seed in (1, 2)]
    mosaic = GoalMosaic(toy_values.estimate(truth), truth, truth.q.max(-1).round(), goal=0)
    path = page([CompareAB(*estimates, full, goal=0), mosaic], tmp_path / "big.html", "Two")
    with open_file(chromium, path) as tab:
        times = {
            f"{name} {kind}": sample
            for name in ("compare-ab", "goal-mosaic")
            for kind, sample in tab.evaluate(MEASURE, f".leo-{name} .leo-probe").items()
        }
        redraws = tab.evaluate(MEASURE_KEYS)
    with capsys.disabled():
        for kind, sample in (times | redraws).items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    assert all(statistics.median(sample) <= 16 for sample in times.values())
    assert all(statistics.median(sample) <= 50 for sample in redraws.values())
