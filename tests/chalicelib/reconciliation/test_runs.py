"""Nights after days of real money: nothing is found where nothing is wrong, and each thing that is, once."""

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import Invalid
from chalicelib.payments.rules import RefundState
from chalicelib.reconciliation import events, use_cases
from chalicelib.reconciliation.ports import CaseState
from chalicelib.settlement import use_cases as settlement
from tests.api import ADMIN, MERCHANT, call
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, pay, row, state, work
from tests.chalicelib.reconciliation.world import (
    DAY,
    balance,
    cases,
    figures,
    kinds,
    leap,
    moved,
    night,
    nights,
    ports,
)
from tests.fakes.provider import FakeProvider
from tests.world import hold, open_shop

EVENT = Path(__file__).parents[2] / "events" / "reconciliation-run.json"


def give_back(order, amount):
    """The merchant gives some of a line's money back."""
    (line,) = order["lines"]
    body = {"lines": [{"line_id": line["id"], "amount": amount}], "reason": "sorry"}
    answer = call("POST", "/v1/orders/{order_id}/refunds", actor=MERCHANT, body=body, order_id=order["id"])
    assert answer.status == 201, answer.text


def test_a_clean_day_finds_nothing_and_books_what_the_provider_kept(provider, clock):
    with pytest.raises(Invalid):  # it is not over
        use_cases.run(ports(), DAY)
    provider.fee_bps = 100
    shop = open_shop(staff=3)
    orders = [hold(shop, hours) for hours in (24, 25)]
    for order in orders:
        paid(provider, order)
    cancel(orders[1])
    work("order.refund_due")
    report = night(clock)
    assert report.done
    assert cases() == ()
    assert figures(report) == {"checked": 3, "matched": 3, "fees": 200}
    assert figures(report, "orders") == {"checked": 2, "matched": 2}
    assert (balance("provider:stripe"), balance("platform:provider-fees")) == (9_800, 200)
    event = json.loads(EVENT.read_text())
    assert events.run({**event, "as_of": "2030-05-02T20:30:00Z"}, None) == {str(DAY): True}
    assert figures(use_cases.report(ports(), DAY)) == figures(report)
    assert balance("platform:provider-fees") == 200


def test_days_of_services_refunds_and_disputes_are_clean(provider, clock):
    shop = open_shop(staff=3)
    served, disputed, kept = (hold(shop, hours) for hours in (24, 24, 48))
    payments = [paid(provider, order) for order in (served, disputed, kept)]
    assert night(clock).done
    clock.move(hours=-12)
    for order in (served, disputed):
        complete(order, clock)
        clock.move(hours=-24)
    give_back(served, 3_000)
    work("order.refund_due")
    for won, payment in ((False, payments[1]), (True, payments[2])):
        ref = provider.disputes_charge(payment.charge_ref, fee=1_500)
        notice(ref, "dispute")
        provider.dispute_ends(ref, won=won)
        notice(ref, "dispute")
    settlement.settle(wiring.settlement(), clock.now() + timedelta(days=3))
    reports = nights(clock, DAY + timedelta(days=1), 3)
    assert kinds() == []
    assert kinds(CaseState.CLOSED) == []
    assert all(report.done for report in reports)
    page = use_cases.reports(ports(), None, 9).items
    assert [one.closed for one in page] == [False, True, True, True]
    assert balance("platform:provider-fees") == 1_500


def test_a_lost_notice_is_caught_up_on_once(provider, clock):
    order = hold(open_shop(), 48)
    ref = row(pay(order)).charge_ref
    provider.customer_pays(ref)  # and nobody tells us
    report = night(clock)
    assert state(order) == "confirmed"
    assert figures(report) == {"checked": 1, "matched": 1, "healed": 1}
    assert [(one.found.kind, one.resolution) for one in cases(CaseState.CLOSED)] == [("missing_in_books", "healed")]
    moved(provider, "charge", 10_000, own_id=provider.account[0].own_id, ref="pi_again")
    again = night(clock, DAY + timedelta(days=1))
    assert figures(again, "orders") == {"checked": 1, "matched": 1}
    assert (kinds(), balance("provider:stripe")) == (["double_capture"], 10_000)
    use_cases.run(ports(), DAY)
    assert kinds() == ["double_capture"]


