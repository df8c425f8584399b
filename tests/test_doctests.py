"""Every public name shows how it is used, and does what it shows."""

import doctest

import pytest

import leo_lab

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


@pytest.mark.parametrize("name", leo_lab.__all__)
def test_examples_do_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    thing = getattr(leo_lab, name)
    text = thing.__doc__ or ""
    test = doctest.DocTestParser().get_doctest(text, {"leo_lab": leo_lab}, name, None, None)
    assert test.examples, f"{name} shows no example"
    said = []
    result = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    assert result.failed == 0, "".join(said)
