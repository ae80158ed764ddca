"""What matches is found: whatever matches a query has all of its tokens, and matching is exact."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit import simplified as table
from chalicelib.search.text import Document, completions, fold, is_ideograph, tokens_of, wanted
from infra import simplified

ALPHABET = (
    "剪发髮臺台廊理容面茶か゛ガﾊﾟ한글ㅎ\u1112\u1161\u11ab\u3099abcABCéÉßøŁＡ１2 's·,-/\n😀\u200b\u200d\u202e\u200f\ufe0f"
    "\u20e3\u3164\u0301\ud800Ⅳﬁşא"
)
TEXTS = st.text(ALPHABET, max_size=14)
HAN = {
    "发": "髮發",
    "台": "臺檯颱",
    "面": "麵",
    "里": "裡裏",
    "剪": "剪",
    "廊": "廊",
    "が": "が",
    "ガ": ["ガ", "ｶﾞ"],
    "글": "글",
}
LETTERS = {"a": "aAáÄａ", "s": "sSşŚ", "o": "oOøÖ", "l": "lLłŁ", "i": "iIıİî", "1": "1１", "9": "9９"}
AROUND = st.text(" ·,-/😀'(（", max_size=3)
DOCUMENTS = st.builds(Document, TEXTS, st.none() | TEXTS, st.lists(TEXTS, max_size=3).map(tuple), TEXTS)
MANY = settings(max_examples=300, deadline=None)


def brute(query, document):
    """Compare letter by letter, without an index of any kind."""
    pieces = fold(query).split()
    fields = [_close(fold(field)) for field in (document.name, document.name_en or "", *document.offerings)]
    fields.append(_close(fold(document.address)))
    is_short = max(map(len, pieces), default=0) == 1
    for piece in pieces:
        places = fields[:2] if is_short and is_ideograph(piece) else fields
        if not any(_is_at(piece, field, at) for field in places for at in range(len(field))):
            return False
    return True


def _close(folded):
    kept = ""
    for at, character in enumerate(folded):
        if character != " " or not (is_ideograph(folded[at - 1]) or is_ideograph(folded[at + 1])):
            kept += character
    return kept


def _is_at(piece, field, at):
    begins = at == 0 or field[at - 1] == " " or is_ideograph(field[at - 1]) or is_ideograph(piece[0])
    return begins and field[at : at + len(piece)] == piece


def is_found(query, document):
    """Tell whether a query finds a document, whichever of the query's tokens is looked up."""
    words = wanted(query)
    assert words.tokens
    return words.matches(document.text) and set(words.tokens) <= tokens_of(document)


def spelled(data, table, least):
    """Draw a word, and the same one written another way."""
    plain = data.draw(st.lists(st.sampled_from(sorted(table)), min_size=least, max_size=8))
    return plain, [data.draw(st.sampled_from(table[one])) for one in plain]


def within(data, word):
    """Draw a document that has a word in one of its fields, parted from what is around it."""
    fields = [data.draw(TEXTS) for _ in range(4)]
    place = data.draw(st.integers(0, 3))
    fields[place] = f"{fields[place]} {data.draw(AROUND)}{word}{data.draw(AROUND)} {data.draw(TEXTS)}"
    return Document(fields[0], fields[1], (fields[2],), fields[3])


@MANY
@given(st.text(max_size=20) | TEXTS)
def test_folding_again_changes_nothing(some):
    assert fold(fold(some)) == fold(some)
    assert not any(character.isspace() and character != " " for character in fold(some))
    assert fold(some) == fold(some).strip()
    assert "  " not in fold(some)


def test_folding_again_changes_nothing_of_all_there_is():
    for start in range(0, sys.maxunicode + 1, 1024):
        folded = fold("".join(map(chr, range(start, start + 1024))))
        assert fold(folded) == folded
        folded.encode()


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
@given(st.data())
def test_any_part_of_chinese_is_found_however_it_is_written(data):
    plain, written = spelled(data, HAN, 2)
    start = data.draw(st.integers(0, len(plain) - 2))
    end = data.draw(st.integers(start + 2, len(plain)))
    document = within(data, "".join(written))
    assert is_found("".join(plain[start:end]), document)
    assert is_found("".join(written[start:end]), document)
    assert is_found("".join(plain[start:end]), within(data, " ".join(written)))


@MANY
@given(st.data())
def test_any_beginning_of_a_word_is_found_however_it_is_written(data):
    plain, written = spelled(data, LETTERS, 2)
    document = within(data, "".join(written))
    length = data.draw(st.integers(2, len(plain)))
    assert is_found("".join(plain[:length]), document)
    assert is_found("".join(written[:length]), document)
    assert is_found("".join(plain[:length]), within(data, "公寓" + "".join(written)))


