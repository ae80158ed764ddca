"""Looking at what merchants are owed."""

from dataclasses import dataclass
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import merchant_account, reserve_account
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, Settlement


@dataclass(frozen=True)
class Balance:
    """What a merchant has in one currency, minor units.

    Attributes:
        settled: in the books and not yet paid out; negative where refunds were more than sales.
        waiting: has fallen due, not yet settled.
        reserved: kept back for a while.
    """

    currency: str
    settled: int
    waiting: int
    reserved: int


def balance(ports: SettlementPorts, actor: Actor) -> list[Balance]:
    """Return the caller's balances, by currency."""
    settled = ledger.balance(ports.ledger, merchant_account(actor.merchant_id))
    reserved = ledger.balance(ports.ledger, reserve_account(actor.merchant_id))
    waiting: dict[str, int] = {}
    now = ports.clock.now()
    for due in ports.store.waiting_of(actor.merchant_id):
        if due.due_at <= now:  # a reserve waits for its release, and is told as reserved until then
            waiting[due.currency] = waiting.get(due.currency, 0) + due.payable
    return [
        Balance(one, -settled.get(one, 0), waiting.get(one, 0), -reserved.get(one, 0))
        for one in sorted(settled.keys() | waiting.keys() | reserved.keys())
    ]


def settlements(ports: SettlementPorts, actor: Actor, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
    """Return the caller's settlements, newest first."""
    return ports.store.settlements(actor.merchant_id, after, limit)


def statement(
    ports: SettlementPorts,
    merchant_id: str,
    settlement_id: str,
    after: dict[str, Any] | None = None,
    limit: int | None = None,
) -> tuple[Settlement, Page[Due]]:
    """Return a merchant's settlement and a page of its dues, or all of them.

    Raises:
        NotFound: there is no such settlement.
    """
    settlement = ports.store.settlement(merchant_id, settlement_id)
    if settlement is None:
        raise NotFound("settlement")
    return settlement, ports.store.settled(merchant_id, settlement_id, after, limit)
