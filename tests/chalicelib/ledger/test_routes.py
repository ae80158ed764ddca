from chalicelib import wiring
from chalicelib.kit.wire import rfc3339
from chalicelib.ledger import use_cases
from chalicelib.ledger.rules import HELD
from tests.api import ADMIN, MERCHANT, call
from tests.chalicelib.ledger.test_use_cases import DAY, HOUR, START, book

BALANCE, ONE = "/v1/admin/ledger/trial-balance", "/v1/admin/ledger/transactions/{transaction_id}"
ORDER = "/v1/admin/ledger/orders/{order_id}"


def at(moment):
    answer = call("GET", BALANCE, actor=ADMIN, query={"at": rfc3339(moment)})
    assert answer.status == 200
    return {one["currency"]: (one["accounts"].get(HELD, 0), one["total"]) for one in answer.json["items"]}


def test_admins_read_the_books_now_and_as_they_stood(clock):
    book(1, START)
    clock.move(days=2)
    use_cases.close(wiring.ledger(), (START + DAY).date())
    book(2, START + DAY * 2, currency="JPY", amount=7)
    now = call("GET", BALANCE, actor=ADMIN)
    assert [(one["currency"], one["total"]) for one in now.json["items"]] == [("CNY", 0), ("JPY", 0)]
    assert at(START) == {"CNY": (0, 0)}
    assert at(START + HOUR) == {"CNY": (-100, 0)}
    clock.move(hours=2)
    assert at(START + DAY * 2 + HOUR) == at(START + DAY * 900) == {"CNY": (-100, 0), "JPY": (-7, 0)}


def test_moments_that_nobody_can_tell_of(clock):
    for text in ("yesterday", "2030-05-01", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
        answer = call("GET", BALANCE, actor=ADMIN, query={"at": text})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "at")


def test_admins_read_a_transaction_and_those_of_an_order(clock):
    from tests.chalicelib.ledger.test_store import capture

    use_cases.book(wiring.ledger(), capture(1))
    found = call("GET", ONE, actor=ADMIN, transaction_id="capture:pay_1")
    assert [entry["amount"] for entry in found.json["entries"]] == [10_000, -10_000]
    assert call("GET", ONE, actor=ADMIN, transaction_id="capture%3Apay_1").json == found.json
    assert call("GET", ONE, actor=ADMIN, transaction_id="capture:pay_2").status == 404
    assert call("GET", ORDER, actor=ADMIN, order_id="ord_1").json == {"items": [found.json]}
    assert call("GET", ORDER, actor=ADMIN, order_id="ord_2").json == {"items": []}


def test_the_books_are_for_admins(clock):
    for route, path in ((BALANCE, {}), (ONE, {"transaction_id": "x"}), (ORDER, {"order_id": "x"})):
        assert call("GET", route, actor=MERCHANT, **path).status == 403
        assert call("GET", route, **path).status == 401
