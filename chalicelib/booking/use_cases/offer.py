"""Offering time that came free to those who wait: one hold each, in order, until one pays.

A wait is claimed, the time held in its customer's name, the wait marked and its customer told. Each step is one
transaction; `store.waits` says what each writes and what may go wrong between them. Who lets an offer pass frees its
time again, which is the next message: nothing here waits for that.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from chalicelib.booking import messages
from chalicelib.booking.lines import KIND
from chalicelib.booking.rules import waits as rules
from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.problems import NotOffered, SlotTaken
from chalicelib.booking.rules.waits import ENDED, MOST_RADIUS_M, Entry, Nearby, State, Wait
from chalicelib.booking.use_cases.openings import Openings
from chalicelib.booking.wait_ports import WaitPorts
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.cells import cells_within
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Busy, NotFound, OutcomeUnknown, Problem, TemporarilyUnavailable
from chalicelib.kit.idempotency import Answer, Once, Replayed
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Asked, Order, OrderState
from chalicelib.shops import use_cases as shops

MOST_OFFERS = 20  # of one message; another one brings the rest
_TIMES = 3  # another start is tried for one wait
_PATIENCE = 6  # looks at a claim that another run has in hand, about a third of a second in all


class InHand(Exception):  # noqa: N818 - a state of affairs
    """Another run has the claim of somebody who waits for this very time; the message must come again."""


def time_freed(ports: WaitPorts, shop_id: str, spans: Sequence[Claim]) -> int:
    """Offer time of a shop that can be had again: first to those who wait at the shop, then to those who wait nearby,
    each line in the order of asking. Safe to repeat.

    Returns:
        How many offers were made.

    Raises:
        InHand: all that could be done is done, but the message must come again.
    """
    openings = _openings(ports, shop_id, spans) if spans else None
    if openings is None:
        return 0
    made = _serve(ports, openings, openings.days)
    if made == MOST_OFFERS:
        rest = messages.time_changed(shop_id, (), spans, ports.clock.now())
        ports.committer.commit([ports.outbox.put(rest)])
    return made


def look(ports: WaitPorts, wait_id: str, shop_ids: Iterable[str]) -> int:
    """Offer a wait whatever suits it and is free at some shops; those in front of it in the line come first, should the
    message of what came free be still on its way. Safe to repeat.

    Returns:
        How many offers were made.

    Raises:
        InHand: as `time_freed`.
    """
    made = 0
    for shop_id in shop_ids:
        wait, openings = ports.waits.wait(wait_id), _openings(ports, shop_id, None)
        if wait is None or openings is None or wait.state in ENDED:
            continue
        is_left = wait.state == State.OFFERING  # perhaps by a run that died: what it holds is not free
        if is_left or any(True for _ in openings.offers(wait.ask)):
            made += _serve(ports, openings, [wait.ask.first], last=wait_id)
    return made


def _openings(ports: WaitPorts, shop_id: str, spans: Sequence[Claim] | None) -> Openings | None:
    try:
        listing = shops.listing(ports.shops, shop_id)
    except NotFound:
        log.warning("time of a shop that is gone", shop_id=shop_id)
        return None
    return Openings(ports.store, listing, spans, ports.clock.now())


def _serve(ports: WaitPorts, openings: Openings, days: Iterable[date], last: str | None = None) -> int:
    """Offer what is open to one after the other, `MOST_OFFERS` at most and up to the wait `last`; return how many
    offers were made.
    """
    made, in_hand = 0, False
    for entry in _line(ports, openings, days):
        if openings.may_suit(entry.ask):
            try:
                made += _offer(ports, openings, entry.wait_id)
            except (Busy, OutcomeUnknown, TemporarilyUnavailable):
                in_hand = True
        if made == MOST_OFFERS or entry.wait_id == last:
            break
    if in_hand:
        raise InHand
    return made


def _line(ports: WaitPorts, openings: Openings, days: Iterable[date]) -> Iterator[Entry]:
    """Yield who waits at a shop, and then who waits near it on some dates; what is not asked for is not read."""
    shop = openings.listing.shop
    yield from ports.waits.of_shop(shop.id)
    cells = cells_within(shop.position.lat, shop.position.lon, MOST_RADIUS_M)
    for day in days if cells else ():
        yield from ports.waits.near(day, cells, shop.categories)


def _offer(ports: WaitPorts, openings: Openings, wait_id: str) -> bool:
    """Offer a wait what suits it; False where nothing does, or its customer can hold nothing.

    Raises:
        Busy: another run has it in hand.
        OutcomeUnknown, TemporarilyUnavailable: the database did not answer; the claim is gone on with after its lease.
    """
    for _ in range(_TIMES):
        claim = retrying(lambda: _claimed(ports, openings, wait_id), attempts=_PATIENCE)
        if claim is None:
            break
        openings.look_again()
        try:
            order = _held(ports, claim)
        except (OutcomeUnknown, TemporarilyUnavailable):
            raise  # the claim stays until its lease runs out: a hold that comes late is found by the same turn alone
        except Problem as refused:
            _give_up(ports, claim)
            if isinstance(refused, Busy):
                raise
            if isinstance(refused, SlotTaken | NotOffered):
                continue
            break  # they hold too much already, or what they asked for is gone
        if order.is_live(ports.clock.now()) or order.state == OrderState.CONFIRMED:
            return _mark(ports, claim, order)
        _give_up(ports, claim)  # a run that died held it, and nobody was told
    return False


def _claimed(ports: WaitPorts, openings: Openings, wait_id: str) -> Wait | None:
    """Claim a wait for the earliest that it can have, or go on with a claim that was left behind; None where there is
    nothing to do. What became of its last offer is written with it.

    Raises:
        Contention: another run has it in hand.
    """
    wait, now = ports.waits.wait(wait_id), ports.clock.now()
    if wait is None or wait.state in ENDED:
        return None
    if wait.state == State.OFFERING:
        if wait.lease_until is not None and now < wait.lease_until:
            raise Contention
        return _write(ports, rules.resumed(wait, now))
    after = rules.settled(wait, orders.read(ports.orders, wait.order_id) if wait.order_id else None)
    if after.state == State.FULFILLED or (after is not wait and after.is_over(now)):
        _write(ports, after, ended(ports, after))
    elif after.state == State.OFFERED:
        _miss(ports, after, openings)
    elif not after.is_over(now):
        return _newly_claimed(ports, openings, wait, after, now)
    return None


def _newly_claimed(ports: WaitPorts, openings: Openings, wait: Wait, after: Wait, now: datetime) -> Wait | None:
    """Claim a wait that waits, as it is written and as it stands; None where nothing suits it. One that had an offer
    until now is to look at all that came free meanwhile.
    """
    told: list[Action] = []
    if after is not wait:
        shop_ids = {openings.listing.shop.id, *after.missed} if isinstance(after.ask, Nearby) else {after.ask.shop_id}
        told = [ports.outbox.put(messages.wait_looks(after, sorted(shop_ids), now))]
        after = replace(after, missed=())
    offer = rules.earliest(after, openings.offers(after.ask))
    if offer is not None:
        return _write(ports, rules.claimed(after, offer, now), told)
    if after is not wait:
        _write(ports, after, told)
    return None


def _held(ports: WaitPorts, wait: Wait) -> Order:
    """Return the order that holds what a claim says: made now, or by a run before under the same turn.

    Raises:
        Problem: as `orders.hold` refuses.
    """
    offer = wait.offer
    assert offer is not None  # a claim has one
    key = f"{iso(offer.start)}|{wait.turn}"
    print_ = hashlib.sha256(f"{wait.id}|{offer.shop_id}|{offer.offering_id}|{key}".encode()).hexdigest()
    once = Once(f"{wait.customer_id}|wait|{wait.id}", key, print_, lambda order: Answer(201, order.id))
    fields = {
        "shop_id": offer.shop_id,
        "offering_id": offer.offering_id,
        "start": offer.start,
        "staff_id": offer.staff_id,
    }
    actor = Actor(wait.customer_id, frozenset({Role.CUSTOMER}), wait.id)
    try:
        return orders.hold(ports.orders, actor, [Asked(KIND, fields)], None, once)
    except Replayed as known:
        order_id = known.answer.body
    except OutcomeUnknown:
        raise  # to look now would not find what is still on its way
    except Problem:
        answer = ports.idempotency.recall(once)  # it may be taken by the hold that this very turn has made
        if answer is None:
            raise
        order_id = answer.body
    return orders.read(ports.orders, order_id)


def _mark(ports: WaitPorts, claim: Wait, order: Order) -> bool:
    """Write down that a hold is offered, and tell of it; False where the wait was withdrawn meanwhile. One of which
    nothing is paid beforehand is theirs already: the order tells of it.
    """

    def attempt() -> bool:
        standing = ports.waits.wait(claim.id)
        if standing is None or not _is_of(standing, claim):
            return False
        offered, now = rules.offered(standing, order), ports.clock.now()
        is_held = order.state == OrderState.HELD
        _write(ports, offered, [ports.outbox.put(messages.wait_offered(offered, order, now))] if is_held else [])
        return True

    made = retrying(attempt)
    if made:
        metric("WaitsOffered")
    return made


def _give_up(ports: WaitPorts, claim: Wait) -> None:
    def attempt() -> None:
        standing = ports.waits.wait(claim.id)
        if standing is not None and _is_of(standing, claim):
            _write(ports, rules.failed(standing))

    retrying(attempt)


def _is_of(standing: Wait, claim: Wait) -> bool:
    return standing.state == State.OFFERING and standing.turn == claim.turn


def _miss(ports: WaitPorts, wait: Wait, openings: Openings) -> None:
    """Write down that time nearby came free while a wait had an offer; who waits at a shop looks there anyway."""
    shop_id = openings.listing.shop.id
    if isinstance(wait.ask, Nearby) and shop_id not in wait.missed and len(wait.missed) < rules.MOST_MISSED:
        _write(ports, replace(wait, missed=(*wait.missed, shop_id)))


def _write(ports: WaitPorts, wait: Wait, others: Sequence[Action] = ()) -> Wait:
    ports.committer.commit([ports.waits.replace(wait), *others])
    return replace(wait, version=wait.version + 1)


def ended(ports: WaitPorts, wait: Wait) -> list[Action]:
    """Return the writes beside that of a wait that ends: it leaves its line, and counts no longer."""
    tally = ports.waits.tally(wait.customer_id)
    actions = [ports.waits.leave(wait)]
    if wait.id in tally.live:
        actions.append(ports.waits.replace_tally(rules.left(tally, [wait.id])))
    return actions
