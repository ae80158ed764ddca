"""An endpoint: where somebody wants to hear of events, of which, and how it has been doing. No I/O.

| state | from | events |
|---|---|---|
| pending | made, or its address changed | kept once it was active before; none are sent |
| active | a challenge was answered | sent |
| paused | its owner says so | kept, sent once it goes on |
| disabled | it failed for `FAILING`, or said 410 | none are kept; those that were, are sent once it is active again |

A challenge leads to `active` from everywhere. Failures are counted beside this: `OPENS` in a row, or a wish for fewer,
open the circuit: until `wake_at` nothing is tried, then a few at a time. So one that is down costs little, and keeps
nobody else waiting. One that is slow is tried beside the queue that all share until `slow_until`: its events are
written down, and sent by the sweep, which has time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.addresses import AddressRefused, host_of
from chalicelib.kit.errors import invalid
from chalicelib.webhooks.problems import NoSecret, NotInThisState, TooManyTests, TooSoon
from chalicelib.webhooks.rules.events import TYPES
from chalicelib.webhooks.rules.listening import STALE

MOST = 10
"""Endpoints of one owner."""
LONGEST_URL, LONGEST_TEXT = 500, 200
OVERLAP = timedelta(hours=24)
"""How long the secret before signs along."""
FAILING = timedelta(days=3)
"""After so long without any success an endpoint is disabled."""
OPENS = 3
"""Failures in a row after which an endpoint is left alone for a while."""
HEARD_OF = STALE + timedelta(seconds=1)
"""After so long at most whoever relays knows of an owner's first endpoint; the list of owners may lag a moment."""
CHALLENGE_EVERY = timedelta(seconds=10)
MOST_TESTS, TESTS_WITHIN = 3, timedelta(minutes=1)
"""Tests of one endpoint in so long: each takes a worker for as long as the endpoint likes, also where it hangs."""
CHALLENGE_WITHIN = 5.0
"""Seconds within which a challenge is to be answered."""


