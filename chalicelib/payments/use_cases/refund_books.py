"""What a refund's steps are in the books."""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.ledger.ports import (
    CLAWBACK,
    HELD,
    REFUNDS,
    Entry,
    RefundStep,
    Transaction,
    customer_account,
    provider_account,
    refund_accounts,
)
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import BALANCE, Refund


def refund_asked(wanted: Refund, of_merchant: int, now: datetime) -> Transaction:
    """What had fallen due to the merchant is claimed back; the rest was held."""
    amount = wanted.amount.amount
    entries = [Entry(HELD, amount - of_merchant), Entry(CLAWBACK, of_merchant), Entry(REFUNDS, -amount)]
    return _transaction(RefundStep.PENDING, wanted, entries, now)


def refund_moved(ports: PaymentPorts, step: RefundStep, known: Refund, now: datetime) -> Transaction:
    """What its provider did with it; of a balance, what we did."""
    money = _balance(ports, known) if known.provider == BALANCE else provider_account(known.provider)
    debit, credit = refund_accounts(step, money)
    return _transaction(step, known, [Entry(debit, known.amount.amount), Entry(credit, -known.amount.amount)], now)


def refund_stood_in(ports: PaymentPorts, known: Refund, covered: int, now: datetime) -> Transaction:
    """So much of it the customer has of the bank, the rest goes on their balance."""
    rest, money = known.amount.amount - covered, _balance(ports, known)
    parts = ((RefundStep.COVERED, covered), (RefundStep.CREDITED, rest))
    entries = [entry for step, part in parts for entry in zip(refund_accounts(step, money), (part, -part), strict=True)]
    step = RefundStep.CREDITED if rest else RefundStep.COVERED
    return _transaction(step, known, [Entry(*entry) for entry in entries], now)


def _balance(ports: PaymentPorts, known: Refund) -> str:
    payment = ports.store.payment(known.payment_id)
    return customer_account(payment.customer_id if payment else "")


def _transaction(step: RefundStep, known: Refund, entries: Iterable[Entry], now: datetime) -> Transaction:
    return Transaction(
        f"refund-{step}:{known.id}",
        f"refund-{step}",
        now,
        known.amount.currency,
        tuple(entry for entry in entries if entry.amount),
        known.order_id,
        known.payment_id,
    )
