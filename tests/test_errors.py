"""Errors are one line, and name the nearest known name."""

import numpy as np
import pytest

from leo_lab.errors import LabError, check_number, nearest, unknown


def test_error_is_a_value_error_of_one_line():
    error = LabError('map "a\nb":\r\n  too\tlong')
    assert isinstance(error, ValueError)
    assert str(error) == 'map "a b": too long'


def test_nearest_names_the_closest_known_name():
    assert nearest("foor_rooms", ["maze", "four_rooms", "plain"]) == 'did you mean "four_rooms"?'
    assert nearest("sped", {"seed": 1, "size": 2}) == 'did you mean "seed"?'


def test_nearest_lists_what_is_known_when_nothing_is_near():
    assert nearest("xyz", ["maze", "plain"]) == "known: maze, plain"
    many = [f"goal{i}" for i in range(13)]
    assert nearest("xyz", many) == "known: " + ", ".join(many[:12]) + ", ..."
    assert nearest("xyz", many[:12]) == "known: " + ", ".join(many[:12])


def test_unknown_says_kind_name_and_hint():
    assert str(unknown("map", "mazes", ["maze"])) == 'unknown map "mazes"; did you mean "maze"?'


@pytest.mark.parametrize("value", [3, np.int64(3)])
def test_whole_numbers_pass(value):
    check_number("size", value, whole=True)
    check_number("size", value)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5)])
def test_fractions_are_numbers_but_not_whole(value):
    check_number("slip", value)
    with pytest.raises(LabError, match=r"size must be a whole number, got .*0\.5"):
        check_number("size", value, whole=True)


@pytest.mark.parametrize("value", ["3", None, True, [3]])
def test_other_things_are_no_numbers(value):
    for whole in (False, True):
        with pytest.raises(LabError, match=r"size must be a (whole )?number, got"):
            check_number("size", value, whole=whole)
