"""Films keep every bit of picture and sound, and nothing of what they tell beside.

The films were made by FFmpeg, with titles, a place, a name and the moment of recording; that what is left plays the same
was looked at with FFmpeg when they were made: every decoded picture and sample was equal.
"""

import os
import random
import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.reviews.rules import mp4, webm
from chalicelib.reviews.rules.film import Fault, Film, Unfit

FILMS = Path(__file__).parent / "films"
MP4, WEBM, PIECES, HEVC = (FILMS / name for name in ("places.mp4", "places.webm", "pieces.mp4", "hevc.mp4"))
BROKEN = int(os.environ.get("MEDIA_BROKEN", "200"))  # files that are broken at random
TOLD = (b"SECRET-MARK", b"+31.2304+121.4737/", b"VideoHandler", b"Lavf", b"2026-11-01")
STRIPS = {"mp4": (mp4.stripped, MP4), "webm": (webm.stripped, WEBM)}


def stripped(kind, content=None, seconds=60, pixels=3840 * 2160):
    strip, path = STRIPS[kind]
    return strip(path.read_bytes() if content is None else content, seconds, pixels)


@pytest.mark.parametrize(
    ("kind", "film"),
    [("mp4", Film(64, 48, 1021, ("H.264", "AAC"))), ("webm", Film(64, 48, 1001, ("VP9", "Opus")))],
)
def test_what_a_film_tells_is_gone_and_its_length_is_not(kind, film):
    whole = STRIPS[kind][1].read_bytes()
    assert sum(mark in whole for mark in TOLD) >= 3
    left, found = stripped(kind)
    assert found == film
    assert len(left) == len(whole)
    assert [mark for mark in TOLD if mark in left] == []
    assert stripped(kind, left) == (left, film)  # once more changes nothing


def test_samples_of_an_mp4_stay_bit_for_bit_where_they_were():
    """All but what x264 wrote of itself between the pictures."""
    whole, (left, _) = MP4.read_bytes(), stripped("mp4")
    at = whole.index(b"mdat") + 4
    end = at + struct.unpack(">I", whole[at - 8 : at - 4])[0] - 8
    assert whole[at + 4] == 6  # the first unit
    stop = at + 4 + struct.unpack(">I", whole[at : at + 4])[0]
    assert b"x264 - core" in whole[at:stop]
    assert left[at:stop] == whole[at : at + 4] + b"\x0c" + b"\xff" * (stop - at - 6) + b"\x80"
    assert whole[stop:end] == left[stop:end]


def test_h265_loses_what_its_encoder_wrote_into_its_configuration():
    whole = HEVC.read_bytes()
    left, film = stripped("mp4", whole)
    assert film == Film(64, 48, 1021, ("H.265", "AAC"))
    assert b"x265" in whole
    assert b"x265" not in left
    at = whole.index(b"mdat")
    end = at - 4 + struct.unpack(">I", whole[at - 4 : at])[0]
    assert whole[at:end] == left[at:end]


def test_blocks_of_a_webm_stay_bit_for_bit():
    whole, (left, _) = WEBM.read_bytes(), stripped("webm")
    begins = whole.index(b"\x1f\x43\xb6\x75")
    ends = whole.index(b"\x1c\x53\xbb\x6b", begins)
    assert whole[begins:ends] == left[begins:ends]


