"""The merchant's day: time that is kept free, and what is written down for a date."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.booking import messages
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules.blocks import LONGEST, Block, Note, TimeBooked
from chalicelib.booking.rules.days import Claim, Diary
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import retrying
from chalicelib.kit.wall import day_bounds
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_MOST = 200  # blocks that one look returns


def block(ports: BookingPorts, actor: Actor, shop_id: str, claim: Claim, reason: str | None, once: Once) -> Block:
    """Keep some time of somebody, or of a room or a thing, free of bookings.

    Raises:
        NotFound, Forbidden: not the actor's shop; nobody and nothing of it.
        Invalid: not a span, or longer than `LONGEST`. TimeBooked: there are bookings, which are named.
    """
    if not claim.start < claim.end <= claim.start + LONGEST:
        raise invalid("end", f"after the start, at most {LONGEST.days} days")
    block_id = new_id("blk")

    def attempt() -> Block:
        now = ports.clock.now()
        listing = shops.listing(ports.shops, shop_id)
        actor.must_run(listing.shop.merchant_id)
        if claim.resource_id not in _all(listing):
            raise NotFound("resource")
        made = Block(block_id, shop_id, listing.shop.merchant_id, claim, reason, now)
        diary = Diary(ports.store.days(claim.keys, consistent=True), now)
        inside = diary.within(claim)
        if inside:
            raise TimeBooked(bookings=", ".join(inside))
        diary.take(claim, block_id, None)
        ports.committer.commit(
            [
                ports.blocks.create(made),
                *map(ports.store.replace_day, diary.changed),
                ports.outbox.put(messages.time_changed(shop_id, [claim], (), now)),
                ports.idempotency.remember(once, made),
            ]
        )
        return made

    return retrying(attempt)


def unblock(ports: BookingPorts, actor: Actor, block_id: str) -> None:
    """Let the time be booked again; nothing happens where it can be.

    Raises:
        NotFound, Forbidden: not the actor's, or there is no such block any more.
    """

    def attempt() -> None:
        found = ports.blocks.block(block_id)
        if found is None:
            raise NotFound("block")
        actor.must_run(found.merchant_id)
        now = ports.clock.now()
        diary = Diary(ports.store.days(found.claim.keys, consistent=True), now)
        diary.drop(found.claim, block_id)
        told = ports.outbox.put(messages.time_changed(found.shop_id, (), [found.claim], now))
        ports.committer.commit([ports.blocks.remove(found), *map(ports.store.replace_day, diary.changed), told])

    retrying(attempt)


def blocks(ports: BookingPorts, actor: Actor, shop_id: str, day: date) -> Sequence[Block]:
    """Return what is kept free on a local date of the actor's shop, by start.

    Raises:
        NotFound, Forbidden: not the actor's shop.
    """
    zone = _zone(ports, actor, shop_id)
    return ports.blocks.of_shop(shop_id, day_bounds(day, zone), _MOST)


def note(ports: BookingPorts, actor: Actor, shop_id: str, day: date) -> Note:
    """Return what was written down for a local date of the actor's shop; raises like `blocks`."""
    _zone(ports, actor, shop_id)
    return ports.blocks.note(shop_id, day)


def write_note(ports: BookingPorts, actor: Actor, shop_id: str, day: date, text: str) -> Note:
    """Write something down for a local date, over what stood there; raises like `blocks`."""
    _zone(ports, actor, shop_id)

    def attempt() -> Note:
        before = ports.blocks.note(shop_id, day)
        after = replace(before, text=text, version=before.version + 1)
        ports.committer.commit([ports.blocks.write_note(after)])
        return after

    return retrying(attempt)


def _zone(ports: BookingPorts, actor: Actor, shop_id: str) -> ZoneInfo:
    shop = shops.shop(ports.shops, shop_id)
    actor.must_run(shop.merchant_id)
    return ZoneInfo(shop.zone)


def _all(listing: Listing) -> set[str]:
    return {listing.shop.id, *(one.id for one in listing.staff), *(one.id for one in listing.resources)}
