"""The books on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them right."""

from datetime import UTC, datetime
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import rules
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.rules import AlreadyPosted, Due
from tests.emulators import DYNOXIDE

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


def commit(*actions):
    retrying(lambda: wiring.committer().commit(actions), attempts=30)


def capture(number, amount=10_000):
    return rules.capture(f"pay_{number}", f"ord_{number}", Money(amount, "CNY"), NOW)


def due(number, merchant="acc_m", net=10_000):
    return Due(f"lin_{number}", f"ord_{number}", merchant, "CNY", net, 0, 800, NOW)


@pytest.mark.store
def test_posting_is_idempotent_and_the_books_balance(tables):
    for number in range(20):
        commit(*wiring.ledger().store.post(capture(number)))
    with pytest.raises(AlreadyPosted):
        commit(*wiring.ledger().store.post(capture(3)))
    assert ledger.trial_balance(wiring.ledger()) == {"CNY": {"provider:stripe": 200_000, "customers:held": -200_000}}
    assert ledger.transaction(wiring.ledger(), "capture:pay_3") == capture(3)


@pytest.mark.store
def test_fifty_postings_at_once_lose_nothing(tables):
    wiring.ledger(), wiring.committer()
    threads = [Thread(target=lambda n=n: commit(*wiring.ledger().store.post(capture(n)))) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.trial_balance(wiring.ledger()) == {"CNY": {"provider:stripe": 500_000, "customers:held": -500_000}}


@pytest.mark.store
def test_a_line_falls_due_once(tables):
    commit(*ledger.accrue(wiring.ledger(), due(1)))
    with pytest.raises(AlreadyPosted):
        commit(*ledger.accrue(wiring.ledger(), due(1)))
    assert list(wiring.ledger().store.waiting_of("acc_m")) == [due(1)]


def test_what_each_pattern_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    ports = wiring.ledger()
    with meter.measure() as posting:
        commit(*ports.store.post(capture(1)))
    assert (posting.requests, posting.write_units) == (1, 6)
    with meter.measure() as accruing:
        commit(*ledger.accrue(ports, due(1)))
    assert (accruing.requests, accruing.write_units) == (1, 3)
    with meter.measure() as reading:
        ledger.trial_balance(ports)
    assert (reading.requests, reading.read_units) == (6, 3)
    with meter.measure() as settling:
        ledger.settle(ports, NOW)
    # 8 shards of waiting dues and of open settlements; one chunk; one read and one transaction that closes it.
    assert (settling.requests, settling.read_units) == (8 + 8 + 1 + 2, 9)
    with meter.measure() as listing:
        ports.store.settlements("acc_m", None, 20)
    assert (listing.requests, listing.read_units) == (1, 0.5)
