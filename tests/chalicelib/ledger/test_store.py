"""The books on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them right."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.rules import GIFTS, HELD, AlreadyPosted, Entry, Overdrawn, Transaction, customer_account, moved
from tests.emulators import DYNOXIDE

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
C = customer_account("acc_c")


def commit(*actions):
    retrying(lambda: wiring.committer().commit(actions), attempts=30)


def capture(number, amount=10_000):
    money = Money(amount, "CNY")
    return moved(f"capture:pay_{number}", money, NOW, debit="provider:stripe", credit=HELD, order_id=f"ord_{number}")


def gift(number, amount):
    return moved(f"gift:{number}", Money(amount, "CNY"), NOW, debit=GIFTS, credit=C)


def taking(number, amount, currency="CNY"):
    return moved(f"capture:take_{number}", Money(amount, currency), NOW, debit=C, credit=HELD, covered=True)


def at_once(work, times):
    wiring.ledger(), wiring.committer()
    threads = [Thread(target=work, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.store
def test_posting_is_idempotent_and_the_books_balance(tables):
    for number in range(20):
        assert ledger.book(wiring.ledger(), capture(number))
    with pytest.raises(AlreadyPosted):
        commit(*ledger.post(wiring.ledger(), capture(3)))
    assert not ledger.book(wiring.ledger(), capture(3))
    assert ledger.trial_balance(wiring.ledger()) == {"CNY": {"provider:stripe": 200_000, "customers:held": -200_000}}
    assert ledger.transaction(wiring.ledger(), "capture:pay_3") == capture(3)
    found = ledger.transactions(wiring.ledger(), ["capture:pay_3", "capture:pay_99", "capture:pay_3"])
    assert found == {"capture:pay_3": capture(3)}


@pytest.mark.store
def test_fifty_postings_at_once_lose_nothing(tables):
    at_once(lambda n: commit(*wiring.ledger().store.post(capture(n))), 50)
    assert ledger.trial_balance(wiring.ledger()) == {"CNY": {"provider:stripe": 500_000, "customers:held": -500_000}}


@pytest.mark.store
def test_an_account_covers_what_it_has_and_no_more(tables):
    ports = wiring.ledger()
    with pytest.raises(Overdrawn):
        ledger.book(ports, taking(0, 1))  # there is no such balance yet
    ledger.book(ports, gift(1, 500))
    with pytest.raises(Overdrawn):
        ledger.book(ports, taking(1, 501))
    with pytest.raises(Overdrawn):
        ledger.book(ports, taking(1, 500, "JPY"))
    assert ledger.book(ports, taking(1, 500))
    assert ledger.balance(ports, C) == {"CNY": 0}
    assert not ledger.book(ports, taking(1, 500)), "posted already, though it would be too much now"
    with pytest.raises(AlreadyPosted):
        commit(*reversed(ledger.post(ports, taking(1, 500))))
    assert ledger.trial_balance(ports)["CNY"]["customers:balance"] == 0


@pytest.mark.store
def test_what_gives_more_than_it_takes_needs_no_cover(tables):
    ports = wiring.ledger()
    ledger.book(ports, moved("payout:1", Money(700, "CNY"), NOW, debit=C, credit=HELD))  # the account owes 700
    entries = (Entry(C, 100), Entry(C, -300), Entry(HELD, 200))
    assert ledger.book(ports, Transaction("x:1", "x", NOW, "CNY", entries, covered=frozenset({C})))
    nothing = (Entry(C, 5), Entry(C, -5))
    assert ledger.book(ports, Transaction("x:2", "x", NOW, "CNY", nothing, covered=frozenset({C})))
    assert ledger.balance(ports, C) == {"CNY": 500}


@pytest.mark.store
def test_twenty_who_take_at_once_get_what_there_is(tables):
    ledger.book(wiring.ledger(), gift(1, 1_000))
    outcomes = []

    def take(number):
        try:
            commit(*ledger.post(wiring.ledger(), taking(number, 130)))
            outcomes.append("taken")
        except Overdrawn:
            outcomes.append("overdrawn")

    at_once(take, 20)
    assert (outcomes.count("taken"), outcomes.count("overdrawn")) == (7, 13)
    assert ledger.balance(wiring.ledger(), C) == {"CNY": -90}


@pytest.mark.store
def test_an_order_has_its_transactions_in_the_order_of_time(tables):
    later = moved("x:1", Money(1, "CNY"), NOW.replace(hour=10), debit=HELD, credit=C, order_id="ord_1")
    for one in (later, capture(1), capture(2)):
        ledger.book(wiring.ledger(), one)
    assert ledger.of_order(wiring.ledger(), "ord_1") == [capture(1), later]
    assert ledger.of_order(wiring.ledger(), "ord_3") == []
    day = ledger.of_day(wiring.ledger(), NOW.date())
    assert {one.id for one in day} == {"x:1", "capture:pay_1", "capture:pay_2"}


def test_what_each_pattern_costs(clock, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    ports, day = wiring.ledger(), NOW.date()

    def spent(work):
        with meter.measure() as usage:
            work()
        return usage.requests, usage.read_units, usage.write_units

    costs = {"post": spent(lambda: ledger.book(ports, capture(1)))}
    clock.move(days=4)
    costs |= {
        "covered": spent(lambda: ledger.book(ports, gift(1, 500))),
        "now": spent(lambda: ledger.trial_balance(ports)),
        "own": spent(lambda: ledger.balance(ports, C)),
        "order": spent(lambda: ledger.of_order(ports, "ord_1")),
        "backward": spent(lambda: ledger.trial_balance(ports, NOW)),
        "first": spent(lambda: ledger.close(ports, day)),
        "close": spent(lambda: ledger.close(ports, day + timedelta(days=1))),
        "closed": spent(lambda: ledger.close(ports, day)),
        "forward": spent(lambda: ledger.trial_balance(ports, NOW + timedelta(days=3))),
    }
    assert costs == {
        "post": (1, 0, 8),
        "covered": (1, 0, 9),
        "now": (19, 19, 0),
        "own": (1, 1, 0),
        "order": (1, 0.5, 0),
        "backward": (2 + 8 * 5 + 2 * 19, 2 + 4 * 5 + 2 * 19, 0),  # from now, which is read twice
        "first": (2 + 8 * 4 + 2 * 19 + 2, 2 + 4 * 4 + 2 * 19 + 1, 2),
        "close": (1 + 8 + 1, 1 + 4, 2),
        "closed": (1, 1, 0),
        "forward": (1 + 8 * 2, 1 + 4 * 2, 0),
    }
