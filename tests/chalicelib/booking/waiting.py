"""Waiting in memory: the stores of waits, orders and answers, and a run that dies where it is told to."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from chalicelib.booking.messages import TIME_CHANGED, freed
from chalicelib.booking.rules.waits import AtShop, Entry, Nearby, Tally, Wait
from chalicelib.booking.use_cases import offer
from chalicelib.booking.wait_ports import WaitPorts
from chalicelib.kit.cells import cell
from chalicelib.kit.idempotency import Answer, Once, Replayed
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import OrdersPorts, OrderState
from chalicelib.orders.rules import MOST_HOLDS, Bought, TooManyHolds
from chalicelib.settlement.ports import Share
from tests.chalicelib.booking.world import NOW, FakeOutbox, FakeStore, StoppedClock, lines_of, listing, shop_ports
from tests.fakes.dealings import Nobody

ANY = -1  # whatever version stands


@dataclass(frozen=True)
class Row:
    """A row that is written once."""

    value: Any
    version: int = 1


class Died(Exception):  # noqa: N818 - not an error
    """The run is over, here."""


class FakeCommitter:
    """All or none. `dies` says before how many more commits, or after them, the run dies."""

    def __init__(self) -> None:
        self.dies: tuple[int, bool] | None = None

    def commit(self, actions):
        left, written = self.dies or (ANY, False)
        if left == 0 and not written:
            self.dies = None
            raise Died
        for action in sorted(actions, key=lambda one: one.rank):
            rows, key, version, _ = action.body
            standing = rows.get(key)
            if version not in {ANY, standing.version if standing else 0}:
                raise action.refused(standing)
        for rows, key, _, row in (action.body for action in actions):
            rows[key] = row
            if row is None:
                del rows[key]
        if left == 0:
            self.dies = None
            raise Died
        if self.dies:
            self.dies = left - 1, written


@dataclass
class FakeWaits:
    """What `booking.wait_ports.WaitStore` promises."""

    rows: dict[str, Wait] = field(default_factory=dict)
    places: dict[tuple[str, str], Row] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def wait(self, wait_id):
        return self.rows.get(wait_id)

    def create(self, wait):
        entry = Row(Entry(wait.id, wait.created_at, wait.ask))
        return [self.replace(wait), Action((self.places, _place(wait), 0, entry))]

    def replace(self, wait):
        return Action((self.rows, wait.id, wait.version, replace(wait, version=wait.version + 1)))

    def leave(self, wait):
        return Action((self.places, _place(wait), ANY, self.places.get(_place(wait)) and None))

    def of_shop(self, shop_id):
        return self._in(lambda ask: isinstance(ask, AtShop) and ask.shop_id == shop_id)

    def near(self, day, cells, categories):
        return self._in(
            lambda ask: (
                isinstance(ask, Nearby)
                and ask.first == day
                and cell(ask.lat, ask.lon) in cells
                and ask.category in categories
            )
        )

    def _in(self, is_asked):
        entries = [one.value for one in self.places.values() if is_asked(one.value.ask)]
        return sorted(entries, key=lambda one: (one.created_at, one.wait_id))

    def of_customer(self, account_id, after, limit):
        mine = [one for one in self.rows.values() if one.customer_id == account_id]
        return Page(tuple(sorted(mine, key=lambda one: one.created_at, reverse=True)[:limit]), None)

    def tally(self, customer_id):
        return self.tallies.get(customer_id, Tally(customer_id, {}))

    def replace_tally(self, tally):
        new = replace(tally, version=tally.version + 1)
        return Action((self.tallies, tally.customer_id, tally.version, new))


class NoShare:
    """A platform that takes nothing."""

    def of(self, merchant_id, currency):
        return Share(0)


@dataclass
class FakeOrders:
    """What `orders.ports.OrderStore` promises, as far as holds go."""

    rows: dict[str, Any] = field(default_factory=dict)
    had: dict[str, Any] = field(default_factory=dict)
    holds: dict[str, Row] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)  # who was once refused a hold
    shards = 1

    def order(self, order_id):
        return self.rows.get(order_id)

    def create(self, order):
        return Action((self.rows, order.id, 0, order))

    def replace(self, order):
        return Action((self.rows, order.id, order.version - 1, order))

    def take_hold(self, customer_id, order_id, hold_until, now):
        live = [one for one in self.holds.values() if one.value[0] == customer_id and one.value[1] > now]
        if len(live) >= MOST_HOLDS:
            self.full.add(customer_id)
            raise TooManyHolds(limit=MOST_HOLDS)
        return Action((self.holds, order_id, 0, Row((customer_id, hold_until))))

    def drop_hold(self, customer_id, order_id):
        return Action((self.holds, order_id, ANY, None))

    def bought(self, customer_id):
        return self.had.get(customer_id, Bought())

    def put_bought(self, customer_id, bought):
        return Action((self.had, customer_id, bought.version, replace(bought, version=bought.version + 1)))

    def run_out(self, shard, before, limit):
        held = [one for one in self.rows.values() if one.state == OrderState.HELD and one.hold_until < before]
        return [one.id for one in sorted(held, key=lambda one: one.hold_until)]


@dataclass
class FakeAnswers:
    """Answers by scope and key; what `kit.idempotency.Idempotency` promises of requests that are repeated as they were."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)

    def remember(self, once, result):
        answer = once.render(result)
        write = (self.rows, (once.scope, once.key), 0, Row(answer))
        return Action(write, lambda standing: Replayed(standing.value), rank=-1)

    def recall(self, once):
        found = self.rows.get((once.scope, once.key))
        return found.value if found else None


