"""Photographs and films as clients see them: a form, a state, and addresses with the review."""

import pytest

from chalicelib import wiring
from tests.api import CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.reviews.pictures import photo
from tests.chalicelib.reviews.test_media import JPEG, Media

MEDIA, MEDIUM, OF_SHOP = (
    "/v1/reviews/{review_id}/media",
    "/v1/reviews/{review_id}/media/{medium_id}",
    "/v1/shops/{shop_id}/reviews",
)
AT = {"review_id": "rev_1"}


@pytest.fixture
def media(tables, monkeypatch):
    made = Media()
    monkeypatch.setattr(wiring, "review_media", lambda: made.ports)
    monkeypatch.setattr(wiring, "files", lambda: made.files)
    return made


def refusal(answer):
    return answer.status, answer.json["code"]


def sent(media, content, kind=JPEG):
    form = call("POST", MEDIA, actor=CUSTOMER, body={"media": kind}, **AT)
    assert form.status == 201, form.text
    media.files.send(form.json["fields"]["key"], content, kind)
    return {**AT, "medium_id": form.json["medium_id"]}


def test_a_photograph_is_sent_and_its_author_sees_what_becomes_of_it(media):
    at = sent(media, photo())
    made = call("POST", MEDIUM, actor=CUSTOMER, key="key-of-mine", **at)
    assert (made.status, made.json["state"]) == (201, "working")
    assert call("POST", MEDIUM, actor=CUSTOMER, key="key-of-mine", **at).text == made.text
    assert refusal(call("POST", MEDIUM, actor=CUSTOMER, **at)) == (409, "review-media-missing")
    assert [one["state"] for one in call("GET", MEDIA, actor=CUSTOMER, **AT).json["items"]] == ["working"]
    assert call("DELETE", MEDIUM, actor=CUSTOMER, **at).status == 204
    assert call("GET", MEDIA, actor=CUSTOMER, **AT).json["items"] == []


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "review-media-heic", "JPEG"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "review-media-webp", "PNG"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "review-media-quicktime", "MP4"),
        (b"%PDF-1.7" + bytes(40), "review-media-refused", "WebM"),
    ],
)
def test_what_is_not_taken_says_what_to_send_instead_in_both_languages(media, content, code, word):
    at = sent(media, content)
    for language in ("en", "zh-CN"):
        answer = call("POST", MEDIUM, actor=CUSTOMER, headers={"Accept-Language": language}, **at)
        assert refusal(answer) == (422, code)
        assert word in answer.json["detail"]


@pytest.mark.parametrize("kind", ["image/heic", "image/gif", "video/quicktime", "image/svg+xml"])
def test_no_form_is_given_for_what_is_not_taken(media, kind):
    assert call("POST", MEDIA, actor=CUSTOMER, body={"media": kind}, **AT).status == 422


@pytest.mark.parametrize("actor", [OTHER, MERCHANT])
def test_nobody_else_sends_sees_or_takes_anything_away(media, actor):
    at = sent(media, photo())
    for answer in (
        call("POST", MEDIA, actor=actor, body={"media": JPEG}, **AT),
        call("POST", MEDIUM, actor=actor, **at),
        call("GET", MEDIA, actor=actor, **AT),
        call("DELETE", MEDIUM, actor=actor, **at),
    ):
        assert answer.status == 404
