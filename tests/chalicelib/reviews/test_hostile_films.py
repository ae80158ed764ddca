"""Films that are made to keep the worker busy, or to say one thing to it and another to a player."""

import struct

import pytest

from chalicelib.reviews.rules import mp4
from chalicelib.reviews.rules.film import Fault, Unfit


def boxed(kind, *content):
    whole = b"".join(content)
    return struct.pack(">I", len(whole) + 8) + kind + whole


def rows(kind, *numbers, head=1):
    """A table: version and flags, how many rows of `head` numbers, and the rows."""
    return boxed(kind, struct.pack(f">II{len(numbers)}I", 0, len(numbers) // head, *numbers))


def film(sizes, offsets, more=b"", inside=b"", data=bytes(1_000)):
    """A film of one track: samples of `sizes`, one in each chunk; `more` tables of it, and boxes `inside`."""
    ftyp = boxed(b"ftyp", b"isom\0\0\0\0isom")
    mdat = boxed(b"mdat", data)
    picture = boxed(b"avc1", bytes(24), struct.pack(">HH", 64, 48), bytes(50))
    stbl = boxed(
        b"stbl",
        boxed(b"stsd", struct.pack(">II", 0, 1), picture),
        rows(b"stts", len(sizes), 10, head=2),
        rows(b"stsc", 1, 1, 1, head=3),
        boxed(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes)),
        rows(b"stco", *(len(ftyp) + 8 + at for at in offsets)),
        more,
    )
    mdhd = boxed(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1_000, 0), bytes(4))
    handler = boxed(b"hdlr", bytes(8), b"vide", bytes(13))
    trak = boxed(b"trak", boxed(b"mdia", mdhd, handler, boxed(b"minf", stbl)), inside)
    return ftyp + mdat + boxed(b"moov", trak)


def refused(content):
    with pytest.raises(Unfit) as error:
        mp4.stripped(content, 60, 64 * 48)
    return error.value.fault


def test_one_like_them_that_means_no_harm_is_taken():
    _, found = mp4.stripped(film([10, 20, 30], [0, 10, 30]), 60, 64 * 48)
    assert (found.width, found.height, found.millis) == (64, 48, 30)


def test_samples_that_all_are_the_whole_film_are_not_copied_ten_thousand_times():
    assert refused(film([1_000] * 5_000, [0] * 5_000)) is Fault.UNREADABLE


def test_boxes_a_thousand_deep_are_a_file_that_cannot_be_read():
    deep = b""
    for _ in range(2_000):
        deep = boxed(b"edts", deep)
    assert refused(film([10], [0], inside=deep)) is Fault.UNREADABLE


def test_a_second_table_of_times_is_not_the_one_that_is_believed():
    short, long = rows(b"stts", 1, 10, head=2), rows(b"stts", 1, 10_000_000, head=2)
    assert refused(film([10], [0], more=short)) is Fault.UNREADABLE
    assert refused(film([10], [0], more=long)) is Fault.UNREADABLE
