import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Invalid
from chalicelib.kit.pagination import Cursors

CURSORS = Cursors("a key of the tests")
POSITIONS = st.dictionaries(st.text(max_size=9), st.text(max_size=20) | st.integers(), max_size=4)


@given(POSITIONS)
def test_a_position_survives_its_cursor(position):
    assert CURSORS.unpack("orders|acc_1", CURSORS.pack("orders|acc_1", position)) == position


def test_first_and_last_page_have_none():
    assert CURSORS.pack("orders", None) is None
    assert CURSORS.unpack("orders", None) is None


def test_a_cursor_opens_no_other_list():
    cursor = CURSORS.pack("orders|acc_1", {"pk": "x"})
    for scope, cursors in (("orders|acc_2", CURSORS), ("orders|acc_1", Cursors("another key"))):
        with pytest.raises(Invalid) as refused:
            cursors.unpack(scope, cursor)
        assert refused.value.errors[0].field == "cursor"


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(Invalid):
        CURSORS.unpack("orders", text)


@given(st.integers(0, 300), st.integers(1, 255))
def test_an_altered_cursor_is_refused(at, flip):
    raw = bytearray(base64.urlsafe_b64decode(CURSORS.pack("orders", {"pk": "ORD#1", "n": 7}) + "=="))
    raw[at % len(raw)] ^= flip
    with pytest.raises(Invalid):
        CURSORS.unpack("orders", base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))
