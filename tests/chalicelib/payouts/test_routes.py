"""Payouts over HTTP: what merchants see, what admins decide, and files for the bank."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from chalicelib.ledger.ports import PAYOUTS
from chalicelib.payouts import use_cases
from chalicelib.payouts.gateways.pain001 import Pain001
from chalicelib.payouts.rules import PayoutState
from chalicelib.payouts.use_cases import bank
from chalicelib.risk.ports import Freeze
from chalicelib.settlement.ports import DueKind, Naming
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told, working_for
from tests.chalicelib.payouts.world import ADMIN_2, BANK, CONNECT, ME, NOW, commit

ONE = "/v1/admin/payouts/{payout_id}"
BATCHES = "/v1/admin/payouts/batches"
WHY = {"reason": "四眼原则"}
ADMIN_3 = replace(ADMIN_2, account_id="acc_admin_3")
LIMITS = {"CNY": 10_000, "EUR": 10_000}


def decide(what, payout, actor=ADMIN, body=WHY, **more):
    return call("POST", f"{ONE}/{what}", actor=actor, body=body, payout_id=payout.id, **more)


def gather(currency="CNY", kind="csv", actor=ADMIN, **more):
    return call("POST", BATCHES, actor=actor, body={"currency": currency, "format": kind}, **more)


def file_of(batch_id):
    return call("GET", BATCHES + "/{batch_id}/file", actor=ADMIN, batch_id=batch_id)


def bank_says(payout, outcome, reference="BK1", **more):
    return decide("settled", payout, body={"outcome": outcome, "reference": reference}, **more)


@pytest.fixture
def world(world, monkeypatch):
    """As every test's, with limits that are quickly reached."""
    few, many = (replace(ports, limits=LIMITS) for ports in (wiring.payouts(), wiring.sending()))
    monkeypatch.setattr(wiring, "payouts", lambda: few)
    monkeypatch.setattr(wiring, "sending", lambda: many)
    return world


@pytest.fixture
def by_bank(world):
    """Make payouts by bank that are ready, of so many merchants, and return them."""

    def make(number, amount=500):
        for n in range(number):
            if not world.payouts(f"acc_m{n}"):
                world.agree(BANK, f"acc_m{n}")
            world.sell(amount + n, merchant=f"acc_m{n}")
        assert world.pay(*world.settle()) == []
        return [world.payouts(f"acc_m{n}")[-1] for n in range(number)]

    return make


