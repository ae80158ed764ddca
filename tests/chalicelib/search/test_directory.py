"""Directories count what they were made of, and come back from their bytes."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search import curve, directory

SHOPS = st.lists(
    st.tuples(st.integers(0, (1 << 59) - 1).map(lambda number: number * 2), st.integers(0, 5000)), max_size=60
)


@given(SHOPS, st.dictionaries(st.text(max_size=3), st.integers(1, 9), max_size=3))
def test_a_directory_comes_back_from_its_bytes(shops, words):
    made = replace(directory.of(shops), words=words)
    assert directory.unpack(directory.pack(made), words) == made
    assert made.total == len(shops)


@given(SHOPS, st.integers(0, 1 << 60), st.integers(0, 1 << 60))
def test_it_weighs_whole_cells(shops, one, other):
    size = 2 << 2 * directory.FINE
    low, high = (number // size * size for number in sorted((one, other)))
    weight = directory.of(shops).weight(low, high)
    assert weight == pytest.approx(sum(size for at, size in shops if low <= at < high), abs=9 * len(shops))


def test_a_city_takes_three_bytes_a_shop():
    chance = random.Random(1)
    city = [
        (curve.position(31 + chance.gauss(0, 0.1), 121.4 + chance.gauss(0, 0.1)), chance.randint(180, 330))
        for _ in range(10_000)
    ]
    assert len(directory.pack(directory.of(city))) < 35_000


def test_one_that_grows_too_large_has_coarser_cells(monkeypatch):
    chance = random.Random(1)
    city = [
        (curve.position(31 + chance.gauss(0, 0.1), 121.4 + chance.gauss(0, 0.1)), chance.randint(180, 330))
        for _ in range(4000)
    ]
    monkeypatch.setattr(directory, "MOST_BYTES", 2500)
    packed = directory.pack(directory.of(city))
    back = directory.unpack(packed)
    assert len(packed) <= 2500
    assert back.levels > directory.FINE
    assert back.total == 4000
    monkeypatch.setattr(directory, "MOST_BYTES", 10)
    assert directory.unpack(directory.pack(directory.of(city))).levels == directory.COARSE
