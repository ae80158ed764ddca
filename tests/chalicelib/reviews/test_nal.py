"""What cameras write between pictures: user data become filler, what a player needs and the pictures stay."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.reviews.rules.nal import blank_sei

PLACE = b"+31.2304+121.4737/ Zhang San"
SLICE = {"H.264": b"\x65\x88\x84\x00\x33", "H.265": b"\x26\x01\xaf\x06\xb8"}
HEADS = {"H.264": [b"\x06"], "H.265": [b"\x4e\x01", b"\x50\x01"]}
FILLER = {"H.264": b"\x0c", "H.265": b"\x4c\x01"}
CODECS = pytest.mark.parametrize("codec", ["H.264", "H.265"])


def message(kind, content):
    """Return a message as it is written: numbers over 254 in several bytes."""
    return (
        b"\xff" * (kind // 255)
        + bytes([kind % 255])
        + b"\xff" * (len(content) // 255)
        + bytes([len(content) % 255])
        + content
    )


def sei(head, *messages):
    return head + b"".join(messages) + b"\x80"


def sample(*units, prefix=4):
    return b"".join(len(one).to_bytes(prefix, "big") + one for one in units)


def blanked(data, codec, prefix=4):
    out = bytearray(data)
    blank_sei(data, out, 0, len(data), prefix, codec)
    return bytes(out)


@CODECS
@pytest.mark.parametrize("prefix", [1, 2, 4])
@pytest.mark.parametrize("kind", [4, 5, 56, 200, 300])
def test_what_nobody_needs_becomes_filler_of_the_same_length(codec, prefix, kind):
    for head in HEADS[codec]:
        unit = sei(head, message(kind, PLACE * (9 if prefix > 1 else 1)))
        data = sample(unit, SLICE[codec], prefix=prefix)
        left = blanked(data, codec, prefix)
        filler = FILLER[codec] + b"\xff" * (len(unit) - len(head) - 1) + b"\x80"
        assert left == sample(filler, SLICE[codec], prefix=prefix)


@CODECS
def test_what_a_player_needs_stays_unless_something_else_is_with_it(codec):
    needed = message(1, b"\x01\x02"), message(137, bytes(24))
    for head in HEADS[codec]:
        data = sample(sei(head, *needed), SLICE[codec])
        assert blanked(data, codec) == data
        mixed = sample(sei(head, *needed, message(5, PLACE)), SLICE[codec])
        assert PLACE not in blanked(mixed, codec)


@CODECS
def test_bytes_that_keep_start_codes_away_do_not_hide_what_follows(codec):
    hidden = message(1, b"\0\0\3\1\2") + message(5, PLACE)  # five bytes are said, and one is not of them
    for head in HEADS[codec]:
        assert PLACE not in blanked(sample(sei(head, hidden)), codec)


@given(st.binary(max_size=200), st.sampled_from([1, 2, 3, 4]), st.sampled_from(["H.264", "H.265"]))
@settings(max_examples=200)
def test_any_bytes_keep_their_length_and_every_other_unit(content, prefix, codec):
    data = sample(SLICE[codec], prefix=prefix) + content
    left = blanked(data, codec, prefix)
    assert len(left) == len(data)
    assert left[: prefix + len(SLICE[codec])] == data[: prefix + len(SLICE[codec])]
    assert blanked(left, codec, prefix) == left


def test_many_messages_are_read_in_no_time():
    """A unit of messages that say nothing, of which two megabytes have a million."""
    data, began = sample(sei(b"\x06", b"\x01\x00" * 1_000_000)), time.process_time()
    assert blanked(data, "H.264") == data
    assert time.process_time() - began < 10.0
