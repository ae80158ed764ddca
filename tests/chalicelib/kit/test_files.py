"""Files on the local S3, which looks at the whole policy of a form, as S3 does."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.kit import aws
from chalicelib.kit.files import JPEG, PDF, PNG, SNIFFED, WEBP, FilesDown, Replaced, sniff

MINUTE = timedelta(minutes=1)
IMAGE = b"\xff\xd8\xff\xe0" + bytes(96)
KEY = "uploads/acc_1/doc_1"


@pytest.fixture
def files(tables):
    made = wiring.files()
    yield made
    for key in made.below(""):
        made.delete(key)


def sent(form, content=IMAGE, **changed):
    fields = {**form.fields, **changed}
    return requests.post(form.url, data=fields, files={"file": ("x.jpg", content)}, timeout=10).status_code


def test_a_form_takes_one_kind_of_file_under_one_key(files):
    form = files.upload_form(KEY, JPEG, 100, MINUTE)
    assert sent(form) == 204
    told = files.head(KEY)
    assert (told.size, told.media) == (100, JPEG)
    assert files.first_bytes(KEY, SNIFFED, told.tag) == IMAGE[:SNIFFED]
    assert files.read(KEY, told.tag) == IMAGE


@pytest.mark.parametrize(
    ("content", "changed", "lifetime"),
    [
        (IMAGE + b"x", {}, MINUTE),
        (b"", {}, MINUTE),
        (IMAGE, {"Content-Type": "text/html"}, MINUTE),
        (IMAGE, {"key": "licences/acc_1/doc_1"}, MINUTE),
        (IMAGE, {"acl": "public-read"}, MINUTE),
        (IMAGE, {}, timedelta(seconds=-1)),
    ],
)
def test_a_form_takes_nothing_else(files, content, changed, lifetime):
    assert sent(files.upload_form(KEY, JPEG, 100, lifetime), content, **changed) in {400, 403}
    assert list(files.below("")) == []


def test_what_was_looked_at_is_what_is_copied(files):
    assert files.head(KEY) is None
    files.put(KEY, IMAGE, JPEG)
    seen = files.head(KEY)
    files.copy(KEY, "licences/a", seen.tag)
    files.put(KEY, b"<html>", JPEG)
    for again in (
        lambda: files.copy(KEY, "licences/b", seen.tag),
        lambda: files.read(KEY, seen.tag),
        lambda: files.first_bytes(KEY, 4, seen.tag),
    ):
        with pytest.raises(Replaced):
            again()
    assert list(files.below("licences/")) == ["licences/a"]
    assert files.head("licences/a") == seen
    files.delete("licences/a")
    files.delete("licences/a")
    with pytest.raises(Replaced):
        files.copy("licences/a", "licences/c", seen.tag)


def test_a_link_saves_the_file_for_minutes(files):
    files.put("licences/a", IMAGE, JPEG)
    link = files.download_link("licences/a", '营业"执照.jpg', JPEG, 5 * MINUTE)
    got = requests.get(link, timeout=10)
    assert (got.content, got.headers["content-type"]) == (IMAGE, JPEG)
    name = "%E8%90%A5%E4%B8%9A%22%E6%89%A7%E7%85%A7.jpg"
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    said = parse_qs(urlsplit(link).query)
    assert (said["X-Amz-Expires"], said["X-Amz-Algorithm"]) == (["300"], ["AWS4-HMAC-SHA256"])
    assert requests.get(files.download_link("licences/a", "x", JPEG, -MINUTE), timeout=10).status_code in {400, 403}


def test_a_link_shows_the_file_in_place_and_may_be_kept_as_long_as_it_is_good(files):
    files.put("reviews/a/320.jpg", IMAGE, JPEG)
    got = requests.get(files.show_link("reviews/a/320.jpg", JPEG, 60 * MINUTE), timeout=10)
    assert (got.content, got.headers["content-type"]) == (IMAGE, JPEG)
    assert got.headers["content-disposition"] == "inline"
    assert got.headers["cache-control"] == "private, max-age=3600, immutable"
    late = files.show_link("reviews/a/320.jpg", JPEG, -MINUTE)
    assert requests.get(late, timeout=10).status_code in {400, 403}


def test_storage_that_does_not_answer_is_told_so(files, monkeypatch):
    class Silent:
        def head_object(self, **_asked):
            raise EndpointConnectionError(endpoint_url="https://files.invalid")

    monkeypatch.setattr(aws, "client", lambda _service: Silent())
    with pytest.raises(FilesDown):
        files.head(KEY)
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("media", "first"),
    [
        (JPEG, b"\xff\xd8\xff\xdb"),
        (PNG, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        (WEBP, b"RIFF\x24\0\0\0WEBPVP8 "),
        (PDF, b"%PDF-1.7\n"),
        (None, b"<!DOCTYPE html>"),
        (None, b"GIF89a"),
        (None, b"RIFF\x24\0\0\0WAVE"),
        (None, b" %PDF-1.7"),
        (None, b""),
    ],
)
def test_the_first_bytes_say_what_a_file_is(media, first):
    assert sniff(first) == media


@given(st.binary(max_size=SNIFFED))
def test_markup_is_never_taken_for_an_image(tail):
    assert sniff(b"<" + tail) is None
    assert sniff(b"\xef\xbb\xbf<" + tail) is None
