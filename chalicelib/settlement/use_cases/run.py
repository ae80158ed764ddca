"""The scheduled settlement: what fell due in a period is frozen into a settlement and posted, merchant by merchant.

Safe to repeat, to run twice at once and to die at any point: a due is taken by the same transaction that posts its
money, under the condition that it still waits; what was not reached is found by the next run. What the run itself makes
(a subscription, a reserve) is written settled, by that transaction too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.kit.money import fee, tax_within
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.settlement import rules
from chalicelib.settlement.messages import settlement_posted
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, DueKind, PaidOut, Settlement, SettlementState, Sums, Terms
from chalicelib.settlement.use_cases import _post
from chalicelib.settlement.use_cases.terms import conditions_of


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
        agreed = dict(ports.store.agreed(shard))
        for (merchant_id, currency), head in _candidates(ports, shard, agreed).items():
            with _going_on(failures, merchant_id):
                if not _is_due(ports, agreed.get(merchant_id, ports.standard), merchant_id, currency, head, as_of):
                    continue
                posted = _settle_merchant(ports, merchant_id, currency, as_of)
                merchants, lines = merchants + bool(posted), lines + len(posted)
                payable[currency] = payable.get(currency, 0) + sum(due.payable for due in posted)
        # A run that died between posting and telling left its settlement open.
        for merchant_id, settlement_id in list(ports.store.left_open(shard)):
            with _going_on(failures, merchant_id):
                _close(ports, conditions_of(ports, merchant_id), merchant_id, settlement_id)
    metric("MerchantsSettled", merchants)
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


def _candidates(
    ports: SettlementPorts, shard: int, agreed: Mapping[str, Terms]
) -> dict[tuple[str, str], datetime | None]:
    """Return who may have something to settle, by (merchant, currency), and since when it waits; a subscription is due
    also where nothing was sold.
    """
    found: dict[tuple[str, str], datetime | None] = {
        (merchant_id, currency): None for merchant_id, terms in agreed.items() for currency in terms.subscription
    }
    found.update({(head.merchant_id, head.currency): head.due_at for head in ports.store.heads(shard)})
    return found


def _is_due(
    ports: SettlementPorts,
    terms: Terms,
    merchant_id: str,
    currency: str,
    waits_since: datetime | None,
    as_of: datetime,
) -> bool:
    """Whether there is anything to settle: what costs nothing to know is asked first, as it is asked every hour."""
    last = rules.last_period(terms, as_of)
    if waits_since is not None and waits_since < rules.end_of(terms, last):
        return True
    return bool(_subscription(ports, terms, merchant_id, currency, last))


def _settle_merchant(ports: SettlementPorts, merchant_id: str, currency: str, as_of: datetime) -> list[Due]:
    terms = conditions_of(ports, merchant_id)
    last = rules.last_period(terms, as_of)
    id_ = rules.settlement_id(str(last), currency)
    stands = ports.store.settlement(merchant_id, id_)
    if stands is not None and stands.state == SettlementState.PAID_OUT:
        return []  # what came late waits for the next period
    settlement = stands or Settlement(id_, merchant_id, currency, str(last), Sums(), SettlementState.OPEN)
    waiting = list(ports.store.waiting_until(merchant_id, currency, rules.end_of(terms, last)))
    made = _subscription(ports, terms, merchant_id, currency, last)
    posted: list[Due] = []
    try:
        for batch in _post.batches(waiting, made):
            posted += _post.post(ports, settlement, batch)
    except PaidOut:
        log.info("a settlement was paid out while it grew", merchant_id=merchant_id, settlement_id=id_)
    if posted:
        _close(ports, terms, merchant_id, id_)
    return posted


def _subscription(ports: SettlementPorts, terms: Terms, merchant_id: str, currency: str, last: date) -> list[Due]:
    """Return the fee of the month that a period ends in, unless it was taken."""
    amount, month = terms.subscription.get(currency, 0), f"{last:%Y-%m}"
    if not amount or month < terms.subscribed.get(currency, ""):
        return []
    tax = (tax_within if terms.tax_included else fee)(amount, terms.tax_bps)
    due = Due(
        id=f"subscription:{merchant_id}:{currency}:{month}",
        kind=DueKind.SUBSCRIPTION,
        merchant_id=merchant_id,
        currency=currency,
        due_at=rules.end_of(terms, last) - timedelta(microseconds=1),
        fixed_fee=amount - tax if terms.tax_included else amount,
        tax=tax,
    )
    return [] if ports.store.due(due.id) else [due]


def _close(ports: SettlementPorts, terms: Terms, merchant_id: str, settlement_id: str) -> None:
    """End a settlement: keep its reserve back, and tell that it stands in the books."""

    def attempt() -> None:
        settlement = ports.store.settlement(merchant_id, settlement_id)
        if settlement is None or settlement.state != SettlementState.OPEN:
            return
        kept, released = _reserve(terms, settlement)
        now, ended = ports.clock.now(), replace(settlement, sums=settlement.sums + rules.sums(kept))
        booked = ledger.post(ports.ledger, _post.transaction(kept, now)) if kept else []
        told = ports.outbox.put(settlement_posted(ended, now))
        waiting = [ports.store.accrue(due) for due in released]
        ports.committer.commit([*ports.store.close(settlement, kept), *waiting, *booked, told])

    retrying(attempt)


def _reserve(terms: Terms, settlement: Settlement) -> tuple[list[Due], list[Due]]:
    """Return the due that keeps a part of a settlement back, and the one that gives it again later. What is added to a
    settlement afterwards has its part kept back by dues of its own; what is taken from it releases nothing early.
    """
    amount = fee(max(0, settlement.sums.payable + settlement.sums.reserved), terms.reserve_bps) - settlement.kept
    if amount <= 0:
        return [], []
    name = f"{settlement.merchant_id}:{settlement.id}:{settlement.sums.lines}"
    last = date.fromisoformat(settlement.period)
    kept = Due(
        id=f"reserve:{name}",
        kind=DueKind.RESERVE,
        merchant_id=settlement.merchant_id,
        currency=settlement.currency,
        due_at=rules.end_of(terms, last) - timedelta(microseconds=1),
        reserved=amount,
    )
    release_at = rules.end_of(terms, last + timedelta(days=terms.reserve_days))
    released = replace(kept, id=f"release:{name}", kind=DueKind.RESERVE_RELEASED, due_at=release_at, reserved=-amount)
    return [kept], [released]
