"""What payouts ask of settlements, and do to them inside their own transactions."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.settlement import rules
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, DueKind, Settlement, SettlementState
from chalicelib.settlement.use_cases.read import statement


def to_pay_out(
    ports: SettlementPorts, merchant_id: str, currency: str, newest_id: str | None = None
) -> list[Settlement]:
    """Return what is carried of a merchant in one currency, oldest first. A settlement that was just posted and is
    named is there, whether the index shows it yet or not.
    """
    found = {one.id: one for one in ports.store.carried(merchant_id, currency)}
    if newest_id is not None and newest_id not in found:
        newest = ports.store.settlement(merchant_id, newest_id)
        if newest is not None and newest.state == SettlementState.POSTED and newest.currency == currency:
            found[newest.id] = newest
    return [found[id_] for id_ in sorted(found)]


def pay_out(ports: SettlementPorts, settlements: Sequence[Settlement], payout_id: str) -> list[Action]:
    """Return the writes that give settlements to a payout; refused with `Contention` where one has changed or gone."""
    return [ports.store.pay_out(one, payout_id) for one in settlements]


def dues_in(ports: SettlementPorts, merchant_id: str, settlement_ids: Sequence[str]) -> list[Due]:
    """Return every due of some settlements that grow no more, settlement by settlement, oldest first.

    Raises:
        Busy: the index does not show them all yet.
    """

    def of(settlement_id: str) -> Sequence[Due]:
        settlement, page = statement(ports, merchant_id, settlement_id)
        if rules.sums(page.items) != settlement.sums:
            raise Contention  # the index lags behind: what is computed from a part would be wrong for ever
        return page.items

    return [due for id_ in settlement_ids for due in retrying(lambda id_=id_: of(id_))]  # type: ignore[misc]


def came_back(
    ports: SettlementPorts, merchant_id: str, key: str, money: Money, payment_id: str | None, now: datetime
) -> list[Action]:
    """Return the write that makes money of a payout, which lies in `payouts:pending` and did not arrive or was taken
    back, due to its merchant again. Once for each key: a second time is `AlreadyPosted`.
    """
    due = Due(
        id=f"payout-returned:{key}",
        kind=DueKind.PAYOUT_RETURNED,
        merchant_id=merchant_id,
        currency=money.currency,
        due_at=now,
        payment_id=payment_id,
        reserved=-money.amount,
    )
    return [ports.store.accrue(due)]


def coming_back(ports: SettlementPorts, merchant_id: str, currency: str) -> int:
    """Return what came back of a merchant's payouts and waits for a settlement, minor units."""
    waiting = ports.store.waiting_of(merchant_id)
    return sum(due.payable for due in waiting if (due.kind, due.currency) == (DueKind.PAYOUT_RETURNED, currency))


def of_month(ports: SettlementPorts, merchant_id: str, month: str, currency: str) -> list[Settlement]:
    """Return a merchant's settlements in one currency whose period ends in a calendar month (`2026-10`)."""
    return [one for one in ports.store.of_month(merchant_id, month) if one.currency == currency]


def by_id(ports: SettlementPorts, merchant_id: str, settlement_ids: Sequence[str]) -> list[Settlement]:
    """Return those of some settlements of a merchant that there are, in the order of their ids given."""
    found = [ports.store.settlement(merchant_id, id_) for id_ in settlement_ids]
    return [one for one in found if one is not None]
