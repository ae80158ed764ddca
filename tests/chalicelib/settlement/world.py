"""What tests of settlement do all the time: money of lines arrives and falls due, runs happen, books are read."""

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.rules import HELD, moved
from chalicelib.settlement import use_cases
from chalicelib.settlement.ports import Due, DueKind, Share, Terms
from tests.api import MERCHANT, told

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
RUN = datetime(2030, 5, 2, 16, 10, tzinfo=UTC)  # the first hour of 3 May in Shanghai: 1 May is settled at T+1
FIRST = "set_20300501_cny"
M = MERCHANT.account_id
EIGHT = Share(800)


def actor(merchant_id):
    return Actor(merchant_id, frozenset({Role.MERCHANT}), "ses_m")


def due(number, *, merchant=M, gross=10_000, at=NOW, discount=0, currency="CNY", kind=DueKind.SERVICE):
    return Due(
        id=f"lin_{number}",
        kind=kind,
        merchant_id=merchant,
        currency=currency,
        due_at=at,
        order_id=f"ord_{number}",
        line_id=f"lin_{number}",
        payment_id=f"pay_{number}",
        gross=gross,
        platform_discount=discount,
    )


def accrue(number, *, share=EIGHT, **fields):
    """Money for a line arrived, and the line was completed."""
    one, ports = due(number, **fields), wiring.settlement()
    money = Money(one.gross, one.currency)
    arrived = moved(f"capture:{one.payment_id}", money, NOW, debit="provider:stripe", credit=HELD)
    posted = ledger.post(ports.ledger, arrived) if one.gross else []
    ports.committer.commit([*use_cases.accrue(ports, one, share), *posted])
    return one


def give_back(number, amount, base, *, at=NOW, **fields):
    """A refund after the line had ended."""
    one = replace(due(number, gross=-amount, at=at, kind=DueKind.REFUND, **fields), id=f"refund:{number}")
    wiring.committer().commit(use_cases.back_of_line(wiring.settlement(), one, EIGHT, base))


def agree(merchant=M, **fields):
    """Write down terms of a merchant's own."""
    stands = wiring.settlement().store.terms(merchant)
    terms = replace(Terms(**fields), version=stands.version + 1 if stands else 1)
    wiring.committer().commit([wiring.settlement().store.put_terms(merchant, terms)])


def settle(as_of=RUN, ports=None):
    return use_cases.settle(ports or wiring.settlement(), as_of)


def statement(settlement_id=FIRST, merchant=M):
    """Return a settlement and its dues."""
    settlement, page = use_cases.statement(wiring.settlement(), merchant, settlement_id)
    return settlement, list(page.items)


def pay_out(settlement_id=FIRST, merchant=M):
    settlement, _ = statement(settlement_id, merchant)
    wiring.committer().commit([wiring.settlement().store.pay_out(settlement, "po_1")])


def sheet(currency="CNY"):
    """Return the books of a currency, which balance."""
    accounts = ledger.trial_balance(wiring.ledger()).get(currency, {})
    assert sum(accounts.values()) == 0
    return {account: amount for account, amount in accounts.items() if amount}


def balances(merchant=M):
    """Return (settled, waiting, reserved) of a merchant by currency."""
    found = use_cases.balance(wiring.settlement(), actor(merchant))
    return {one.currency: (one.settled, one.waiting, one.reserved) for one in found}


def said():
    return [(one.payload["merchant_id"], one.payload["settlement_id"]) for one in told("settlement.posted")]
