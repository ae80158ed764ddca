"""Who listens: merchants to what concerns them, partners to what concerns all merchants or some. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

STALE = timedelta(seconds=30)
"""For so long who relays keeps in mind who listens: of an owner's first endpoint it hears so much later."""
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
    """

    owner_id: str
    number: int = 0
    name: str | None = None
    merchants: frozenset[str] | None = field(default_factory=frozenset)

    @property
    def is_partner(self) -> bool:
        return self.name is not None

    def hears_of(self, merchant_id: str) -> bool:
        """Say whether what concerns a merchant is theirs to hear."""
        if merchant_id == self.owner_id:
            return True
        return self.is_partner and (self.merchants is None or merchant_id in self.merchants)


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
