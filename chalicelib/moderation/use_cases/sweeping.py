"""The run on a schedule: how long the longest waits, and what may be deleted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Contention
from chalicelib.moderation import messages
from chalicelib.moderation.ports import Case, CaseState, SweepPorts

LATE = timedelta(days=1)
"""What waits for longer calls somebody."""
_MOST = 200  # of a run; the rest waits for the next one


@dataclass(frozen=True)
class Swept:
    """What a run found: hours that the longest waits for a look, and for an appeal; how many lost what they showed."""

    oldest_hours: float
    oldest_appeal_hours: float
    forgotten: int


def sweep(ports: SweepPorts, as_of: datetime) -> Swept:
    """Tell how long the longest waits, and have photographs and films deleted of reviews that cannot come back. Each
    is a transaction of its own, and happens once however often it is tried.
    """
    waited = _oldest(ports, CaseState.WAITING, as_of)
    appealed = _oldest(ports, CaseState.APPEALED, as_of)
    metric("ModerationOldest", max(waited, appealed), "Seconds")
    if max(waited, appealed) >= LATE.total_seconds():
        metric("ModerationLate")
    forgotten = sum(_forgotten(ports, one, as_of) for one in ports.store.to_forget(as_of, _MOST))
    return Swept(round(waited / 3600, 1), round(appealed / 3600, 1), forgotten)


def _oldest(ports: SweepPorts, state: CaseState, now: datetime) -> float:
    """Return since how many seconds the longest waits; 0 where nobody does."""
    found = ports.store.waiting(state, None, 1).items
    return max(0.0, (now - found[0].since).total_seconds()) if found else 0.0


def _forgotten(ports: SweepPorts, stands: Case, now: datetime) -> bool:
    if stands.forget_at is None or now < stands.forget_at:
        return False
    new = replace(stands, forgotten=True, version=stands.version + 1)
    try:
        ports.committer.commit([ports.store.put(new), ports.outbox.put(messages.forget_media(new, now))])
    except Contention:  # an appeal came, or another run did it; what is left comes again
        log.info("a case changed meanwhile", review_id=stands.review_id)
        return False
    return True
