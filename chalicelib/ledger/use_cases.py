"""Keeping the books: posting, falling due, settling, reading."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import rules
from chalicelib.ledger.messages import settlement_posted
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.ledger.rules import Due, RefundStep, Settlement, Transaction

# Each line is one action; the transaction's row, a handful of balances and the settlement's row come on top.
_LINES_PER_TRANSACTION = 50


def captured(ports: LedgerPorts, payment_id: str, order_id: str, amount: Money, at: datetime) -> list[Action]:
    """Return the writes of a payment that arrived, for the caller's own transaction. Committed twice they raise
    `AlreadyPosted`, like all of these.
    """
    return ports.store.post(rules.capture(payment_id, order_id, amount, at))


def refund_moved(
    ports: LedgerPorts, step: RefundStep, refund_id: str, order_id: str, payment_id: str, amount: Money, at: datetime
) -> list[Action]:
    """Return the writes of one step of a refund: asked for, done, or failed."""
    return ports.store.post(rules.refund(step, refund_id, order_id, payment_id, amount, at))


def accrue(ports: LedgerPorts, due: Due) -> list[Action]:
    """Return the write that lets a line's money fall due. A line falls due once: a second time is `AlreadyPosted`."""
    return [ports.store.accrue(due)]


@dataclass(frozen=True)
class Run:
    """What a settlement run did: merchants (per currency), lines, and what they get in minor units per currency."""

    merchants: int
    lines: int
    payable: dict[str, int]


def settle(ports: LedgerPorts, as_of: datetime) -> Run:
    """Post everything that fell due by `as_of` to its merchant, less commission.

    Safe to repeat, to run twice at once and to die at any point: a line is taken by the same transaction that posts its
    money, under the condition that it still waits; what was not reached is found by the next run. A merchant who
    cannot be settled keeps nobody waiting: the run goes on, and fails in the end.

    Raises:
        Exception: the first thing that went wrong.
    """
    merchants, lines, payable = 0, 0, dict[str, int]()
    failures: list[Exception] = []
    for shard in range(ports.store.shards):
        for (merchant_id, currency), dues in rules.by_merchant(ports.store.waiting(shard, as_of)).items():
            with _going_on(failures, merchant_id):
                posted = _settle_merchant(ports, merchant_id, currency, dues, as_of)
                merchants, lines = merchants + 1, lines + len(posted)
                payable[currency] = payable.get(currency, 0) + sum(due.payable for due in posted)
        # A run that died between posting and telling left its settlement open.
        for merchant_id, settlement_id in ports.store.left_open(shard):
            with _going_on(failures, merchant_id):
                _close(ports, merchant_id, settlement_id)
    if failures:
        raise failures[0]
    return Run(merchants, lines, payable)


