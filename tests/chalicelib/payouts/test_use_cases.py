"""Money on its way to merchants, with a provider that loses answers, runs that die, and two of everything at once."""

from collections import Counter
from dataclasses import replace
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import PAYOUTS, moved
from chalicelib.payments.use_cases import PaymentRefused
from chalicelib.payouts import use_cases
from chalicelib.payouts.rules import Leg, LegState, PayoutState
from chalicelib.payouts.use_cases import send
from chalicelib.risk.ports import Freeze
from chalicelib.settlement.ports import DueKind, Route, Terms
from tests.api import told
from tests.chalicelib.payouts.world import CONNECT, ME, NOW, commit, paid


def test_what_is_settled_is_transferred_charge_by_charge(world):
    world.agree(CONNECT)
    first, second = world.sell(10_000), world.sell(2_500)
    assert world.pay(*world.settle()) == []
    [payout] = world.payouts()
    assert (payout.state, payout.amount.amount, payout.returned) == (PayoutState.PAID, 12_500, 0)
    assert {(leg.payment_id, leg.amount, leg.state) for leg in world.legs(payout)} == {
        (first, 10_000, LegState.SENT), (second, 2_500, LegState.SENT)
    }  # fmt: skip
    sent = {one.charge_ref: (one.destination, one.amount.amount) for one in world.provider.transfers.values()}
    assert sent == {f"pi_{first}": ("acct_1", 10_000), f"pi_{second}": ("acct_1", 2_500)}
    assert (world.owed(), world.sheet()) == (0, {"customers:held": 12_500, "provider:stripe": -12_500})
    assert world.tasks() == []
    assert [message.payload["amount"] for message in told("payout.paid")] == [12_500]


def test_what_is_not_to_be_paid_is_carried_and_netted_later(world):
    cases = {
        "acc_nowhere": (Terms(zone="UTC", commission_bps=0), [500]),
        "acc_too_little": (replace(CONNECT, minimum={"CNY": 501}), [500]),
        "acc_nothing": (CONNECT, [500, -500]),
        "acc_in_debt": (CONNECT, [-1]),
    }
    for merchant, (terms, amounts) in cases.items():
        world.agree(terms, merchant)
        for amount in amounts:
            world.sell(amount, merchant=merchant)
    assert world.pay(*world.settle()) == []
    for merchant, (_, amounts) in cases.items():
        assert (world.payouts(merchant), world.owed(merchant)) == ([], sum(amounts))
        world.sell(1_000, merchant=merchant)
        commit(wiring.settlement().store.put_terms(merchant, replace(CONNECT, version=2)))
    assert world.pay(*world.settle()) == []
    for merchant, (_, amounts) in cases.items():
        [payout] = world.payouts(merchant)
        assert (payout.amount.amount, len(payout.settlement_ids)) == (1_000 + sum(amounts), 2)
        assert world.owed(merchant) == 0
    assert world.received() == 4_999


def test_where_nothing_was_known_the_run_pays_once_there_is_an_account(world):
    world.agree(replace(CONNECT, route=Route.NONE))
    world.sell(500)
    world.pay(*world.settle())
    assert len(world.tasks()) == 1
    commit(wiring.settlement().store.put_terms(ME, replace(CONNECT, version=2)))
    world.run()
    assert world.payouts() == []  # it is looked at once a day
    world.clock.move(days=1)
    assert world.run().failed == 0
    assert world.received() == 500
    world.run()
    assert world.tasks() == []


def test_a_merchant_under_review_is_paid_after_it_alone(world):
    world.agree(CONNECT)
    freeze = Freeze(f"payouts:{ME}", is_frozen=True, reason="?", by="acc_admin", at=NOW)
    commit(wiring.risk().store.put_freeze(freeze))
    world.sell(500)
    world.pay(*world.settle())
    world.run()
    assert (world.payouts(), world.owed(), world.received()) == ([], 500, 0)
    commit(wiring.risk().store.lift(freeze))
    world.run()
    assert (world.owed(), world.received()) == (0, 500)
    world.sell(700)
    with world.dying(at=3):  # made, its legs written, ready: not sent
        use_cases.consider(world.ports, ME, "CNY", world.settle()[0].payload["settlement_id"])
    commit(wiring.risk().store.put_freeze(freeze))
    world.run()
    assert (world.payouts()[-1].state, world.received()) == (PayoutState.READY, 500)
    commit(wiring.risk().store.lift(freeze))
    world.run()
    assert (world.payouts()[-1].state, world.received()) == (PayoutState.PAID, 1_200)


