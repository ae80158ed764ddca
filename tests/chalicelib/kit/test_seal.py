import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.seal import SealedField, Sealer, version_of

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


class Source:
    """Keys that somebody adds to, and a clock."""

    def __init__(self):
        self.keys, self.now, self.reads = {1: KEYS[1]}, 1_000.0, 0

    def read(self):
        self.reads += 1
        return dict(self.keys)

    def sealer(self):
        return Sealer(dict(self.keys), max(self.keys), b"index", self.read, lambda: self.now)


def test_a_field_of_a_new_key_is_opened_by_who_has_not_read_it_yet():
    source = Source()
    late = source.sealer()
    source.keys, source.now = KEYS, source.now + 61
    assert late.open(SEALER.seal("+8613800138000", PLACE), PLACE) == "+8613800138000"
    assert late.open(OLD.seal("+8613800138000", PLACE), PLACE) == "+8613800138000"
    assert version_of(late.seal("", PLACE)) == 2
    assert source.reads == 1


def test_an_unknown_key_is_looked_for_at_most_once_a_minute():
    source = Source()
    late = source.sealer()
    sealed = SEALER.seal("+8613800138000", PLACE)
    for passed, reads in ((30, 0), (59, 0), (60, 1), (90, 1), (119, 1), (120, 2)):
        source.now = 1_000.0 + passed
        with pytest.raises(KeyError):
            late.open(sealed, PLACE)
        assert source.reads == reads
    source.now -= 3_600  # a clock that was put right
    with pytest.raises(KeyError):
        late.open(sealed, PLACE)
    assert source.reads == 3


def test_who_seals_learns_of_a_new_key_within_a_quarter_of_an_hour():
    source = Source()
    late = source.sealer()
    source.keys = {2: KEYS[2]}  # and the old one is retired
    source.now += 899
    assert version_of(late.seal("", PLACE)) == 1
    source.now += 1
    assert version_of(late.seal("", PLACE)) == 2
    assert 1 not in late.data_keys


def test_a_place_is_made_of_the_keys_of_its_row():
    phone = SealedField("accounts", "phone", "accounts|{pk}|phone", "ACCOUNT")
    assert phone.place_in("acc_1", "ACCOUNT") == PLACE
    assert SealedField("calendars", "url", "calendars|{sk}|url", "CAL#").place_in("{x}", "CAL#1") == "calendars|1|url"
