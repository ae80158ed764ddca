"""Writes a merchant's documents as they look, and what they cost to make.

    make statement-sample

A statement of 120 dues and an invoice in both languages go to `.local/figures/` as PDF, CSV and, page by page, PNG; the
statement's first page also to `docs/images/`, smaller: equal code, equal bytes.
Figures: median of 5 runs in this process after the first; the first one also loads libraries and font.
"""

import statistics
import struct
import sys
import time
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import cycle

import pypdfium2  # type: ignore[import-untyped]

from chalicelib.kit.ids import derived_id
from chalicelib.payouts.rules.documents import Invoice, Paid, Party, Statement, invoice, statement_csv
from chalicelib.settlement.ports import Due, DueKind, Settlement, SettlementState, Share
from chalicelib.settlement.rules import earned, settlement_id, sums, taken_back
from infra.local.environments import ROOT

FIGURES = ROOT / ".local" / "figures"
PICTURE = ROOT / "docs" / "images" / "statement.png"
LARGE, SMALL = 2, 1.25  # pixels a point
MERCHANT = derived_id("shop", "sample")
SHARE = Share(commission_bps=800, fixed_fee=50, tax_bps=600)
START = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
NAME = "邻里理发·静安寺旗舰店 (Linli Barbers & Spa, Jing'an)"
SELLER = Party(
    "邻里(上海)信息技术有限公司", ("上海市静安区南京西路 1266 号恒隆广场 38 层", "200040"), "91310106MA1FY0000X"
)
BUYER = Party("上海静安邻里理发有限公司", ("上海市静安区愚园路 172 号环球世界大厦 B 座 2605 室",), "91310106MA1FY1111Y")


def statement(lines: int) -> Statement:
    """Return a statement in which every kind of due occurs."""
    about = settlement_id("2026-11-23", "CNY")
    dues = [_due(index, kind, about) for index, kind in zip(range(lines), cycle(_KINDS), strict=False)]
    total = sums(dues)
    settlement = Settlement(about, MERCHANT, "CNY", "2026-11-23", total, SettlementState.PAID_OUT, "po_1")
    opening = 1_250_00
    payout = Paid(derived_id("po", about), opening + total.payable, START + timedelta(days=2), "ICBC20261125-0007731")
    return Statement(MERCHANT, NAME, settlement, tuple(dues), opening, payout, 0, "Asia/Shanghai")


_KINDS = (*[DueKind.SERVICE] * 8, *DueKind)


def _due(index: int, kind: DueKind, about: str) -> Due:
    line, order, payment = (derived_id(prefix, str(index)) for prefix in ("lin", "ord", "pay"))
    gross = 88_00 + index * 1_37
    due = Due(
        line, kind, MERCHANT, "CNY", START + timedelta(minutes=7 * index), order, line, payment,
        gross=gross, platform_discount=5_00 if index % 4 == 0 else 0, settlement_id=about,
    )  # fmt: skip
    if kind == DueKind.SUBSCRIPTION:
        return Due(f"sub:{index}", kind, MERCHANT, "CNY", due.due_at, fixed_fee=199_00, tax=11_94, settlement_id=about)
    if kind in {DueKind.RESERVE, DueKind.RESERVE_RELEASED, DueKind.PAYOUT_RETURNED}:
        sign = 1 if kind == DueKind.RESERVE else -1
        return Due(f"{kind}:{index}", kind, MERCHANT, "CNY", due.due_at, reserved=sign * 40_00, settlement_id=about)
    if kind in {DueKind.REFUND, DueKind.DISPUTE}:
        back = Due(
            f"{kind}:{derived_id('ref', str(index))}", kind, MERCHANT, "CNY", due.due_at, order, line, payment,
            gross=-30_00, settlement_id=about,
        )  # fmt: skip
        return taken_back(back, SHARE, base=gross)
    return earned(due, SHARE)


def monthly(of: Statement) -> Invoice:
    """Return the invoice for what a statement's dues were charged."""
    return invoice(
        MERCHANT, "2026-11", "CNY", of.dues, seller=SELLER, buyer=BUYER, issued_on=date(2026, 12, 1)
    )  # fmt: skip


def _draw(pdf: bytes, stem: str) -> int:
    """Write a file and a picture of each of its pages; return how many there are."""
    (FIGURES / f"{stem}.pdf").write_bytes(pdf)
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document, 1):
        (FIGURES / f"{stem}-{number}.png").write_bytes(_png(page, LARGE))
    pages = len(document)
    document.close()
    return pages


def _picture(pdf: bytes) -> None:
    """Write the picture of a file's first page that README shows."""
    document = pypdfium2.PdfDocument(pdf)
    PICTURE.write_bytes(_png(document[0], SMALL))
    document.close()


def _png(page: pypdfium2.PdfPage, scale: float) -> bytes:
    """Return a page as a picture (PNG, ISO 15948) of red, green and blue."""
    drawn = page.render(scale=scale, rev_byteorder=True)
    width, height, stride, pixels = drawn.width, drawn.height, drawn.stride, drawn.buffer

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(pixels[row * stride : row * stride + 3 * width]) for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _timed(make: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    make()
    return (time.perf_counter() - started) * 1000


def main() -> int:
    """Write the samples and print the figures."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    from chalicelib.payouts.gateways.pdf import PdfDocuments  # its import is one of the figures

    imported = (time.perf_counter() - started) * 1000
    documents = PdfDocuments("Linli 邻里")
    sample = statement(120)
    first = _timed(lambda: documents.statement(sample, "zh-CN"))
    print(f"import {imported:.0f} ms, first statement {first:.0f} ms")
    for language in ("zh-CN", "en"):
        for name, pdf in (
            ("statement", documents.statement(sample, language)),
            ("invoice", documents.invoice(monthly(sample), language)),
        ):
            print(f"{name} {language}: {_draw(pdf, f'{name}-{language}')} pages, {len(pdf) / 1000:.0f} kB")
    for lines in (20, 120, 1000, 5000):
        made = statement(lines)
        make = partial(documents.statement, made, "zh-CN")
        took = statistics.median(_timed(make) for _ in range(5))
        print(f"statement of {lines} dues: {took:.0f} ms, {len(make()) / 1000:.0f} kB")
    _picture(documents.statement(sample, "en"))
    (FIGURES / "statement.csv").write_text(statement_csv(sample), encoding="utf-8", newline="")
    print(f"see {FIGURES.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
