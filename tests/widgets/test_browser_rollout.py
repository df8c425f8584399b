"""RolloutPlayer in Chromium, from disk, without a kernel and without a network."""

import statistics

import pytest

import toy_values
from browser import chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import GoalMap, RolloutPlayer, page
from toy_walks import walk

pytestmark = pytest.mark.browser

TRUTH = toy_values.exact()
VALUES = toy_values.estimate(TRUTH, 0.002)
WALK = walk(TRUTH, "r3c2", "r1c0", "r0c3")  # reached at the times 5, 9 and 13
MARGIN = 20  # CSS pixels of row and column numbers around the map
GUTTER = 74  # of the names beside the strip


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    widget = RolloutPlayer(VALUES, WALK, TRUTH, title="Three goals")
    return widget.to_html(tmp_path_factory.mktemp("export") / "walk.html")


class Player:
    """The RolloutPlayer of a page, spoken to as a reader does."""

    def __init__(self, tab, number: int = 0, times: int = 14):
        self.tab, self.times = tab, times
        self.root = tab.locator(f"#leo-{number} .leo-rollout-player")
        self.cells, self.walk, self.values, self.head = (
            self.root.locator(f".leo-player-{name}") for name in ("cells", "walk", "values", "head")
        )

    @property
    def line(self) -> str:
        return self.root.locator(".leo-status").inner_text()

    @property
    def frame(self) -> int:
        return int(self.root.locator(".leo-player-time b").inner_text())

    @property
    def chosen(self) -> str:
        return self.root.locator(".leo-player-chosen span").inner_text()

    def at(self, time: float, row: float) -> dict:
        """A point of the strip of 21 rows: even rows of 18 pixels."""
        scrub = self.root.locator(".leo-player-scrub").bounding_box()
        column = (scrub["width"] - 14) / (self.times - 1)
        return {"x": GUTTER + (time + 0.5) * column, "y": 4 + (row + 0.5) * 18}

    def cell(self, row: int, col: int) -> dict:
        size = (self.walk.bounding_box()["width"] - MARGIN - 1) / 7
        return {"x": MARGIN + (col + 0.5) * size, "y": MARGIN + (row + 0.5) * size}

    def press(self, name: str):
        self.root.get_by_role("button", name=name, exact=True).click()

    def keys(self, *names: str) -> str:
        self.root.focus()
        for name in names:
            self.tab.keyboard.press(name)
        return self.line

    def rests(self) -> None:
        """Wait until nothing glides."""
        self.tab.wait_for_timeout(300)


