"""A payout: money that leaves for a merchant. Its id follows from the settlement that it was made for, its legs from
the charges that the money comes from, so that no crash pays twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.settlement.ports import BankAccount, Due, DueKind, Route, Settlement, Terms

MOST_SETTLEMENTS = 60  # of a payout: each is an action of the transaction that makes it; the rest goes into the next
APPROVAL_ABOVE: Mapping[str, int] = {
    "CNY": 5_000_000, "EUR": 700_000, "GBP": 600_000, "HKD": 5_500_000, "JPY": 1_000_000, "KWD": 2_000_000,
    "SGD": 900_000, "USD": 700_000,
}  # fmt: skip
"""Minor units that leave without anybody's approval, by currency; of others nothing does."""
LEASE = timedelta(minutes=16)  # longer than a function may run: a lease that ran out belongs to a dead run


class PayoutState(StrEnum):
    """Where a payout stands."""

    PREPARING = "preparing"  # the money has left the merchant's account in the books; legs are being written
    APPROVAL = "approval"  # above the limit: two people have to agree
    READY = "ready"
    SENT = "sent"  # in a file that the bank has, or some legs are on their way
    PAID = "paid"
    FAILED = "failed"  # what did not arrive is the merchant's again


TRANSITIONS = {
    PayoutState.PREPARING: {PayoutState.APPROVAL, PayoutState.READY},
    PayoutState.APPROVAL: {PayoutState.READY, PayoutState.FAILED},
    PayoutState.READY: {PayoutState.SENT, PayoutState.FAILED},
    PayoutState.SENT: {PayoutState.PAID, PayoutState.FAILED},
    PayoutState.PAID: {PayoutState.FAILED},  # a bank may send it back days later
    PayoutState.FAILED: frozenset(),
}


class LegState(StrEnum):
    """Where one transfer of a payout stands."""

    READY = "ready"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Payout:
    """Money that leaves for a merchant.

    Attributes:
        settlement_ids: the settlements that it pays, oldest first.
        destination: the merchant's account at the provider, for `connect`.
        bank: likewise for `bank`.
        named_by: who said that it goes there: none of them may agree to it.
        held_until: it is in no file for the bank before; None where nothing keeps it.
        approvers: who agreed.
        reference: of the file that it went out with, or of the bank.
        reason: why it failed.
        returned: what of it did not arrive and is the merchant's again, minor units.
        sent_at: when it began to leave.
        busy_until: a run is sending its legs; another one may go on after this moment.
    """

    id: str
    merchant_id: str
    amount: Money
    route: Route
    state: PayoutState
    created_at: datetime
    settlement_ids: tuple[str, ...]
    destination: str | None = None
    bank: BankAccount | None = None
    approvers: tuple[str, ...] = ()
    reference: str | None = None
    reason: str | None = None
    version: int = 1
    returned: int = 0
    sent_at: datetime | None = None
    busy_until: datetime | None = None
    named_by: tuple[str, ...] = ()
    held_until: datetime | None = None

    def is_held(self, now: datetime) -> bool:
        """Say whether it waits because its account was named or changed lately."""
        return self.held_until is not None and now < self.held_until

    def may(self, state: PayoutState) -> bool:
        """Say whether it goes on to a state from where it stands."""
        return state in TRANSITIONS[self.state]


@dataclass(frozen=True)
class Leg:
    """One transfer of a payout: what of it comes from one charge.

    Attributes:
        payment_id: the charge's payment; None for what belongs to no single charge.
        transfer_ref: the provider's id of it.
        reason: why it failed.
        reversed: what of it was taken back, or is being, minor units.
    """

    id: str
    payout_id: str
    payment_id: str | None
    amount: int
    state: LegState = LegState.READY
    transfer_ref: str | None = None
    reason: str | None = None
    reversed: int = 0


def payout_id(merchant_id: str, currency: str, settlements: Sequence[Settlement]) -> str:
    """Return the id of the payout that takes these settlements: a settlement is taken once, so the newest names it."""
    return derived_id("po", merchant_id, currency, settlements[-1].id)


def taken(settlements: Sequence[Settlement], most: int = MOST_SETTLEMENTS) -> list[Settlement]:
    """Return those of a merchant's carried settlements (oldest first) that the next payout takes: all, or where there
    are too many the debts before anything else, so that what is left for the next one is owed to the merchant; of the
    others the largest.
    """
    if len(settlements) <= most:
        return list(settlements)
    debts = [one for one in settlements if one.sums.payable <= 0][: most - 1]
    others = sorted((one for one in settlements if one.sums.payable > 0), key=lambda one: -one.sums.payable)
    chosen = {one.id for one in [*debts, *others[: most - len(debts)]]}
    return [one for one in settlements if one.id in chosen]


def made(
    merchant_id: str,
    currency: str,
    settlements: Sequence[Settlement],
    terms: Terms,
    limits: Mapping[str, int],
    now: datetime,
    held_until: datetime | None = None,
) -> Payout:
    """Return the payout of some settlements under the merchant's terms. By bank there are no legs to prepare."""
    amount = sum(one.sums.payable for one in settlements)
    money, by_bank = Money(amount, currency), terms.route == Route.BANK
    return Payout(
        id=payout_id(merchant_id, currency, settlements),
        merchant_id=merchant_id,
        amount=money,
        route=terms.route,
        state=prepared(money, limits) if by_bank else PayoutState.PREPARING,
        created_at=now,
        settlement_ids=tuple(one.id for one in settlements),
        destination=None if by_bank else terms.connect_account,
        bank=terms.bank if by_bank else None,
        named_by=terms.named.by if terms.named else (),
        held_until=held_until,
    )


def prepared(amount: Money, limits: Mapping[str, int]) -> PayoutState:
    """Return where a payout stands when nothing is left to prepare."""
    needs_approval = amount.amount > limits.get(amount.currency, 0)
    return PayoutState.APPROVAL if needs_approval else PayoutState.READY


def legs(payout_id: str, amount: int, dues: Iterable[Due], step: int = 1) -> list[Leg]:
    """Return the transfers that make up a payout: no charge pays out more than its own dues left, nor more than it
    brought, the oldest charge first; what no charge covers (a released reserve, a coupon that the platform pays) is a
    leg of its own. Each is a multiple of `step`, and all of them are `amount` less what is no whole step of it.
    """
    by_payment: dict[str, tuple[int, int]] = {}
    for due in dues:
        if due.payment_id is not None:
            payable, brought = by_payment.get(due.payment_id, (0, 0))
            came = due.payable if due.kind == DueKind.PAYOUT_RETURNED else due.gross
            by_payment[due.payment_id] = (payable + due.payable, brought + came)
    made: list[Leg] = []
    left = amount
    for payment_id, there in by_payment.items():
        part = min(*there, left) // step * step
        if part > 0:
            made.append(Leg(f"{payout_id}:{payment_id}", payout_id, payment_id, part))
            left -= part
    if left >= step:
        made.append(Leg(f"{payout_id}:rest", payout_id, None, left // step * step))
    return made


def outcome(all_legs: Sequence[Leg]) -> PayoutState:
    """Return where a payout stands when its transfers stand so."""
    if any(leg.state == LegState.READY for leg in all_legs):
        return PayoutState.SENT
    return PayoutState.FAILED if any(leg.state == LegState.FAILED for leg in all_legs) else PayoutState.PAID


def came_back(all_legs: Iterable[Leg]) -> int:
    """Return what of a payout's transfers is the merchant's again, minor units."""
    return sum(leg.amount for leg in all_legs if leg.state == LegState.FAILED)
