from dataclasses import replace
from datetime import timedelta

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from chalicelib.kit.clock import iso
from chalicelib.kit.wire import rfc3339
from chalicelib.settlement.ports import Terms
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told, working_for
from tests.chalicelib.settlement.world import FIRST, NOW, RUN, M, accrue, agree, pay_out, settle

LIST, ONE, TERMS = "/v1/me/settlements", "/v1/me/settlements/{settlement_id}", "/v1/admin/merchants/{merchant_id}/terms"
SHOWN = "*" * 18 + "3000"
BANK = {"holder": "阿玲", "number": "DE89370400440532013000", "bank": "COBADEFF", "country": "DE"}
NEW = {
    "zone": "Asia/Beirut", "period": "weekly", "delay_days": 7, "commission_bps": 500,
    "tiers": {"CNY": [{"volume": 100_000, "commission_bps": 400}]}, "fixed_fee": {"CNY": 30},
    "subscription": {"JPY": 600, "CNY": 0}, "tax_bps": 600, "tax_included": True, "minimum": {"CNY": 1_000}, "reserve_bps": 500,
    "reserve_days": 14, "route": "bank", "connect_account": "acct_1", "bank": BANK, "reverse": True,
}  # fmt: skip


def put(version=0, actor=ADMIN, reason="signed on paper", **changes):
    body = {**NEW, "version": version, "reason": reason, **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return call("PUT", TERMS, actor=actor, body=body, merchant_id=M)


def test_a_merchant_reads_settlements_page_by_page(clock):
    for days in range(3):
        accrue(days, at=NOW + timedelta(days=days))
        settle(RUN + timedelta(days=days))
    pay_out()
    first = call("GET", LIST, actor=MERCHANT, query={"limit": 2})
    assert first.status == 200
    assert [(item["period"], item["state"]) for item in first.json["items"]] == [
        ("2030-05-03", "posted"),
        ("2030-05-02", "posted"),
    ]
    cursor = first.json["next_cursor"]
    second = call("GET", LIST, actor=MERCHANT, query={"limit": 2, "cursor": cursor})
    assert [(item["period"], item["payout_id"]) for item in second.json["items"]] == [("2030-05-01", "po_1")]
    assert second.json["next_cursor"] is None
    stolen = call("GET", LIST, actor=OTHER, query={"cursor": cursor})
    assert (stolen.status, stolen.json["errors"][0]["field"]) == (422, "cursor")


def test_a_statement_has_every_line_page_by_page(clock):
    agree(reserve_bps=1000, subscription={"CNY": 100})
    for number in range(5):
        accrue(number, discount=number)
    settle()
    lines, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = call("GET", ONE, actor=MERCHANT, query=query, settlement_id=FIRST).json
        lines += page["lines"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {line["kind"] for line in lines} == {"service", "reserve", "subscription"}
    assert page["settlement"]["lines"] == len(lines) == len({line["id"] for line in lines}) == 7
    sums = ("gross", "platform_discount", "commission", "fixed_fee", "tax", "reserved", "payable")
    assert {name: page["settlement"][name] for name in sums} == {
        name: sum(line[name] for line in lines) for name in sums
    }
    assert [line["due_at"] for line in lines] == sorted(line["due_at"] for line in lines)


def test_a_statement_is_the_merchants_own(clock):
    accrue(1)
    settle()
    statement = call("GET", ONE, actor=MERCHANT, settlement_id=FIRST)
    assert statement.json["settlement"]["payable"] == statement.json["lines"][0]["payable"] == 9_200
    assert call("GET", ONE, actor=OTHER, settlement_id=FIRST).status == 404
    assert call("GET", ONE, actor=CUSTOMER, settlement_id=FIRST).status == 403
    assert call("GET", ONE, settlement_id=FIRST).status == 401


def test_a_merchant_reads_the_balance(clock):
    agree(reserve_bps=1000, reserve_days=5)
    accrue(1)
    route = "/v1/me/balance"
    assert call("GET", route, actor=MERCHANT).json["items"] == [
        {"currency": "CNY", "settled": 0, "waiting": 9_200, "reserved": 0}
    ]
    settle()
    accrue(2, currency="JPY", at=RUN)
    assert call("GET", route, actor=MERCHANT).json["items"] == [
        {"currency": "CNY", "settled": 8_280, "waiting": 0, "reserved": 920},
        {"currency": "JPY", "settled": 0, "waiting": 9_200, "reserved": 0},
    ]
    assert call("GET", route, actor=OTHER).json["items"] == []
    assert call("GET", route, actor=CUSTOMER).status == 403


def test_an_admin_agrees_on_terms_and_the_audit_log_knows_why(clock):
    before = call("GET", TERMS, actor=ADMIN, merchant_id=M)
    assert (before.json["version"], before.json["commission_bps"], before.json["route"]) == (0, 800, "none")
    made = put()
    expected = {**NEW, "bank": {**BANK, "number": SHOWN}, "version": 1, "subscribed": {"JPY": "2030-05"}}
    expected["bank_since"] = rfc3339(wiring.clock().now())
    assert (made.status, made.json) == (200, expected)
    assert call("GET", TERMS, actor=ADMIN, merchant_id=M).json == expected
    assert call("GET", "/v1/me/terms", actor=MERCHANT).json == expected
    [noted] = audit.read(wiring.audit(), f"merchant:{M}", None, None, 10).items
    assert (noted.entry.actor_id, noted.entry.reason) == (ADMIN.account_id, "signed on paper")
    assert noted.entry.details["version"] == 1
    assert set(noted.entry.details["changed"].split()) == {*expected} - {"bank_since"}
    assert "DE8937" not in str(noted.entry)
    clock.move(days=60)
    later = put(version=1, subscription={"JPY": 1, "CNY": 2}, commission_bps=1, bank={**BANK, "number": SHOWN})
    assert wiring.settlement().store.terms(M).bank.number == BANK["number"]
    assert later.json["subscribed"] == {"JPY": "2030-05", "CNY": "2030-07"}
    assert (later.json["version"], later.json["bank_since"]) == (2, expected["bank_since"])
    newest = audit.read(wiring.audit(), f"merchant:{M}", None, None, 1).items[0]
    assert newest.entry.details["changed"] == "commission_bps subscription subscribed version"


def test_a_merchant_hears_where_their_money_goes_from_now_on(clock):
    put()
    put(version=1, commission_bps=1, bank={**BANK, "number": SHOWN})
    put(version=2, route="connect")
    put(version=3, route="none")
    put(version=4, connect_account="acct_other", route="connect")
    cooled = wiring.clock().now() + timedelta(days=1)
    heard = {(one.type, one.payload["end"], one.payload["held_until"]) for one in told()}
    assert heard == {
        ("account.bank", "3000", iso(cooled)),
        ("account.connect", "ct_1", None),
        ("account.connect", "ther", None),
    }


def test_a_masked_number_is_the_one_that_stands_or_none(clock):
    for version, number in ((0, SHOWN), (1, "*" * 18 + "3001"), (1, "*" * 17 + "3000"), (1, "DE89**********3000")):
        answer = put(version=version, bank={**BANK, "number": number})
        assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, ["bank.number"]), number
        if version == 0:
            put()
    assert put(version=1, bank={**BANK, "number": "DE0000000000000003000"}).json["bank"]["number"] == "*" * 17 + "3000"
    assert put(version=2, bank={**BANK, "number": "1234"}).json["bank"]["number"] == "**34"
    assert wiring.settlement().store.terms(M).bank.number == "1234"


def test_nobody_agrees_on_terms_with_themselves(clock):
    themselves = replace(ADMIN, account_id=M)
    assert {put(actor=one).status for one in (themselves, working_for(themselves, ADMIN))} == {403}
    assert wiring.settlement().store.terms(M) is None


def test_terms_that_somebody_changed_in_the_meantime_are_read_again_first(clock):
    assert put(version=1).status == 409
    assert put().status == 200
    assert put().status == 409
    assert put(version=2).status == 409
    assert put(version=1).status == 200
    assert len(audit.read(wiring.audit(), f"merchant:{M}", None, None, 10).items) == 2


WRONG = [
    ({"zone": "Atlantis/Poseidonis"}, "zone"),
    ({"zone": "America"}, "zone"),
    ({"zone": "../etc/passwd"}, "zone"),
    ({"zone": ""}, "zone"),
    ({"fixed_fee": {"cny": 1}}, "fixed_fee"),
    ({"fixed_fee": {"CNYX": 1}}, "fixed_fee"),
    ({"minimum": {"CNY": -1}}, "minimum"),
    ({"subscription": {"CNY": 1.5}}, "subscription"),
    ({"tiers": {"C": []}}, "tiers"),
    ({"tiers": {"CNY": [{"volume": 1, "commission_bps": 10_001}]}}, "tiers"),
    ({"tiers": {"CNY": [{"volume": 1, "commission_bps": 1}] * 2}}, "tiers"),
    ({"tiers": {"CNY": [{"volume": number, "commission_bps": 1} for number in range(21)]}}, "tiers"),
    ({"minimum": {f"C{a}{b}": 1 for a in "ABC" for b in "ABCDEFG"}}, "minimum"),
    ({"commission_bps": -1}, "commission_bps"),
    ({"tax_bps": 10_001}, "tax_bps"),
    ({"period": "hourly"}, "period"),
    ({"delay_days": -1}, "delay_days"),
    ({"reserve_days": 0}, "reserve_days"),
    ({"route": "cash"}, "route"),
    ({"route": "connect", "connect_account": None}, "connect_account"),
    ({"route": "connect", "connect_account": "acc_1"}, "connect_account"),
    ({"route": "bank", "bank": None}, "bank"),
    ({"bank": {**BANK, "number": "x"}}, "bank"),
    ({"bank": {**BANK, "holder": "阿\u202e玲"}}, "bank"),
    ({"bank": {**BANK, "holder": "阿\u200f玲"}}, "bank"),
    ({"bank": {**BANK, "holder": "阿\u200b玲"}}, "bank"),
    ({"bank": {**BANK, "holder": "\ufeff"}}, "bank"),
    ({"reason": ""}, "reason"),
    ({"reason": ...}, "reason"),
    ({"version": ...}, "version"),
    ({"version": 10**40}, "version"),
    ({"subscribed": {"JPY": "2020-01"}}, "subscribed"),
]  # fmt: skip


def test_terms_that_do_not_go_together(clock):
    for changes, field in WRONG:
        answer = put(**changes)
        assert answer.status == 422, changes
        assert [error["field"].split(".")[0] for error in answer.json["errors"]] == [field], changes
    assert wiring.settlement().store.terms(M) is None


def test_terms_are_for_admins_to_change_and_for_the_merchant_to_read(clock):
    for actor in (MERCHANT, CUSTOMER):
        assert put(actor=actor).status == 403
        assert call("GET", TERMS, actor=actor, merchant_id=M).status == 403
    assert put(actor=None).status == 401
    assert call("GET", "/v1/me/terms", actor=CUSTOMER).status == 403
    assert call("GET", "/v1/me/terms", actor=MERCHANT).json["version"] == 0


def test_where_the_tax_lies_stays_as_it_stands_unless_it_is_said(clock):
    """A client that does not know of it would change the price otherwise, and nobody would see it."""
    assert put(version=0, tax_included=True).json["tax_included"] is True
    kept = put(version=1, tax_included=...)
    assert (kept.status, kept.json["tax_bps"], kept.json["tax_included"]) == (200, 600, True)
    assert put(version=2, tax_included=False).json["tax_included"] is False
    assert put(version=3, tax_included=...).json["tax_included"] is False


def test_what_is_left_out_is_as_if_nobody_spoke_of_it(clock):
    few = dict.fromkeys(NEW.keys() - {"zone", "period", "delay_days", "commission_bps"}, ...)
    assert put(**few).status == 200
    stands = wiring.settlement().store.terms(M)
    said = {"zone": "Asia/Beirut", "period": "weekly", "delay_days": 7, "commission_bps": 500, "version": 1}
    assert vars(stands) == {**vars(Terms()), **said}