@contextmanager
def _going_on(failures: list[Exception], merchant_id: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - logged, and raised again when everybody had their turn
        log.exception("a merchant could not be settled", merchant_id=merchant_id)
        failures.append(error)


def _settle_merchant(
    ports: LedgerPorts, merchant_id: str, currency: str, dues: Sequence[Due], as_of: datetime
) -> Sequence[Due]:
    posted = [due for chunk in _chunks(dues) for due in _settle_chunk(ports, chunk, as_of)]
    _close(ports, merchant_id, rules.settlement_id(as_of.date().isoformat(), currency))
    return posted


def _chunks(dues: Sequence[Due]) -> list[Sequence[Due]]:
    return [dues[i : i + _LINES_PER_TRANSACTION] for i in range(0, len(dues), _LINES_PER_TRANSACTION)]


def _settle_chunk(ports: LedgerPorts, dues: Sequence[Due], as_of: datetime) -> Sequence[Due]:
    """Settle dues of one merchant and currency together; where another run took one of them, each by itself."""
    try:
        ports.committer.commit(_settling(ports, dues, as_of))
    except (rules.AlreadyPosted, Contention):
        if len(dues) == 1:
            return _settle_one(ports, dues[0], as_of)
        return [due for one in dues for due in _settle_one(ports, one, as_of)]
    return dues


def _settle_one(ports: LedgerPorts, due: Due, as_of: datetime) -> Sequence[Due]:
    try:
        retrying(lambda: ports.committer.commit(_settling(ports, [due], as_of)))
    except rules.AlreadyPosted:
        return ()
    return (due,)


def _settling(ports: LedgerPorts, dues: Sequence[Due], as_of: datetime) -> list[Action]:
    first, period = dues[0], as_of.date().isoformat()
    settlement = Settlement(
        id=rules.settlement_id(period, first.currency),
        merchant_id=first.merchant_id,
        currency=first.currency,
        period=period,
        lines=len(dues),
        net=sum(due.net for due in dues),
        platform_discount=sum(due.platform_discount for due in dues),
        commission=sum(due.commission for due in dues),
        payable=sum(due.payable for due in dues),
        state="open",
    )
    transaction = Transaction(
        # Named by its first line: a line is settled once, so no other transaction can have the name.
        id=f"settlement:{first.line_id}",
        kind="settlement",
        at=as_of,
        currency=first.currency,
        entries=tuple(entry for due in dues for entry in due.entries()),
    )
    return [*ports.store.settle(settlement, dues), *ports.store.post(transaction)]


def _close(ports: LedgerPorts, merchant_id: str, settlement_id: str) -> None:
    def attempt() -> None:
        settlement = ports.store.settlement(merchant_id, settlement_id)
        if settlement is not None and settlement.state == "open":
            told = ports.outbox.put(settlement_posted(settlement, ports.clock.now()))
            ports.committer.commit([ports.store.close(settlement), told])

    retrying(attempt)


@dataclass(frozen=True)
class Balance:
    """What a merchant has in one currency: settled, and waiting for settlement (both payable to the merchant)."""

    currency: str
    settled: int
    waiting: int


def balance(ports: LedgerPorts, actor: Actor) -> list[Balance]:
    """Return the caller's balances, by currency."""
    settled = {
        currency: -amount for currency, amount in ports.store.balances(rules.merchant_account(actor.account_id)).items()
    }
    waiting: dict[str, int] = {}
    for due in ports.store.waiting_of(actor.account_id):
        waiting[due.currency] = waiting.get(due.currency, 0) + due.payable
    return [Balance(c, settled.get(c, 0), waiting.get(c, 0)) for c in sorted(settled.keys() | waiting.keys())]


def settlements(ports: LedgerPorts, actor: Actor, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
    """Return the caller's settlements, newest first."""
    return ports.store.settlements(actor.account_id, after, limit)


def statement(
    ports: LedgerPorts, actor: Actor, settlement_id: str, after: dict[str, Any] | None, limit: int
) -> tuple[Settlement, Page[Due]]:
    """Return one of the caller's settlements and a page of its lines.

    Raises:
        NotFound: the caller has no such settlement.
    """
    settlement = ports.store.settlement(actor.account_id, settlement_id)
    if settlement is None:
        raise NotFound("settlement")
    return settlement, ports.store.settled_lines(actor.account_id, settlement_id, after, limit)


def trial_balance(ports: LedgerPorts) -> dict[str, dict[str, int]]:
    """Return the signed balance of each account of the chart, by currency; each currency sums to zero."""
    sheet: dict[str, dict[str, int]] = {}
    for account in rules.CHART:
        for currency, amount in ports.store.balances(account).items():
            sheet.setdefault(currency, {})[account] = amount
    return sheet


def transaction(ports: LedgerPorts, transaction_id: str) -> Transaction:
    """Return a posted transaction.

    Raises:
        NotFound: nothing was posted under this id.
    """
    found = ports.store.transaction(transaction_id)
    if found is None:
        raise NotFound("transaction")
    return found
