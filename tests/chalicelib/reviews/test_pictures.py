"""What readers get of a photograph is its pixels, upright, and nothing else."""

import io
import os
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.kit.files import JPEG, PNG
from chalicelib.reviews.gateways.pillow import PillowPainter
from chalicelib.reviews.rules.film import Fault, Unfit
from chalicelib.reviews.rules.media import MOST_PIXELS, WIDTHS
from tests.chalicelib.reviews.pictures import GPS_MARK, MARK, photo

BROKEN = int(os.environ.get("MEDIA_BROKEN", "200"))  # files that are broken at random
PAINTER = PillowPainter()
FORMS = {JPEG: "JPEG", PNG: "PNG"}


def drawn(content, media=JPEG, widths=WIDTHS, most=MOST_PIXELS):
    return PAINTER.drawn(content, media, widths, most)


def opened(picture):
    return Image.open(io.BytesIO(picture.content))


@given(st.sampled_from([JPEG, PNG]), st.integers(1, 8), st.integers(8, 90), st.integers(8, 90))
@settings(max_examples=60, deadline=None)
def test_no_planted_place_or_name_survives(media, orientation, width, height):
    sent = photo(width, height, FORMS[media], orientation)
    assert MARK in sent
    assert GPS_MARK in sent
    for picture in drawn(sent, media, (32, 64)):
        assert MARK not in picture.content
        assert GPS_MARK not in picture.content
        image = opened(picture)
        assert (image.format, image.size) == ("JPEG", (picture.width, picture.height))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        assert b"Exif" not in picture.content
        assert b"http://ns.adobe.com" not in picture.content


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))],
)
def test_it_is_upright_before_the_camera_is_forgotten(orientation, corner):
    """Orientation says where the first row and column are (Exif 2.32, 4.6.4 A)."""
    (picture,) = drawn(photo(96, 64, "JPEG", orientation), widths=(200,))
    is_turned = orientation >= 5
    assert (picture.width, picture.height) == ((64, 96) if is_turned else (96, 64))
    image = opened(picture).convert("RGB")
    at = tuple(
        picture_side // 4 + side * picture_side // 2 for picture_side, side in zip(image.size, corner, strict=True)
    )
    red, green, _ = image.getpixel(at)
    assert red > 150
    assert green < 90


def test_it_is_drawn_in_a_few_widths_and_never_larger_than_it_is():
    assert [(one.width, one.height) for one in drawn(photo(2000, 1000))] == [(320, 160), (960, 480), (1600, 800)]
    assert [one.width for one in drawn(photo(700, 300))] == [320, 700]
    assert [(one.width, one.height) for one in drawn(photo(200, 3))] == [(200, 3)]


def test_what_is_clear_becomes_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(buffer, "PNG")
    (picture,) = drawn(buffer.getvalue(), PNG)
    assert min(opened(picture).getpixel((20, 20))) > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_png_is_read(mode):
    buffer = io.BytesIO()
    Image.new(mode, (30, 20)).save(buffer, "PNG")
    assert [(one.width, one.height) for one in drawn(buffer.getvalue(), PNG)] == [(30, 20)]


def test_cmyk_is_read():
    buffer = io.BytesIO()
    Image.new("CMYK", (30, 20)).save(buffer, "JPEG")
    assert opened(drawn(buffer.getvalue())[0]).mode == "RGB"


def bomb(width, height):
    """Return a PNG of a few bytes that says it is so large."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(7_100, 7_100), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(size):
    with pytest.raises(Unfit) as refused:
        drawn(bomb(*size), PNG)
    assert refused.value.fault is Fault.TOO_LARGE


def test_what_says_to_be_something_else_is_not_even_tried():
    with pytest.raises(Unfit):
        drawn(photo(form="PNG"), JPEG)
    with pytest.raises(Unfit):
        drawn(b"GIF89a" + bytes(100), PNG)


@given(st.binary(max_size=300), st.sampled_from([JPEG, PNG]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_end_the_worker(content, media):
    begins = {JPEG: b"\xff\xd8\xff\xe0", PNG: b"\x89PNG\r\n\x1a\n"}[media]
    for sent in (content, begins + content):
        with pytest.raises(Unfit):
            drawn(sent, media)


@pytest.mark.parametrize("media", [JPEG, PNG])
def test_no_broken_photograph_ends_the_worker(media, record_property):
    """Bytes are changed, taken out and doubled in a whole one: it is drawn, or refused for a reason."""
    whole, dice = photo(64, 48, FORMS[media]), random.Random(8)
    outcomes = set()
    for _ in range(BROKEN):
        sent = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            sent[dice.randrange(len(sent))] = dice.randrange(256)
        cut = dice.randrange(len(sent))
        if dice.random() < 0.3:
            del sent[cut : cut + dice.randint(1, 40)]
        try:
            outcomes.add(len(drawn(bytes(sent), media, (32,))))
        except Unfit as refused:
            outcomes.add(refused.fault)
    assert {1, Fault.UNREADABLE} <= outcomes
    record_property("moderation", f"{BROKEN} broken photographs")
