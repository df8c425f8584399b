"""Exported widgets in Chromium, from disk, without a kernel and without a network."""

import statistics

import pytest

import toy_values
from browser import chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import GoalMap, page

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()
VALUES = toy_values.estimate(TRUTH, 0.002)
MARGIN = 20  # CSS pixels of row and column numbers around the map


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    widget = GoalMap(VALUES, TRUTH, goal="r3c2", state="r0c0", title="Four by seven")
    return widget.to_html(tmp_path_factory.mktemp("export") / "map.html")


class Map:
    """The GoalMap of a page, spoken to as a reader does: by cells, keys and words."""

    def __init__(self, tab, columns: int = 7, number: int = 0):
        self.tab, self.columns = tab, columns
        self.root = tab.locator(f"#leo-{number} .leo-goal-map")
        self.map, self.probe = self.root.locator(".leo-map"), self.root.locator(".leo-probe")

    @property
    def line(self) -> str:
        return self.root.locator(".leo-status").inner_text()

    def cell(self, row: int, col: int) -> dict:
        size = (self.probe.bounding_box()["width"] - MARGIN - 1) / self.columns
        return {"x": MARGIN + (col + 0.5) * size, "y": MARGIN + (row + 0.5) * size}

    def hover(self, row: int, col: int) -> str:
        self.probe.hover(position=self.cell(row, col))
        return self.line

    def click(self, row: int, col: int) -> None:
        self.probe.click(position=self.cell(row, col))

    def keys(self, *names: str) -> str:
        self.root.focus()
        for name in names:
            self.tab.keyboard.press(name)
        return self.line


