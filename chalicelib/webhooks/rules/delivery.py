"""A delivery: one event on its way to one endpoint. No I/O.

| state | means |
|---|---|
| pending | in hand until `lease_until`, or waits for `next_at` |
| delivered | a 2xx came back |
| failed | none did, over `RETRIED` |

Whoever works it takes it in hand first. One who dies then leaves a lease that runs out, and the next sends the same id
again: an event may come twice, and never not at all.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

RETRIED = timedelta(days=3)
"""For so long an event is tried."""
KEPT = timedelta(days=14)
"""So long the log is kept, and an event can be sent again."""
LEASE = timedelta(seconds=60)  # longer than an attempt, as long as a function runs
TIMEOUT, FIRST = 10.0, 4.0
"""Seconds in which an endpoint has to answer; at the first attempt, for which a worker is kept that all share."""
SLOW, SLOW_FOR = 3.0, timedelta(minutes=15)
"""Who takes more seconds than that is slow for so long, see `rules.endpoint`."""
MOST_TRIES = 10
"""Attempts that the log shows, the last ones."""
MOST_ANSWER = 256
"""Bytes of an answer that the log shows."""
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=2)
_MOST_WAIT = timedelta(hours=24)
_GONE, _TOO_MANY, _UNAVAILABLE = 410, 429, 503

Chance = Callable[[float, float], float]


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Verdict(StrEnum):
    """What an answer means."""

    TAKEN = "taken"
    FAILED = "failed"
    SLOWER = "slower"  # it wants fewer, or later
    GONE = "gone"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP; None where none came.
        reason: why none came: `unreachable`, `refused-address`.
        body: the first bytes, as text.
        retry_after: the header, where there was one.
        ms: how long it took.
    """

    status: int | None
    reason: str | None = None
    body: str = ""
    retry_after: str | None = None
    ms: int = 0

    @property
    def is_slow(self) -> bool:
        """Say whether it took too long for an endpoint that others wait behind."""
        return self.ms >= SLOW * 1000

    @property
    def verdict(self) -> Verdict:
        """Redirections are not followed: what is not a 2xx did not take the event."""
        if self.status is None:
            return Verdict.FAILED
        if 200 <= self.status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
            return Verdict.TAKEN
        if self.status == _GONE:
            return Verdict.GONE
        slower = self.status == _TOO_MANY or (self.status == _UNAVAILABLE and self.retry_after is not None)
        return Verdict.SLOWER if slower else Verdict.FAILED


@dataclass(frozen=True)
class Attempt:
    """One attempt, as the log shows it."""

    at: datetime
    status: int | None
    reason: str | None
    ms: int
    answer: str


@dataclass(frozen=True)
class Delivery:
    """See the module.

    Attributes:
        id: of the event: what goes as `webhook-id`.
        endpoint_id: where to.
        owner_id: whose that is.
        type: of the event.
        body: what is sent.
        state: see the module.
        created_at: since when it is tried; anew where it is sent again.
        attempts: how many there were.
        tries: the last of them, the latest last.
        next_at: when it is tried again; None while it is in hand, and once it has ended.
        lease_until: until when it is in hand.
    """

    id: str
    endpoint_id: str
    owner_id: str
    type: str
    body: str
    state: DeliveryState
    created_at: datetime
    attempts: int = 0
    tries: tuple[Attempt, ...] = ()
    next_at: datetime | None = None
    lease_until: datetime | None = None


def wait(turn: int, chance: Chance = random.uniform) -> timedelta:
    """Return how long to wait after the n-th failure: a minute, doubled each time, two hours at most; a quarter of it
    is left to chance, so that what failed together does not come back together.
    """
    full = min(_LONGEST, _FIRST * (1 << min(max(turn, 1) - 1, 16)))
    return full * chance(0.75, 1.0)


def rest(failing: timedelta, chance: Chance = random.uniform) -> timedelta:
    """Return for how long an endpoint is left alone that has failed for so long: half of that again, a minute at least
    and two hours at most. It grows with time, not with how many deliveries failed at once.
    """
    return min(_LONGEST, max(_FIRST, failing / 2)) * chance(0.75, 1.0)


def wanted_wait(answer: Answer, now: datetime) -> timedelta:
    """Return for how long an answer asks to be left alone (RFC 9110, 10.2.3): seconds or a date, a day at most; nothing
    where it does not say, or nothing that can be read.
    """
    told = (answer.retry_after or "").strip()
    if told.isascii() and told.isdigit():
        return min(_MOST_WAIT, timedelta(seconds=int(told[:9])))
    try:
        until: datetime = parsedate_to_datetime(told)
        left: timedelta = until - now
    except (ValueError, TypeError):  # no date, or one without a zone
        return timedelta()
    return min(_MOST_WAIT, max(timedelta(), left))


def next_try(delivery: Delivery, attempts: int, answer: Answer, now: datetime) -> datetime | None:
    """Return when a delivery is tried again after its n-th failure; None where it has been tried for `RETRIED`. The
    last attempt comes when that is over, not before.
    """
    until = delivery.created_at + RETRIED
    if now >= until:
        return None
    asked = wanted_wait(answer, now) if answer.verdict == Verdict.SLOWER else timedelta()
    return min(until, now + max(asked, wait(attempts)))


def attempt_of(answer: Answer, at: datetime) -> Attempt:
    """Return an attempt for the log, with the beginning of the answer as one line of text."""
    said = answer.body.encode()[:MOST_ANSWER].decode("utf-8", "ignore")
    line = "".join(one if one.isprintable() else " " for one in said).strip()
    return Attempt(at, answer.status, answer.reason, answer.ms, line)


def shown(delivery: Delivery, attempt: Attempt) -> tuple[Attempt, ...]:
    """Return the attempts that the log shows after one more."""
    return (*delivery.tries, attempt)[-MOST_TRIES:]
