"""Directories count what they were made of, and come back from their bytes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search import curve, directory

POSITIONS = st.lists(st.integers(0, (1 << 59) - 1).map(lambda number: number * 2), max_size=60)


@given(POSITIONS, st.dictionaries(st.text(max_size=3), st.integers(1, 9), max_size=3))
def test_a_directory_comes_back_from_its_bytes(positions, words):
    made = directory.of(positions, 200)
    back = directory.unpack(directory.pack(made), 200, words)
    assert (back.levels, list(back.cells), list(back.counts)) == (made.levels, made.cells, made.counts)
    assert back.words == words
    assert back.total == len(positions)


@given(POSITIONS, st.integers(0, 1 << 60), st.integers(0, 1 << 60))
def test_it_counts_whole_cells(positions, one, other):
    size = 2 << 2 * directory.FINE
    low, high = (number // size * size for number in sorted((one, other)))
    assert directory.of(positions, 200).count(low, high) == sum(low <= at < high for at in positions)


def test_a_city_takes_two_bytes_a_shop():
    chance = random.Random(1)
    city = [curve.position(31 + chance.gauss(0, 0.1), 121.4 + chance.gauss(0, 0.1)) for _ in range(10_000)]
    assert len(directory.pack(directory.of(city, 200))) < 25_000


def test_one_that_grows_too_large_has_coarser_cells(monkeypatch):
    chance = random.Random(1)
    city = [curve.position(31 + chance.gauss(0, 0.1), 121.4 + chance.gauss(0, 0.1)) for _ in range(4000)]
    monkeypatch.setattr(directory, "MOST_BYTES", 2000)
    packed = directory.pack(directory.of(city, 200))
    back = directory.unpack(packed, 200)
    assert len(packed) <= 2000
    assert back.levels > directory.FINE
    assert back.total == 4000
    monkeypatch.setattr(directory, "MOST_BYTES", 10)
    assert directory.unpack(directory.pack(directory.of(city, 200)), 200).levels == directory.COARSE
