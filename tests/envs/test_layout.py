"""Flat observations of named fields, and the gather that tests all goals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs.craftax.layout import AnyOf, Layout
from worlds import dense_test

LAYOUT = Layout(view=(2, 3, 4), level=(5,), flags=(2, 2))


def test_entries_number_all_fields_in_order():
    assert LAYOUT.size == 24 + 5 + 4
    assert LAYOUT.entry("view", 0, 0, 0) == 0
    assert LAYOUT.entry("view", 1, 0, 2) == 14
    assert LAYOUT.entry("level", 0) == 24
    assert LAYOUT.entry("flags", 1, 1) == 32


@pytest.mark.parametrize("place", [("level", 5), ("flags", 2, 0), ("view", 0, 0)])
def test_an_entry_outside_is_an_error(place):
    with pytest.raises(ValueError):
        LAYOUT.entry(*place)


def test_join_and_split_are_inverse():
    fields = {name: np.random.default_rng(0).integers(0, 2, shape) for name, shape in LAYOUT.shapes.items()}
    obs = LAYOUT.join({name: jnp.asarray(field) for name, field in fields.items()})
    assert obs.shape == (33,) and obs.dtype == jnp.uint8
    back = LAYOUT.split(np.asarray(obs)[None])
    assert back.keys() == fields.keys()
    for name, field in fields.items():
        assert (back[name][0] == field).all()


@pytest.mark.parametrize("seed", range(5))
def test_any_of_is_the_dense_product(seed):
    rng = np.random.default_rng(seed)
    entries = [rng.integers(0, 33, rng.integers(1, 6)) for _ in range(rng.integers(1, 20))]
    test = AnyOf(entries)
    obs = rng.integers(0, 2, (3, 7, 33)).astype(np.uint8)
    found = np.asarray(test(jnp.asarray(obs)))
    assert found.shape == (3, 7, len(entries)) and found.dtype == bool
    assert (found == ((obs @ dense_test(test.entries, 33).T.astype(np.int64)) > 0)).all()


def test_any_of_is_one_gather():
    text = str(jax.make_jaxpr(AnyOf([(0,), (1,), (2, 3), (4, 5), (6,)]))(jnp.zeros((8, 33), jnp.uint8)))
    assert text.count("gather[") == 1 and "dot_general" not in text