def test_a_lost_notice_of_a_dispute_is_caught_up_on(provider, clock):
    payment = paid(provider, hold(open_shop()))
    provider.disputes_charge(payment.charge_ref)
    assert figures(night(clock))["healed"] == 1
    assert (kinds(), balance("provider:stripe")) == ([], 0)


def test_a_refund_is_in_transit_until_it_is_overdue_and_explained_when_it_arrives(provider, clock):
    order = hold(open_shop(), 99)
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order)
    work("order.refund_due")
    early = [night(clock), leap(clock, DAY + timedelta(days=8))]
    assert kinds() == []
    assert [figures(report)["in_transit"] for report in early] == [1, 1]
    assert figures(early[-1])["transit_amount"] == -10_000
    late = leap(clock, DAY + timedelta(days=9))
    assert figures(late)["opened"] == 1
    [case] = cases()
    assert (case.found.kind, case.found.part, case.found.stated) == ("overdue_in_transit", "stripe", -10_000)
    (ref,) = provider.refunds
    provider.refund_becomes(ref, RefundState.SUCCEEDED)
    after = leap(clock, DAY + timedelta(days=10))
    assert kinds() == []
    assert figures(after)["closed"] == 1


def test_a_refund_that_failed_is_a_case_until_it_is_tried_again(provider, clock):
    order = hold(open_shop())
    paid(provider, order)
    cancel(order, MERCHANT)
    work("order.refund_due")
    (ref,) = provider.refunds
    clock.move(hours=1)
    provider.refund_becomes(ref, RefundState.FAILED)
    notice(ref, "refund")
    assert figures(night(clock)) == {"checked": 3, "matched": 3}
    assert kinds() == ["refund_failed"]
    again = call(
        "POST", "/v1/admin/refunds/{refund_id}/again", actor=ADMIN, body={"reason": "新卡"},
        refund_id=provider.refunds[ref].refund_id,
    )  # fmt: skip
    assert again.status == 201
    assert night(clock, DAY + timedelta(days=1)).done
    assert kinds() == []
    assert kinds(CaseState.CLOSED) == ["refund_failed"]


@pytest.mark.parametrize("later", [False, True])
def test_a_refund_that_fails_before_its_money_is_back_waits_for_it(provider, clock, later):
    order = hold(open_shop(), 99)
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order)
    work("order.refund_due")
    if later:
        assert figures(night(clock))["in_transit"] == 1
    (ref,) = provider.refunds
    provider.refunds[ref] = replace(provider.refunds[ref], state=RefundState.FAILED)
    notice(ref, "refund")
    first = DAY + timedelta(days=later)
    assert figures(night(clock, first))["in_transit"] == 1
    assert cases()[0].found.kind == "refund_failed"
    moved(provider, "refund_returned", 10_000, own_id=provider.refunds[ref].refund_id, ref=ref)
    back = night(clock, first + timedelta(days=1))
    assert figures(back) == {"checked": 1, "matched": 1}
    assert kinds() == ["refund_failed"]


def test_a_refund_whose_money_is_back_on_the_same_day_leaves_nothing_in_transit(provider, clock):
    order = hold(open_shop())
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order, MERCHANT)
    work("order.refund_due")
    (ref,) = provider.refunds
    provider.refund_becomes(ref, RefundState.FAILED)
    notice(ref, "refund")
    assert figures(night(clock)) == {"checked": 3, "matched": 3}
    assert kinds() == ["refund_failed"]


def test_a_refund_that_waits_for_a_dispute_is_not_overdue(provider, clock):
    order = hold(open_shop(), 999)
    payment = paid(provider, order)
    provider.disputes_charge(payment.charge_ref, 1_000)
    cancel(order)
    work("order.refund_due")
    assert night(clock).done
    leap(clock, DAY + timedelta(days=20))
    assert kinds() == []


