from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reviews.rules import Rating, abbreviated


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jane Roe", "J."),
        ("jane", "J."),
        ("张伟", "张*"),
        ("欧阳娜娜", "欧*"),
        ("さくら", "さ*"),
        ("김철수", "김*"),
        ("Ólafur", "Ó."),
        ("  Jane ", "J."),
        ("", None),
        ("   ", None),
        (None, None),
        ("+8613800000001", None),
        ("13800000001", None),
        ("😀", None),
    ],
)
def test_names_are_abbreviated(name, shown):
    assert abbreviated(name) == shown


@given(st.text(max_size=40))
def test_an_abbreviation_shows_one_letter_at_most(name):
    shown = abbreviated(name)
    assert shown is None or (shown[-1] in ".*" and len(shown) <= 4)


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_the_mean_is_rounded_half_up_to_a_tenth(histogram):
    count, total = sum(histogram), sum(stars * number for stars, number in enumerate(histogram, 1))
    tenths = Rating(total, count, 1, tuple(histogram)).tenths
    if not count:
        assert tenths is None
    else:
        assert tenths == int(Fraction(total * 10, count) + Fraction(1, 2))
        assert 10 <= tenths <= 50