def test_what_the_books_do_not_cover_waits_for_a_person(world):
    world.agree(CONNECT)
    world.sell(500)
    messages = world.settle()
    taken = moved("suspense:1", Money(1, "CNY"), NOW, debit=f"merchant:{ME}", credit="suspense")
    ledger.book(wiring.ledger(), taken)
    assert world.pay(*messages) == []
    assert (world.payouts(), world.owed()) == ([], 499)
    [task] = world.tasks()
    assert task.id == f"{ME}/CNY"
    back = moved("suspense:2", Money(1, "CNY"), NOW, debit="suspense", credit=f"merchant:{ME}")
    ledger.book(wiring.ledger(), back)
    world.run()
    assert (world.owed(), world.received()) == (0, 500)


@pytest.mark.store
def test_two_runs_at_once_pay_once(world):
    world.agree(CONNECT)
    for _ in range(4):
        world.sell(1_000)
    [message] = world.settle()
    threads = [Thread(target=world.pay, args=(message,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.run()  # for whoever came while another was at it, and gave up
    assert Counter(world.provider.calls).most_common(1)[0][1] == 1
    assert (len(world.payouts()), world.received(), world.owed()) == (1, 4_000, 0)
    assert world.sheet() == {"customers:held": 4_000, "provider:stripe": -4_000}


def test_whatever_step_a_run_dies_after_the_repeat_pays_once(world, monkeypatch):
    monkeypatch.setattr(send, "_WRITTEN_AT_ONCE", 1)
    world.agree(CONNECT)
    deaths, total = 0, 0
    for at in range(1, 40):
        for amount in (100, 20):
            world.sell(amount)
            total += amount
        [message] = world.settle()
        with world.dying(at):
            use_cases.consider(world.ports, ME, "CNY", message.payload["settlement_id"])
        died = world.steps >= at
        deaths += died
        if at % 2:  # the queue brings it again, or it does not
            world.clock.move(hours=1)
            assert world.pay(message) == []
        world.run()
        assert world.received() == total
        assert (world.owed(), world.tasks()) == (0, [])
        assert world.sheet() == {"customers:held": total, "provider:stripe": -total}
        if not died:
            break
    assert deaths > 8
    assert {one.state for one in world.payouts()} == {PayoutState.PAID}
    assert Counter(world.provider.calls).most_common(1)[0][1] == 1


def test_a_lost_answer_is_asked_for_before_anything_is_sent_again(world):
    world.agree(CONNECT)
    world.sell(500)
    world.sell(300)
    messages = world.settle()
    world.provider.silent = 1
    assert len(world.pay(*messages)) == 1
    assert world.sheet()[PAYOUTS] == -800
    world.provider.transfers = {  # the provider has forgotten our keys: whoever just repeats sends twice
        f"{key} ": one for key, one in world.provider.transfers.items()
    }
    found = list(world.provider.transfers.values())
    world.provider.find_transfer = lambda wanted: next((one for one in found if one.id == wanted.id), None)
    assert world.pay(*messages) == []
    assert (world.received(), world.payouts()[0].state) == (800, PayoutState.PAID)


def test_a_refused_transfer_is_the_merchants_again_and_paid_with_the_next_settlement(world):
    world.agree(CONNECT)
    bad, good = world.sell(500), world.sell(300)
    messages = world.settle()
    real = world.provider.transfer

    def transfer(wanted):
        if wanted.amount.amount == 500:
            raise PaymentRefused(reason="account_restricted")
        return real(wanted)

    world.provider.transfer = transfer
    assert world.pay(*messages) == []
    [payout] = world.payouts()
    assert (payout.state, payout.returned, payout.reason) == (PayoutState.FAILED, 500, "account_restricted")
    assert {leg.payment_id: leg.state for leg in world.legs(payout)} == {bad: LegState.FAILED, good: LegState.SENT}
    assert world.sheet() == {"customers:held": 800, "provider:stripe": -300, PAYOUTS: -500}
    assert [message.payload["returned"] for message in told("payout.failed")] == [500]
    world.provider.transfer = real
    [message] = world.settle()
    assert (message.payload["payable"], world.owed()) == (500, 500)
    world.pay(message)
    again = world.payouts()[-1]
    assert [(leg.payment_id, leg.amount, leg.state) for leg in world.legs(again)] == [(None, 500, LegState.SENT)]
    assert (world.owed(), world.received()) == (0, 800)
    assert world.sheet() == {"customers:held": 800, "provider:stripe": -800}


def test_more_transfers_than_one_message_sends_go_on_with_the_next(world, monkeypatch):
    monkeypatch.setattr(send.carry_out, "__defaults__", (2,))
    world.agree(CONNECT)
    for amount in range(1, 6):
        world.sell(amount)
    assert world.pay(*world.settle()) == []
    assert (world.received(), world.payouts()[0].state, len(told("payout.due"))) == (15, PayoutState.PAID, 2)


def test_money_that_lies_elsewhere_is_sent_without_its_charge(world):
    world.agree(CONNECT)
    wiring.payments().store.open(paid("pay_wechat", 500, provider="wechat"))
    world.sell(500, payment="pay_wechat")
    world.sell(0, kind=DueKind.RESERVE_RELEASED, payment="pay_none", reserved=-70)
    assert world.pay(*world.settle()) == []
    assert [one.charge_ref for one in world.provider.transfers.values()] == [None, None]
    assert world.received() == 570


def test_what_a_charge_does_not_cover_is_sent_without_it(world):
    """The bank took a charge back, the merchant paid for it with other sales, and then it was won: paid out already."""
    world.agree(CONNECT)
    charge = world.sell(8_000, platform_discount=2_000)
    world.pay(*world.settle())
    world.sell(-8_000, kind=DueKind.DISPUTE, payment=charge)
    world.sell(9_000)
    world.pay(*world.settle())
    world.sell(8_000, kind=DueKind.DISPUTE_RETURNED, payment=charge)
    world.pay(*world.settle())
    assert (world.payouts()[-1].state, world.received()) == (PayoutState.FAILED, 11_000)
    world.pay(*world.settle())
    assert (world.payouts()[-1].state, world.received(), world.owed()) == (PayoutState.PAID, 19_000, 0)
    assert [leg.payment_id for leg in world.legs(world.payouts()[0])] == [charge, None]


def test_what_is_no_whole_step_of_the_currency_waits_for_more(world):
    world.agree(CONNECT)
    world.sell(9, currency="KWD")
    world.pay(*world.settle())
    assert world.payouts() == []
    world.sell(4_004, currency="KWD")
    world.pay(*world.settle())
    [payout] = world.payouts()
    assert (payout.state, payout.amount.amount, payout.returned) == (PayoutState.PAID, 4_013, 3)
    assert (sum(leg.amount for leg in world.legs(payout)), world.sheet("KWD")[PAYOUTS]) == (4_010, -3)
    world.settle()
    assert (world.owed(currency="KWD"), world.sheet("KWD").get(PAYOUTS)) == (3, None)


def test_more_settlements_than_a_payout_takes_are_paid_by_the_next_with_debts_first(world, monkeypatch):
    monkeypatch.setattr("chalicelib.payouts.rules.taken.__defaults__", (3,))
    world.agree(replace(CONNECT, minimum={"CNY": 5_000}))
    messages = []
    for amount in (100, -50, 400, 900, 70, 6_000):
        world.sell(amount)
        messages = world.settle(days=2)
    assert world.pay(*messages) == []
    [payout] = world.payouts()
    assert payout.amount.amount == -50 + 900 + 6_000
    commit(wiring.settlement().store.put_terms(ME, replace(CONNECT, version=2)))
    world.run()
    assert (world.received(), world.owed()) == (7_420, 0)


def test_one_that_fails_keeps_no_other_waiting(world):
    merchants = [f"acc_m{number}" for number in range(3)]
    for merchant in merchants:
        world.agree(CONNECT, merchant)
        world.sell(100, merchant=merchant)
    world.provider.loses = lambda: True
    assert len(world.pay(*world.settle())) == 3
    real, asked = world.provider.find_transfer, []

    def find(wanted):
        asked.append(wanted)
        return real(wanted)

    world.provider.find_transfer = find
    assert (world.run().failed, len(asked)) == (3, 3)
    world.provider.loses = lambda: False
    assert world.run().failed == 0
    assert [world.payouts(merchant)[0].state for merchant in merchants] == [PayoutState.PAID] * 3
    assert world.received() == 300


def test_legs_that_do_not_add_up_stop_a_payout_before_anything_is_sent(world):
    world.agree(CONNECT)
    world.sell(500)
    [message] = world.settle()
    with world.dying(at=2):  # made, its legs written
        use_cases.consider(world.ports, ME, "CNY", message.payload["settlement_id"])
    [payout] = world.payouts()
    commit(*world.ports.store.put_legs([Leg(f"{payout.id}:stray", payout.id, None, 1)]))
    assert len(world.pay(message)) == 1
    assert (world.received(), world.payouts()[0].state) == (0, PayoutState.PREPARING)
