"""Feeds: bookings as a calendar for somebody's own calendar program.

Making one takes no Idempotency-Key, though it makes something: the stored answer would keep the secret for a day.
Whoever loses the answer makes the address anew, which ends the one that was lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.booking import use_cases as booking
from chalicelib.booking.ports import Booking
from chalicelib.booking.use_cases import Sold
from chalicelib.calendars.ports import FeedPorts
from chalicelib.calendars.rules import feed as rules
from chalicelib.calendars.rules.feed import Feed, Kind
from chalicelib.calendars.rules.writing import Event
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.kit.wall import Window
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop

MOST_PLACES = 10  # shops that a customer's feed names the address of: each is a read


@dataclass(frozen=True)
class Opened:
    """A feed with the token that opens it, told this once."""

    feed: Feed
    token: str


def open_of_shop(ports: FeedPorts, actor: Actor, shop_id: str, staff_id: str | None = None) -> Opened:
    """Make the address of a shop's feed, or of one of its staff; one that stands is replaced and opens no more.

    Raises:
        NotFound, Forbidden: no such shop or staff, or somebody else's.
    """
    if staff_id is None:
        shop = _run(shops.shop(ports.shops, shop_id), actor)
        kind, name = Kind.SHOP, shop.name
    else:
        listing = shops.listing(ports.shops, shop_id)
        shop = _run(listing.shop, actor)
        names = {one.id: one.name for one in listing.staff}
        if staff_id not in names:
            raise NotFound("staff")
        kind, name = Kind.STAFF, f"{names[staff_id]} · {shop.name}"
    draft = Feed(
        id=rules.feed_id(kind, shop_id, staff_id),
        kind=kind,
        created_at=ports.clock.now(),
        secret_hash="",
        shop_id=shop_id,
        staff_id=staff_id,
        name=name,
        place=f"{shop.name}, {shop.address}",
    )
    return _open(ports, draft)


def open_own(ports: FeedPorts, actor: Actor) -> Opened:
    """Make the address of the caller's own feed: what they have bought; likewise."""
    feed_id = rules.feed_id(Kind.CUSTOMER, actor.account_id)
    return _open(ports, Feed(feed_id, Kind.CUSTOMER, ports.clock.now(), "", account_id=actor.account_id))


def close_of_shop(ports: FeedPorts, actor: Actor, shop_id: str, staff_id: str | None = None) -> None:
    """Let the address of a shop's feed, or of one of its staff, open nothing any more; also that of staff who left.

    Raises:
        NotFound, Forbidden: no such shop, no feed, or somebody else's.
    """
    _run(shops.shop(ports.shops, shop_id), actor)
    _close(ports, rules.feed_id(Kind.STAFF if staff_id else Kind.SHOP, shop_id, staff_id))


def close_own(ports: FeedPorts, actor: Actor) -> None:
    """Let the caller's own address open nothing any more.

    Raises:
        NotFound: there is none.
    """
    _close(ports, rules.feed_id(Kind.CUSTOMER, actor.account_id))


def of_shop(ports: FeedPorts, actor: Actor, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Feed]:
    """Return some of the feeds of a shop and its staff, without what opens them.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
    """
    _run(shops.shop(ports.shops, shop_id), actor)
    return ports.feeds.feeds_of_shop(shop_id, after, limit)


def own(ports: FeedPorts, actor: Actor) -> Feed:
    """Return the caller's own feed, without what opens it.

    Raises:
        NotFound: there is none.
    """
    found = ports.feeds.feed(rules.feed_id(Kind.CUSTOMER, actor.account_id))
    if found is None:
        raise NotFound("calendar")
    return found


@dataclass(frozen=True)
class Read:
    """What a feed shows."""

    feed: Feed
    events: tuple[Event, ...]


def read(ports: FeedPorts, token: str) -> Read:
    """Return what the feed that a token opens shows, by start: its row and one query; two where there is more than a
    feed holds, which is then what is to come. A customer's also reads the shops of what is to come, ten at most.

    Raises:
        NotFound: the token opens nothing, or nothing any more: the two are told apart by nobody outside.
    """
    feed = ports.feeds.feed(rules.id_in(token))
    if feed is None or not rules.opens(token, feed):
        raise NotFound("calendar")
    bookings = _bookings(ports, feed)
    places = _places(ports, feed, bookings)
    return Read(feed, tuple(rules.event(one, places.get(one.shop_id)) for one in bookings))


def _run(shop: Shop, actor: Actor) -> Shop:
    actor.must_run(shop.merchant_id)
    return shop


def _open(ports: FeedPorts, draft: Feed) -> Opened:
    def attempt() -> Opened:
        feed, token = rules.with_secret(draft, ports.feeds.feed(draft.id))
        ports.committer.commit([ports.feeds.put_feed(feed)])
        return Opened(feed, token)

    return retrying(attempt)


def _close(ports: FeedPorts, feed_id: str) -> None:
    def attempt() -> None:
        standing = ports.feeds.feed(feed_id)
        if standing is None:
            raise NotFound("calendar")
        ports.committer.commit([ports.feeds.drop_feed(standing)])

    retrying(attempt)


def _bookings(ports: FeedPorts, feed: Feed) -> tuple[Booking, ...]:
    now = ports.clock.now()
    shown = rules.shown_at(now)
    found = _within(ports, feed, shown)
    return (found if found.whole else _within(ports, feed, Window(now, shown.end))).items


def _within(ports: FeedPorts, feed: Feed, span: Window) -> Sold:
    if feed.shop_id is not None:
        return booking.sold_by_shop(ports.booking, feed.shop_id, span, rules.MOST_EVENTS, feed.staff_id)
    return booking.bought_by(ports.booking, feed.account_id or "", span, rules.MOST_EVENTS)


def _places(ports: FeedPorts, feed: Feed, bookings: tuple[Booking, ...]) -> dict[str, str]:
    if feed.shop_id is not None:
        return {feed.shop_id: feed.place or ""}
    wanted = rules.shops_to_name(bookings, ports.clock.now(), MOST_PLACES)
    found = (shops.shop(ports.shops, shop_id) for shop_id in wanted)
    return {shop.id: f"{shop.name}, {shop.address}" for shop in found}
