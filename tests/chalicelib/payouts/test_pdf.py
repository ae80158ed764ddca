"""Documents read back and drawn by PDFium: everything stands there, on every page, inside the margins."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
import uharfbuzz
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.payouts.gateways import pdf_pages
from chalicelib.payouts.gateways.pdf import PdfDocuments
from chalicelib.payouts.gateways.pdf_layout import LEFT, wrapped
from chalicelib.payouts.gateways.pdf_pages import WIDTH, printable, typeface
from chalicelib.payouts.rules.documents import Paid, Party, Statement, invoice
from chalicelib.settlement.ports import Due, DueKind, Settlement, SettlementState
from chalicelib.settlement.rules import sums

AT = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # the 23rd in Shanghai
DOCUMENTS = PdfDocuments("Linli 邻里")
LONG = "静安寺旗舰店·" * 30 + "(a very long name of a branch) " * 8


def statement(lines=3, *, name="邻里理发店", paid=True, currency="CNY", gross=12_345_67):
    dues = tuple(
        Due(
            f"lin_{n}", list(DueKind)[n % len(DueKind)], "shop_1", currency, AT + timedelta(minutes=n), f"ord_{n}",
            f"lin_{n}", f"pay_{n}", gross=gross + n, commission=98, tax=6, settlement_id="set_1",
        )
        for n in range(lines)
    )  # fmt: skip
    total = sums(dues)
    about = Settlement("set_1", "shop_1", currency, "2026-11-23", total, SettlementState.POSTED)
    payout = Paid("po_1", total.payable, AT + timedelta(days=2), "ICBC-7731") if paid and lines else None
    closing = total.payable - (payout.amount if payout else 0)
    return Statement("shop_1", name, about, dues, 0, payout, closing, "Asia/Shanghai")


def monthly(gross=1, seller="邻里信息技术有限公司", **amounts):
    amounts = amounts or {"commission": 800_00, "fixed_fee": 1_50, "tax": 48_09}
    due = Due("lin_1", DueKind.SERVICE, "shop_1", "CNY", AT, gross=gross, **amounts)
    parties = {"seller": Party(seller, ("上海市静安区", "200040"), "TAX-1"), "buyer": Party("理发店")}
    return invoice("shop_1", "2026-11", "CNY", [due], issued_on=date(2026, 12, 1), **parties)


@contextmanager
def opened(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def texts(pdf):
    """Return what a reader finds on each page."""
    with opened(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def drawn(pdf, page=0):
    """Return a page as grey pixels, rows of bytes, one a point."""
    with opened(pdf) as document:
        bitmap = document[page].render(grayscale=True)
        pixels, stride = bytes(bitmap.buffer), bitmap.stride
        return [pixels[row * stride : row * stride + bitmap.width] for row in range(bitmap.height)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ["结算单", "期初余额", "已打款", "服务收入", "合计", "第 1 页，共 1 页", "银行流水号：ICBC-7731"]),
        ("en", ["Settlement statement", "Opening balance", "Paid out", "No-show fee", "Total", "Page 1 of 1"]),
    ],
)
def test_a_statement_says_everything_in_the_readers_language(language, words):
    (text,) = texts(DOCUMENTS.statement(statement(), language))
    for word in [
        *words,
        "邻里理发店",
        "lin_2",
        "ord_2",
        "pay_2",
        "2026-11-23 01:32",
        "12,345.69",
        "CNY 0.00",
        "37,033.92",
    ]:
        assert word in text


def test_a_long_statement_has_its_head_and_number_on_every_page():
    made = statement(130)
    pages = texts(DOCUMENTS.statement(made, "en"))
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
        assert "Commission" in text
    whole = "\n".join(pages)
    assert all(len(re.findall(rf"\b{due.id}\b", whole)) == 1 for due in made.dues)


def test_equal_content_is_equal_bytes():
    assert DOCUMENTS.statement(statement(40), "zh-CN") == PdfDocuments("Linli 邻里").statement(statement(40), "zh-CN")
    assert DOCUMENTS.statement(statement(40), "zh-CN") != DOCUMENTS.statement(statement(41), "zh-CN")


def test_what_was_not_paid_is_carried():
    (text,) = texts(DOCUMENTS.statement(statement(1, paid=False), "en"))
    assert "CNY 12,344.63 is carried forward" in text
    (empty,) = texts(DOCUMENTS.statement(statement(0), "zh-CN"))
    assert "CNY 0.00 结转至下期" in empty


@pytest.mark.parametrize(("currency", "written"), [("JPY", "1,234,567"), ("KWD", "1,234.567")])
def test_amounts_have_the_currencys_places(currency, written):
    (text,) = texts(DOCUMENTS.statement(statement(1, currency=currency, gross=1_234_567), "en"))
    assert written in text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_runs_out_of_the_margins(language):
    made = statement(4, name=LONG, gross=98_765_432_109_87, paid=False)
    for pdf in (DOCUMENTS.statement(made, language), DOCUMENTS.invoice(monthly(seller=LONG), language)):
        rows = drawn(pdf)
        left, right = int(LEFT) - 2, int(WIDTH - LEFT) + 3
        assert all(set(row[:left]) | set(row[right:]) == {255} for row in rows)
        assert sum(min(row) < 128 for row in rows) > 100
        with opened(pdf) as document:
            text = document[0].get_textpage()
            rights = [text.get_rect(index)[2] for index in range(text.count_rects())]
        assert max(rights) < WIDTH - LEFT + 1


def test_characters_are_drawn_and_not_boxes():
    """Each character looks like itself; one that the typeface lacks is a box, and still is what it is when copied."""
    pictures = {name: drawn(DOCUMENTS.statement(statement(1, name=name), "en")) for name in "邻里囗喆\U0002b740"}
    assert len({b"".join(picture) for picture in pictures.values()}) == len(pictures)
    (text,) = texts(DOCUMENTS.statement(statement(1, name="\U0002b740\U0002b741"), "en"))
    assert "\U0002b740\U0002b741" in text


def test_a_character_is_drawn_the_same_whatever_was_written_before_it():
    made = statement(2)
    one, other = (drawn(PdfDocuments(brand).statement(made, "zh-CN")) for brand in ("邻里", "tsil 结 0123 订单"))
    assert one[:110] != other[:110]
    assert one[110:] == other[110:]


def test_the_font_that_is_cut_down_has_the_same_outlines():
    chars = "里Z邻a\U0002b7400"
    data, glyphs = pdf_pages._cut(typeface(), chars)
    cut, whole = uharfbuzz.Font(uharfbuzz.Face(data)), typeface().font
    for char, glyph in zip(chars, glyphs, strict=True):
        known = whole.get_nominal_glyph(ord(char)) or 0
        assert cut.get_glyph_extents(glyph) == whole.get_glyph_extents(known), char
        assert bool(glyph) == bool(known)
    assert len(data) < 5_000


def test_what_no_printer_knows_harms_nothing():
    (text,) = texts(DOCUMENTS.statement(statement(1, name="a\x00b\u202e c\ud800)\\(d"), "en"))
    assert "a b c )\\(d" in " ".join(text.split())


def test_an_invoice_says_who_what_and_that_it_is_settled():
    made = monthly()
    (text,) = texts(DOCUMENTS.invoice(made, "zh-CN"))
    for word in (made.number, "服务费账单", "邻里信息技术有限公司", "TAX-1", "801.50", "CNY 849.59", "无需另行支付"):
        assert word in text
    (text,) = texts(DOCUMENTS.invoice(monthly(commission=-1_00, tax=-6), "en"))
    assert "Credit note" in text
    assert "CNY -1.06" in text


def test_the_typeface_has_what_people_write():
    font, face = typeface().font, typeface()
    common = [chr(code) for code in range(0x4E00, 0xA000) if _is_gb2312(chr(code))]
    lacking = [char for char in common if not font.get_nominal_glyph(ord(char))]
    assert len(common) == 6763
    assert len(lacking) <= 33  # rare ones, such as 齄
    for char in "、。《》（）·—…￥¥€£₫éüßñ喆堃珺祎頔灣龍":
        assert font.get_nominal_glyph(ord(char)), char
    assert face.advance("里") == 1000


def _is_gb2312(char):
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@given(st.text(st.sampled_from("邻里，。（）ab c1-_") | st.characters(), max_size=80), st.floats(20, 300))
@settings(max_examples=100, deadline=None)
def test_a_wrapped_text_fits_and_loses_nothing(text, width):
    lines = wrapped(typeface(), text, 8, width)
    assert "".join("".join(lines).split()) == "".join(printable(text).split())
    assert all(typeface().width(line, 8) <= width or len(line) == 1 for line in lines)


def test_a_line_begins_with_no_full_stop_and_ends_with_no_opening_bracket():
    width = typeface().width("邻里邻里", 8)
    assert wrapped(typeface(), "邻里邻里。邻里邻（里）", 8, width) == ["邻里邻", "里。邻里", "邻（里）"]
    assert wrapped(typeface(), "one two", 8, typeface().width("two", 8)) == ["one", "two"]


def test_a_statement_of_another_name_is_another_file():
    made = statement(1)
    assert DOCUMENTS.statement(made, "en") != DOCUMENTS.statement(replace(made, merchant_name="别的店"), "en")
