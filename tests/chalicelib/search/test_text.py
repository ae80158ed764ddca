"""What matches is found: whatever matches a query has all of its tokens, and matching is exact."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.search import text
from chalicelib.search.text import Document, completions, fold, is_ideograph, tokens_of, wanted
from infra import simplified

ALPHABET = "剪发髮臺台廊理容面茶か゛ガﾊﾟ한글abcABCéÉßＡ１2 ·,-/\n😀\u200d\u202e\ufe0f\u0301Ⅳﬁşא"
TEXTS = st.text(ALPHABET, max_size=14)
DOCUMENTS = st.builds(Document, TEXTS, st.none() | TEXTS, st.lists(TEXTS, max_size=3).map(tuple), TEXTS)
MANY = settings(max_examples=600, deadline=None)


def brute(query, document):
    """Compare letter by letter, without an index of any kind."""
    for piece in fold(query).split():
        fields = document.text.split("\n")
        if len(piece) == 1 and is_ideograph(piece):
            fields = fields[:2]
        if not any(_is_at(piece, field, at) for field in fields for at in range(len(field))):
            return False
    return True


def _is_at(piece, field, at):
    begins = at == 0 or field[at - 1] == " " or is_ideograph(field[at - 1]) or is_ideograph(piece[0])
    return begins and field[at : at + len(piece)] == piece


@MANY
@given(st.text(max_size=20) | TEXTS)
def test_folding_again_changes_nothing(some):
    assert fold(fold(some)) == fold(some)
    assert not any(character.isspace() and character != " " for character in fold(some))


@MANY
@given(TEXTS, DOCUMENTS)
def test_matching_is_that_of_comparing_letter_by_letter(query, document):
    assert wanted(query).matches(document.text) == brute(query, document)


@MANY
@given(DOCUMENTS, st.data())
def test_whatever_matches_has_every_token_of_the_query(document, data):
    fields = [field for field in document.text.split("\n") if field]
    parts = []
    for _ in range(data.draw(st.integers(1, 3))):
        field = data.draw(st.sampled_from(fields or [""]))
        start = data.draw(st.integers(0, max(len(field) - 1, 0)))
        parts.append(field[start : start + data.draw(st.integers(1, 6))])
    words = wanted(" ".join(parts))
    if words.matches(document.text):
        assert set(words.tokens) <= tokens_of(document)


@MANY
@given(DOCUMENTS, st.data())
def test_any_part_of_chinese_and_any_beginning_of_a_word_is_found(document, data):
    for field in document.text.split("\n"):
        for piece in field.split():
            start = data.draw(st.integers(0, len(piece) - 1))
            if start and not is_ideograph(piece[start - 1]) and not is_ideograph(piece[start]):
                start = 0
            part = piece[start : data.draw(st.integers(start + 1, len(piece)))]
            if len(part) > 1:
                assert wanted(part).matches(document.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("髮廊", True), ("发廊", True), ("發", True), ("號", False), ("LANE", True), ("bar", True), ("arber", False),
        ("ｂａｒｂｅｒ", True), ("安福路12", True), ("福路", True), ("12号", True), ("2号", False), ("café", True), ("cafe", True),
        ("剪发 安福", True), ("剪发安福", False), ("安福 lane", True), ("洗护", True), ("剪发洗护", False), ("loft公寓", True),
        ("公寓", True), ("lof", True), ("弄堂 nothing", False), ("", True),
    ],
)  # fmt: skip
def test_a_barber(query, found):
    barber = Document("弄堂发廊 LOFT公寓", "Lane Barbers Café", ("剪髮·洗護",), "安福路12號")
    assert wanted(query).matches(barber.text) is found
    if found and query:
        assert set(wanted(query).tokens) <= tokens_of(barber)


@pytest.mark.parametrize("nothing", ["", " ", "a", "·,", "😀", "\ud800", "\u202e", "1 b"])
def test_what_nobody_can_be_found_by_has_no_tokens(nothing):
    assert wanted(nothing).tokens == ()


def test_a_shop_has_a_bounded_number_of_tokens():
    typical = Document(
        "木棉美发沙龙", "Mumian Hair Studio", ("剪发", "染发", "烫发", "护理"), "上海市静安区银铃路 751 号"
    )
    assert len(tokens_of(typical)) < 45
    widest = Document("店" * 100, "x" * 100, tuple(f"{chr(0x4E00 + n)}" * 100 for n in range(100)), "路" * 300)
    assert len(tokens_of(widest)) < 200


def test_long_and_hostile_queries_are_read_in_time():
    assert wanted("剪" * 64_000).tokens == ("剪剪",)
    assert len(wanted("".join(chr(0x4E00 + n) for n in range(5000))).tokens) > 4900


def test_completions_begin_with_the_query_first():
    names = [("理发店", 1), ("小满理发", 9), ("理髮店", 1), ("理容", 5), ("美甲", 99)]
    assert completions(wanted("理发"), names, 5) == ["理发店", "小满理发"]
    assert completions(wanted("lan"), [("Lane Barbers", 1), ("The Lane", 8), ("Plane", 9)], 5) == [
        "Lane Barbers",
        "The Lane",
    ]
    assert completions(wanted("理"), names, 1) == ["理容"]


def test_the_table_of_simplified_characters_is_what_it_is_derived_from(tmp_path):
    assert simplified.main(tmp_path / "made.py") == 0
    assert (tmp_path / "made.py").read_text() == simplified.TABLE.read_text()


def test_all_that_is_simplified_is_letters():
    for one, other in zip(text.TRADITIONAL, text.SIMPLIFIED, strict=True):
        assert unicodedata.category(one) == unicodedata.category(other) == "Lo"
        assert fold(one) == fold(other)
