"""A provider tells us something: recorded at once, worked later, never lost."""

from collections.abc import Callable

from chalicelib.kit.observability import log
from chalicelib.kit.transaction import retrying
from chalicelib.payments.messages import event_received
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import Event, Moved, Notice, Subject
from chalicelib.payments.use_cases.charge import settle_charge
from chalicelib.payments.use_cases.dispute import settle_dispute
from chalicelib.payments.use_cases.refund import settle_refund


def acknowledge(ports: PaymentPorts, provider: str, notice: Notice) -> None:
    """Take a provider's notice: verify it, record it, answer.

    One transaction: the inbox keeps the event until it is worked, and the outbox row beside it sends it on its way.
    One that comes again and is not worked yet is sent on its way again; one that is worked is done with.

    Raises:
        BadSignature: nothing is recorded.
    """
    now = ports.clock.now()
    event = ports.providers[provider].read_event(notice, now)
    if event.subject == Subject.OTHER:
        log.info("event of no interest", provider=provider, event_id=event.id, type=event.type)
        return
    told = ports.outbox.put(event_received(event, now))
    try:
        retrying(lambda: ports.committer.commit([ports.store.received(event, now), told]))
    except Moved:
        log.info("event is worked already", provider=provider, event_id=event.id)


def work_event(ports: PaymentPorts, event: Event, *, again: bool = False) -> None:
    """Do what an event asks for: fetch its object and move on whatever it moves. Idempotent.

    Args:
        ports: what payments need.
        event: what the provider told of.
        again: also one that is marked as worked: what came of it may have been lost (`make replay`).

    Raises:
        Unavailable, NotYetKnown, AmountMismatch: not done; the queue brings it again, at last to the dead letters.
    """
    if not again and ports.store.worked(event):
        return
    work: dict[str, Callable[[PaymentPorts, str, str], None]] = {
        Subject.CHARGE: settle_charge,
        Subject.REFUND: settle_refund,
        Subject.DISPUTE: settle_dispute,
    }
    if event.subject in work:
        work[event.subject](ports, event.provider, event.ref)
    ports.store.mark_worked(event)
