"""Asking to wait for a time, looking at one's waits, and giving one up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.booking import messages
from chalicelib.booking.rules import plans
from chalicelib.booking.rules import waits as rules
from chalicelib.booking.rules.waits import ENDED, MOST_WAITS, AtShop, Nearby, State, Tally, Wait
from chalicelib.booking.use_cases.offer import ended
from chalicelib.booking.wait_ports import WaitPorts
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.kit.wall import DAY
from chalicelib.orders import use_cases as orders
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop

_MOST_AHEAD = timedelta(days=366)  # as far as any shop takes bookings


@dataclass(frozen=True)
class Seen:
    """A wait as its customer sees it.

    Attributes:
        state: also `over`, which is never written, and what became of an offer, which may not be written yet.
    """

    wait: Wait
    state: State


def ask(ports: WaitPorts, actor: Actor, wish: AtShop | Nearby, once: Once) -> Seen:
    """Have the actor wait. Whoever waits at a shop is offered what is free there already, too: it may have come free
    between their look and their asking.

    Raises:
        NotFound: no such shop, offering or staff.
        Invalid: names the fields at fault.
        TooManyWaits: the actor has `MOST_WAITS` live ones.
        NotAvailable: actor and merchant have nothing to do with each other. Nearby, they are offered none of the
            merchant's times.
    """

    def attempt() -> Seen:
        now = ports.clock.now()
        shop = _shop(ports, wish)
        zone = shop.zone if shop else None
        _check_dates(wish, zone, now)
        wait = Wait(new_id("wai"), actor.account_id, wish, now, rules.end_of(wish, zone))
        tally = rules.joined(_live(ports, actor, now), wait, now)
        seen = Seen(wait, wait.shown_at(now))
        at_shop: list[Action] = []
        if shop is not None:
            at_shop += ports.dealings.may_begin(actor.account_id, shop.merchant_id)
            at_shop.append(ports.outbox.put(messages.wait_looks(wait, [shop.id], now)))
        ports.committer.commit(
            [
                *at_shop,
                *ports.waits.create(wait),
                ports.waits.replace_tally(tally),
                ports.idempotency.remember(once, seen),
            ]
        )
        return seen

    return retrying(attempt)


def mine(ports: WaitPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Seen]:
    """Return some of the actor's waits, newest first; one read of its order for each that had an offer."""
    page, now = ports.waits.of_customer(actor.account_id, after, limit), ports.clock.now()
    return Page(tuple(_seen(_settled(ports, one), now) for one in page.items), page.next)


def withdraw(ports: WaitPorts, actor: Actor, wait_id: str) -> None:
    """Give up a wait; nothing happens where it was given up before. What it was offered stays held until it runs out,
    and can be paid or cancelled as any order.

    Raises:
        NotFound: not the actor's own.
        WaitNotPossible: it is fulfilled or over.
    """

    def attempt() -> None:
        wait, now = ports.waits.wait(wait_id), ports.clock.now()
        if wait is None:
            raise NotFound("wait")
        actor.must_be(wait.customer_id, "wait")
        if wait.state == State.WITHDRAWN:
            return
        after = rules.withdrawn(_settled(ports, wait), now)
        ports.committer.commit([ports.waits.replace(after), *ended(ports, after)])

    retrying(attempt)


def _seen(wait: Wait, now: datetime) -> Seen:
    return Seen(wait, wait.shown_at(now))


def _settled(ports: WaitPorts, wait: Wait) -> Wait:
    if wait.order_id is None or wait.state in ENDED:
        return wait
    return rules.settled(wait, orders.read(ports.orders, wait.order_id))


def _shop(ports: WaitPorts, wish: AtShop | Nearby) -> Shop | None:
    """Return the shop where what is wished can be waited for; None where no shop is named."""
    if not isinstance(wish, AtShop):
        return None
    listing = shops.listing(ports.shops, wish.shop_id)
    offering = plans.offering_of(listing, wish.offering_id)
    plans.groups(listing, offering, wish.staff_id)
    if offering.seats > 1:
        raise invalid("offering_id", "seats of a class cannot be waited for")
    return listing.shop


def _check_dates(wish: AtShop | Nearby, zone: str | None, now: datetime) -> None:
    """Raise `Invalid` where the last date is over, or the first too far ahead."""
    if rules.end_of(wish, zone) <= now:
        raise invalid("last_date" if isinstance(wish, AtShop) else "date", "it is over")
    today = now.astimezone(ZoneInfo(zone) if zone else UTC).date()
    if wish.first > today + _MOST_AHEAD + DAY:
        raise invalid("first_date" if isinstance(wish, AtShop) else "date", "nobody books so far ahead")


def _live(ports: WaitPorts, actor: Actor, now: datetime) -> Tally:
    """Return the actor's live waits; where they are too many, without those that ended without anybody writing so."""
    tally = ports.waits.tally(actor.account_id)
    live = [one for one, ends in tally.live.items() if now < ends]
    if len(live) < MOST_WAITS:
        return tally
    found = {one: ports.waits.wait(one) for one in live}
    is_live = {one for one, wait in found.items() if wait and not _has_ended(_settled(ports, wait), now)}
    return rules.left(tally, set(live) - is_live)


def _has_ended(wait: Wait, now: datetime) -> bool:
    return wait.shown_at(now) in ENDED
