"""The scheduled settlement: what fell due in a period is frozen into a settlement and posted, merchant by merchant.

Safe to repeat, to run twice at once and to die at any point: a due is taken by the same transaction that posts its
money, under the condition that it still waits; what was not reached is found by the next run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.kit.money import fee
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted, Transaction
from chalicelib.settlement import rules
from chalicelib.settlement.messages import settlement_posted
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, DueKind, Settlement, SettlementState, Terms
from chalicelib.settlement.use_cases.terms import terms_of

# Each due is one action; the transaction's row, up to a dozen balances and the settlement's row come on top.
_DUES_PER_TRANSACTION = 50


@dataclass(frozen=True)
class Run:
    """What a run did: merchants (per currency), dues, and what they add up to in minor units per currency."""

    merchants: int
    lines: int
    payable: dict[str, int]


def settle(ports: SettlementPorts, as_of: datetime) -> Run:
    """Settle every merchant's newest period that may be settled at a moment, under the merchant's own terms. A merchant
    who cannot be settled keeps nobody waiting: the run goes on, and fails in the end.

    Raises:
        Exception: the first thing that went wrong.
    """
    merchants, lines, payable = 0, 0, dict[str, int]()
    failures: list[Exception] = []
    for shard in range(ports.store.shards):
        groups = rules.by_merchant(ports.store.waiting(shard))
        for merchant_id in ports.store.merchants(shard):  # a subscription is due also where nothing was sold
            for currency in terms_of(ports, merchant_id).subscription:
                groups.setdefault((merchant_id, currency), [])
        for (merchant_id, currency), dues in groups.items():
            with _going_on(failures, merchant_id):
                posted = _settle_merchant(ports, merchant_id, currency, dues, as_of)
                merchants, lines = merchants + bool(posted), lines + len(posted)
                payable[currency] = payable.get(currency, 0) + sum(due.payable for due in posted)
        # A run that died between posting and telling left its settlement open.
        for merchant_id, settlement_id in list(ports.store.left_open(shard)):
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
    ports: SettlementPorts, merchant_id: str, currency: str, waiting: Sequence[Due], as_of: datetime
) -> list[Due]:
    terms = terms_of(ports, merchant_id)
    last = rules.last_period(terms, as_of)
    stands = ports.store.settlement(merchant_id, rules.settlement_id(str(last), currency))
    if stands is not None and stands.state == SettlementState.PAID_OUT:
        return []  # what came late waits for the next period
    end = rules.end_of(terms, last)
    dues = [due for due in waiting if due.due_at < end]
    dues += _subscription(ports, terms, merchant_id, currency, last)
    posted: list[Due] = []
    for start in range(0, len(dues), _DUES_PER_TRANSACTION):
        posted += _post_some(ports, dues[start : start + _DUES_PER_TRANSACTION], last, as_of)
    if posted:
        posted += _post_some(ports, _reserve(ports, terms, merchant_id, currency, last), last, as_of)
        _close(ports, merchant_id, rules.settlement_id(str(last), currency))
    return posted


def _subscription(ports: SettlementPorts, terms: Terms, merchant_id: str, currency: str, last: date) -> list[Due]:
    """Let the fee of the month that a period ends in fall due, once; return it where it still waits."""
    amount = terms.subscription.get(currency, 0)
    if not amount:
        return []
    due = Due(
        id=f"subscription:{merchant_id}:{currency}:{last:%Y-%m}",
        kind=DueKind.SUBSCRIPTION,
        merchant_id=merchant_id,
        currency=currency,
        due_at=rules.end_of(terms, last) - timedelta(microseconds=1),
        fixed_fee=amount,
        tax=fee(amount, terms.tax_bps),
    )
    return _fallen_due(ports, [due])


def _reserve(ports: SettlementPorts, terms: Terms, merchant_id: str, currency: str, last: date) -> list[Due]:
    """Keep back a part of what a settlement pays, and let it fall due again later; once for each settlement."""
    settlement = ports.store.settlement(merchant_id, rules.settlement_id(str(last), currency))
    if settlement is None or not terms.reserve_bps:
        return []
    amount = fee(max(0, settlement.sums.payable + settlement.sums.reserved), terms.reserve_bps)
    if not amount:
        return []
    end = rules.end_of(terms, last)
    kept = Due(
        id=f"reserve:{merchant_id}:{settlement.id}",
        kind=DueKind.RESERVE,
        merchant_id=merchant_id,
        currency=currency,
        due_at=end - timedelta(microseconds=1),
        reserved=amount,
    )
    released = Due(
        id=f"release:{merchant_id}:{settlement.id}",
        kind=DueKind.RESERVE_RELEASED,
        merchant_id=merchant_id,
        currency=currency,
        due_at=end + timedelta(days=terms.reserve_days),
        reserved=-amount,
    )
    return _fallen_due(ports, [kept, released])[:1]


def _fallen_due(ports: SettlementPorts, dues: Sequence[Due]) -> list[Due]:
    """Write dues that the run itself makes; return those that wait, also from a run that died after writing them."""
    try:
        retrying(lambda: ports.committer.commit([ports.store.accrue(due) for due in dues]))
    except AlreadyPosted:
        known = [ports.store.due(due.id) for due in dues]
        return [due for due in known if due is not None and due.settlement_id is None]
    return list(dues)


def _post_some(ports: SettlementPorts, dues: Sequence[Due], last: date, as_of: datetime) -> Sequence[Due]:
    """Post some dues in one transaction; one by one where another run has taken one of them."""
    if not dues:
        return ()
    try:
        retrying(lambda: ports.committer.commit(_settling(ports, dues, last, as_of)))
    except AlreadyPosted:
        if len(dues) == 1:
            return ()
        return [posted for due in dues for posted in _post_some(ports, [due], last, as_of)]
    return dues


def _settling(ports: SettlementPorts, dues: Sequence[Due], last: date, as_of: datetime) -> list[Action]:
    first = dues[0]
    settlement = Settlement(
        id=rules.settlement_id(str(last), first.currency),
        merchant_id=first.merchant_id,
        currency=first.currency,
        period=str(last),
        sums=rules.sums(dues),
        state=SettlementState.OPEN,
    )
    transaction = Transaction(
        # Named by its first due: a due is settled once, so no other transaction can have the name.
        id=f"settlement:{first.id}",
        kind="settlement",
        at=as_of,
        currency=first.currency,
        entries=tuple(entry for due in dues for entry in due.entries()),
    )
    return [*ports.store.settle(settlement, dues), *ledger.post(ports.ledger, transaction)]


def _close(ports: SettlementPorts, merchant_id: str, settlement_id: str) -> None:
    def attempt() -> None:
        settlement = ports.store.settlement(merchant_id, settlement_id)
        if settlement is not None and settlement.state == SettlementState.OPEN:
            told = ports.outbox.put(settlement_posted(settlement, ports.clock.now()))
            ports.committer.commit([ports.store.close(settlement), told])

    retrying(attempt)
