"""Signs of reviews that were paid for, or written by those whom they praise. Each is a rule of its own; what it finds
is held until a person has looked. No I/O.

A strong sign holds by itself. Honest people share a network (the shop's own, first of all), have new accounts, and come
for nothing with a coupon: of these weak signs it takes two. A sign may concern reviews that are shown already: a ring
is seen by its last member.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from chalicelib.moderation.rules.reasons import Reason

STRONG = frozenset({Reason.BURST, Reason.SAME_DEVICE, Reason.SELF_REVIEW, Reason.RING, Reason.REFUNDED})
WEAK_ENOUGH = 2


@dataclass(frozen=True)
class Policy:
    """All thresholds. They are guesses until real traffic is seen.

    Attributes:
        burst_within, burst_number, burst_times: so many reviews of a shop in that time, and so many times as many as it
            had in such a time before, as far as that is known.
        device_within, device_accounts: so many accounts that review a shop from one device.
        network_within, network_accounts: from one network.
        ring_within, ring_accounts, ring_shops: so many accounts that review the same shops, so many of them, each shop
            within that time of each other.
        new_account: an account is new for so long.
        refunded_stars, refunded_bps: who gives so many stars and has that much of their money back, in basis points:
            less than all, or a cent that stays would hide it.
        kept: how long a review is remembered for others' signs.
    """

    burst_within: timedelta = timedelta(hours=1)
    burst_number: int = 8
    burst_times: int = 8
    device_within: timedelta = timedelta(days=30)
    device_accounts: int = 2
    network_within: timedelta = timedelta(days=1)
    network_accounts: int = 3
    ring_within: timedelta = timedelta(days=3)
    ring_accounts: int = 4
    ring_shops: int = 3
    new_account: timedelta = timedelta(days=1)
    refunded_stars: int = 4
    refunded_bps: int = 9_000
    kept: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Seen:
    """A review as signs see it.

    Attributes:
        devices: blind index of the device that wrote it, where it has a name; none otherwise.
        network: blind index of where it was written; None where that is not known.
    """

    review_id: str
    shop_id: str
    author_id: str
    at: datetime
    devices: tuple[str, ...] = ()
    network: str | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of an author and the shop that they review.

    Attributes:
        joined: when the account was made; None where it is gone.
        works_there: they are the merchant, or work for them.
        shares_phone: they have, or had, a number that the merchant has or publishes.
        merchants_devices: blind indexes of devices that the merchant and their people use.
        praise_for_free: they praise what a coupon paid whole.
    """

    joined: datetime | None = None
    works_there: bool = False
    shares_phone: bool = False
    merchants_devices: frozenset[str] = frozenset()
    praise_for_free: bool = False


@dataclass(frozen=True)
class Sign:
    """What a rule found, and the reviews that it concerns."""

    reason: Reason
    reviews: tuple[str, ...]


def signs(
    new: Seen, at_shop: Sequence[Seen], of_authors: Mapping[str, Sequence[Seen]], facts: Facts, policy: Policy
) -> list[Sign]:
    """Return all signs that a new review brings.

    Args:
        new: the review.
        at_shop: what was written of its shop lately, with or without it.
        of_authors: what its author, and others who reviewed the shop lately, wrote lately.
        facts: what is known of its author.
        policy: the thresholds.
    """
    others = [one for one in at_shop if one.review_id != new.review_id]
    found = [
        burst(new, others, policy),
        same_device(new, others, policy),
        same_network(new, others, policy),
        self_review(new, facts),
        ring(new, of_authors, policy),
        new_account(new, facts, policy),
        _sign(Reason.FREE, new, ()) if facts.praise_for_free else None,
    ]
    return [one for one in found if one is not None]


def held(found: Iterable[Sign]) -> dict[str, tuple[Reason, ...]]:
    """Return which reviews are to be held, each for its reasons: for one strong sign, or for two weak ones."""
    reasons: dict[str, list[Reason]] = {}
    for sign in found:
        for review_id in sign.reviews:
            reasons.setdefault(review_id, []).append(sign.reason)
    return {
        review_id: tuple(sorted(of_one))
        for review_id, of_one in reasons.items()
        if STRONG.intersection(of_one) or len(of_one) >= WEAK_ENOUGH
    }


def burst(new: Seen, others: Sequence[Seen], policy: Policy) -> Sign | None:
    """More reviews of a shop than it ever has: all of the burst are looked at. It may end later than the new one, where
    that is judged late.
    """
    ends = sorted({new.at, *(one.at for one in others if new.at < one.at < new.at + policy.burst_within)})
    found = (_burst(end, [*others, new], policy) for end in ends)
    return next((_sign(Reason.BURST, new, now) for now in found if now), None)


