"""Shops, booking, orders and what hangs on them. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.booking.lines import BookingLines
    from chalicelib.booking.ports import BookingPorts
    from chalicelib.booking.rules.tickets import Tickets
    from chalicelib.booking.seats import SeatLines
    from chalicelib.booking.wait_ports import WaitPorts
    from chalicelib.calendars.ports import CalendarPorts, FeedPorts
    from chalicelib.claims.ports import ClaimsPorts
    from chalicelib.coupons.claim_ports import ClaimPorts
    from chalicelib.coupons.ports import ClaimablePorts, CouponsPorts, Person
    from chalicelib.orders.ports import OrdersPorts
    from chalicelib.queueing.ports import QueueingPorts
    from chalicelib.shops.ports import ShopPorts


@cache
def shops() -> "ShopPorts":
    from chalicelib.shops.ports import ShopPorts
    from chalicelib.shops.store import ShopsTable

    return ShopPorts(
        store=ShopsTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        audit=wiring.audit(),
    )


@cache
def booking_lines() -> "BookingLines":
    """Return what sells bookings as lines of an order."""
    from chalicelib.booking.lines import BookingLines
    from chalicelib.booking.store import BookingTable

    return BookingLines(store=BookingTable(), shops=wiring.shops(), outbox=wiring.outbox())


@cache
def tickets() -> "Tickets":
    """Return what signs tickets."""
    from chalicelib.booking.rules.tickets import Tickets

    return Tickets(lambda: _settings.secrets()["ticket-key"], _settings.settings().stage)


@cache
def seat_lines() -> "SeatLines":
    """Return what sells seats as lines of an order."""
    from chalicelib.booking.seats import SeatLines
    from chalicelib.booking.store import SessionTable

    return SeatLines(store=wiring.booking_lines().store, sessions=SessionTable(), shops=wiring.shops())


@cache
def booking() -> "BookingPorts":
    from chalicelib.booking.ports import BookingPorts
    from chalicelib.booking.store import BlockTable

    return BookingPorts(
        store=wiring.booking_lines().store,
        sessions=wiring.seat_lines().sessions,
        blocks=BlockTable(),
        tickets=wiring.tickets(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        shops=wiring.shops(),
        orders=wiring.orders(),
    )


@cache
def waiting() -> "WaitPorts":
    """Return what waiting for a time needs."""
    from chalicelib.booking.store import WaitTable
    from chalicelib.booking.wait_ports import WaitPorts

    return WaitPorts(**vars(wiring.booking()), waits=WaitTable(), dealings=wiring.dealings())


@cache
def queueing() -> "QueueingPorts":
    from chalicelib.queueing.ports import QueueingPorts
    from chalicelib.queueing.store import QueueingTable

    return QueueingPorts(
        store=QueueingTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        shops=wiring.shops(),
        dealings=wiring.dealings(),
    )


@cache
def feeds() -> "FeedPorts":
    """Return what bookings as calendars need: no keys, so that reading one waits for none."""
    from chalicelib.calendars.ports import FeedPorts
    from chalicelib.calendars.store import FeedTable

    return FeedPorts(
        feeds=FeedTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        booking=wiring.booking(),
        shops=wiring.shops(),
    )


@cache
def calendars() -> "CalendarPorts":
    """Return what calendars from elsewhere need."""
    from chalicelib.calendars.gateways.https import HttpsFetcher
    from chalicelib.calendars.ports import CalendarPorts
    from chalicelib.calendars.store import CalendarTable

    return CalendarPorts(
        calendars=CalendarTable(wiring.sealer()),
        fetcher=HttpsFetcher(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
        booking=wiring.booking(),
        shops=wiring.shops(),
    )


@cache
def claimable() -> "ClaimablePorts":
    from chalicelib.coupons.ports import ClaimablePorts
    from chalicelib.coupons.store import CouponStore

    return ClaimablePorts(store=CouponStore())


@cache
def coupons() -> "CouponsPorts":
    from chalicelib.coupons.ports import CouponsPorts
    from chalicelib.coupons.store import CouponStore, PurseTable, SimulationTable

    return CouponsPorts(
        store=CouponStore(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        audit=wiring.audit(),
        shops=wiring.shops(),
        dealings=wiring.dealings(),
        purses=PurseTable(),
        person=_person,
        simulations=SimulationTable(),
    )


@cache
def claiming() -> "ClaimPorts":
    """Return what claiming coupons needs: much that who only reserves or expires them has no right to."""
    from chalicelib.coupons.claim_ports import ClaimPorts
    from chalicelib.coupons.rules.scans import Scans
    from chalicelib.coupons.store import CodeTable

    stage = _settings.settings()
    return ClaimPorts(
        **vars(wiring.coupons()),
        codes=CodeTable(wiring.sealer()),
        devices=wiring.sessions(),
        files=wiring.files(),
        risk=wiring.risk(),
        scans=Scans(lambda: _settings.secrets()["scan-key"], stage.stage, stage.app_link),
        blind=wiring.sealer().blind,
    )


def _person(account_id: str) -> "Person | None":
    """Return a customer. Not every coupon asks, so accounts are made when one does."""
    from chalicelib.accounts import use_cases
    from chalicelib.coupons.ports import Person
    from chalicelib.kit.errors import NotFound

    try:
        found = use_cases.account(wiring.accounts(), account_id)
    except NotFound:
        return None
    return Person(found.created_at, frozenset(found.memberships))


@cache
def orders() -> "OrdersPorts":
    from chalicelib.orders.ports import OrdersPorts
    from chalicelib.orders.store import OrderStore
    from chalicelib.settlement.shares import Shares

    return OrdersPorts(
        store=OrderStore(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        coupons=wiring.coupons(),
        settlement=wiring.settlement(),
        audit=wiring.audit(),
        kinds={"booking": wiring.booking_lines(), "seat": wiring.seat_lines()},
        shares=Shares(wiring.settlement()),
        dealings=wiring.dealings(),
    )


@cache
def claims() -> "ClaimsPorts":
    from chalicelib.claims.ports import ClaimsPorts
    from chalicelib.claims.store import ClaimsTable

    return ClaimsPorts(
        store=ClaimsTable(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        orders=wiring.orders(),
        audit=wiring.audit(),
    )