def boxed(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


@given(st.sampled_from([b"udta", b"uuid", b"meta", b"free", b"\xa9xyz", b"loci", b"XMP_"]), st.booleans())
@example(kind=b"udta", is_first=True)
@settings(max_examples=30, deadline=None)
def test_a_place_planted_in_any_box_never_survives(kind, is_first):
    whole, planted = MP4.read_bytes(), boxed(kind, b"\xa9xyz+22.5431+114.0579/ SECRET")
    sent = whole + planted
    if is_first:  # before what has offsets: those that point behind it are wrong then, so the film may be refused
        at = struct.unpack(">I", whole[:4])[0]
        sent = whole[:at] + planted + whole[at:]
    try:
        left, _ = stripped("mp4", sent)
    except Unfit:
        assert is_first
        return
    assert b"22.5431" not in left
    assert b"SECRET" not in left


def test_a_place_behind_the_samples_does_not_survive():
    """What no track points to is no picture and no sound, though it lies among them."""
    whole = MP4.read_bytes()
    at = whole.index(b"mdat") - 4
    length = struct.unpack(">I", whole[at : at + 4])[0]
    hidden = b"+22.5431+114.0579/"
    sent = whole[:at] + struct.pack(">I", length + len(hidden)) + whole[at + 4 : at + length] + hidden
    sent += whole[at + length :]
    left, film = stripped("mp4", sent)
    assert film.millis == 1021
    assert hidden not in left


def element(key, content):
    return key + bytes([0x01]) + len(content).to_bytes(7, "big") + content


def within_segment(whole, more):
    """Return a WebM with more elements at the end of its segment."""
    at = whole.index(b"\x18\x53\x80\x67") + 4
    assert whole[at] == 1
    length = int.from_bytes(whole[at + 1 : at + 8], "big")
    return whole[:at] + bytes([1]) + (length + len(more)).to_bytes(7, "big") + whole[at + 8 :] + more


@given(st.sampled_from([b"\x12\x54\xc3\x67", b"\x19\x41\xa4\x69", b"\x10\x43\xa7\x70", b"\xec", b"\xbf", b"\x42\x10"]))
@settings(deadline=None)
def test_tags_files_chapters_and_the_unknown_become_void(key):
    sent = within_segment(WEBM.read_bytes(), element(key, b"+22.5431+114.0579/ SECRET" * 20))
    left, film = stripped("webm", sent)
    assert film.millis == 1001
    assert len(left) == len(sent)
    assert b"SECRET" not in left
    assert b"22.5431" not in left


def test_a_webm_as_a_browser_records_it_says_no_lengths():
    whole = WEBM.read_bytes()
    at = whole.index(b"\x18\x53\x80\x67") + 4
    sent = whole[:at] + b"\x01" + b"\xff" * 7 + whole[at + 8 :]
    cluster = sent.index(b"\x1f\x43\xb6\x75") + 4
    width = 9 - sent[cluster].bit_length()
    unknown = ((1 << (7 * width + 1)) - 1).to_bytes(width, "big")
    sent = sent[:cluster] + unknown + sent[cluster + width :]
    left, film = stripped("webm", sent)
    assert film == Film(64, 48, 1001, ("VP9", "Opus"))
    assert b"SECRET" not in left


def test_what_is_too_long_or_too_large_or_in_pieces_is_refused_for_that():
    for kind in STRIPS:
        with pytest.raises(Unfit) as long:
            stripped(kind, seconds=1)
        with pytest.raises(Unfit) as large:
            stripped(kind, pixels=64 * 48 - 1)
        assert (long.value.fault, large.value.fault) == (Fault.TOO_LONG, Fault.TOO_LARGE)
    with pytest.raises(Unfit) as pieces:
        stripped("mp4", PIECES.read_bytes())
    assert pieces.value.fault is Fault.FRAGMENTED


def test_a_head_that_says_a_shorter_time_is_not_believed():
    sent = bytearray(MP4.read_bytes())
    at = sent.index(b"mvhd") + 20
    sent[at : at + 4] = (1).to_bytes(4, "big")
    with pytest.raises(Unfit) as refused:
        stripped("mp4", bytes(sent), seconds=1)
    assert refused.value.fault is Fault.TOO_LONG


@pytest.mark.parametrize(("kind", "old", "new"), [("mp4", b"avc1", b"mjpa"), ("webm", b"V_VP9", b"V_MS9")])
def test_what_browsers_do_not_play_is_refused_for_that(kind, old, new):
    whole = STRIPS[kind][1].read_bytes()
    at = whole.index(old, whole.index(b"stsd") if kind == "mp4" else 0)
    sent = whole[:at] + new + whole[at + len(old) :]
    with pytest.raises(Unfit) as refused:
        stripped(kind, sent)
    assert refused.value.fault is Fault.CODEC


@given(st.binary(max_size=400), st.sampled_from(["mp4", "webm"]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_end_the_worker(content, kind):
    head = STRIPS[kind][1].read_bytes()[:40]
    for sent in (content, head + content):
        with pytest.raises(Unfit):
            stripped(kind, sent)


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_no_broken_film_ends_the_worker_or_tells_anything(kind, record_property):
    """Bytes are changed and taken out of a whole one: it is stripped, or refused for a reason."""
    whole, dice = STRIPS[kind][1].read_bytes(), random.Random(8)
    outcomes = set()
    for _ in range(BROKEN):
        sent = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            sent[dice.randrange(len(sent))] = dice.choice((0, 1, 255, dice.randrange(256)))
        if dice.random() < 0.3:
            cut = dice.randrange(len(sent))
            del sent[cut : cut + dice.randint(1, 40)]
        try:
            left, _ = stripped(kind, bytes(sent))
        except Unfit as refused:
            outcomes.add(refused.fault)
        else:
            outcomes.add("left")
            assert len(left) == len(sent)
    assert {"left", Fault.UNREADABLE} <= outcomes
    record_property("moderation", f"{BROKEN} broken films")
