"""CraftaxTrace in Chromium, from disk, without a kernel and without a network."""

import statistics

import numpy as np
import pytest

import toy_craftax
from browser import Widget, chromium, open_file, pixels, wait_until  # noqa: F401
from leo_widgets import CraftaxTrace, GoalTable, page
from toy_craftax import changed

pytestmark = pytest.mark.browser

WALK = toy_craftax.walk(steps=40)  # 7 x 9, 136 goals
COMMANDED = [int(WALK.goal[0]), *WALK.goal.tolist()]
SHORT = [name.split("/")[1] for name in WALK.goal_names]
ENDS = [t for t in range(1, 41) if t == 40 or WALK.achieved[t, COMMANDED[t]] or COMMANDED[t + 1] != COMMANDED[t]]


class Player(Widget):
    """The CraftaxTrace of a page, spoken to as a reader does."""

    def __init__(self, tab):
        super().__init__(tab, ".leo-craftax-trace")
        self.world, self.curve, self.values, self.head = (
            self.root.locator(f".leo-{name}") for name in ("world-view", "world-curve", "player-values", "player-head")
        )

    @property
    def frame(self) -> int:
        return int(self.root.locator(".leo-player-time b").inner_text())

    def rests(self) -> None:
        """Wait until nothing glides."""
        self.tab.wait_for_timeout(300)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return CraftaxTrace(WALK, title="A toy").to_html(tmp_path_factory.mktemp("export") / "walk.html")


