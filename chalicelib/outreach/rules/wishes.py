"""Whether somebody wants offers. No I/O.

Nobody is sent any who has not said so: that is the law where most customers are (article 43 of China's Advertising Law
and article 18 of its rules on text messages; article 13 of the European ePrivacy directive), and where it is not, it
is no harm. Two words count: about one merchant, and about all from whom one bought, which is the consent `marketing` of
`privacy`. The one about the merchant goes before the other, whichever was said later: it is the more exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.kit.wall import DAY

MOST_SAID = 20  # changes of mind that are kept
WEEK = timedelta(days=7)
MOST_A_WEEK = 2  # offers to one customer, of all merchants together
MOST_OF_MERCHANT = 1  # of them from one merchant
HEARD_FOR = 30 * DAY  # how long it is kept what somebody was sent


@dataclass(frozen=True)
class Wish:
    """What a customer has said about one merchant's offers.

    Attributes:
        shop_id: the shop where it was said; it holds for all shops of the merchant.
        said: (when, what) of each change, the last one last: the proof of a consent.
        version: rises with every change.
    """

    customer_id: str
    merchant_id: str
    shop_id: str
    wanted: bool
    said: tuple[tuple[datetime, bool], ...]
    version: int = 1


@dataclass(frozen=True)
class Offer:
    """Something that a customer was sent."""

    at: datetime
    merchant_id: str
    outreach_id: str


@dataclass(frozen=True)
class Heard:
    """What a customer was sent of late.

    Attributes:
        version: rises with every change; 0 before the first.
    """

    customer_id: str
    offers: tuple[Offer, ...] = ()
    version: int = 0

    def has(self, outreach_id: str) -> bool:
        """Say whether something of it was sent to them."""
        return any(one.outreach_id == outreach_id for one in self.offers)


def wants(wish: Wish | None, *, marketing: bool) -> bool:
    """Say whether a customer wants a merchant's offers."""
    return wish.wanted if wish is not None else marketing


def said(before: Wish | None, customer_id: str, merchant_id: str, shop_id: str, now: datetime, *, wanted: bool) -> Wish:
    """Return what a customer has said by now; the same where they said so before."""
    if before is None:
        return Wish(customer_id, merchant_id, shop_id, wanted, ((now, wanted),))
    if before.wanted == wanted:
        return before
    words = (*before.said, (now, wanted))[-MOST_SAID:]
    return replace(before, shop_id=shop_id, wanted=wanted, said=words, version=before.version + 1)


def may_hear(heard: Heard, merchant_id: str, now: datetime) -> bool:
    """Say whether another offer stays within what one customer is sent in a week."""
    week: Sequence[Offer] = [one for one in heard.offers if one.at > now - WEEK]
    return len(week) < MOST_A_WEEK and sum(one.merchant_id == merchant_id for one in week) < MOST_OF_MERCHANT


def heard_of(heard: Heard, offer: Offer) -> Heard:
    """Return what a customer was sent, with one offer more and without those of long ago."""
    kept = [one for one in heard.offers if one.at > offer.at - HEARD_FOR]
    return replace(heard, offers=(*kept, offer), version=heard.version + 1)
