"""The ground that all widgets stand on: wire format, tables, pictures, saved state, pages."""

import base64
import io
import json
import re
import subprocess
import sys
import zlib

import numpy as np
import pytest
import traitlets
from PIL import Image

import toy_values
from browser import chromium, need, open_file, open_page, wait_until  # noqa: F401
from leo_widgets import LeoWidget, page
from leo_widgets.arrays import names, scales, wire
from leo_widgets.arrays.values import check_pair, read_values
from leo_widgets.page import assets
from leo_widgets.page.export import render
from leo_widgets.pictures import drawing, map_picture, palette

NAMES = [f"position/r{r}c{c}" for r in range(2) for c in range(3)]


class Probe(LeoWidget):
    """The smallest widget: shows the goal's name; a click takes the next goal."""

    _esm = """
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const goal = () => model.get("goal_names")[model.get("goal")];
      const show = () => { button.textContent = `${goal()} ${model.get("mood")}`; };
      button.onclick = () => { model.set("goal", (model.get("goal") + 1) % 6); model.save_changes(); };
      model.on("change:goal", show); model.on("change:mood", show);
      const { data } = model.get("packed");
      el.append(button, String(data.getUint16(2, true)), " </script> safe");
      show();
    } };
    """
    _css = ".probe { color: red }"
    view_names = ("goal", "mood")
    mood = traitlets.Enum(["calm", "wild"], "calm").tag(sync=True)
    packed = traitlets.Dict().tag(sync=True)

    def table(self):
        return [{"goal": self.goal_names[self.goal]}]

    def png(self):
        return drawing.to_png(drawing.blank(3, 2))


@pytest.fixture
def probe():
    return Probe(goal_names=NAMES, goal=4, title="a <b> & c", packed=wire.pack([0.0, 1.0]))


# ------------------------------------------------------------------ wire


def test_pack_literals():
    packed = wire.pack([[0.0, 0.5, 1.0], [np.nan, 1 / 65534, 0.25]])
    assert packed["shape"] == [2, 3]
    assert packed["data"].hex() == "0000ff7ffeffffff01000040"
    assert (packed["low"], packed["high"]) == (0.0, 1.0)


def test_unpack_undoes_pack_to_half_a_code():
    array = np.linspace(-3, 5, 70).reshape(7, 10)
    array[2, 3] = np.nan
    back = wire.unpack(wire.pack(array, -3, 5))
    assert np.isnan(back[2, 3])
    np.testing.assert_allclose(back, array, atol=8 / 65534 / 2 + 1e-12)


def test_pack_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"values 0.5 to 1.5 outside 0.0 to 1.0"):
        wire.pack([0.5, 1.5])


def test_span():
    assert wire.span(np.array([0.2, np.nan]), np.array([0.9])) == (0.0, 1.0)
    assert wire.span(np.array([-2.0, 3.0])) == (-2.0, 3.0)
    assert wire.span(np.array([7.0])) == (7.0, 8.0)


# ------------------------------------------------------------------ tables


def test_read_table_takes_any_object_with_the_attributes():
    table = read_values(toy_values.exact())
    assert table.q.shape == (21, 21, 4) and table.v.shape == (21, 21)
    assert (table.here == np.eye(21, dtype=bool)).all()
    assert scales.steps(np.float32([1, 0.99, 0]), table, 0) == pytest.approx([1, 2, np.inf])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"q": np.zeros((21, 21))}, r"q must be a non-empty array \[S, G, A\], got shape \(21, 21\)"),
        ({"q": np.zeros((20, 21, 4))}, r"21 state_names for q of shape \(20, 21, 4\)"),
        ({"q": np.full((21, 21, 4), np.inf)}, "infinite"),
        ({"gamma": 1.0}, "gamma must lie between 0 and 1, got 1.0"),
        ({"layout": ("..", ".")}, "rows of layout differ in length"),
        ({"layout": ("....",)}, "leaves the layout of 1 rows and 4 columns"),
        ({"goal_positions": np.zeros((3, 2))}, r"goal_positions must have shape \(21, 2\), got \(3, 2\)"),
        ({"state_positions": np.full((21, 2), -1)}, "negative row or column"),
    ],
)
def test_read_table_names_the_fault_in_one_line(change, error):
    values = toy_values.replace(toy_values.exact(), **change)
    with pytest.raises(ValueError, match=error) as caught:
        read_values(values, "GoalMap")
    assert str(caught.value).startswith("GoalMap: ") and "\n" not in str(caught.value)


def test_read_table_names_a_missing_attribute():
    with pytest.raises(TypeError, match=r"GoalMap needs all-goals values, got list without .q"):
        read_values([], "GoalMap")