def test_it_plays_and_pauses(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        assert player.frame == 0 and player.line.startswith(f"step 0 of 40: commanded {SHORT[COMMANDED[0]]}, chooses")
        first = pixels(player.world)
        player.keys("+", "+", " ")
        assert "16 steps/s" in player.root.inner_text()
        assert player.root.locator(".leo-status").get_attribute("aria-live") == "off"
        wait_until(tab, "Number(document.querySelector('.leo-player-time b').textContent) > 10")
        player.button("pause").click()
        player.rests()
        rest = player.frame
        assert rest > 10 and pixels(player.world) != first
        tab.wait_for_timeout(300)
        assert player.frame == rest
        assert player.root.locator(".leo-status").get_attribute("aria-live") == "polite"


def test_every_key(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        assert player.keys(".", "ArrowRight", ".").startswith("step 3 of 40")
        assert player.keys(",", "ArrowLeft").startswith("step 1 of 40")
        assert player.keys("End").startswith("step 40 of 40")
        assert player.keys("Home").startswith("step 0 of 40")
        player.keys("PageDown")
        assert player.frame == ENDS[0]
        player.keys("PageDown", "PageUp")
        assert player.frame == ENDS[0]
        chosen = player.keys("]").split("; ")[-1]
        assert chosen.startswith(f"{SHORT[COMMANDED[0] + 1]}:")
        assert player.keys("[").split("; ")[-1].startswith(f"{SHORT[COMMANDED[0]]}:")
        order = CraftaxTrace(WALK).orders["moves"]
        below = order[order.index(COMMANDED[0]) + 1]
        assert player.keys("ArrowDown").split("; ")[-1].startswith(f"{SHORT[below]}:")
        assert player.keys("ArrowUp").split("; ")[-1].startswith(f"{SHORT[COMMANDED[0]]}:")
        player.keys("]", "End", "c")
        assert player.line.split("; ")[-1].startswith(f"{SHORT[COMMANDED[40]]}:")
        player.keys("s", "t", "-")
        assert player.pressed() == ["Table", "Peak"] and "2 steps/s" in player.root.inner_text()
        player.keys("?")
        assert player.root.locator(".leo-help").is_visible()
        player.keys("Escape")
        tab.keyboard.press("Escape")
        assert not player.root.evaluate("root => root.contains(document.activeElement)")


def test_the_panel_says_what_python_says(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        rows = CraftaxTrace(WALK).table()
        for time in (0, *ENDS[:3], 40):
            player.keys("Home", *["."] * time)
            panel = player.root.locator(".leo-world-panel").inner_text()
            assert rows[time]["commanded_goal"].split("/")[1] in panel
            assert ("reached in this step" in panel) == (rows[time]["achieved"] and time > 0)
            assert ("walk ends" if time == 40 else f"Chooses {rows[time]['action'].replace('_', ' ')}") in panel
            needs = [int(x) for x in player.root.locator(".leo-world-need .leo-player-number").all_inner_texts()]
            assert needs == [rows[time][name] for name in ("health", "food", "drink", "energy")]
            goods = player.root.locator(".leo-world-goods").inner_text()
            assert all(name.replace("_", " ") in goods for name in WALK.view.stat_names[4:-2] if rows[time][name])


def test_bars_of_what_moved(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        movers = player.root.locator(".leo-world-movers")
        assert "Highest values at the start" in movers.inner_text()
        player.keys(*["."] * 3)
        assert "Values that moved most in the last 3 steps" in movers.inner_text()
        player.keys("End")
        assert "the last 10 steps" in movers.inner_text()
        change = abs(WALK.v[40] - WALK.v[30])
        bar = movers.locator(".leo-player-bar").nth(0)
        best = int(change.argmax())
        numbers = [f"{WALK.v[t, best]:.2f}" for t in (30, 40)]
        assert bar.locator(".leo-player-name").inner_text() == SHORT[best]
        assert bar.locator(".leo-player-number").inner_text() == " → ".join(numbers)
        bar.hover()
        assert player.line.startswith(f"step 40, {SHORT[best]}:")
        bar.click()
        tab.mouse.move(1, 1)
        player.keys("Home")
        assert player.line.split("; ")[-1].startswith(f"{SHORT[best]}:")


# Heights at which the strip writes names and covers them, from now on; what is covered as [top, bottom].
RECORD = """() => {
  window.beside = { names: [], covered: [] };
  const { fillText, fillRect } = CanvasRenderingContext2D.prototype;
  const stands = (context) => context.canvas.className === "leo-player-values";
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    if (stands(this) && this.textAlign === "right" && text !== "step") window.beside.names.push(y);
    fillText.call(this, text, x, y);
  };
  CanvasRenderingContext2D.prototype.fillRect = function (x, y, width, height) {
    if (this.canvas.className === "leo-player-head") window.beside.covered.push([y, y + height]);
    fillRect.call(this, x, y, width, height);
  };
}"""


def test_no_name_beside_the_rows_hides_half_of_another(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        player.keys("s")
        tab.evaluate(RECORD)
        player.keys("s")  # by group: names of groups join those of commanded goals
        names = sorted(tab.evaluate("window.beside.names"))
        assert len(names) > len(set(COMMANDED)) and np.diff(names).min() >= 13
        player.keys(*["ArrowDown"] * len(SHORT))  # the name of the chosen goal comes on top
        covered = tab.evaluate("window.beside.covered")
        assert len(covered) >= len(SHORT)
        for top, bottom in covered:  # a name is 10 pixels high: it is hidden whole or not at all
            assert all(bottom <= y - 5 or y + 5 <= top or (top <= y - 5 and y + 5 <= bottom) for y in names)


def test_pointer_on_world_strip_and_curve(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        cell = (player.world.bounding_box()["width"] - 2) / 9
        before = pixels(player.world)
        player.world.hover(position={"x": 1 + 5.5 * cell, "y": 1 + 2.5 * cell})
        block = WALK.view.block_names[WALK.view.blocks[0, 2, 5]].replace("_", " ").lower()
        assert player.line.startswith(f"1 right, 1 up: {block}") and pixels(player.world) != before
        strip = player.head.bounding_box()
        player.head.hover(position={"x": strip["width"] * 0.7, "y": 60})
        read = player.line
        assert read.startswith("step ") and "best action" in read
        player.head.click(position={"x": strip["width"] * 0.7, "y": 60})
        tab.mouse.move(1, 1)
        assert player.frame == int(read.split(",")[0].split()[1])
        assert player.line.split("; ")[-1].startswith(read.split(", ")[1].split(":")[0])
        player.curve.click(position={"x": strip["width"] * 0.4, "y": 60})
        frame = player.frame
        box = player.curve.bounding_box()
        tab.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50)
        tab.mouse.down()
        tab.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 50, steps=4)
        tab.mouse.up()
        assert player.frame > frame > 0


def test_sorts_change_the_strip(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        seen = [pixels(player.values)]
        for name in ("Peak", "Group", "Success", "Moves"):
            player.button(name).click()
            seen.append(pixels(player.values))
        assert seen[4] == seen[0] and len(set(seen)) == 4


def test_the_table_twin_says_what_python_says(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        player.keys("t", ".")
        rows = player.root.locator(".leo-table tbody tr")
        assert rows.nth(1).get_attribute("aria-current") == "true" and rows.count() == 41
        for i, row in enumerate(CraftaxTrace(WALK).table()):
            words = rows.nth(i).locator("th, td").all_inner_texts()
            short = row["commanded_goal"].split("/")[1]
            assert words[:3] == [str(i), row["action"] or "", short]
            assert float(words[3]) == pytest.approx(row["value"], abs=6e-4)
            assert words[4] == ("yes" if row["achieved"] and i else "")
            others = [name.split("/")[1] for name in row["reached"] if name != row["commanded_goal"]]
            assert words[5] == " ".join(others) and f"health {row['health']}" in words[6]


def test_goal_and_frame_are_shared_with_a_table(chromium, tmp_path):  # noqa: F811
    pair = [CraftaxTrace(WALK, frame=5), GoalTable(WALK.goal_names, {}, WALK.v, sort="value now")]
    with open_file(chromium, page(pair, tmp_path / "pair.html", "Both")) as tab:
        player, table = Player(tab), Widget(tab, ".leo-goal-table")
        first = table.root.locator("tbody th:visible").nth(0)
        assert first.inner_text() in [SHORT[g] for g in (WALK.v[5] >= WALK.v[5].max() - 1e-4).nonzero()[0]]
        player.keys("End")
        assert first.inner_text() in [SHORT[g] for g in (WALK.v[40] >= WALK.v[40].max() - 1e-4).nonzero()[0]]
        name = first.inner_text()
        first.click()
        assert f"; {name}:" in player.line
        assert wait_until(tab, "location.hash.includes('1.frame=40') && location.hash")


def test_the_view_comes_back_from_the_url(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        player = Player(tab)
        player.keys(".", ".", "s", "]", "+")
        url = wait_until(tab, "location.hash.includes('speed=8') && location.hash")
        player.rests()
        pictures = [pixels(canvas) for canvas in (player.world, player.curve, player.values, player.head)]
    with open_file(chromium, exported, url) as tab:
        player = Player(tab)
        player.rests()
        assert [pixels(c) for c in (player.world, player.curve, player.values, player.head)] == pictures
    with open_file(chromium, exported, "#0.frame=41&0.speed=5&0.sort=name&0.goal=136") as tab:
        assert Player(tab).frame == 0


def test_less_motion_and_dark(chromium, exported):  # noqa: F811
    with open_file(chromium, exported, dark=True) as tab:
        player = Player(tab)
        dark = pixels(player.head), pixels(player.curve)
        tab.emulate_media(color_scheme="light", reduced_motion="reduce")
        tab.wait_for_timeout(100)
        assert dark[0] != pixels(player.head) and dark[1] != pixels(player.curve)
        at_once = tab.evaluate("""() => {
          const root = document.querySelector(".leo-craftax-trace");
          root.dispatchEvent(new KeyboardEvent("keydown", { key: "." }));
          return root.querySelector(".leo-player-head").toDataURL();
        }""")
        player.rests()
        assert at_once == pixels(player.head)


def test_blocks_and_things_that_are_not_known(chromium, tmp_path):  # noqa: F811
    odd = changed(WALK, block_names=tuple(f"ODD_{i}" for i in range(17)), thing_names=("none", *"abcd"))
    with open_file(chromium, CraftaxTrace(odd).to_html(tmp_path / "odd.html")) as tab:
        player = Player(tab)
        player.world.hover(position={"x": 10, "y": 10})
        assert "odd" in player.line


@pytest.mark.parametrize(("width", "full"), [(1280, True), (700, False), (700, True), (360, True)])
def test_nothing_is_cut_off(chromium, tmp_path, width, full):  # noqa: F811
    path = CraftaxTrace(toy_craftax.walk(full=full, steps=60)).to_html(tmp_path / "w.html")
    with open_file(chromium, path, width=width, dark=width == 700) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for canvas in Player(tab).root.locator("canvas").all():
            assert canvas.bounding_box()["x"] + canvas.bounding_box()["width"] <= width


def test_the_root_has_a_name_and_a_guard(chromium, exported):  # noqa: F811
    with open_file(chromium, exported) as tab:
        root = Player(tab).root
        wanted = {"tabindex": "0", "role": "application", "data-lm-suppress-shortcuts": "true"}
        assert {name: root.get_attribute(name) for name in wanted} == wanted
        assert "A toy" in root.get_attribute("aria-label")
        assert root.locator("[aria-live=polite]").count() == 1
        unnamed = "button => !(button.textContent.trim() || button.getAttribute('aria-label'))"
        assert not any(button.evaluate(unnamed) for button in root.locator("button").all())


# From the pointer's or the key's event to the last line drawn for it, in the page's own clock.
MEASURE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const root = document.querySelector(".leo-craftax-trace");
  const timed = async (count, act) => {
    const times = [];
    for (let i = 1; i <= count; i++) {
      const before = performance.now();
      act(i);
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  const over = (name, buttons) => {
    const canvas = root.querySelector(name);
    const box = canvas.getBoundingClientRect();
    return (i, type = "pointermove") => canvas.dispatchEvent(new PointerEvent(type, {
      clientX: box.x + 5 + ((i * 137) % (box.width - 15)), clientY: box.y + 5 + ((i * 53) % (box.height - 25)),
      buttons, bubbles: true, pointerType: "mouse", pointerId: 1,
    }));
  };
  const found = {};
  const canvases = { world: ".leo-world-view", strip: ".leo-player-head", curve: ".leo-world-curve" };
  for (const [kind, name] of Object.entries(canvases)) found[kind] = await timed(48, over(name, 0));
  const drag = over(".leo-player-head", 1);
  drag(0, "pointerdown");
  found.scrub = await timed(48, (i) => drag(i));
  drag(0, "pointercancel");
  const key = (key) => () => root.dispatchEvent(new KeyboardEvent("keydown", { key }));
  key("Home")();
  found.step = await timed(48, key("."));
  found.goal = await timed(48, key("]"));
  found.sort = await timed(12, key("s"));
  return found;
}"""


@pytest.mark.clock
def test_the_pointer_is_answered_within_a_frame(chromium, tmp_path, capsys):  # noqa: F811
    """512 goals, 300 steps: handler and whole redraw, medians; the printed line has the maximum."""
    path = CraftaxTrace(toy_craftax.walk(full=True, steps=300)).to_html(tmp_path / "big.html")
    with open_file(chromium, path) as tab:
        times = tab.evaluate(MEASURE)
    with capsys.disabled():
        for kind, sample in times.items():
            print(f"\n{kind}: median {statistics.median(sample):.1f} ms, max {max(sample):.1f} ms", end=" ")
    for sample in times.values():
        assert statistics.median(sample) <= 16
