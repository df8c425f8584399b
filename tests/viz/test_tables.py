"""Tables of numbers: the same words as text and as HTML."""

import numpy as np
import pytest

from leo_lab.errors import LabError
from leo_lab.viz.tables import table

ROWS = [
    {"goal": "position/r1c2", "value_mae": np.float32(0.0123), "pairs": np.int64(1067), "done": np.True_},
    {"goal": "a <b> & c", "value_mae": float("nan"), "pairs": 3, "done": False, "late": 1},
]


def test_text_aligns_words_left_and_numbers_right():
    assert repr(table(ROWS, digits=2, caption="Two goals")) == (
        "Two goals\n"
        "goal           value mae  pairs  done\n"
        "-------------  ---------  -----  ----\n"
        "position/r1c2       0.01  1,067  yes\n"
        "a <b> & c              -      3  no"
    )


def test_html_holds_the_same_words_escaped():
    page = table(ROWS, ["goal", "pairs"], caption="a < b")._repr_html_()
    assert page.startswith("<table><caption>a &lt; b</caption><thead>")
    assert '<th style="text-align: left">goal</th><th style="text-align: right">pairs</th>' in page
    assert '<td style="text-align: left">a &lt;b&gt; &amp; c</td>' in page
    assert page.count("<tr>") == 3


def test_what_rounds_to_zero_has_no_sign():
    assert table([{"extra": -1e-9}, {"extra": -0.5}], digits=1).cells == (("0.0",), ("-0.5",))


def test_columns_choose_order_and_headings():
    shown = table(ROWS, {"pairs": "n", "late": "came late"})
    assert shown.headings == ("n", "came late")
    assert shown.cells == (("1,067", "-"), ("3", "1"))
    assert shown.numeric == (True, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "no rows to show"),
        ((ROWS, []), "no columns to show"),
        ((ROWS, ["gaol"]), 'unknown column "gaol"; did you mean "goal"?'),
    ],
)
def test_what_cannot_be_shown_is_an_error(arguments, message):
    with pytest.raises(LabError, match=message.replace("?", r"\?")):
        table(*arguments)