class State(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class Reason(StrEnum):
    """Why an endpoint is disabled."""

    FAILING = "failing"
    GONE = "gone"


@dataclass(frozen=True)
class Endpoint:
    """See the module.

    Attributes:
        id: `whe_...`.
        owner_id: the merchant's account, or the partner's.
        url: https, on port 443.
        types: of events that it wants.
        text: what its owner calls it; may be empty.
        state: see the module.
        created_at: when it was made.
        secret: what signs; None until one was asked for.
        secret_before: what signs along until `before_until`.
        reason: why it is disabled.
        active_at: when a challenge was last answered; None where none ever was.
        challenged_at: when one was last sent.
        tested: when tests were last asked for.
        failures: in a row, of all its deliveries.
        failing_since: the first of them; None where the last delivery was taken.
        wake_at: when what waits is to be tried; None where nothing is known to wait.
        is_last_look: nothing was found when that was last looked at; if it is so again, nothing waits.
        slow_until: until when it counts as slow; in the past, or None, where it is not.
        version: of what its owner says; rises with each change.
    """

    id: str
    owner_id: str
    url: str
    types: tuple[str, ...]
    text: str
    state: State
    created_at: datetime
    secret: str | None = None
    secret_before: str | None = None
    before_until: datetime | None = None
    reason: Reason | None = None
    active_at: datetime | None = None
    challenged_at: datetime | None = None
    tested: tuple[datetime, ...] = ()
    failures: int = 0
    failing_since: datetime | None = None
    wake_at: datetime | None = None
    is_last_look: bool = False
    slow_until: datetime | None = None
    version: int = 1

    @property
    def collects(self) -> bool:
        """Whether what happens is kept for it."""
        if self.state == State.PENDING:
            return self.active_at is not None
        return self.state in {State.ACTIVE, State.PAUSED}

    @property
    def hears_from(self) -> datetime | None:
        """From when on all that happens is kept for it: since it became active, and where it is its owner's first since
        everybody has heard of that, see `listening.STALE`. What happened before is nowhere kept, and cannot be sent
        again. None while it hears of nothing.
        """
        if not self.collects or self.active_at is None:
            return None
        return max(self.active_at, self.created_at + HEARD_OF)

    def wants(self, kind: str) -> bool:
        """Say whether an event of a type is kept for it."""
        return self.collects and kind in self.types

    def is_open(self, now: datetime) -> bool:
        """Say whether it is to be left alone now."""
        return self.failures >= OPENS and self.wake_at is not None and self.wake_at > now

    def is_slow(self, now: datetime) -> bool:
        """Say whether it takes so long that others would wait behind it."""
        return self.slow_until is not None and self.slow_until > now

    def takes_now(self, now: datetime) -> bool:
        """Say whether what happens now is sent at once."""
        return self.state == State.ACTIVE and not self.is_open(now) and not self.is_slow(now)

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return what signs now, the newest first."""
        before = self.secret_before if self.before_until and now < self.before_until else None
        return tuple(one for one in (self.secret, before) if one is not None)


def check_url(url: str, *, is_local: bool = False) -> None:
    """Let an address pass that may be called, as far as it tells; whom its name leads to is looked at with each call.

    Raises:
        Invalid: no https on port 443, with credentials, or with a fragment. With `is_local` plain http passes too: the
            gateway takes it for this machine alone.
    """
    try:
        if not (is_local and url.startswith("http://127.0.0.1:")):
            host_of(url)
    except AddressRefused as error:
        raise invalid("url", "an https address on port 443, without credentials, that anybody can reach") from error
    if "#" in url:
        raise invalid("url", "must have no fragment")


def check_types(types: Sequence[str]) -> tuple[str, ...]:
    """Return types of events, each once, in order.

    Raises:
        Invalid: one that is not published.
    """
    unknown = sorted(set(types) - TYPES.keys())
    if unknown:
        raise invalid("types", f"not published: {', '.join(unknown)[:100]}")
    return tuple(sorted(set(types)))


@dataclass(frozen=True)
class Change:
    """What an owner changes; None is left as it is."""

    url: str | None = None
    types: tuple[str, ...] | None = None
    text: str | None = None
    paused: bool | None = None


def changed(standing: Endpoint, change: Change, now: datetime) -> Endpoint:
    """Return an endpoint's next version. Another address has to answer a challenge.

    Raises:
        NotInThisState: to be paused or to go on, it has to be active or paused.
    """
    new = replace(
        standing,
        types=standing.types if change.types is None else change.types,
        text=standing.text if change.text is None else change.text,
        version=standing.version + 1,
    )
    if change.paused is not None:
        if standing.state not in {State.ACTIVE, State.PAUSED}:
            raise NotInThisState(state=standing.state)
        new = replace(new, state=State.PAUSED if change.paused else State.ACTIVE)
    if change.url is not None and change.url != standing.url:
        new = replace(new, url=change.url, state=State.PENDING, reason=None)
    return replace(new, wake_at=_woken(standing, new, now))


def _woken(standing: Endpoint, new: Endpoint, now: datetime) -> datetime | None:
    if new.state != State.ACTIVE:
        return None
    return standing.wake_at if standing.state == State.ACTIVE else now


def rotated(standing: Endpoint, secret: str, now: datetime, *, keeps_old: bool) -> Endpoint:
    """Return an endpoint with another secret; with `keeps_old` the one before signs along for `OVERLAP`."""
    keeps = keeps_old and standing.secret is not None
    return replace(
        standing,
        secret=secret,
        secret_before=standing.secret if keeps else None,
        before_until=now + OVERLAP if keeps else None,
        version=standing.version + 1,
    )


def challenged(standing: Endpoint, now: datetime) -> Endpoint:
    """Return an endpoint to which a challenge is sent now.

    Raises:
        NoSecret: there is none to answer with. TooSoon: see `CHALLENGE_EVERY`.
    """
    if standing.secret is None:
        raise NoSecret
    if standing.challenged_at is not None and now - standing.challenged_at < CHALLENGE_EVERY:
        left = CHALLENGE_EVERY - (now - standing.challenged_at)
        raise TooSoon(retry_after=max(1, round(left.total_seconds())))
    return replace(standing, challenged_at=now, version=standing.version + 1)


def tested(standing: Endpoint, now: datetime) -> Endpoint:
    """Return an endpoint to which a test is sent now.

    Raises:
        NotInThisState: it is not active. TooManyTests: see `MOST_TESTS`.
    """
    if standing.state != State.ACTIVE:
        raise NotInThisState(state=standing.state)
    lately = tuple(one for one in standing.tested if now - one < TESTS_WITHIN)
    if len(lately) >= MOST_TESTS:
        left = TESTS_WITHIN - (now - min(lately))
        raise TooManyTests(retry_after=max(1, round(left.total_seconds())))
    return replace(standing, tested=(*lately, now), version=standing.version + 1)


def activated(standing: Endpoint, now: datetime) -> Endpoint:
    """Return an endpoint that answered its challenge. All that waits for it is tried, whenever that is due: as with one
    that was left alone.
    """
    return replace(
        standing,
        state=State.ACTIVE,
        reason=None,
        active_at=now,
        failures=OPENS,
        failing_since=None,
        wake_at=now,
        version=standing.version + 1,
    )


def disabled(standing: Endpoint, reason: Reason) -> Endpoint:
    """Return an endpoint that is called no more."""
    return replace(standing, state=State.DISABLED, reason=reason, wake_at=None, version=standing.version + 1)