def test_it_plays_loops_and_pauses(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        assert player.frame == 0 and "step 0 of 13: at r1c1, going left to r3c2, about 5 steps left" in player.line
        first = pixels(player.walk)
        player.keys("+", "+")
        assert "16 steps/s" in player.root.inner_text()
        player.keys(" ")
        assert player.root.locator(".leo-status").get_attribute("aria-live") == "off"
        seen = set()
        for _ in range(40):
            seen.add(player.frame)
            if 13 in seen and len(seen) > 8:
                break
            tab.wait_for_timeout(60)
        assert 13 in seen and len(seen) > 8  # up to the end, and on from the start
        wait_until(tab, "document.querySelector('.leo-player-time b').textContent === '3'")
        player.press("pause")
        player.rests()
        rest = player.frame
        assert rest > 0 and pixels(player.walk) != first
        tab.wait_for_timeout(400)
        assert player.frame == rest
        assert player.root.locator(".leo-status").get_attribute("aria-live") == "polite"


def test_every_key(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        assert player.keys(".", "ArrowRight", ".").startswith("step 3 of 13")
        assert player.keys(",", "ArrowLeft").startswith("step 1 of 13")
        assert player.keys("End").startswith("step 13 of 13: at r0c3, goal reached; also passed r1c3")
        assert player.keys(".").startswith("step 13 of 13")
        assert player.keys("Home").startswith("step 0 of 13")
        assert player.keys("PageDown").startswith("step 5 of 13: at r3c2, goal reached, next left to r1c0")
        assert player.keys("PageDown", "PageUp").startswith("step 5 of 13")
        player.keys("-", "-", "-")
        assert "1 step/s" in player.root.inner_text()
        assert player.chosen == "Coloured for the commanded goal"
        assert "chosen goal r1c0" in player.keys("ArrowDown") and player.chosen == "Coloured for r1c0"
        assert "chosen goal r1c1" in player.keys("]")
        assert "chosen goal r1c0" in player.keys("[")
        assert "chosen" not in player.keys("f")
        pressed = player.root.locator("button[aria-pressed=true]")
        assert pressed.all_inner_texts() == ["Value", "Follow commanded goal", "Command"]
        player.keys("s", "v", "t", "x")
        assert pressed.all_inner_texts() == ["Steps", "Exact", "Follow commanded goal", "Table", "Peak"]
        player.keys("?")
        assert player.root.locator(".leo-help").is_visible()
        player.keys("Escape")
        tab.keyboard.press("Escape")
        assert not player.root.evaluate("root => root.contains(document.activeElement)")


def test_dragging_scrubs_and_a_click_chooses_the_row(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        strip, box = pixels(player.values), player.head.bounding_box()
        for time, action in ((3, tab.mouse.down), (9, None), (6, tab.mouse.up)):
            point = player.at(time, 8)
            tab.mouse.move(box["x"] + point["x"], box["y"] + point["y"], steps=4)
            if action:
                action()
            assert player.frame == time
        assert player.chosen == "Coloured for the commanded goal"  # a drag moves in time only
        cells = pixels(player.cells)
        player.head.click(position=player.at(10, 0))
        assert player.frame == 10 and player.chosen == "Coloured for r3c2"
        assert "step 10, at r1c1, to r3c2" in player.line
        assert pixels(player.cells) != cells and pixels(player.values) == strip
        player.press("Back to commanded")
        assert player.chosen == "Coloured for the commanded goal"


def test_the_scrub_bar_stands_over_its_column(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        scrub = player.root.locator(".leo-player-scrub")
        box, strip = scrub.bounding_box(), player.head.bounding_box()
        assert box["x"] + 7 - strip["x"] == pytest.approx(player.at(0, 0)["x"], abs=1)
        scrub.fill("7")
        assert player.frame == 7 and "step 7 of 13" in player.line
        player.head.hover(position=player.at(7, 0))
        assert "step 7, at r3c0" in player.line


def test_the_pointer_reads_map_strip_and_bars(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        rest, cells = pixels(player.walk), pixels(player.cells)
        player.walk.hover(position=player.cell(3, 0))
        assert player.line.startswith("from r3c0 to r3c2: 0.9") and "(exact 2)" in player.line
        assert pixels(player.walk) != rest and pixels(player.cells) == cells
        player.head.hover(position=player.at(2, 1))
        assert player.line.startswith("step 2, at r2c0, to r1c0: 0.997, about 1.3 steps (exact 1)")
        player.root.locator(".leo-player-bar").nth(1).hover()
        assert player.line.startswith("from here, r1c1, to ")
        tab.mouse.move(1, 1)
        assert player.line.startswith("step 0 of 13") and pixels(player.walk) == rest
        player.root.locator(".leo-player-bar").nth(1).click()
        assert player.chosen != "Coloured for the commanded goal"
        player.walk.click(position=player.cell(1, 6))
        assert player.chosen == "Coloured for r1c6"


def test_bars_are_the_best_goals_and_the_commanded_one(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        bars = player.root.locator(".leo-player-bar:not(.leo-player-off)")
        words = [text.split("\n") for text in bars.all_inner_texts()]
        v = VALUES.q[TRUTH.start].max(axis=-1)
        order = [goal for goal in (-v).argsort(kind="stable") if goal != TRUTH.start]
        assert [word[1] for word in words[:10]] == [TRUTH.state_names[goal] for goal in order[:10]]
        rank = order.index(TRUTH.state_names.index("r3c2")) + 1
        assert rank <= 10 or words[10][:2] == [str(rank), "r3c2"]
        assert player.root.locator(".leo-player-bar .leo-player-ring").count() == 1
        player.keys("End")
        assert bars.count() == 10  # at the commanded goal nothing is left of it


def test_scales_truth_and_order_change_the_strip(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        seen = [pixels(player.values)]
        for name in ("Steps", "Error", "Value", "Exact", "Peak", "Group"):
            player.press(name)
            seen.append(pixels(player.values))
        assert seen[3] == seen[0] and len(set(seen)) == 6
        player.press("Error")
        assert player.root.get_by_role("button", name="Exact").is_disabled()


def test_the_table_twin_says_what_python_says(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        player.keys("t", ".")
        rows = player.root.locator(".leo-table tbody tr")
        assert rows.nth(1).get_attribute("aria-current") == "true" and rows.count() == 14
        for i, row in enumerate(RolloutPlayer(VALUES, WALK, TRUTH).table()):
            words = rows.nth(i).locator("th, td").all_inner_texts()
            assert words[:3] == [str(i), row["state"], row["action"] or ""]
            assert words[3] == row["commanded_goal"].split("/")[1]
            assert words[8] == ("yes" if row["achieved"] else "")
            assert words[9] == " ".join(name.split("/")[1] for name in row["passed"])
            if row["value"] is not None:
                assert [float(words[4]), float(words[6])] == pytest.approx([row["value"], row["exact_value"]], abs=6e-4)
                assert float(words[7]) == pytest.approx(row["exact_steps_left"], abs=0.06)


def test_the_goal_is_shared_with_other_widgets(chromium, tmp_path):  # noqa: F811
    pair = [("Map", GoalMap(VALUES, TRUTH, goal="r0c6")), ("Walk", RolloutPlayer(VALUES, WALK, TRUTH))]
    path = page(pair, tmp_path / "pair.html", "Both")
    with open_file(chromium, path) as tab:
        player, words = Player(tab, 1), tab.locator("#leo-0 .leo-status")
        assert "goal r0c6" in words.inner_text()  # the map keeps its goal until the player is used
        assert player.chosen == "Coloured for the commanded goal"
        player.keys(".")
        assert "goal r3c2" in words.inner_text()
        player.keys("PageDown", ".")
        assert "goal r1c0" in words.inner_text()
        hash_now = wait_until(tab, "location.hash.includes('1.frame=6') && location.hash")
        tab.locator("#leo-0 .leo-goal-map").focus()
        tab.keyboard.press("]")
        assert player.chosen == "Coloured for r1c1" and "chosen goal r1c1" in player.line
        player.keys(".")
        assert "goal r1c1" in words.inner_text()
        player.keys("f")
        assert "goal r1c0" in words.inner_text()
    with open_file(chromium, path, hash_now) as tab:
        assert Player(tab, 1).frame == 6 and Player(tab, 1).chosen == "Coloured for the commanded goal"


def test_the_view_comes_back_from_the_url(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        player.keys(".", ".", "s", "v", "]", "+")
        url = wait_until(tab, "location.hash.includes('speed=8') && location.hash")
        assert "0.follow=false" in url
        player.rests()
        pictures = [pixels(canvas) for canvas in (player.walk, player.values, player.head)]
        words = [player.root.inner_text(), player.line]
    with open_file(chromium, exported, url) as tab:
        player = Player(tab)
        player.rests()
        assert [pixels(canvas) for canvas in (player.walk, player.values, player.head)] == pictures
        assert [player.root.inner_text(), player.line] == words
    with open_file(chromium, exported, "#0.frame=14&0.speed=5&0.sort=name&0.goal=21") as tab:
        assert Player(tab).frame == 0


def test_a_step_glides_unless_motion_is_reduced(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player, ends = Player(tab), {}
        for motion in ("no-preference", "reduce"):
            tab.emulate_media(reduced_motion=motion)
            player.keys("Home")
            player.rests()
            at_once = tab.evaluate("""() => {
              const root = document.querySelector(".leo-rollout-player");
              root.dispatchEvent(new KeyboardEvent("keydown", { key: "." }));
              return root.querySelector(".leo-player-walk").toDataURL();
            }""")
            player.rests()
            ends[motion] = at_once == pixels(player.walk)
        assert ends == {"no-preference": False, "reduce": True}


def test_it_rests_off_screen(chromium, tmp_path):  # noqa: F811
    pair = [RolloutPlayer(VALUES, WALK, speed=16), GoalMap(VALUES), GoalMap(VALUES), GoalMap(VALUES)]
    with open_file(chromium, page(pair, tmp_path / "p.html", "Far")) as tab:
        player = Player(tab)
        player.keys(" ")
        wait_until(tab, "document.querySelector('.leo-player-time b').textContent === '3'")
        tab.evaluate("scrollTo(0, document.body.scrollHeight)")
        tab.wait_for_timeout(300)
        away = player.frame
        tab.wait_for_timeout(500)
        assert player.frame == away
        tab.evaluate("scrollTo(0, 0)")
        wait_until(tab, f"document.querySelector('.leo-player-time b').textContent !== '{away}'")


# A second view of the page's first widget in an element of its own, played for a while, then taken away.
TAKE_AWAY = """async () => {
  const data = JSON.parse(document.getElementById("leo-data").textContent);
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  };
  const blobs = await Promise.all(data.blobs.map(inflate));
  const { state } = data.widgets[0];
  for (const name of ["v", "truth"]) state[name].data = blobs[state[name].data.$blob];
  const handlers = new Set();
  let drawn = 0;
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      [...handlers].filter(([event]) => event === `change:${name}`).forEach(([, handler]) => handler());
      drawn += name === "frame";
    },
    on: (event, handler) => handlers.add([event, handler]),
    off: (event, handler) => [...handlers].forEach((pair) => pair[1] === handler && handlers.delete(pair)),
    save_changes() {}, send() {},
  };
  const url = URL.createObjectURL(new Blob([data.modules.RolloutPlayer], { type: "text/javascript" }));
  const el = document.body.insertBefore(document.createElement("div"), document.body.firstChild);
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const leave = (await import(url)).default.render({ model, el });
  await wait(300);
  const before = handlers.size;
  el.querySelector(".leo-rollout-player").dispatchEvent(new KeyboardEvent("keydown", { key: " " }));
  await wait(600);
  const played = drawn;
  leave();
  await wait(600);
  return { before, played, after: handlers.size, later: drawn - played, left: el.children.length };
}"""


def test_nothing_is_left_of_a_view_that_is_taken_away(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        found = tab.evaluate(TAKE_AWAY)
    assert found["before"] > 5 and found["played"] > 1
    assert (found["after"], found["later"], found["left"]) == (0, 0, 0)


def test_without_exact_values_or_hit_values(chromium, tmp_path):  # noqa: F811
    distance = toy_values.replace(VALUES, scale="plain", q=VALUES.q * -3)
    with open_file(chromium, RolloutPlayer(distance, WALK).to_html(tmp_path / "d.html")) as tab:
        player = Player(tab)
        for name in ("Steps", "Error", "Exact"):
            assert player.root.get_by_role("button", name=name, exact=True).is_disabled()
        player.keys("v", "x", "t")
        assert "to r3c2, value −2.8" in player.line and "exact" not in player.line


@pytest.mark.parametrize("layout", [toy_values.PORTAL, None])
def test_other_maps_draw(chromium, tmp_path, layout):  # noqa: F811
    values = toy_values.exact(layout) if layout else toy_values.replace(VALUES, layout=None)
    trace = walk(values, "r1c4", "r0c0", max_steps=12) if layout else WALK
    with open_file(chromium, RolloutPlayer(values, trace).to_html(tmp_path / "m.html")) as tab:
        player = Player(tab)
        before = pixels(player.walk)
        player.keys(".", ".")
        player.rests()
        assert pixels(player.walk) != before


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_nothing_is_cut_off(chromium, exported, width):  # noqa: F811
    with open_file(chromium, exported, width=width, dark=width == 700) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for canvas in Player(tab).root.locator("canvas").all():
            assert canvas.bounding_box()["x"] + canvas.bounding_box()["width"] <= width


def test_the_root_has_a_name_and_a_guard(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        root = Player(tab).root
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: root.get_attribute(name) for name in wanted} == wanted
        assert "Three goals" in root.get_attribute("aria-label")
        assert root.locator("[aria-live=polite]").count() == 1
        unnamed = "button => !(button.textContent.trim() || button.getAttribute('aria-label'))"
        assert not any(button.evaluate(unnamed) for button in root.locator("button").all())
        assert root.locator("input").get_attribute("aria-label") == "step"


# From the pointer's event to the last line drawn for it, in the page's own clock.
MEASURE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const run = async (name, buttons) => {
    const canvas = document.querySelector(`.leo-player-${name}`);
    const box = canvas.getBoundingClientRect();
    const send = (type, i) => canvas.dispatchEvent(new PointerEvent(type, {
      clientX: box.x + 80 + ((i * 137) % (box.width - 90)), clientY: box.y + 20 + ((i * 53) % (box.height - 45)),
      buttons, bubbles: true, pointerType: "mouse", pointerId: 1,
    }));
    const times = [];
    if (buttons) send("pointerdown", 0);
    for (let i = 1; i < 65; i++) {
      const before = performance.now();
      send("pointermove", i);
      times.push(performance.now() - before);
      await frame();
    }
    if (buttons) send("pointercancel", 0);
    return times;
  };
  return { map: await run("walk", 0), strip: await run("head", 0), scrub: await run("head", 1) };
}"""


@pytest.mark.clock
def test_the_pointer_is_answered_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    """256 goals, over 600 steps: handler and whole redraw, median over 64 moves; the printed line has the maximum."""
    truth = toy_values.exact((*["." * 16 for _ in range(8)], "S" + "." * 15, *["." * 16 for _ in range(7)]))
    goals = [f"r{row}c{col}" for row, col in ((0, 15), (15, 0), (15, 15), (3, 2)) * 8]
    values = toy_values.estimate(truth, 0.002)
    widget = RolloutPlayer(values, walk(truth, *goals, max_steps=800), truth)
    with open_file(chromium, widget.to_html(tmp_path / "big.html")) as tab:
        times = tab.evaluate(MEASURE)
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    for sample in times.values():
        assert statistics.median(sample) <= 16
