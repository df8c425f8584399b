"""GoalTable in Chromium, from disk, without a kernel and without a network."""

import statistics

import numpy as np
import pytest

import toy_craftax
import toy_values
from browser import Widget, chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import GoalMap, GoalTable, page

pytestmark = pytest.mark.browser

NAMES = toy_craftax.goal_names(full=True)
RNG = np.random.default_rng(0)
COLUMNS = {
    "tries": RNG.integers(0, 400, 512),
    "success": np.where(RNG.random(512) < 0.2, np.nan, RNG.random(512)),
    "first reached": RNG.integers(1, 300, 512) / 2,
}
VALUES = RNG.random((4, 512))


def table(**options):
    return GoalTable(NAMES, COLUMNS, VALUES, title="Toys", **options)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return table().to_html(tmp_path_factory.mktemp("export") / "goals.html")


class Goals(Widget):
    """The GoalTable of a page, spoken to as a reader does."""

    def __init__(self, tab):
        super().__init__(tab, ".leo-goal-table")
        self.profile = self.root.locator(".leo-goals-profile")
        self.rows = self.root.locator("tbody tr:not([aria-hidden]):not([hidden])")
        self.field = self.root.get_by_role("searchbox")

    @property
    def count(self) -> str:
        return self.root.locator(".leo-goals-count").inner_text()

    def cells(self, row: int) -> list[str]:
        return self.rows.nth(row).locator("th, td").all_inner_texts()

    def chosen(self) -> list[str]:
        return self.root.locator("tbody tr[aria-current=true] th").all_inner_texts()

    def same_as(self, widget, count: int = 12) -> bool:
        """Whether the first rows are those that Python lists, number by number."""
        for i, row in enumerate(widget.table()[:count]):
            digits = {"tries": 0, "success": 3, "first reached": 1, "value now": 3}
            numbers = ["–" if row[name] is None else f"{row[name]:.{d}f}" for name, d in digits.items()]
            words = self.cells(i)
            if words[1:3] != [row["goal"].split("/")[1], row["group"]] or words[3:5] != numbers[:2]:
                return False
            if words[6:] != numbers[3:]:
                return False
        return True