@MANY
@given(DOCUMENTS, st.data())
def test_what_is_copied_from_a_shop_finds_it(document, data):
    copied = data.draw(st.sampled_from([document.name, document.name_en or "", *document.offerings, document.address]))
    if max(map(len, fold(copied).split()), default=0) > 1:
        assert is_found(copied, document)
    assert set(wanted(document.name).tokens) <= tokens_of(document)


@MANY
@given(DOCUMENTS)
def test_a_shop_has_no_more_tokens_than_characters(document):
    names = fold(document.name) + fold(document.name_en or "")
    assert len(tokens_of(document)) <= len(document.text) + len(names)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("髮廊", True), ("发廊", True), ("發", True), ("號", False), ("LANE", True), ("bar", True), ("arber", False),
        ("ｂａｒｂｅｒ", True), ("安福路12", True), ("福路", True), ("12号", True), ("2号", False), ("café", True), ("cafe", True),
        ("剪发 安福", True), ("剪发安福", False), ("安福 lane", True), ("洗护", True), ("剪发洗护", True), ("loft公寓", True),
        ("公寓", True), ("lof", True), ("弄堂 nothing", False), ("", True), ("安福路 12 号", True), ("12 号", True), ("号 弄", False),
        ("发廊loft", True), ("oft公寓", False), ("owner", True), ("owners", True), ("owner's", True), ("ownerss", False),
    ],
)  # fmt: skip
def test_a_barber(query, found):
    barber = Document("弄堂发廊 LOFT公寓", "Lane Barbers Café", ("剪髮·洗護", "Owner’s choice"), "安福路12號")
    assert wanted(query).matches(barber.text) is found
    if found and query:
        assert set(wanted(query).tokens) <= tokens_of(barber)


@pytest.mark.parametrize("nothing", ["", " ", "a", "·,", "😀", "\ud800", "\u202e", "1 b"])
def test_what_nobody_can_be_found_by_has_no_tokens(nothing):
    assert wanted(nothing).tokens == ()


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＣＡＦÉ  Ⅳ", "cafe iv"), ("cafe\u0301", "cafe"), ("ﬁne Straße", "fine strasse"), ("Łódź Øst İzmir Iğdır", "lodz ost izmir igdir"),
        ("臺北髮廊", "台北发廊"), ("ｶﾞｰﾄﾞ", "ガード"), ("\u1112\u1161\u11ab글", "한글"), ("理\u200b发\u3164店\ufe0f", "理发店"),
        ("1\ufe0f\u20e3号", "1号"), ("\u202eK\u200dTV\u00ad", "ktv"), ("剪发·洗护", "剪发 洗护"), ("McDonald's O’Neill 's", "mcdonalds o neill s"),
        ("Hawaiʻi", "hawaii"), ("a\ud800b😀c", "a b c"), ("-_/\n\t", ""), ("葛\U000e0101", "葛"), ("⼈㍿", "人株式会社"),
    ],
)  # fmt: skip
def test_folded(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("query", "tokens"),
    [
        ("剪发 lane's", ("剪发", "lanes")), ("Barbershop", ("barbe",)), ("loft公寓", ("t公", "公寓", "lof")), ("号", ("号",)),
        ("12 号 a", ("12",)), ("发 廊", ("发", "廊")), ("剪剪剪 a 剪", ("剪剪",)), ("号 1", ("号",)),
    ],
)  # fmt: skip
def test_what_a_query_can_be_looked_up_by(query, tokens):
    assert wanted(query).tokens == tokens


def test_how_many_tokens_shops_have():
    offerings = [
        "洗剪吹套",
        "单人烫发",
        "染发护理",
        "头皮养护",
        "儿童剪发",
        "男士造型",
        "接发编发",
        "新娘盘发",
        "生姜护理",
        "离子直发",
    ]
    usual = Document("木棉美发沙龙静安", "Mumian Hair Studio", tuple(offerings), "上海市静安区银铃路 751 号二层203室")
    assert len(tokens_of(usual)) == 69
    # All characters differ: pairs of 100 offerings of 100 characters, of the address and of the name, and its characters.
    han = "".join(chr(0x4E00 + at) for at in range(20_000) if fold(chr(0x4E00 + at)) == chr(0x4E00 + at))
    parts = tuple(han[at : at + 100] for at in range(0, 10_000, 100))
    widest = Document(han[10_000:10_100], None, parts, han[10_100:10_400])
    assert len(tokens_of(widest)) == 100 * 99 + 299 + 99 + 100


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
    for one, other in zip(table.TRADITIONAL, table.SIMPLIFIED, strict=True):
        assert unicodedata.category(one) == unicodedata.category(other) == "Lo"
        assert fold(one) == fold(other)
