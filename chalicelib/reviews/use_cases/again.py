"""Photographs that wait for a classifier are sent to be worked again: a run on a schedule. See `kit.patience` for when.

Each is put off and sent in one transaction, on the condition that nobody changed it: two runs at once send it once. A
message that is lost, or a worker that dies, costs an hour: the row comes again until somebody has worked it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Contention
from chalicelib.reviews import messages
from chalicelib.reviews.ports import AgainPorts
from chalicelib.reviews.rules.media import Medium


@dataclass(frozen=True)
class Again:
    """What a run did: photographs that it sent; how long the one has waited that waits longest."""

    sent: int
    oldest: timedelta


def media_again(ports: AgainPorts, as_of: datetime, limit: int) -> Again:
    """Send photographs whose time has come to be worked again. Safe to repeat and to run twice at once."""
    waiting = ports.media.unseen(limit)
    oldest = max((as_of - one.unseen_since for one in waiting if one.unseen_since), default=timedelta())
    return Again(sum(_sent(ports, one, as_of) for one in waiting), max(oldest, timedelta()))


def _sent(ports: AgainPorts, stands: Medium, now: datetime) -> bool:
    if stands.again_at is None or now < stands.again_at:
        return False
    new = stands.sent_again(now)
    try:
        ports.committer.commit([ports.media.put_medium(new, stands), ports.outbox.put(messages.media_sent(new, now))])
    except Contention:
        log.info("a photograph is worked already", medium_id=stands.id)
        return False
    return True