def test_check_pair():
    ours, other = read_values(toy_values.exact()), toy_values.exact(("...", "S.."))
    with pytest.raises(ValueError, match="truth has 6 state_names, values have 21"):
        check_pair(ours, read_values(other), "GoalMap")
    renamed = toy_values.replace(toy_values.exact(), action_names=("west", "east", "north", "south"))
    with pytest.raises(ValueError, match=r"action_names\[0\] is 'west' in truth, 'left' in values"):
        check_pair(ours, read_values(renamed), "GoalMap")


def test_channel_is_shared_by_equal_goals_only():
    assert names.channel("leo", NAMES) == names.channel("leo", tuple(NAMES))
    assert names.channel("leo", NAMES) != names.channel("leo", NAMES[::-1])
    assert names.channel("leo", NAMES) != names.channel("other", NAMES)


# ------------------------------------------------------------------ the browser files


def test_esm_inlines_each_dependency_once(tmp_path, monkeypatch):
    files = {
        "lib/low.js": 'export const LOW = ["a"];\n',
        "lib/mid.js": 'import { LOW } from "./low.js";\nexport function mid() { return LOW; }\n',
        "views/top.js": 'import {\n  mid,\n} from "../lib/mid.js";\nimport { LOW } from "../lib/low.js";\n'
        "export class Top {}\nexport default { render() { return mid() } };\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    assert assets.esm.__wrapped__("top") == (
        'const LOW = ["a"];\n\nfunction mid() { return LOW; }\n\n'
        "class Top {}\nexport default { render() { return mid() } };\n"
    )
    (tmp_path / "views" / "bad.js").write_text('import * as low from "https://example.org/low.js";\n')
    with pytest.raises(ValueError, match=r"bad.js cannot be inlined: 'import \* as low"):
        assets.esm.__wrapped__("bad")


def test_colours_are_hex():
    for name in ("CIVIDIS", "DIVERGING", "OKABE_ITO"):
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in assets.colours(name))
    table = palette.colour_table("CIVIDIS")
    assert table.shape == (256, 3) and tuple(table[0]) == (0, 0x22, 0x4E)
    lightness = table @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()  # readable in grey too


def test_widgets_need_numpy_pillow_anywidget_and_traitlets_only():
    code = "import sys, leo_widgets; print(sorted({'jax', 'leo_lab', 'pandas', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------ pictures


def test_png_is_read_back_exactly():
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    with Image.open(io.BytesIO(drawing.to_png(drawing.of_array(image)))) as read:
        assert read.format == "PNG" and read.size == (3, 2)
        assert (np.asarray(read) == image).all()


def test_marks_point_where_they_say():
    for shape in ("wedge", "arrow", "chevrons"):
        for name, (row, col) in map_picture.DIRECTIONS.items():
            picture = map_picture.MapPicture(1, 1)
            picture.mark(0, 0, f"{shape} {name}", palette.INK)
            weight = 255 - np.asarray(picture.image.convert("L"), float)[10:53, 10:53]
            down, right = np.indices(weight.shape) - 21
            centre = np.array([(weight * down).sum(), (weight * right).sum()]) / weight.sum()
            assert abs(centre[0 if col else 1]) < 0.5  # even to both sides
            along = down * row + right * col
            assert (weight * along**3).sum() > 0  # the heavy end leads


def test_text_is_cut_to_its_room_and_has_no_empty_boxes():
    dark = [np.asarray(drawing.blank(80, 20).convert("L")) for _ in range(3)]
    for i, (text, room) in enumerate((("a-long-name", 40), ("−1", 80), ("-1", 80))):
        image = drawing.blank(80, 20)
        drawing.write(image, (0, 0), text, room=room)
        dark[i] = np.asarray(image.convert("L")) < 255
    assert dark[0].any() and not dark[0][:, 41:].any()
    assert (dark[1] == dark[2]).all()


# ------------------------------------------------------------------ the widget


def test_repr_is_fixed_and_the_bundle_has_a_picture(probe):
    assert repr(probe) == "Probe(6 goals)"
    data, _ = probe._repr_mimebundle_()
    assert data["text/plain"] == "Probe(6 goals)"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == probe.model_id
    assert base64.b64decode(data["image/png"]) == probe.png()


def test_state_comes_back(probe):
    probe.mood = "wild"
    saved = json.loads(json.dumps(probe.state()))
    assert saved == {"goal": 4, "mood": "wild"}
    other = Probe(goal_names=NAMES).from_state(saved)
    assert other.state() == saved


def test_choices_of_the_browser_are_not_echoed(probe, monkeypatch):
    sent = []
    monkeypatch.setattr(probe.comm, "send", lambda data, **_: sent.append(data))
    probe.set_state({"goal": 2, "mood": "wild"})
    assert (probe.goal, probe.mood, sent) == (2, "wild", [])
    probe.goal = 3
    assert [message["state"] for message in sent] == [{"goal": 3}]