def test_a_provider_that_does_not_answer_keeps_nobody_waiting_and_is_asked_again(provider, clock):
    paid(provider, hold(open_shop()))
    provider.silent = 1
    report = night(clock)
    assert {name: part.done for name, part in report.parts.items()} == {"stripe": False, "orders": True, "books": True}
    assert report.parts["stripe"].reason == "provider-unavailable"
    provider.silent = 1
    assert night(clock, DAY + timedelta(days=1)).done
    assert [use_cases.report(ports(), DAY).done, use_cases.report(ports(), DAY).closed] == [False, False]
    night(clock, DAY + timedelta(days=2))
    assert [use_cases.report(ports(), DAY).done, use_cases.report(ports(), DAY).closed] == [True, True]
    assert kinds() == []


def test_a_run_that_died_after_a_part_is_done_by_the_next_night(provider, clock, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(*_):
        raise Killed

    payment = row(pay(hold(open_shop())))
    provider.customer_pays(payment.charge_ref)  # and the notice is lost
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["chalicelib.reconciliation.use_cases.run"], "check_orders", dies)
        with pytest.raises(Killed):
            night(clock)
    assert not use_cases.report(ports(), DAY).done
    night(clock, DAY + timedelta(days=1))
    assert use_cases.report(ports(), DAY).done


def test_a_stages_first_night_that_was_missed_is_made_up_for(provider, clock):
    provider.fee_bps = 290
    paid(provider, hold(open_shop(price=10_000)))
    night(clock, DAY + timedelta(days=1))  # nothing ran in the night before
    assert use_cases.report(ports(), DAY).done
    assert balance("platform:provider-fees") == 290


def test_a_run_just_after_midnight_takes_the_day_that_is_over(provider, clock):
    moved(provider, "fee", -5)
    clock.move(days=2)
    midnight = clock.now().replace(hour=0, minute=20)
    clock.move(seconds=(midnight - clock.now()).total_seconds())
    assert list(use_cases.nightly(ports(), clock.now()).values()) == [True]


@pytest.mark.parametrize("day", ["0001-01-01", "2000-01-01", "9999-12-31"])
def test_a_day_that_nights_do_not_look_after_is_refused_and_stops_no_night(provider, clock, day):
    night(clock)
    refused = call("POST", "/v1/admin/reconciliation/runs", actor=ADMIN, body={"day": day})
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "day")
    assert [str(one.day) for one in use_cases.reports(ports(), None, 10).items] == [str(DAY)]
    assert night(clock, DAY + timedelta(days=1)).done


def test_a_wallet_tells_of_a_day_a_night_later(provider, clock, monkeypatch):
    wallet = FakeProvider("wechat", now=clock.now)
    both = replace(wiring.payments(), providers={"stripe": provider, "wechat": wallet})
    monkeypatch.setattr(wiring, "payments", lambda: both)
    moved(provider, "fee", -5)
    moved(wallet, "fee", -7, id_="4200001")
    assert {name: part.reason for name, part in night(clock).parts.items()} == {
        "stripe": None, "wechat": "not-yet", "orders": None, "books": None
    }  # fmt: skip
    assert balance("platform:provider-fees") == 5
    provider.silent = 1
    night(clock, DAY + timedelta(days=1))
    assert use_cases.report(ports(), DAY).done  # what was done was not done again
    assert balance("platform:provider-fees") == 12


def test_a_day_that_takes_too_long_goes_on_where_it_was(provider, clock, monkeypatch):
    shop = open_shop(staff=3)
    for hours in (24, 25, 26):
        paid(provider, hold(shop, hours))
    clock.move(days=1)
    monkeypatch.setattr("chalicelib.reconciliation.use_cases._orders._BATCH", 1)
    begun = use_cases.run(ports(), DAY, until=clock.now())
    assert [part.reason for part in begun.parts.values()] == ["out-of-time", "out-of-time", None]
    assert figures(begun, "orders") == {"checked": 1, "matched": 1}
    ended = use_cases.run(ports(), DAY)
    assert ended.done
    assert figures(ended, "orders") == {"checked": 3, "matched": 3}
    assert figures(ended) == {"checked": 3, "matched": 3}
