"""Sorted, filtered and searched: what a reader of everything would find, page by page, with a bounded number of reads."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.dynamo import meter
from chalicelib.reviews import use_cases
from chalicelib.reviews.rules import Aspect, Sort, Wanted
from chalicelib.reviews.rules.listing import has_words
from tests.chalicelib.reviews.world import NOW, PHOTO, customer, put, review

TEXTS = ("手艺很好，環境幹淨", "Great cut, friendly staff", "下次再来", "")


@pytest.fixture
def written(ports):
    found = [
        review(
            n,
            n % 5 + 1,
            at=NOW + timedelta(minutes=n),
            text=TEXTS[n % 4],
            language="en" if n % 4 == 1 else "zh-CN",
            staff_id="stf_1" if n % 3 else None,
            aspects={Aspect.VALUE: 3} if n % 2 else {},
            media=(PHOTO,) if n % 2 else (),
        )
        for n in range(23)
    ]
    put(*found)
    return found[::-1]


def walked(ports, sort, wanted, limit=4):
    """All pages, one after the other."""
    found, after = [], None
    for _ in range(40):
        _, page = use_cases.of_shop(ports, "shp_1", sort, wanted, after, limit)
        assert len(page.items) <= limit
        found += page.items
        after = page.next
        if after is None:
            return found
    raise AssertionError("the list does not end")


WANTED = (
    Wanted(),
    Wanted(stars=2),
    Wanted(aspect=Aspect.VALUE),
    Wanted(staff_id="stf_1", language="zh"),
    Wanted(stars=3, words="手艺"),
    Wanted(words="great staff"),
    Wanted(words="环境"),
    Wanted(language="en-GB"),
    Wanted(stars=1, aspect=Aspect.TASTE),
)


@pytest.mark.parametrize("sort", Sort)
def test_pages_together_are_what_is_wanted(ports, written, monkeypatch, sort):
    monkeypatch.setattr("chalicelib.reviews.use_cases.read.SCANNED", 5)
    for wanted in WANTED:
        found = walked(ports, sort, wanted)
        due = [one for one in written if wanted.accepts(one) and (one.media or sort is not Sort.MEDIA)]
        assert {one.id for one in found} == {one.id for one in due}
        assert len(found) == len(due)
        if sort in (Sort.NEWEST, Sort.MEDIA):
            assert found == due
        if sort in (Sort.HIGHEST, Sort.LOWEST):
            assert [one.stars for one in found] == sorted((one.stars for one in found), reverse=sort is Sort.HIGHEST)


def test_a_page_looks_at_so_many_and_says_where_it_goes_on(ports, written, monkeypatch):
    monkeypatch.setattr("chalicelib.reviews.use_cases.read.SCANNED", 2)
    with meter.measure() as used:
        _, page = use_cases.of_shop(ports, "shp_1", Sort.NEWEST, Wanted(words="nowhere"), None, 20)
    assert (page.items, used.requests) == ((), 4), "three looks and the rating"
    assert page.next is not None
    assert walked(ports, Sort.NEWEST, Wanted(words="nowhere")) == []


def test_more_helpful_ones_come_first_and_the_others_after_them(ports, written):
    for number in range(3):
        use_cases.vote(ports, customer(number), written[9].id)
    use_cases.vote(ports, customer(0), written[20].id)
    ids = [one.id for one in walked(ports, Sort.HELPFUL, Wanted())]
    assert ids[:2] == [written[9].id, written[20].id]
    assert ids[2:] == [one.id for one in written if one.id not in ids[:2]]


@pytest.mark.parametrize(
    ("text", "query", "has"),
    [
        ("手艺很好", "手艺", True),
        ("手艺很好", "好", True),
        ("環境幹淨", "环境", True),
        ("这里的环境", "環境", True),
        ("ＷｉＦｉ很快", "wifi", True),
        ("Crème brûlée was great", "creme BRULEE", True),
        ("greatest cut", "great", True),
        ("a regret", "great", False),
        ("a regret", "gret", False),
        ("手艺很好", "手艺 差", False),
        ("剪发good", "good", True),
        ("anything", "!!!", False),
        ("", "好", False),
    ],
)
def test_words_are_found_in_both_languages(text, query, has):
    assert has_words(text, query) is has


@given(st.text(max_size=40), st.text(max_size=10))
def test_a_text_has_its_own_words(text, more):
    if has_words(text, text):
        assert has_words(f"{more} {text}", text)


def test_a_filter_asks_for_all_of_it():
    one = replace(review(), language="zh-Hant-TW", staff_id="stf_1")
    assert Wanted(language="zh").accepts(one)
    assert Wanted(language="ZH-hant").accepts(one)
    assert not Wanted(language="z").accepts(one)
    assert not Wanted(staff_id="stf_1", stars=1).accepts(one)
