"""Maps as text: reading, checking, naming, drawing at random."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leo_lab.envs.maps import Map, load_map, load_walls, map_names, parse_map, random_map
from leo_lab.errors import LabError
from worlds import maps

PROMISED = ("four_rooms", "maze", "one_way", "plain", "slippery", "spiral", "teleporter")


def test_the_promised_maps_are_there():
    assert set(PROMISED) <= set(map_names())
    assert list(map_names()) == sorted(map_names())


@pytest.mark.parametrize("name", map_names())
def test_named_maps_load(name):
    loaded = load_map(name)
    assert loaded.title == name
    assert "".join(loaded.layout).count("S") == 1
    assert parse_map(loaded.text, name) == loaded
    assert loaded.slip == (0.2 if name == "slippery" else 0.0)


def test_named_maps_teach_what_their_names_say():
    cells = {name: set("".join(load_map(name).layout)) for name in PROMISED}
    assert cells["plain"] == set(".S")
    assert cells["one_way"] == set("#.S<>^v")
    assert cells["teleporter"] == set("#.SAaBb")
    assert len(load_map("plain").layout) != len(load_map("plain").layout[0])  # shows a transposed picture


def test_parse_reads_rows_header_and_trailing_blanks():
    parsed = parse_map("\nslip: 0.25\n\n#S.  \r\n..#\n\n\n", "mine")
    assert parsed == Map(("#S.", "..#"), slip=0.25, title="mine")


@given(maps(), st.floats(0, 0.999))
def test_text_round_trip_keeps_everything(drawn, slip):
    again = Map(drawn.layout, slip=slip, title="t")
    assert parse_map(again.text, "t") == again


BAD_MAPS = {
    "": "map: the map is empty",
    "\n\n": "map: the map is empty",
    "slip: 0.1\n": "map: the map is empty",
    "...\n...\n": "map: a map needs exactly one start S, found 0",
    "S..\n..S\n": "map: a map needs exactly one start S, found 2",
    "S..\n..\n": "map: row 2 has 2 cells but row 1 has 3; make them equal",
    "S..\n\n...\n": "map: row 2 has 0 cells but row 1 has 3; make them equal",
    "S..\n.x.\n": "map: teleporter exit x has no pad X",
    "S..\n.X.\n": "map: teleporter pad X has no exit x",
    "S..\n..!\n": "map: unknown character '!' at row 2, column 3; use # . S < > ^ v or teleporter letters",
    "S.V\n": "map: unknown character 'V' at row 1, column 3; use # . S < > ^ v or teleporter letters",
    "S.s\n": "map: unknown character 's' at row 1, column 3; use # . S < > ^ v or teleporter letters",
    "S\t.\n": "map: unknown character '\\t' at row 1, column 2; use # . S < > ^ v or teleporter letters",
    "###\n#S#\n": "map: a map needs at least two free cells",
    "slp: 0.1\nS.\n": 'unknown option in the header of map: "slp"; did you mean "slip"?',
    "slip: much\nS.\n": 'map: the header says "slip: much", but slip must be a number',
    "slip: 1\nS.\n": "map: slip must be a probability from 0 to below 1, got 1",
    "slip: -0.1\nS.\n": "map: slip must be a probability from 0 to below 1, got -0.1",
    "slip: nan\nS.\n": "map: slip must be a probability from 0 to below 1, got nan",
}


@pytest.mark.parametrize("text", BAD_MAPS, ids=repr)
def test_bad_maps_are_refused_with_the_reason(text):
    with pytest.raises(LabError, match=f"^{re.escape(BAD_MAPS[text])}$"):
        parse_map(text)


def test_load_takes_a_name_a_file_or_text(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("slip: 0.1\nS.#\n...\n")
    assert load_map(path) == load_map(str(path)) == Map(("S.#", "..."), slip=0.1, title="mine.txt")
    assert load_map("S.#\n...\n") == Map(("S.#", "..."), title="map")
    assert load_map("maze").title == "maze"
    path.write_bytes("S.\n".encode("utf-8-sig"))
    assert load_map(path).layout == ("S.",)  # some editors begin a file with a byte order mark


def test_maps_that_cannot_be_loaded(tmp_path):
    with pytest.raises(LabError, match=r'^unknown map "mazes"; did you mean "maze"\?$'):
        load_map("mazes")
    with pytest.raises(LabError, match=r'^unknown map "S\.+"; known: four_rooms, maze, '):
        load_map("S" + "." * 300)  # longer than any file name
    for missing in (tmp_path / "maze.txt", tmp_path, "maze.txt"):
        with pytest.raises(LabError, match="no such map file; shipped maps: four_rooms, maze, "):
            load_map(missing)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00S.")
    with pytest.raises(LabError, match=r"binary\.txt: cannot be read as text"):
        load_map(binary)


def test_random_maps_are_fixed_by_their_seed():
    assert random_map() == random_map(12, 0.2, 0)
    assert random_map(seed=1) != random_map(seed=2)
    assert random_map(5, 0.1, 3).title == "random 5x5, wall 0.1, seed 3"


@pytest.mark.parametrize(("size", "wall"), [(2, 0.0), (2, 0.5), (5, 0.4), (12, 0.2), (16, 0.3), (9, 0.6)])
def test_random_maps_start_in_the_centre_and_can_be_walked(size, wall):
    for seed in range(10):
        drawn = random_map(size, wall, seed)
        assert [len(row) for row in drawn.layout] == [size] * size
        assert drawn.layout[size // 2][size // 2] == "S"
        free = {(r, c) for r, row in enumerate(drawn.layout) for c, cell in enumerate(row) if cell != "#"}
        queue = [(size // 2, size // 2)]
        for row, col in queue:
            near = {(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)}
            queue.extend((near & free) - set(queue))
        assert 2 * len(queue) >= len(free) >= 2


def test_random_walls_come_as_often_as_asked():
    cells = "".join("".join(random_map(32, 0.3, seed).layout) for seed in range(10))
    assert abs(cells.count("#") / len(cells) - 0.3) < 0.02
    assert "#" not in "".join(random_map(32, 0.0).layout)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 1}, "the map size must be 2 to 64 cells, got 1"),
        ({"size": 65}, "the map size must be 2 to 64 cells, got 65"),
        ({"size": 12.0}, "the map size must be a whole number, got 12.0"),
        ({"size": "12"}, "the map size must be a whole number, got '12'"),
        ({"wall": -0.1}, "the wall probability must be from 0 to below 1, got -0.1"),
        ({"wall": 1}, "the wall probability must be from 0 to below 1, got 1"),
        ({"wall": float("nan")}, "the wall probability must be from 0 to below 1, got nan"),
        ({"wall": "thin"}, "the wall probability must be a number, got 'thin'"),
        ({"seed": -1}, "the map seed must not be negative, got -1"),
        ({"seed": 0.5}, "the map seed must be a whole number, got 0.5"),
        (
            {"size": 2, "wall": 0.999999},
            "found no 2x2 map with wall probability 0.999999 that can be walked; use fewer walls",
        ),
    ],
)
def test_random_maps_out_of_range_are_refused(settings, message):
    with pytest.raises(LabError) as caught:
        random_map(**settings)
    assert str(caught.value) == message


# Walls and free cells only -------------------------------------------------------------------------------------------


def test_maps_of_walls_and_free_cells_only():
    assert load_walls("four_rooms", "a body") == load_map("four_rooms")
    text = "S.#\n...\n"
    assert load_walls(text, "a body") == parse_map(text)
    assert load_walls(text, "a body", "mine") == Map(("S.#", "..."), title="mine")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("S>\n^.\n", "cells > ^"),
        ("S.A\n..a\n", "cells A a"),
        ("slip: 0.25\nS.\n", "slip 0.25"),
        ("slip: 0.25\nSv\n", "cells v"),
    ],
)
def test_what_a_world_of_walls_has_no_use_for(text, what):
    with pytest.raises(LabError) as caught:
        load_walls(text, "a body", "mine")
    assert str(caught.value) == f"mine: a body knows walls # and free cells . S only, but the map has {what}"
