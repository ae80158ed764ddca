"""Refunds after the merchant has the money, where the terms let transfers be taken back."""

from dataclasses import replace
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.ledger.ports import PAYOUTS
from chalicelib.payments.use_cases import PaymentRefused
from chalicelib.payouts import use_cases
from chalicelib.settlement.ports import DueKind
from tests.chalicelib.payouts.world import CONNECT, ME, commit


@pytest.fixture
def sold(world):
    world.agree(replace(CONNECT, reverse=True))
    payments = [world.sell(10_000), world.sell(2_000)]
    world.pay(*world.settle())
    return payments


def test_what_was_refunded_comes_back_from_its_transfer_and_pays_the_debt(world, sold):
    world.sell(-3_000, kind=DueKind.REFUND, payment=sold[0])
    world.sell(500)
    [message] = world.settle()
    for _ in range(2):
        assert world.pay(message) == []
    assert world.received() == 12_000 - 2_500
    assert (world.owed(), world.sheet()[PAYOUTS]) == (-2_500, -2_500)
    [leg] = [leg for leg in world.legs(world.payouts()[0]) if leg.payment_id == sold[0]]
    assert leg.reversed == 2_500
    world.sell(800)
    world.pay(*world.settle())
    assert (world.owed(), world.received()) == (0, 12_000 - 2_500 + 800)
    assert PAYOUTS not in world.sheet()


def test_never_more_comes_back_than_is_left_of_the_transfer(world, sold):
    world.sell(-1_500, kind=DueKind.REFUND, payment=sold[1])
    world.pay(*world.settle())
    world.sell(-900, kind=DueKind.DISPUTE, payment=sold[1])
    world.pay(*world.settle())
    assert world.received() == 10_000
    assert world.owed() + -world.sheet().get(PAYOUTS, 0) == -400


def test_what_the_account_does_not_have_is_carried(world, sold):
    def reverse(*_):
        raise PaymentRefused(reason="insufficient_funds")

    world.provider.reverse = reverse
    world.sell(-3_000, kind=DueKind.REFUND, payment=sold[0])
    [message] = world.settle()
    assert world.pay(message, message) == []
    assert (world.received(), world.owed(), world.tasks()) == (12_000, -3_000, [])
    assert {leg.reversed for leg in world.legs(world.payouts()[0])} == {0}
    world.sell(5_000)
    world.pay(*world.settle())
    assert (world.owed(), world.received()) == (0, 14_000)


def test_only_whole_steps_of_the_currency_are_taken_back(world):
    """A provider refuses 3.335 KWD, and then nothing at all would come back."""
    world.agree(replace(CONNECT, reverse=True))
    payment = world.sell(10_000, currency="KWD")
    world.pay(*world.settle())
    world.sell(-3_335, kind=DueKind.REFUND, payment=payment, currency="KWD")
    world.pay(*world.settle())
    assert [amount for _, amount in world.provider.reversals.values()] == [3_330]


def test_without_the_terms_saying_so_nothing_comes_back(world, sold):
    commit(wiring.settlement().store.put_terms(ME, replace(CONNECT, version=2)))
    world.sell(-3_000, kind=DueKind.REFUND, payment=sold[0])
    world.pay(*world.settle())
    assert (world.received(), world.owed()) == (12_000, -3_000)


def test_wherever_a_run_dies_it_comes_back_once(world, sold):
    for at in (1, 2, 3):
        world.sell(-1_000, kind=DueKind.REFUND, payment=sold[0])
        [message] = world.settle()
        with world.dying(at):
            use_cases.consider(world.ports, ME, "CNY", message.payload["settlement_id"])
        assert world.steps == at
        world.run()
        assert world.pay(message) == []
        assert (world.received(), world.tasks()) == (12_000 - 1_000 * at, [])
        assert (world.owed(), world.sheet()[PAYOUTS]) == (-1_000, -1_000)


def test_two_runs_at_once_take_back_once(world, sold):
    world.sell(-3_000, kind=DueKind.REFUND, payment=sold[0])
    [message] = world.settle()
    threads = [Thread(target=world.pay, args=(message,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (world.received(), world.sheet()[PAYOUTS]) == (9_000, -3_000)
