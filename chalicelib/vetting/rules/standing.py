"""What a merchant was approved for, and until when. No I/O.

approved -> expiring (told 30 and 7 days before the licence's last day) -> lapsed (`GRACE` after it) -> approved, when a
new application is. Who has lapsed is paid nothing out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from chalicelib.vetting.rules.application import Application

TELL_BEFORE = (timedelta(days=30), timedelta(days=7))
GRACE = timedelta(days=14)  # after the licence's last day: authorities and reviewers take their time


class Licence(StrEnum):
    """Whether the licence holds."""

    APPROVED = "approved"
    EXPIRING = "expiring"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Standing:
    """What stands of a merchant.

    Attributes:
        expires_on: the licence's last day; None where it has no end.
        next_look: when something is to be said or done; None: nothing more.
        claim: the blind index of the licence.
        file_names: of the documents that were approved.
    """

    account_id: str
    licence: Licence
    expires_on: date | None
    next_look: datetime | None
    claim: str
    file_names: tuple[str, ...]
    approved_at: datetime
    version: int = 1


def standing_of(application: Application, earlier: Standing | None, now: datetime) -> Standing:
    """Return what stands once an application is approved."""
    if application.claim is None:
        raise ValueError("what is in review holds its licence's number")
    expires_on = application.details.expires_on
    return Standing(
        application.account_id,
        Licence.APPROVED,
        expires_on,
        _next_look(expires_on, now),
        application.claim,
        tuple(one.file_name for one in application.documents),
        now,
        earlier.version + 1 if earlier else 1,
    )


def looked_at(standing: Standing, now: datetime) -> Standing:
    """Return what stands when its time to be looked at has come, or itself before that. However late: once looked at,
    everything that is over is over.
    """
    if standing.next_look is None or standing.expires_on is None or now < standing.next_look:
        return standing
    licence = Licence.LAPSED if now >= lapses_at(standing.expires_on) else Licence.EXPIRING
    return replace(
        standing, licence=licence, next_look=_next_look(standing.expires_on, now), version=standing.version + 1
    )


def lapses_at(expires_on: date) -> datetime:
    """Return when a licence's grace is over. Days are UTC's: the grace is long enough for every clock."""
    return _midnight(expires_on + timedelta(days=1)) + GRACE


def _next_look(expires_on: date | None, now: datetime) -> datetime | None:
    return next((moment for moment in _moments(expires_on) if moment > now), None) if expires_on else None


def _moments(expires_on: date) -> Iterator[datetime]:
    yield from (_midnight(expires_on) - before for before in TELL_BEFORE)
    yield lapses_at(expires_on)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