def _burst(end: datetime, known: Sequence[Seen], policy: Policy) -> Sequence[Seen]:
    """Return the reviews of a burst that ends then; none where there is none."""
    since = end - policy.burst_within
    now = [one for one in known if since < one.at <= end]
    earlier = [one for one in known if one.at <= since]
    span = max((since - one.at for one in earlier), default=policy.burst_within)  # not all need to be known
    usual = len(earlier) * policy.burst_within / max(span, policy.burst_within)
    is_one = len(now) >= policy.burst_number and len(now) >= policy.burst_times * usual
    return now if is_one else ()


def same_device(new: Seen, others: Sequence[Seen], policy: Policy) -> Sign | None:
    """Accounts that share a device review the same shop."""
    near = [one for one in others if abs(one.at - new.at) <= policy.device_within]
    alike = [one for one in near if set(one.devices) & set(new.devices) and one.author_id != new.author_id]
    return _of_several(Reason.SAME_DEVICE, new, alike, policy.device_accounts)


def same_network(new: Seen, others: Sequence[Seen], policy: Policy) -> Sign | None:
    """Accounts that share a network review the same shop within a day."""
    if new.network is None:
        return None
    near = [one for one in others if abs(one.at - new.at) <= policy.network_within]
    alike = [one for one in near if one.network == new.network and one.author_id != new.author_id]
    return _of_several(Reason.SAME_NETWORK, new, alike, policy.network_accounts)


def self_review(new: Seen, facts: Facts) -> Sign | None:
    """The author is the merchant, works there, or shares a telephone or a device with those who do."""
    shares_device = bool(facts.merchants_devices.intersection(new.devices))
    if not (facts.works_there or facts.shares_phone or shares_device):
        return None
    return _sign(Reason.SELF_REVIEW, new, ())


def new_account(new: Seen, facts: Facts, policy: Policy) -> Sign | None:
    """The account was made for it, perhaps."""
    if facts.joined is None or new.at - facts.joined >= policy.new_account:
        return None
    return _sign(Reason.NEW_ACCOUNT, new, ())


def ring(new: Seen, of_authors: Mapping[str, Sequence[Seen]], policy: Policy) -> Sign | None:
    """A group reviews the same shops at about the same time: so many shops, the one of the new review among them, all
    of which so many others reviewed near the author's own review. In popular shops strangers meet twice, but hardly
    the same ones in every shop.
    """
    mine = {one.review_id: one for one in (*of_authors.get(new.author_id, ()), new)}
    near = {who: _near(mine.values(), theirs, policy) for who, theirs in of_authors.items() if who != new.author_id}
    near = {who: shops for who, shops in near.items() if new.shop_id in shops and len(shops) >= policy.ring_shops}
    others = sorted({shop for shops in near.values() for shop in shops} - {new.shop_id})
    found: dict[str, Seen] = {}
    for rest in combinations(others, policy.ring_shops - 1):
        shops = {new.shop_id, *rest}
        group = [who for who, theirs in near.items() if shops <= theirs.keys()]
        if len(group) + 1 >= policy.ring_accounts:
            members = [near[who][shop] for who in group for shop in shops]
            own = [one for one in mine.values() if one.shop_id in shops]
            found |= {one.review_id: one for one in (*members, *own)}
    return _sign(Reason.RING, new, found.values()) if found else None


def _near(mine: Iterable[Seen], theirs: Sequence[Seen], policy: Policy) -> dict[str, Seen]:
    """Return by shop what somebody wrote there near the author's own review."""
    return {
        other.shop_id: other
        for own in mine
        for other in theirs
        if other.shop_id == own.shop_id and abs(other.at - own.at) <= policy.ring_within
    }


def is_refunded(stars: int, paid: int, refunded: int, policy: Policy) -> bool:
    """Say whether somebody praised what they have as good as all their money back for; minor units."""
    return stars >= policy.refunded_stars and paid > 0 and refunded * 10_000 >= paid * policy.refunded_bps


def is_for_free(stars: int, paid: int, discount: int, policy: Policy) -> bool:
    """Say whether somebody praised what a coupon paid whole; minor units."""
    return stars >= policy.refunded_stars and paid == 0 and discount > 0


def _of_several(reason: Reason, new: Seen, alike: Sequence[Seen], accounts: int) -> Sign | None:
    if len({one.author_id for one in alike}) + 1 < accounts:
        return None
    return _sign(reason, new, alike)


def _sign(reason: Reason, new: Seen, others: Iterable[Seen]) -> Sign:
    return Sign(reason, tuple(sorted({new.review_id, *(one.review_id for one in others)})))