def test_a_merchant_sees_their_own_payouts_with_transfers(world):
    world.agree(CONNECT)
    made = []
    for amount in (100, 200, 300):
        world.sell(amount)
        world.sell(1)
        world.pay(*world.settle())
        made.append(world.payouts()[-1].id)
    mine = "/v1/me/payouts"
    first = call("GET", mine, actor=MERCHANT, query={"limit": 2}).json
    rest = call("GET", mine, actor=MERCHANT, query={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == made[::-1]
    one = call("GET", mine + "/{payout_id}", actor=MERCHANT, query={"limit": 1}, payout_id=made[0]).json
    query = {"limit": 1, "cursor": one["next_cursor"]}
    other = call("GET", mine + "/{payout_id}", actor=MERCHANT, query=query, payout_id=made[0]).json
    assert one["payout"]["amount"] == {"amount": 101, "currency": "CNY"}
    assert sorted(leg["amount"] for leg in [*one["legs"], *other["legs"]]) == [1, 100]
    assert call("GET", mine + "/{payout_id}", actor=OTHER, payout_id=made[0]).status == 404
    assert call("GET", mine + "/{payout_id}", actor=MERCHANT, payout_id="po_none").status == 404
    assert call("GET", mine, actor=CUSTOMER).status == 403
    assert call("GET", ONE, actor=ADMIN, payout_id=made[0]).json["payout"] == one["payout"]
    listed = call("GET", "/v1/admin/payouts", actor=ADMIN, query={"state": "paid", "limit": 2}).json
    assert [one["id"] for one in listed["items"]] == made[:2]
    assert call("GET", "/v1/admin/payouts", actor=MERCHANT, query={"state": "paid"}).status == 403


def test_two_different_admins_let_a_large_payout_go(world):
    world.agree(CONNECT)
    world.sell(10_001)
    world.pay(*world.settle())
    [payout] = world.payouts()
    assert (payout.state, world.received(), len(world.legs(payout))) == (PayoutState.APPROVAL, 0, 1)
    first = decide("approve", payout, key="first-approval")
    assert (first.status, first.json["state"], first.json["approvers"]) == (200, "approval", ["acc_admin"])
    assert decide("approve", payout, key="first-approval").text == first.text
    again = decide("approve", payout)
    assert (again.status, again.json["code"]) == (409, "approval-needed")
    assert decide("approve", payout, actor=replace(ADMIN_2, account_id=ME)).status == 403
    assert decide("approve", payout, actor=working_for(MERCHANT, ADMIN_2)).status == 403
    assert decide("approve", payout, actor=MERCHANT).status == 403
    assert decide("approve", payout, actor=ADMIN_2).json["state"] == "ready"
    assert decide("approve", payout, actor=ADMIN_2).json["code"] == "payout-state"
    assert world.pay(*told("payout.due")) == []
    assert (world.payouts()[0].state, world.received()) == (PayoutState.PAID, 10_001)
    seen = call("GET", "/v1/me/payouts/{payout_id}", actor=MERCHANT, payout_id=payout.id).json
    assert (seen["payout"]["approvers"], seen["payout"]["state"]) == ([], "paid")
    noted = audit.read(wiring.audit(), f"payout:{payout.id}", None, None, 9).items
    assert [(one.entry.actor_id, one.entry.action) for one in noted] == [
        ("acc_admin_2", "payouts.approve"), ("acc_admin", "payouts.approve")
    ]  # fmt: skip


@pytest.mark.parametrize("terms", [CONNECT, BANK])
def test_who_named_an_account_agrees_to_nothing_that_goes_there(world, terms):
    naming = Naming((ADMIN.account_id, ADMIN_3.account_id), NOW)
    world.agree(replace(terms, connect_named=naming, bank_named=naming))
    world.sell(10_001)
    world.pay(*world.settle())
    [payout] = world.payouts()
    other = replace(terms, connect_account="acct_2", bank=replace(BANK.bank, number="1"))
    newer = Naming((ADMIN_2.account_id,), NOW)
    commit(wiring.settlement().store.put_terms(ME, replace(other, connect_named=newer, bank_named=newer, version=2)))
    for actor in (ADMIN, ADMIN_3):  # it goes where it was to go when it was made, whatever stands now
        answer = decide("approve", payout, actor=actor)
        assert (answer.status, answer.json["code"]) == (409, "named-by-you")
    assert decide("approve", payout, actor=ADMIN_2).json["approvers"] == [ADMIN_2.account_id]
    assert decide("decline", payout, actor=ADMIN).json["state"] == "failed"


def test_a_bank_account_that_was_named_gets_nothing_for_a_day(world):
    world.agree(replace(BANK, bank_named=Naming(("acc_admin_9",), NOW + timedelta(days=2, hours=1))))
    world.sell(500)
    world.pay(*world.settle(days=3))
    [payout] = world.payouts()
    shown = call("GET", ONE, actor=ADMIN, payout_id=payout.id).json["payout"]
    assert (shown["state"], shown["held_until"]) == ("ready", "2030-05-04T10:30:00Z")
    world.clock.move(minutes=59)
    assert gather().json["code"] == "nothing-to-pay"
    world.clock.move(minutes=1)
    batch = gather().json
    assert (batch["payouts"], batch["total"]) == (1, 500)
    assert wiring.payouts().store.payout(payout.id).named_by == ("acc_admin_9",)


def test_two_admins_at_once_both_count(world):
    world.agree(CONNECT)
    world.sell(10_001)
    world.pay(*world.settle())
    [payout] = world.payouts()
    threads = [Thread(target=decide, args=("approve", payout, who)) for who in (ADMIN, ADMIN_2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.payouts()[0].state == PayoutState.READY
    assert len(told("payout.due")) == 1


def test_what_is_declined_is_the_merchants_again(world):
    for merchant, terms in (("acc_c", CONNECT), ("acc_b", BANK)):
        world.agree(terms, merchant)
        for amount in (10_000, 1):
            world.sell(amount, merchant=merchant)
    world.pay(*world.settle())
    for merchant in ("acc_c", "acc_b"):
        [payout] = world.payouts(merchant)
        declined = decide("decline", payout)
        assert (declined.status, declined.json["state"], declined.json["returned"]) == (200, "failed", 10_001)
        assert decide("decline", payout).json["code"] == "payout-state"
        [noted] = audit.read(wiring.audit(), f"payout:{payout.id}", None, None, 9).items
        assert (noted.entry.action, noted.entry.reason) == ("payouts.decline", WHY["reason"])
    world.run()  # the message is late
    assert world.pay(*told("payout.due")) == []
    assert (world.received(), world.sheet()[PAYOUTS], world.tasks()) == (0, -20_002, [])
    assert [message.payload["payable"] for message in world.settle()] == [10_001] * 2
    assert (world.owed("acc_c"), world.owed("acc_b"), world.sheet().get(PAYOUTS)) == (10_001, 10_001, None)
    assert [one.payload["returned"] for one in told("payout.failed")] == [10_001] * 2


def test_payouts_by_bank_go_into_a_file_that_stays_the_same(world, by_bank):
    made = by_bank(3)
    answer = gather(key="batch-of-today")
    assert (answer.status, answer.json["payouts"], answer.json["total"]) == (201, 3, 1_503)
    assert answer.json["state"] == "closed"
    assert gather(key="batch-of-today").text == answer.text
    assert gather("EUR", key="batch-of-today").status == 422
    assert gather().json["code"] == "nothing-to-pay"
    written = file_of(answer.json["id"])
    rows = written.text.splitlines()
    assert (len(rows), rows[0].endswith("reference"), file_of(answer.json["id"]).text) == (4, True, written.text)
    assert {row.split(",")[0] for row in rows[1:]} == {one.id for one in made}
    assert call("GET", BATCHES + "/{batch_id}", actor=ADMIN, batch_id=answer.json["id"]).json == answer.json
    assert file_of("bat_none").status == 404
    assert {world.payouts(one.merchant_id)[0].reference for one in made} == {answer.json["id"]}
    assert bank_says(made[0], "paid", key="bank-says-1").json["state"] == "paid"
    assert bank_says(made[0], "paid", key="bank-says-1").status == 200
    assert bank_says(made[0], "paid").json["code"] == "payout-state"
    assert bank_says(made[1], "returned").json["returned"] == 501
    assert file_of(answer.json["id"]).text == written.text
    assert world.sheet() == {"customers:held": 1_503, "platform:bank": -500, PAYOUTS: -1_003}
    late = bank_says(made[0], "returned", "BK2").json
    assert (late["state"], late["reference"], late["reason"]) == ("failed", "BK2", "returned by the bank")
    assert bank_says(made[0], "paid").json["code"] == "payout-state"
    world.settle()
    assert world.sheet() == {"customers:held": 1_503, PAYOUTS: -502, "merchants:payable": -1_001}
    assert (world.owed("acc_m0"), world.owed("acc_m1"), world.owed("acc_m2")) == (500, 501, 0)


def test_pain001_needs_the_operators_account(world, by_bank, monkeypatch):
    by_bank(1)
    assert gather(kind="pain001").json["code"] == "no-bank-account"
    known = replace(wiring.payouts(), bank_files=Pain001(BANK.bank))
    monkeypatch.setattr(wiring, "payouts", lambda: known)
    made = gather(kind="pain001").json
    assert file_of(made["id"]).text.startswith("<?xml")
    assert file_of(made["id"]).text.count("<CdtTrfTxInf>") == 1


@pytest.mark.store
def test_two_batches_at_once_share_no_payout(world, by_bank, monkeypatch):
    monkeypatch.setattr(bank, "_TAKEN_AT_ONCE", 2)
    made, answers = by_bank(6), []
    threads = [Thread(target=lambda: answers.append(gather())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [wiring.payouts().store.batch(one.json["id"]) for one in answers if one.status == 201]
    taken = [id_ for one in stored for id_ in one.payout_ids]
    assert sorted(taken) == sorted(one.id for one in made)
    assert {one.json["code"] for one in answers if one.status != 201} <= {"nothing-to-pay", "busy"}
    assert sum(one.total for one in stored) == sum(one.amount.amount for one in made)


def test_wherever_gathering_dies_the_run_or_the_repeat_ends_it(world, by_bank, monkeypatch):
    monkeypatch.setattr(bank, "_TAKEN_AT_ONCE", 2)
    for at in (1, 2, 3):
        made, key = by_bank(3), f"dies-in-the-middle-{at}"
        with world.dying(at):
            gather(key=key)
        assert world.steps == at
        [task] = world.tasks()
        if at == 3:
            assert bank_says(made[0], "returned").json["code"] == "batch-open"
        assert file_of(task.id).json["code"] == "batch-open"
        if at % 2:
            world.run()
        answer = gather(key=key)
        assert (answer.status, answer.json["payouts"], answer.json["id"]) == (201, 3, task.id)
        assert len(file_of(task.id).text.splitlines()) == 4
        assert world.tasks() == []
        assert {world.payouts(one.merchant_id)[-1].state for one in made} == {PayoutState.SENT}


def test_a_merchant_under_review_is_in_no_file(world, by_bank):
    made = by_bank(2)
    subject = f"payouts:{made[0].merchant_id}"
    commit(wiring.risk().store.put_freeze(Freeze(subject, is_frozen=True, reason="?", by="acc_admin", at=NOW)))
    assert gather().json["total"] == made[1].amount.amount
    assert decide("settled", made[0], body={"outcome": "paid", "reference": "x"}).json["code"] == "payout-state"


class TestDocuments:
    """Statements and invoices, from what was settled and paid."""

    @pytest.fixture
    def settled(self, world):
        world.agree(replace(CONNECT, commission_bps=1_000, minimum={"CNY": 200}))
        ids = []
        for amount in (100, 500):
            world.sell(amount, commission=amount // 10)
            messages = world.settle()
            ids.append(messages[0].payload["settlement_id"])
            world.pay(*messages)
        return ids

    def statement(self, settlement_id, kind="csv", actor=MERCHANT, **more):
        route = "/v1/me/settlements/{settlement_id}/statement." + kind
        return call("GET", route, actor=actor, settlement_id=settlement_id, **more)

    def test_a_statement_shows_what_was_carried_and_what_was_paid(self, world, settled):
        first, second = (use_cases.statement(wiring.payouts(), MERCHANT, one) for one in settled)
        assert (first.opening, first.paid, first.closing) == (0, None, 90)
        assert (second.opening, second.paid.amount, second.closing) == (90, 540, 0)
        answer = self.statement(settled[1])
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert [row.split(",")[-1] for row in answer.text.splitlines()[1:]] == ["4.50", "4.50"]
        assert self.statement(settled[1], actor=OTHER).status == 404
        world.sell(20)
        world.settle()
        carried = use_cases.statement(wiring.payouts(), MERCHANT, world.settle_ids()[-1])
        assert (carried.opening, carried.paid, carried.closing) == (0, None, 20)

    def test_documents_are_pdf_for_who_asks_for_it(self, world, settled):
        asked = {"headers": {"Accept": "application/pdf"}, "query": {"lang": "zh-CN"}}
        statement = self.statement(settled[1], "pdf", **asked)
        assert self.statement(settled[1], "pdf").status == 406
        invoice, path = "/v1/me/invoices/{month}/{currency}", {"month": "2030-05", "currency": "CNY"}
        assert call("GET", invoice, actor=MERCHANT, **asked, **path).json["code"] == "not-yet-final"
        world.clock.move(days=40)
        made = call("GET", invoice, actor=MERCHANT, **asked, **path)
        for month in ("2030-04", "2030-13"):
            assert call("GET", invoice, actor=MERCHANT, **asked, **path | {"month": month}).status == 404
        for answer in (statement, made):
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
            assert len(answer.text) > 5_000

    def test_what_came_back_stands_in_a_later_statement(self, world, by_bank):
        [payout] = by_bank(1)
        gather()
        bank_says(payout, "returned")
        [message] = world.settle()
        actor = replace(MERCHANT, account_id="acc_m0")
        before = use_cases.statement(wiring.payouts(), actor, payout.settlement_ids[0])
        assert (before.paid.reference, before.closing, before.merchant_name) == ("returned", 0, "上海邻里")
        after = use_cases.statement(wiring.payouts(), actor, message.payload["settlement_id"])
        assert [due.kind for due in after.dues] == [DueKind.PAYOUT_RETURNED]
        assert (after.opening, after.closing) == (0, 500)
        asked = {"actor": actor, "headers": {"Accept": "application/pdf"}}
        assert self.statement(message.payload["settlement_id"], "pdf", **asked).status == 200
