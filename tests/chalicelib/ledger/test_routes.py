from datetime import UTC, datetime

from chalicelib import wiring
from chalicelib.ledger import use_cases
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.ledger.test_use_cases import accrue

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


def test_a_merchant_reads_settlements_page_by_page(tables):
    for day in (1, 2, 3):
        accrue(day, at=NOW.replace(day=day))
        use_cases.settle(wiring.ledger(), NOW.replace(day=day, hour=20))
    first = call("GET", "/v1/me/settlements", actor=MERCHANT, query={"limit": 2})
    assert first.status == 200
    assert [item["period"] for item in first.json["items"]] == ["2030-05-03", "2030-05-02"]
    cursor = first.json["next_cursor"]
    second = call("GET", "/v1/me/settlements", actor=MERCHANT, query={"limit": 2, "cursor": cursor})
    assert [item["period"] for item in second.json["items"]] == ["2030-05-01"]
    assert second.json["next_cursor"] is None
    stolen = call("GET", "/v1/me/settlements", actor=OTHER, query={"cursor": cursor})
    assert (stolen.status, stolen.json["errors"][0]["field"]) == (422, "cursor")


def test_a_statement_has_every_line(tables):
    accrue(1)
    use_cases.settle(wiring.ledger(), NOW)
    route, settlement = "/v1/me/settlements/{settlement_id}", "set_20300501_cny"
    statement = call("GET", route, actor=MERCHANT, settlement_id=settlement)
    assert statement.json["settlement"]["payable"] == statement.json["lines"][0]["payable"] == 9_200
    assert call("GET", route, actor=OTHER, settlement_id=settlement).status == 404
    assert call("GET", route, actor=CUSTOMER, settlement_id=settlement).status == 403


def test_a_merchant_reads_the_balance(tables):
    accrue(1)
    items = call("GET", "/v1/me/balance", actor=MERCHANT).json["items"]
    assert items == [{"currency": "CNY", "settled": 0, "waiting": 9_200}]


def test_admins_read_the_books(tables):
    accrue(1)
    books = call("GET", "/v1/admin/ledger/trial-balance", actor=ADMIN)
    assert [(one["currency"], one["total"]) for one in books.json["items"]] == [("CNY", 0)]
    route = "/v1/admin/ledger/transactions/{transaction_id}"
    found = call("GET", route, actor=ADMIN, transaction_id="capture:pay_1")
    assert [entry["amount"] for entry in found.json["entries"]] == [10_000, -10_000]
    assert call("GET", route, actor=ADMIN, transaction_id="capture%3Apay_1").json == found.json
    assert call("GET", route, actor=ADMIN, transaction_id="capture:pay_2").status == 404
    assert call("GET", "/v1/admin/ledger/trial-balance", actor=MERCHANT).status == 403
    assert call("GET", "/v1/admin/ledger/trial-balance").status == 401
