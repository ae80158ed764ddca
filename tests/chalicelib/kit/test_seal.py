import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.seal import Sealer

KEYS = {1: b"\x01" * 32, 2: b"\x02" * 32}
OLD, SEALER = Sealer(KEYS, 1, b"index"), Sealer(KEYS, 2, b"index")
PLACE = "accounts|acc_1|phone"


@given(st.text(), st.text())
def test_what_is_sealed_can_be_opened_in_its_place(text, place):
    assert SEALER.open(SEALER.seal(text, place), place) == text


def test_sealing_twice_tells_nothing():
    assert SEALER.seal("+8613800138000", PLACE) != SEALER.seal("+8613800138000", PLACE)


def test_a_field_cannot_be_moved():
    sealed = SEALER.seal("+8613800138000", PLACE)
    with pytest.raises(InvalidTag):
        SEALER.open(sealed, "accounts|acc_2|phone")


@given(st.data())
def test_an_altered_field_does_not_open(data):
    raw = bytearray(base64.b64decode(SEALER.seal("+8613800138000", PLACE)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((InvalidTag, KeyError)):
        SEALER.open(base64.b64encode(raw).decode(), PLACE)


def test_fields_outlive_the_change_of_keys():
    sealed = OLD.seal("+8613800138000", PLACE)
    assert SEALER.open(sealed, PLACE) == "+8613800138000"
    assert SEALER.blind("+8613800138000", "phone") == OLD.blind("+8613800138000", "phone")
    with pytest.raises(KeyError):
        Sealer({2: KEYS[2]}, 2, b"index").open(sealed, PLACE)


@given(st.text(), st.text())
def test_only_equal_texts_meet_in_the_index(one, other):
    assert (SEALER.blind(one, "phone") == SEALER.blind(other, "phone")) == (one == other)


def test_kinds_and_keys_do_not_meet():
    index = SEALER.blind("+8613800138000", "phone")
    assert len(index) == 40
    assert index != SEALER.blind("+8613800138000", "code")
    assert index != Sealer(KEYS, 2, b"else").blind("+8613800138000", "phone")


def test_keys_do_not_stand_in_the_repr():
    assert "x01" not in repr(SEALER)
    assert "index" not in repr(SEALER).replace("index_key", "")
