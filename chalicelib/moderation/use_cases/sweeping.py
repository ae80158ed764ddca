"""The run on a schedule: how long the longest waits, what is sent for judgement again, and what may be deleted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Contention
from chalicelib.moderation import messages
from chalicelib.moderation.ports import Case, CaseState, SweepPorts, Unjudged
from chalicelib.moderation.rules.waiting import sent_again
from chalicelib.reviews import use_cases as reviews

LATE = timedelta(days=1)
"""What waits for longer calls somebody."""
_MOST, _MOST_AGAIN = 200, 500  # of a run; the rest waits for the next one


@dataclass(frozen=True)
class Swept:
    """What a run found: hours that the longest waits for a look, for an appeal, and for a classifier; how many words
    and photographs were sent to one again; how many lost what they showed.
    """

    oldest_hours: float
    oldest_appeal_hours: float
    oldest_unjudged_hours: float
    sent_again: int
    forgotten: int


def sweep(ports: SweepPorts, as_of: datetime) -> Swept:
    """Tell how long the longest waits, send for judgement what a classifier did not answer for, and have photographs
    and films deleted of reviews that cannot come back. Each is a transaction of its own, and happens once however often
    it is tried.
    """
    waited = _oldest(ports, CaseState.WAITING, as_of)
    appealed = _oldest(ports, CaseState.APPEALED, as_of)
    unjudged = ports.store.all_unjudged(_MOST_AGAIN)
    media = reviews.media_again(ports.media, as_of, _MOST_AGAIN)
    unanswered = max([(as_of - one.since).total_seconds() for one in unjudged] + [media.oldest.total_seconds()])
    metric("ModerationOldest", max(waited, appealed), "Seconds")
    if max(waited, appealed, unanswered) >= LATE.total_seconds():
        metric("ModerationLate")
    sent = media.sent + sum(_sent(ports, one, as_of) for one in unjudged)
    forgotten = sum(_forgotten(ports, one, as_of) for one in ports.store.to_forget(as_of, _MOST))
    return Swept(_hours(waited), _hours(appealed), _hours(unanswered), sent, forgotten)


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)


def _sent(ports: SweepPorts, waits: Unjudged, now: datetime) -> bool:
    if now < waits.again_at:
        return False
    new = sent_again(waits, now)
    try:
        ports.committer.commit([ports.store.put_off(new), ports.outbox.put(messages.judge_again(new, now))])
    except Contention:  # it was judged, or another run sent it
        return False
    return True


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
