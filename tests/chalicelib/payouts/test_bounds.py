"""What payouts do not do for anybody: for an admin's own money, and what no request has the time for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.payouts.rules import PayoutState
from chalicelib.payouts.use_cases import documents
from chalicelib.settlement import use_cases as settlement
from tests.api import ADMIN, MERCHANT, call, working_for
from tests.chalicelib.payouts.world import ADMIN_2, BANK, CONNECT, ME

PAYOUTS = "/v1/admin/payouts"
STATEMENT, INVOICE = "/v1/me/settlements/{settlement_id}/statement", "/v1/me/invoices/{month}/{currency}"


def bank_says(payout, outcome, actor):
    body = {"outcome": outcome, "reference": "BK1"}
    return call("POST", PAYOUTS + "/{payout_id}/settled", actor=actor, body=body, payout_id=payout.id)


def test_no_admin_says_what_the_bank_did_with_their_own_money(world):
    world.agree(BANK)
    world.sell(500)
    world.pay(*world.settle())
    [payout] = world.payouts()
    owner = replace(ADMIN_2, account_id=ME)
    call("POST", PAYOUTS + "/batches", actor=ADMIN, body={"currency": "CNY", "format": "csv"})
    assert {bank_says(payout, "paid", one).status for one in (owner, working_for(MERCHANT, ADMIN_2))} == {403}
    assert bank_says(payout, "paid", ADMIN).status == 200
    assert bank_says(payout, "returned", owner).status == 403
    assert world.payouts()[0].state == PayoutState.PAID


def test_no_file_waits_for_a_day_that_nobody_meant(world):
    world.agree(BANK)
    world.sell(500)
    world.pay(*world.settle())
    today = world.clock.now().date()
    wish = {"currency": "CNY", "format": "csv"}
    for date in ("9999-12-31", str(today + timedelta(days=61))):
        answer = call("POST", PAYOUTS + "/batches", actor=ADMIN, body=wish | {"execute_on": date})
        assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (422, ["execute_on"])
    assert world.payouts()[0].state == PayoutState.READY
    soon = call("POST", PAYOUTS + "/batches", actor=ADMIN, body=wish | {"execute_on": str(today + timedelta(days=60))})
    assert soon.status == 201


def test_what_has_more_lines_than_a_request_can_write_is_refused_before_they_are_read(world, monkeypatch):
    world.agree(CONNECT)
    world.sell(100)
    [message] = world.settle()
    world.clock.move(days=40)
    monkeypatch.setattr(settlement, "dues_in", lambda *_: pytest.fail("read"))
    monkeypatch.setattr(documents, "_MOST_LINES", 0)
    monkeypatch.setattr(documents, "_MOST_BILLED", 0)
    asked, path = {"Accept": "application/pdf"}, {"settlement_id": message.payload["settlement_id"]}
    answers = [
        call("GET", STATEMENT + ".csv", actor=MERCHANT, **path),
        call("GET", STATEMENT + ".pdf", actor=MERCHANT, headers=asked, **path),
        call("GET", INVOICE, actor=MERCHANT, headers=asked, month="2030-05", currency="CNY"),
    ]
    assert [(one.status, one.json["code"]) for one in answers] == [(409, "too-many-lines")] * 3
    assert wiring.settlement().store.settlement(ME, path["settlement_id"]).sums.lines == 1
