"""Whose reports hold a review, and how many it takes. No I/O.

Reports of a few people keep a review from readers until somebody of the operator's has looked at it. Who wants to
silence a shop, or praise of it, would open accounts for that; so a report is always written down, and counts only

- of an account that is `KNOWN_FOR` so long: accounts are quickly made, and slowly aged;
- of nobody who runs a shop or works in one, this or another, nor from a device of the shop's people: the shop's own ask
  for a look (`asks`), and not for silence;
- of a device and a network of which no other report of this review counts: one telephone with ten accounts is one;
- `MOST_REPORTS` times in the time `WITHIN`: a few accounts may not silence a whole shop before anybody looks.

It takes `HELD_AT`, and one more for each `HELPED` readers who found the review helpful: what many needed is not for
three to hide. `MOST_NEEDED` are enough whatever it helped: votes are cheaper than reports, for new accounts vote too.
Whoever looked and showed a review has decided: reports alone hold it no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.reviews.rules.review import Review

HELD_AT, HELPED, MOST_NEEDED = 3, 10, 8
MOST_REPORTS, WITHIN = 5, timedelta(days=1)
KNOWN_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Origin:
    """From where somebody reports: blind indexes of devices and of the network; none where that is not known."""

    devices: frozenset[str] = frozenset()
    network: str | None = None

    def is_of(self, other: "Origin") -> bool:
        """Say whether the two may be one person's."""
        return bool(self.devices & other.devices) or (self.network is not None and self.network == other.network)


@dataclass(frozen=True)
class Reporter:
    """Who reports.

    Attributes:
        joined: when the account was made; None where it is gone.
        runs_shop: they are a merchant, or work for one, or are at a device of the shop's people.
        lately: how many reviews they reported within `WITHIN`.
        origin: from where.
    """

    joined: datetime | None
    runs_shop: bool
    lately: int
    origin: Origin


def counts(reporter: Reporter, others: Iterable[Origin], now: datetime) -> bool:
    """Say whether a report counts; `others` are the origins of those of this review that do."""
    is_known = reporter.joined is not None and now - reporter.joined >= KNOWN_FOR
    if not is_known or reporter.runs_shop or reporter.lately >= MOST_REPORTS:
        return False
    return not any(reporter.origin.is_of(one) for one in others)


def asks(reporter: Reporter, review: Review) -> bool:
    """Say whether a report of one of the shop's people has somebody look at a review, which is read meanwhile: as often
    as another's reports count, and not again at what somebody has looked at.
    """
    return not review.cleared and reporter.lately < MOST_REPORTS


def holds(review: Review) -> bool:
    """Say whether so many reports as count by now hold a review."""
    return not review.cleared and review.reports >= min(HELD_AT + review.helpful // HELPED, MOST_NEEDED)