def test_it_lists_what_python_lists(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        assert goals.count == "512 of 512 goals" and goals.same_as(table())
        assert goals.rows.count() < 40  # the others are not there until they are scrolled to
        for heading in ("success", "goal", "group", "value now", "tries"):
            goals.button(heading).click()
            kind = "ascending" if heading in ("goal", "group") else "descending"
            assert goals.root.locator(f"th[aria-sort={kind}]").inner_text() == heading
            assert goals.root.locator("th[aria-sort=none]").count() == 6
            assert goals.same_as(table(sort=heading))
        goals.button("tries").click()
        assert goals.same_as(table(sort="tries", descending=False))


def test_search_and_groups(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        goals.field.fill("WOOD_")
        wanted = [name for name in NAMES if "wood_" in name]
        assert goals.count == f"{len(wanted)} of 512 goals" and goals.same_as(table(search="wood_"))
        assert goals.line == f"{len(wanted)} of 512 goals, as listed"
        goals.root.get_by_role("button", name="tools").click()
        assert goals.same_as(table(search="wood_", groups=["tools"])) and "2 of 512" in goals.count
        assert goals.pressed() == ["tools17"]
        goals.field.fill("nothing at all")
        assert goals.root.locator(".leo-goals-none").is_visible() and goals.rows.count() == 0
        goals.field.fill("")
        assert goals.count == "17 of 512 goals"
        goals.root.get_by_role("button", name="all").click()
        assert goals.count == "512 of 512 goals"


def test_every_key(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        short = [name.split("/")[1] for name in NAMES]
        assert goals.keys("ArrowDown", "ArrowDown").startswith(f"{short[2]} (inventory): tries {COLUMNS['tries'][2]},")
        assert goals.chosen() == [short[0]]
        goals.keys("Enter")
        assert goals.chosen() == [short[2]]
        assert goals.keys("ArrowUp").endswith("row 2 of 512")
        assert goals.keys("PageDown").endswith("row 17 of 512")
        assert goals.keys("End").endswith("row 512 of 512") and goals.line.startswith(short[511])
        assert goals.root.locator("tr.leo-goals-cursor th").inner_text() == short[511]
        assert goals.keys("ArrowDown").endswith("row 512 of 512")
        assert goals.keys("Home", "PageUp").endswith("row 1 of 512")
        goals.keys("]", "]", "[")
        assert goals.chosen() == [short[3]]
        assert goals.keys("s") == "512 of 512 goals, by goal"
        assert goals.keys("s", "s") == "512 of 512 goals, by tries, largest first"
        assert goals.keys("r") == "512 of 512 goals, by tries, smallest first"
        assert goals.keys("g") == "198 of 512 goals, by tries, smallest first"
        goals.keys(*["g"] * 8)
        assert goals.count == "512 of 512 goals"
        goals.keys("/")
        tab.keyboard.type("bow?")  # keys are text in the field
        assert goals.field.input_value() == "bow?" and goals.root.locator(".leo-help").is_hidden()
        tab.keyboard.press("Enter")
        assert goals.root.evaluate("root => document.activeElement === root")
        goals.keys("?")
        assert goals.root.locator(".leo-help").is_visible()
        goals.keys("Escape")
        tab.keyboard.press("Escape")
        assert not goals.root.evaluate("root => root.contains(document.activeElement)")


def test_headings_work_from_the_keyboard(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        goals.button("success").focus()
        tab.keyboard.press("Enter")
        assert goals.root.locator("th[aria-sort=descending]").inner_text() == "success"
        tab.keyboard.press("Enter")
        assert goals.root.locator("th[aria-sort=ascending]").inner_text() == "success"


def test_pointer_and_scrolling(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        goals.rows.nth(5).hover()
        assert goals.line.endswith("row 6 of 512")
        goals.rows.nth(5).click()
        assert goals.chosen() == [NAMES[5].split("/")[1]]
        tab.mouse.wheel(0, 26 * 200)
        wait_until(tab, "document.querySelector('.leo-goals-scroll').scrollTop > 26 * 190")
        tab.wait_for_timeout(200)
        shown = [int(goals.cells(i)[0]) for i in range(goals.rows.count())]
        assert shown == list(range(shown[0], shown[0] + len(shown))) and 190 < shown[8] < 210
        box = goals.profile.bounding_box()
        before = pixels(goals.profile)
        goals.profile.hover(position={"x": 40, "y": box["height"] * 0.9})
        assert pixels(goals.profile) != before
        row = int(goals.line.split("row ")[-1].split()[0])
        assert 430 < row < 480
        goals.profile.click(position={"x": 40, "y": box["height"] * 0.9})
        assert goals.chosen() == [goals.line.split(" (")[0]]  # a row is less than a pixel: the read one is chosen


def test_the_view_comes_back_from_the_url(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        goals = Goals(tab)
        goals.keys("s", "s", "s", "g", "g", "]")
        goals.field.fill("_up")
        url = wait_until(tab, "location.hash.includes('search') && location.hash")
        words = [goals.count, *[goals.cells(i) for i in range(5)]]
    with open_file(chromium, exported, url) as tab:
        goals = Goals(tab)
        assert [goals.count, *[goals.cells(i) for i in range(5)]] == words
        assert goals.field.input_value() == "_up"
    with open_file(chromium, exported, "#0.sort=triez&0.goal=999&0.frame=4") as tab:
        assert Goals(tab).same_as(table())


def test_gridworld_goals_and_a_linked_map(chromium, tmp_path):  # noqa: F811
    truth = toy_values.exact()
    columns = {"row": truth.goal_positions[:, 0]}
    pair = [GoalMap(truth, goal=3), GoalTable(truth.goal_names, columns, truth.q.max(-1)[5])]
    with open_file(chromium, page(pair, tmp_path / "p.html", "Two")) as tab:
        goals, words = Goals(tab), tab.locator(".leo-goal-map .leo-status")
        assert goals.chosen() == ["r0c4"]
        goals.rows.nth(1).click()
        assert "goal r0c1" in words.inner_text()
        assert goals.root.locator(".leo-goals-groups").count() == 0


def test_a_share_has_a_bar_a_whisker_and_a_floor(chromium, tmp_path):  # noqa: F811
    share = np.linspace(0, 1, 512)
    share[4] = np.nan
    low, high, floor = (
        np.maximum(share - 0.2, 0),
        np.minimum(share + 0.1, 1),
        np.where(np.arange(512) % 2, share / 2, np.nan),
    )
    bounds = {"intervals": {"share": np.stack([low, high], axis=-1)}, "floors": {"share": floor}}
    widget = GoalTable(NAMES, {"share": share}, sort="share", goal=511, **bounds)
    with open_file(chromium, widget.to_html(tmp_path / "goals.html")) as tab:
        goals, goal = Goals(tab), 510
        cell = goals.rows.nth(1).locator("td").last
        words = f"share {share[goal]:.2f} ({low[goal]:.2f} to {high[goal]:.2f})"
        assert cell.get_attribute("title") == words and cell.inner_text() == f"{share[goal]:.2f}"
        assert f"{words}; row 2 of 512" in goals.keys("ArrowDown")
        assert "; floor 0.50); row 1 of 512" in goals.keys("ArrowUp")
        measure = "nodes => nodes.map(node => node.getBoundingClientRect()).map(({x, width}) => [x, width])"
        goals.keys("End", *["PageUp"] * 12)
        part = goals.root.locator("tr.leo-goals-cursor .leo-goals-bounds")
        (x, width), *_ = part.evaluate_all(measure)
        assert width > 60
        at = lambda name: part.locator(name).evaluate_all(measure)[0]  # noqa: E731
        number = float(goals.line.split("share ")[1].split()[0])
        assert at(".leo-player-fill")[1] == pytest.approx(number * width, abs=1)
        begin, length = at(".leo-goals-whisker")
        assert [begin - x, length] == pytest.approx([(number - 0.2) * width, 0.3 * width], abs=1.5)
        goals.field.fill(NAMES[4].split("/")[1])
        wait_until(tab, "document.querySelector('.leo-goals-count').textContent.startsWith('1 ')")
        assert goals.cells(0)[-1] == "–" and goals.rows.nth(0).locator(".leo-goals-floor").is_hidden()


def test_dark_and_light(chromium, exported):  # noqa: F811
    with open_file(chromium, exported, dark=True) as tab:
        goals = Goals(tab)
        dark = pixels(goals.profile)
        tab.emulate_media(color_scheme="light")
        tab.wait_for_timeout(100)
        assert pixels(goals.profile) != dark


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_nothing_is_cut_off(chromium, exported, width):  # noqa: F811
    with open_file(chromium, exported, width=width, dark=width == 700) as tab:
        goals = Goals(tab)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert goals.profile.is_visible() == (width == 1280)
        scroll = "([box]) => box.scrollWidth <= box.clientWidth"
        if width >= 700:
            assert goals.root.locator(".leo-goals-scroll").evaluate_all(scroll)


def test_the_root_has_a_name_and_a_guard(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        root = Goals(tab).root
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: root.get_attribute(name) for name in wanted} == wanted
        assert "Toys" in root.get_attribute("aria-label")
        assert root.locator("[aria-live=polite]").count() == 1
        assert root.locator("table").get_attribute("aria-rowcount") == "513"
        assert root.locator("input").get_attribute("aria-label") == "search goals"


# From the event to the last line drawn for it, layout included, in the page's own clock.
MEASURE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const root = document.querySelector(".leo-goal-table");
  const list = root.querySelector(".leo-goals-scroll");
  const timed = async (count, act) => {
    const times = [];
    for (let i = 1; i <= count; i++) {
      const before = performance.now();
      act(i);
      await null; // whatever waits for the end of the event
      list.getBoundingClientRect();
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  const canvas = root.querySelector(".leo-goals-profile");
  const box = canvas.getBoundingClientRect();
  const at = (i) => ({ clientX: box.x + 20, clientY: box.y + 40 + ((i * 53) % (box.height - 50)), bubbles: true });
  const field = root.querySelector("input");
  const heads = [...root.querySelectorAll("thead button")];
  const words = ["w", "wo", "woo", "wood", "", "zombie", "_up", "o"];
  return {
    hover: await timed(48, (i) => canvas.dispatchEvent(new PointerEvent("pointermove", at(i)))),
    choose: await timed(48, (i) => canvas.dispatchEvent(new MouseEvent("click", at(i)))),
    sort: await timed(48, (i) => heads[i % heads.length].click()),
    search: await timed(48, (i) => {
      field.value = words[i % words.length];
      field.dispatchEvent(new Event("input"));
    }),
    scroll: await timed(48, (i) => {
      list.scrollTop = (i * 1871) % 12000;
      list.dispatchEvent(new Event("scroll"));
    }),
  };
}"""


@pytest.mark.clock
def test_everything_is_answered_within_a_frame(chromium, exported, capsys):  # noqa: F811
    """512 goals: handler, redraw and layout, medians; the printed line has the maximum."""
    with open_file(chromium, exported) as tab:
        times = tab.evaluate(MEASURE)
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    for sample in times.values():
        assert statistics.median(sample) <= 16
