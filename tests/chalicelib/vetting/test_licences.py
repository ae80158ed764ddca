"""Check characters, held against python-stdnum's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from chalicelib.vetting.rules import licences
from chalicelib.vetting.rules.licences import (
    LicenceKind,
    credit_check,
    fits_country,
    is_sound,
    normal,
    registration_check,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODES = st.builds(
    lambda kind, place, rest: kind + place + rest,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)
DIGITS = st.text("0123456789", min_size=14, max_size=14)


@given(CODES)
def test_a_credit_codes_check_character_is_everybodys(body):
    whole = body + credit_check(body)
    assert whole[-1] == uscc.calc_check_digit(whole)
    assert uscc.is_valid(whole) == whole[:2].isdigit()  # it knows no letters there, which the standard has: N, Y
    assert is_sound(LicenceKind.CREDIT_CODE, whole)


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(body, at, other):
    whole = body + credit_check(body)
    wrong = whole[:at] + other + whole[at + 1 :]
    assert is_sound(LicenceKind.CREDIT_CODE, wrong) == (wrong == whole)


@given(st.text(ALPHABET + "IOSVZ", min_size=16, max_size=19))
def test_no_code_is_taken_that_others_refuse(text):
    assert is_sound(LicenceKind.CREDIT_CODE, text) <= (uscc.is_valid(text) or not text[:2].isdigit())


@given(DIGITS)
def test_a_registration_numbers_check_digit_is_everybodys(body):
    assert registration_check(body) == mod_11_10.calc_check_digit(body)
    assert is_sound(LicenceKind.REGISTRATION, body + registration_check(body))


@given(DIGITS, st.integers(0, 14), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_noticed(body, at, other):
    whole = body + registration_check(body)
    wrong = whole[:at] + other + whole[at + 1 :]
    assert is_sound(LicenceKind.REGISTRATION, wrong) == (wrong == whole)


@pytest.mark.parametrize(
    ("kind", "number", "is_right"),
    [
        (LicenceKind.CREDIT_CODE, "91110000600037341L", True),  # the standard's registry shows it as its example
        (LicenceKind.CREDIT_CODE, "91110000600037341K", False),
        (LicenceKind.CREDIT_CODE, "9111000060003734", False),
        (LicenceKind.REGISTRATION, "110108000000016", True),  # of GS 15-2006
        (LicenceKind.REGISTRATION, "110108000000017", False),
        (LicenceKind.REGISTRATION, "１１０１０８０００００００１６", False),
        (LicenceKind.OTHER, "HRB123456", True),
        (LicenceKind.OTHER, "201912345K", True),
        (LicenceKind.OTHER, "ABC", False),
        (LicenceKind.OTHER, "12", False),
        (LicenceKind.OTHER, "12<SCRIPT>", False),
    ],
)
def test_numbers_that_can_be_right(kind, number, is_right):
    assert is_sound(kind, number) is is_right


def test_a_number_is_compared_without_spaces_width_and_case():
    assert normal(" ９１11 0000\t600037341l ") == "91110000600037341L"
    assert [fits_country(kind, "CN") for kind in licences.LicenceKind] == [True, True, False]
    assert [fits_country(kind, "SG") for kind in licences.LicenceKind] == [False, False, True]
