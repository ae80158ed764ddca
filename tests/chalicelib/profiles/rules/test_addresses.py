"""The book's rules, and what addresses look like in some countries."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Invalid
from chalicelib.profiles.problems import TooManyAddresses
from chalicelib.profiles.rules.addresses import (
    COUNTRIES,
    MOST_ADDRESSES,
    POSTCODES,
    AddressDraft,
    Book,
    added,
    checked,
    preferred,
    removed,
)

DRAFT = AddressDraft("家", "王小明", "+86 138 0013 8000", "CN", ("南京西路 1 号",))
MOVES = st.lists(st.tuples(st.sampled_from(["add", "add as default", "remove", "prefer"]), st.integers(0, 30)))


@given(MOVES)
@settings(max_examples=60)
def test_a_book_with_addresses_has_exactly_one_default(moves):
    book = Book("acc_1")
    for number, (move, at) in enumerate(moves):
        before = book
        if move.startswith("add"):
            try:
                book = added(book, f"adr_{number}", default=move != "add")
            except TooManyAddresses:
                assert len(book.ids) == MOST_ADDRESSES
                continue
        elif book.ids:
            chosen = book.ids[at % len(book.ids)]
            book = removed(book, chosen) if move == "remove" else preferred(book, chosen)
        else:
            continue
        assert book.version == before.version + 1
        assert len(set(book.ids)) == len(book.ids) <= MOST_ADDRESSES
        assert (book.default in book.ids) if book.ids else (book.default is None)


@pytest.mark.parametrize(
    ("country", "postcode", "kept"),
    [
        ("CN", None, None),
        ("CN", "200040", "200040"),
        ("GB", "sw1a  1aa", "SW1A 1AA"),
        ("US", "20500-0003", "20500-0003"),
        ("HK", None, None),
        ("IE", "D02 AF30", "D02 AF30"),
        ("NL", "1012 js", "1012 JS"),
    ],
)
def test_a_postcode_is_kept_as_it_is_written_there(country, postcode, kept):
    found = checked(replace(DRAFT, country=country, postcode=postcode))
    assert (found.postcode, found.phone) == (kept, "+8613800138000")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("postcode", "20004"),
        ("postcode", "２０００４０"),
        ("phone", "13800138000"),
        ("phone", "+012345678"),
        ("country", "UK"),
    ],
)
def test_what_is_wrong_is_named(field, value):
    with pytest.raises(Invalid) as refused:
        checked(replace(DRAFT, **{field: value}))
    assert [one.field for one in refused.value.errors] == [field]


def test_where_there_is_a_postcode_or_none_it_is_asked_for_or_not_taken():
    for country, postcode in (("US", None), ("HK", "999077")):
        with pytest.raises(Invalid):
            checked(replace(DRAFT, country=country, postcode=postcode))


def test_countries_are_those_of_iso_3166():
    assert len(COUNTRIES) == 249
    assert set(POSTCODES) <= COUNTRIES