def _place(wait):
    return wait.ask.__class__.__name__, wait.id


def waiting_ports(standing=None, now: datetime = NOW) -> WaitPorts:
    """Everything in memory: the shop, its bookings, orders and waits."""
    standing = standing or listing(1)
    store, clock, committer, outbox, answers = (
        FakeStore(), StoppedClock(now), FakeCommitter(), FakeOutbox(), FakeAnswers(),
    )  # fmt: skip
    lines = replace(lines_of(standing, store), outbox=outbox)
    orders = OrdersPorts(
        FakeOrders(), clock, committer, outbox, answers, None, None, None, {"booking": lines}, NoShare(), Nobody()
    )
    told = {
        "store": store,
        "clock": clock,
        "committer": committer,
        "outbox": outbox,
        "idempotency": answers,
        "shops": shop_ports(standing),
        "orders": orders,
        "waits": FakeWaits(),
        "dealings": Nobody(),
    }
    return WaitPorts(**dict.fromkeys(WaitPorts.__dataclass_fields__) | told)  # who waits needs no more


def once(key: str) -> Once:
    return Once("scope", key, "print", lambda _: Answer(200, "{}"))


def work(ports: WaitPorts, message) -> None:
    """What `booking-work` does with a message."""
    if message.type == TIME_CHANGED:
        offer.time_freed(ports, message.payload["shop_id"], freed(message))
    else:
        offer.look(ports, message.payload["wait_id"], message.payload["shop_ids"])


def for_booking(ports: WaitPorts):
    """The messages that give `booking-work` something to do, oldest first."""
    to_work = [one for one in ports.outbox.sent.values() if "booking" in one.queues]
    return [one for one in to_work if one.type != TIME_CHANGED or one.payload["freed"]]


def at_shop(**more: Any) -> AtShop:
    told = {"first": date(2030, 5, 2), "last": date(2030, 5, 2), "since": "00:00", "until": "24:00"}
    return AtShop(**{**told, "shop_id": "shp_1", "offering_id": "off_1", **more})


def nearby(**more: Any) -> Nearby:
    told = {"first": date(2030, 5, 2), "last": date(2030, 5, 2), "since": "00:00", "until": "24:00"}
    return Nearby(**{**told, "lat": 31.21, "lon": 121.41, "radius_m": 3_000, "category": "barber", **more})


def wait(number: int = 1, **more: Any) -> Wait:
    told = {"id": f"wai_{number}", "customer_id": f"acc_{number}", "ask": at_shop(), "created_at": NOW}
    return Wait(**{**told, "ends_at": datetime.fromisoformat("2030-05-02T16:00:00Z"), **more})
