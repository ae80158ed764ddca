"""Who listens: merchants to what concerns them, partners to what concerns all merchants or some. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.webhooks.problems import TooSoon

STALE = timedelta(seconds=30)
"""For so long who relays keeps in mind who listens: of an owner's first endpoint it hears so much later."""
MOST_CHALLENGES, CHALLENGES_WITHIN = 20, timedelta(minutes=10)
"""Of all endpoints of an owner, in so long: who makes ever new ones would keep the API busy with waiting for them."""
MOST_MERCHANTS = 100
"""Merchants that a partner hears of who does not hear of all."""


@dataclass(frozen=True)
class Listener:
    """An owner of endpoints.

    Attributes:
        owner_id: the account.
        number: how many endpoints they have.
        name: what the operator calls a partner; None where it is a merchant alone.
        merchants: of whom a partner hears beside themselves; None of all.
        challenges: how many were sent since `challenged_since`, see `MOST_CHALLENGES`.
    """

    owner_id: str
    number: int = 0
    name: str | None = None
    merchants: frozenset[str] | None = field(default_factory=frozenset)
    challenges: int = 0
    challenged_since: datetime | None = None

    @property
    def is_partner(self) -> bool:
        return self.name is not None

    def hears_of(self, merchant_id: str) -> bool:
        """Say whether what concerns a merchant is theirs to hear."""
        if merchant_id == self.owner_id:
            return True
        return self.is_partner and (self.merchants is None or merchant_id in self.merchants)


def challenged(listener: Listener, now: datetime) -> Listener:
    """Return an owner one of whose endpoints is challenged now.

    Raises:
        TooSoon: as many were as may be.
    """
    since = listener.challenged_since
    if since is None or now - since >= CHALLENGES_WITHIN:
        return replace(listener, challenges=1, challenged_since=now)
    if listener.challenges >= MOST_CHALLENGES:
        left = CHALLENGES_WITHIN - (now - since)
        raise TooSoon(retry_after=max(1, round(left.total_seconds())))
    return replace(listener, challenges=listener.challenges + 1)


@dataclass(frozen=True)
class Audience:
    """All who have an endpoint, to be asked often.

    Attributes:
        owners: merchants and partners.
        partners: the latter.
    """

    owners: frozenset[str] = frozenset()
    partners: tuple[Listener, ...] = ()

    @classmethod
    def of(cls, listeners: Iterable[Listener]) -> "Audience":
        having = [one for one in listeners if one.number]
        return cls(frozenset(one.owner_id for one in having), tuple(one for one in having if one.is_partner))

    def hears_of(self, merchant_id: str) -> bool:
        """Say whether anybody listens to a merchant's events."""
        return merchant_id in self.owners or any(one.hears_of(merchant_id) for one in self.partners)