def test_from_state_names_the_nearest_and_changes_nothing(probe):
    with pytest.raises(ValueError, match=r"Probe has no view state 'goall'; did you mean 'goal'\?"):
        probe.from_state({"mood": "wild", "goall": 3})
    with pytest.raises(ValueError, match="goal 6 does not exist: the goals are 0 to 5"):
        probe.from_state({"mood": "wild", "goal": 6})
    with pytest.raises(ValueError, match="mood"):
        probe.from_state({"goal": 2, "mood": "angry"})
    assert probe.state() == {"goal": 4, "mood": "calm"}


def test_goals_by_name():
    assert Probe(goal_names=NAMES, goal="position/r1c2").goal == 5
    assert Probe(goal_names=NAMES, goal="r0c2").goal == 2
    with pytest.raises(ValueError, match=r"unknown goal 'r0c22'; did you mean"):
        Probe(goal_names=NAMES, goal="r0c22")
    with pytest.raises(ValueError, match="goal -1 does not exist: the goals are 0 to 5"):
        Probe(goal_names=NAMES, goal=-1)


def test_link_shares_the_goal(probe):
    other = Probe(goal_names=NAMES, link="elsewhere")
    assert probe.link(other) is probe
    assert other.goal == 4 and other.channel == probe.channel
    other.goal = 1
    assert probe.goal == 1
    with pytest.raises(ValueError, match=r"cannot link Probe\(6 goals\) with Probe\(1 goals\)"):
        probe.link(Probe(goal_names=NAMES[:1]))


# ------------------------------------------------------------------ pages


def test_page_holds_its_data_once_and_nothing_else(probe, tmp_path):
    path = page([("First", probe), probe], tmp_path / "deep" / "p.html", "A <title>", "One.\n\nTwo & three.")
    text = path.read_text(encoding="utf-8")
    assert "<title>A &lt;title&gt;</title>" in text and "<p>Two &amp; three.</p>" in text
    assert [p.name for p in path.parent.iterdir()] == ["p.html"]
    data = json.loads(re.search(r'id="leo-data">(.*?)</script>', text, re.DOTALL)[1])
    assert list(data["modules"]) == ["Probe"]
    first = data["widgets"][0]
    assert first["view"] == {"goal": 6, "mood": ["calm", "wild"]}
    assert set(first["state"]) == {"channel", "goal", "goal_names", "mood", "packed", "title"}
    assert zlib.decompress(base64.b64decode(data["blobs"][0])) == probe.packed["data"]


def test_page_starts_linked_widgets_on_one_goal(probe):
    text = render([probe, Probe(goal_names=NAMES, goal=1), Probe(goal_names=NAMES, goal=2, link="b")], "t")
    data = json.loads(re.search(r'id="leo-data">(.*?)</script>', text, re.DOTALL)[1])
    assert [entry["state"]["goal"] for entry in data["widgets"]] == [4, 4, 2]


def test_static_is_a_sandboxed_frame(probe):
    frame = probe.static(height=300)
    assert repr(frame) == "Frame of Probe(6 goals)"
    text = frame._repr_html_()
    assert text.startswith('<iframe sandbox="allow-scripts" title="a &lt;b&gt; &amp; c" srcdoc="&lt;!doctype html&gt;')
    assert "height: 300px" in text and text.count("<iframe") == 1


@pytest.mark.browser
def test_page_lives_from_disk_and_keeps_its_state_in_the_url(chromium, probe, tmp_path):  # noqa: F811
    path = probe.to_html(tmp_path / "p.html")
    with open_file(chromium, path) as tab:
        button = tab.locator("button")
        assert button.inner_text() == "position/r1c1 calm"
        assert "65534 </script> safe" in tab.locator("#leo-0").inner_text()
        button.click()
        assert button.inner_text() == "position/r1c2 calm"
        wait_until(tab, "location.hash === '#0.goal=5'")
    with open_file(chromium, path, "#0.goal=2&0.mood=wild") as tab:
        assert tab.locator("button").inner_text() == "position/r0c2 wild"
    with open_file(chromium, path, "#0.goal=6&0.mood=angry&7.goal=1&0.no=1&0.goal=1.5&0.goal=%22x") as tab:
        assert tab.locator("button").inner_text() == "position/r1c1 calm"


@pytest.mark.browser
def test_frame_lives_inside_another_page(chromium, probe, tmp_path):  # noqa: F811
    outer = tmp_path / "outer.html"
    outer.write_text(f"<!doctype html><body>{probe.static()._repr_html_()}</body>", encoding="utf-8")
    with open_page(chromium, outer.as_uri()) as tab:
        button = tab.frame_locator("iframe").locator("button")
        button.click()
        assert button.inner_text() == "position/r1c2 calm"


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_tool_fails_in_ci_and_skips_elsewhere(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="chromium is missing"):
        need(None, "chromium")
