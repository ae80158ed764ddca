"""A shop to book in, and the booking domain's outside in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.booking.lines import BookingLines
from chalicelib.booking.ports import Awaited
from chalicelib.booking.rules.days import Day
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention
from chalicelib.orders.ports import Order, OrderState, Wish
from chalicelib.shops.ports import (
    CancellationPolicy,
    Interval,
    Listing,
    Offering,
    Position,
    Resource,
    ResourceKind,
    Shop,
    ShopPorts,
    Staff,
)

NOW = datetime(2030, 5, 1, 1, tzinfo=UTC)  # Wednesday 09:00 in Shanghai
HOLD = timedelta(minutes=10)
ALWAYS = tuple(Interval(day, "00:00", "24:00") for day in range(7))
DAYTIME = tuple(Interval(day, "09:00", "18:00") for day in range(7))


def at(clock: str, days: int = 1) -> datetime:
    """The moment of a Shanghai wall clock time, on the day after NOW unless `days` says another."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2030, 5, 1, tzinfo=UTC) + timedelta(days=days, hours=hour - 8, minutes=minute)


def shop(**other: Any) -> Shop:
    told = {
        "id": "shp_1",
        "merchant_id": "acc_merchant",
        "name": "剪发屋",
        "categories": ("barber",),
        "address": "衡山路 1 号",
        "position": Position(31.2, 121.4),
        "zone": "Asia/Shanghai",
        "currency": "CNY",
        "hours": DAYTIME,
        "policy": CancellationPolicy(120, 3000),
        "created_at": NOW,
    }
    return Shop(**{**told, **other})


def offering(**other: Any) -> Offering:
    told = {
        "id": "off_1",
        "shop_id": "shp_1",
        "name": "剪发",
        "minutes": 60,
        "price": Money(12800, "CNY"),
        "buffer_after_minutes": 0,
        "slot_minutes": 30,
    }
    return Offering(**{**told, **other})


def listing(staff: int = 2, offerings: Sequence[Offering] = (), rooms: int = 0, **other: Any) -> Listing:
    people = tuple(Staff(f"stf_{number}", "shp_1", f"小{number}") for number in range(1, staff + 1))
    places = tuple(Resource(f"res_{n}", "shp_1", ResourceKind.ROOM, f"{n} 号间") for n in range(1, rooms + 1))
    return Listing(shop(**other), tuple(offerings) or (offering(),), people, places)


def customer(number: int = 1) -> Actor:
    return Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), "ses_1")


def wish(
    start: datetime | str, staff: str | None = None, line: str = "lin_1", offering_id: str = "off_1", **more: Any
) -> Wish:
    fields = {"shop_id": "shp_1", "offering_id": offering_id, "start": start, "staff_id": staff, **more}
    return Wish(line, {name: value for name, value in fields.items() if value is not None})


def order(lines: Sequence[Any], **other: Any) -> Order:
    told = {
        "id": "ord_1",
        "customer_id": "acc_1",
        "merchant_id": "acc_merchant",
        "shop_id": "shp_1",
        "lines": tuple(lines),
        "currency": "CNY",
        "total": 12800,
        "discount": 0,
        "state": OrderState.HELD,
        "hold_until": NOW + HOLD,
        "created_at": NOW,
    }
    return Order(**{**told, **other})


class StoppedClock:
    """Shows NOW until it is told another time."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self):
        return self.moment


class FakeShops:
    """One shop, as `shops.ports.ShopStore` reads it."""

    def __init__(self, standing: Listing) -> None:
        self.standing = standing

    def shop(self, shop_id):
        return self.standing.shop if shop_id == self.standing.shop.id else None

    def listing(self, shop_id):
        return self.standing if shop_id == self.standing.shop.id else None


@dataclass(frozen=True)
class _Plain:
    """A row that says nothing but that it is there."""

    version: int


@dataclass
class FakeStore:
    """Rows with versions: what `booking.ports.BookingStore` promises, without a network. Its actions' bodies are
    (rows, key, version that must stand, new row).
    """

    rows: dict[str, Any] = field(default_factory=dict)
    day_rows: dict[tuple[str, date], Day] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    def booking(self, booking_id):
        return self.rows.get(booking_id)

    def bookings(self, booking_ids):
        return {one: self.rows[one] for one in booking_ids if one in self.rows}

    def create(self, booking):
        return Action((self.rows, booking.id, 0, booking))

    def replace(self, booking):
        return Action((self.rows, booking.id, booking.version - 1, booking))

    shards = 1

    def last_staff(self, account_id, shop_id):
        mine = [one for one in self.rows.values() if (one.customer_id, one.shop_id) == (account_id, shop_id)]
        served = [one for one in mine if one.confirmed_at and one.staff_id]
        return max(served, key=lambda one: one.starts_at).staff_id if served else None

    def await_answer(self, booking):
        place = f"{booking.answer_by.isoformat()}#{booking.id}"
        return Action((self.answers, place, self.answers.get(place, _Plain(0)).version, _Plain(1)))

    def unanswered(self, shard, before, limit):
        return [
            Awaited("", one, one.partition("#")[2])
            for one in sorted(self.answers)
            if self.answers[one].version and one < before.isoformat()
        ]

    def forget_answer(self, awaited):
        return Action((self.answers, awaited.place, self.answers[awaited.place].version, _Plain(0)))

    def days(self, keys, *, consistent):
        return [self.day_rows.get(key, Day(*key)) for key in keys]

    def replace_day(self, day):
        return Action((self.day_rows, day.key, day.version, replace(day, version=day.version + 1)))

    def agenda(self, shop_id, span, after, limit):
        return self._sold(span, limit, lambda one: one.shop_id == shop_id)

    def of_customer(self, account_id, span, after, limit):
        return self._sold(span, limit, lambda one: one.customer_id == account_id)

    def _sold(self, span, limit, mine):
        sold = [one for one in self.rows.values() if one.confirmed_at and mine(one)]
        there = [one for one in sold if span.start <= one.starts_at < span.end]
        return Page(tuple(sorted(there, key=lambda one: one.starts_at)[:limit]), None)


class FakeCommitter:
    """All or none, as a transaction of DynamoDB."""

    def __init__(self) -> None:
        self.committed: list[list[Action]] = []

    def commit(self, actions):
        touched = [(id(rows), key) for rows, key, _, _ in (action.body for action in actions)]
        assert len(set(touched)) == len(touched), "a transaction writes each row once"
        for rows, key, version, _ in (action.body for action in actions):
            standing = rows.get(key)
            if (standing.version if standing else 0) != version:
                raise Contention
        for rows, key, _, row in (action.body for action in actions):
            rows[key] = row
        self.committed.append(list(actions))


def shop_ports(standing: Listing) -> ShopPorts:
    return ShopPorts(store=FakeShops(standing), clock=None, committer=None, outbox=None, idempotency=None, audit=None)


class FakeOutbox:
    """Messages, in the order in which they were committed."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    def put(self, message):
        return Action((self.sent, message.id, 0, replace(message, version=1)))


def lines_of(standing: Listing, store: Any = None) -> BookingLines:
    if store is None or isinstance(store, FakeStore):
        return BookingLines(store or FakeStore(), shop_ports(standing), FakeOutbox())
    return BookingLines(store, shop_ports(standing), wiring.outbox())