def test_the_pointer_reads_and_chooses(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        assert view.line.startswith("row 0 column 0, goal r3c2: go down")
        first, probe = pixels(view.map), pixels(view.probe)
        assert "row 3 column 0, goal r3c2: go right" in view.hover(3, 0)
        assert "(exact 2)" in view.line
        assert pixels(view.map) == first and pixels(view.probe) != probe  # reading moves the frame only
        assert view.root.locator(".leo-pair").inner_text() == "r3c0 to r3c2"
        view.click(1, 5)
        assert "row 1 column 5, goal r1c5: the state is the goal" in view.line
        assert pixels(view.map) != first
        assert "row 0 column 1, goal r1c5: go down" in view.hover(0, 1)
        before = view.line
        view.hover(2, 1)  # a wall: back to the chosen state
        assert view.line != before and "row 0 column 0, goal r1c5" in view.line


def test_a_drag_takes_the_goal_along(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        box = view.probe.bounding_box()
        start, stop = view.cell(1, 1), view.cell(1, 6)
        tab.mouse.move(box["x"] + start["x"], box["y"] + start["y"])
        tab.mouse.down()
        tab.mouse.move(box["x"] + stop["x"], box["y"] + stop["y"], steps=10)
        assert "goal r1c6" in view.line
        tab.mouse.up()
        assert "row 0 column 6, goal r1c6" in view.hover(0, 6)
        wait_until(tab, "location.hash.includes('0.goal=12')")


def test_scales_truth_and_flip_change_the_picture(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        seen = [pixels(view.map)]
        for name, legend in (("Steps", "steps to the goal, estimate"), ("Error", "estimate − exact value")):
            view.root.get_by_role("button", name=name, exact=True).click()
            seen.append(pixels(view.map))
            assert view.root.locator(".leo-legend-title").inner_text() == legend
        assert view.root.get_by_role("button", name="Exact").is_disabled()
        view.root.get_by_role("button", name="Value").click()
        assert pixels(view.map) == seen[0]
        view.root.get_by_role("button", name="Exact").click()
        assert view.root.locator(".leo-legend-title").inner_text() == "value of the best action, exact"
        seen.append(pixels(view.map))
        view.root.get_by_role("button", name="One state, all goals").click()
        seen.append(pixels(view.map))
        assert len(set(seen)) == 5
        assert "goal r3c2, from row 0 column 0: first go down" in view.line
        view.click(1, 6)  # now a click chooses the state
        assert "goal r3c0, from row 1 column 6" in view.hover(3, 0)


def test_every_key(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        assert "row 0 column 3" in view.keys("ArrowRight", "ArrowRight")  # over the wall
        assert "row 3 column 3" in view.keys("ArrowDown", "ArrowDown")  # the next one down is no wall
        assert "row 3 column 2" in view.keys("ArrowLeft")
        assert "row 3 column 1" in view.keys("ArrowLeft")
        assert "row 3 column 1, goal r3c1: the state is the goal" in view.keys("Enter")
        assert "goal r3c2" in view.keys("]")
        assert "goal r3c0" in view.keys("[", "[")
        assert view.keys("f").startswith("goal r3c0, from row 3 column 1")
        assert view.keys("f").startswith("row 3 column 1, goal r3c0")
        pressed = view.root.locator("button[aria-pressed=true]")
        view.keys("v")
        assert pressed.all_inner_texts() == ["All states, one goal", "Steps"]
        view.keys("v", "v", "x", "t")
        assert pressed.all_inner_texts() == ["All states, one goal", "Value", "Exact", "Table"]
        view.keys("?")
        assert view.root.locator(".leo-help").is_visible()
        view.keys("Escape")
        assert view.root.locator(".leo-help").is_hidden()
        tab.keyboard.press("Escape")
        assert not view.root.evaluate("root => root.contains(document.activeElement)")


def test_the_table_twin(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        view.keys("t")
        rows = view.root.locator(".leo-table tbody tr")
        wait_until(tab, "document.querySelectorAll('.leo-table tbody tr').length === 21")
        assert view.root.locator("caption").inner_text() == "all states, goal position/r3c2"
        assert rows.nth(0).get_attribute("aria-current") == "true"
        numbers = rows.nth(TRUTH.state_names.index("r3c0")).locator("td").all_inner_texts()
        assert numbers[0] == "right" and numbers[4] == "2"
        view.keys("f")
        wait_until(tab, "document.querySelector('caption').textContent === 'all goals, from state r0c0'")


def test_without_exact_values_the_tools_say_why(chromium, tmp_path):  # noqa: F811
    with open_file(chromium, GoalMap(VALUES).to_html(tmp_path / "alone.html")) as tab:
        view = Map(tab)
        error = view.root.get_by_role("button", name="Error")
        assert error.is_disabled() and "needs exact values" in error.get_attribute("title")
        assert view.root.get_by_role("button", name="Exact").is_disabled()
        view.keys("v", "v", "x")
        assert view.root.locator("button[aria-pressed=true]").all_inner_texts()[1:] == ["Value"]
        assert "exact" not in view.line


@pytest.mark.parametrize("layout", [toy_values.PORTAL, None])
def test_other_maps_draw(chromium, tmp_path, layout):  # noqa: F811
    values = toy_values.replace(TRUTH, layout=None) if layout is None else toy_values.exact(layout)
    with open_file(chromium, GoalMap(values).to_html(tmp_path / "m.html")) as tab:
        view = Map(tab, 7 if layout is None else 5)
        before = pixels(view.map)
        assert "row 1 column 0" in view.hover(1, 0)
        view.keys("]")
        assert pixels(view.map) != before


def test_linked_maps_share_the_goal(chromium, tmp_path):  # noqa: F811
    pair = [("Estimate", GoalMap(VALUES, TRUTH, goal=3)), ("Exact", GoalMap(TRUTH, goal=5))]
    other = ("Alone", GoalMap(VALUES, link="alone", goal=6))
    with open_file(chromium, page([*pair, other], tmp_path / "p.html", "Three", "One.\n\nTwo.")) as tab:
        maps = [Map(tab, number=i) for i in range(3)]
        assert [m.line.split("goal ")[1].split(":")[0] for m in maps] == ["r0c4", "r0c4", "r1c0"]
        maps[1].click(3, 0)
        assert ["goal r3c0" in m.line for m in maps] == [True, True, False]


def test_the_view_comes_back_from_the_url(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        view = Map(tab)
        view.keys("v", "f", "ArrowRight")
        url = wait_until(tab, "location.hash.includes('scale') && location.hash")
        picture = pixels(view.map)
    with open_file(chromium, exported, url) as tab:
        assert pixels(Map(tab).map) == picture


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_nothing_is_cut_off(chromium, exported, width):  # noqa: F811
    with open_file(chromium, exported, width=width, dark=width == 700) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert Map(tab).probe.bounding_box()["width"] <= width


def test_every_canvas_has_a_name_and_a_guard(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        root = Map(tab).root
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: root.get_attribute(name) for name in wanted} == wanted
        assert "Four by seven" in root.get_attribute("aria-label")
        assert root.locator("[aria-live=polite]").count() == 1


# From the pointer's event to the last line drawn for it, in the page's own clock. A drag redraws everything.
MEASURE = """async () => {
  const probe = document.querySelector(".leo-probe");
  const box = probe.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const run = async (buttons) => {
    const times = [];
    for (let i = 0; i < 64; i++) {
      const [x, y] = [20 + ((i * 37) % (box.width - 21)), 20 + ((i * 53) % (box.height - 21))];
      const event = { clientX: box.x + x, clientY: box.y + y, buttons, bubbles: true, pointerType: "mouse" };
      const before = performance.now();
      probe.dispatchEvent(new PointerEvent(i || !buttons ? "pointermove" : "pointerdown", event));
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  return { hover: await run(0), drag: await run(1) };
}"""


MAPS = {"256 states": tuple("." * 16 for _ in range(16)), "800 states": toy_values.random_map(32, 32)}
LARGEST_PAGE = 20e6  # bytes


@pytest.mark.clock
@pytest.mark.parametrize("layout", MAPS.values(), ids=MAPS)
def test_the_pointer_is_answered_within_a_frame(chromium, layout, tmp_path, capsys):  # noqa: F811
    """Handler, whole redraw and reading, median over 64 moves; the printed line has the maximum, and the page's size.

    An agent's values and the exact ones of all pairs, which are held compressed: V and the best actions of a state,
    and what an agent believes of all actions, in 16 bits each.
    """
    truth = toy_values.exact(layout)
    widget = GoalMap(toy_values.estimate(truth, 0.01), truth, goal=0)
    path = widget.to_html(tmp_path / "big.html")
    with open_file(chromium, path) as tab:
        times = tab.evaluate(MEASURE)
    with capsys.disabled():
        print(f"\n{len(truth.state_names)} states: {path.stat().st_size / 1e6:.1f} MB", end="")
        for kind, sample in times.items():
            print(f"; {kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    assert path.stat().st_size < LARGEST_PAGE
    assert statistics.median(times["hover"]) <= 16
    assert statistics.median(times["drag"]) <= 16
