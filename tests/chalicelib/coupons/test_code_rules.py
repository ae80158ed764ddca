"""Codes: letters, what is read of what is typed, and what a check letter finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons.rules.codes import code_of, read, shown

SEED = bytes(range(32))
seeds, numbers = st.binary(min_size=32, max_size=32), st.integers(0, 10**6)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(seed=seeds, number=numbers)
def test_a_code_is_read_as_it_was_made_however_it_is_typed(seed, number):
    code = code_of(seed, number)
    assert len(code) == 17
    assert set(code) <= set(LETTERS)
    printed = shown(code)
    assert [len(part) for part in printed.split("-")] == [4, 4, 4, 5]
    for typed in (code, printed, printed.lower(), f" {printed.replace('-', ' ')}\n", code.replace("0", "o")):
        assert read(typed) == code
    assert read(code.replace("1", "l")) == code


@given(seed=seeds, number=numbers, place=st.integers(0, 16), letter=st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(seed, number, place, letter):
    code = code_of(seed, number)
    wrong = code[:place] + letter + code[place + 1 :]
    assert (read(wrong) is None) == (wrong != code)


@given(seed=seeds, number=numbers, places=st.tuples(st.integers(0, 16), st.integers(0, 16)))
def test_two_letters_that_changed_places_are_found(seed, number, places):
    code = code_of(seed, number)
    swapped = list(code)
    first, second = places
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert (read("".join(swapped)) is None) == ("".join(swapped) != code)


@pytest.mark.parametrize(
    "typed", ["", "-", "UUUU-UUUU-UUUU-UUUUU", "七" * 17, code_of(SEED, 1)[:-1], f"{code_of(SEED, 1)}0"]
)
def test_what_cannot_be_a_code(typed):
    assert read(typed) is None


def test_codes_of_a_batch_are_all_different_and_stay_the_same():
    codes = [code_of(SEED, number) for number in range(5_000)]
    assert len(set(codes)) == 5_000
    assert codes[:2] == ["HCAJ4ZZJ0AEKD6WKY", "FHZFFQ3F3EP0ESGRZ"]
