"""Asking for what no notice came of: payments and refunds that are on their way, and events that nobody worked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.payments.messages import event_received
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import Payment, Refund
from chalicelib.payments.use_cases.charge import apply
from chalicelib.payments.use_cases.refund import look_again as look_at_refund

FIRST_LOOK = timedelta(minutes=5)  # notices come within seconds
LAST_LOOK = timedelta(days=4)  # providers repeat notices for up to three days
UNWORKED = timedelta(hours=1)  # by then the queue has tried, or nobody works
_MOST = 100  # of a shard and run; the rest waits for the next run


@dataclass(frozen=True)
class Swept:
    """What a run did: payments and refunds asked for, events sent on their way again, and what failed."""

    asked: int
    told: int
    failed: int


def look_again(ports: PaymentPorts, as_of: datetime) -> Swept:
    """Ask the providers for whatever has been on its way for a while, ever more seldom, and send events that were not
    worked on their way again. One that fails does not keep the others waiting.
    """
    asked = told = failed = 0
    for shard in range(ports.store.shards):
        for one in list(ports.store.on_their_way(shard, as_of, _MOST)):
            try:
                _ask(ports, one)
                ports.store.look_later(one, _next_look(one, as_of))
                asked += 1
            except Exception:  # noqa: BLE001 - logged and counted; a later run meets it again
                log.exception("what is on its way could not be asked for", id=one.id)
                # Also more seldom, but never no more: else those that always fail would take every run's turn.
                ports.store.look_later(one, _after_as_long(one, as_of))
                failed += 1
        for event in list(ports.store.unworked(shard, as_of - UNWORKED, _MOST)):
            message = event_received(event, as_of)
            retrying(lambda m=message: ports.committer.commit([ports.outbox.put(m)]))  # type: ignore[misc]
            ports.store.told_again(event, as_of)
            told += 1
    metric("InboxUnworked", told)
    return Swept(asked, told, failed)


def _ask(ports: PaymentPorts, one: Payment | Refund) -> None:
    if isinstance(one, Payment):
        provider = ports.providers[one.provider]
        charge = provider.charge_state(one.charge_ref) if one.charge_ref else provider.find_charge(one)
        if charge is not None:
            apply(ports, one.provider, charge)
    else:
        look_at_refund(ports, one)


def _next_look(one: Payment | Refund, now: datetime) -> datetime | None:
    """Return when to ask next; None: no more."""
    return _after_as_long(one, now) if now - one.created_at < LAST_LOOK else None


def _after_as_long(one: Payment | Refund, now: datetime) -> datetime:
    """Return the moment when it has been on its way for as long again."""
    return now + max(now - one.created_at, FIRST_LOOK)
