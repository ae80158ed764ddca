"""A line at a shop's door, and the domain's outside in memory."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.ids import derived_id
from chalicelib.kit.transaction import Action, Contention
from chalicelib.queueing.keys import TicketKey
from chalicelib.queueing.line import Line
from chalicelib.queueing.ports import Letters, QueueingPorts
from chalicelib.queueing.problems import AlreadyInLine
from chalicelib.queueing.rules import LIVE, Ticket
from tests.chalicelib.booking.world import shop
from tests.fakes.dealings import Nobody
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)  # noon in Shanghai
TODAY = date(2030, 5, 1)
QUEUE = derived_id("que", "a line")


def line(**other: Any) -> Line:
    told = {
        "id": QUEUE,
        "shop_id": "shp_1",
        "merchant_id": "acc_merchant",
        "name": "2 人桌",
        "prefix": "A",
        "minutes": 10,
        "day": TODAY,
    }
    return Line(**{**told, **other})


def ticket(number: int = 1, **other: Any) -> Ticket:
    told = {
        "id": TicketKey(QUEUE, TODAY, number).ticket_id,
        "queue_id": QUEUE,
        "shop_id": "shp_1",
        "merchant_id": "acc_merchant",
        "customer_id": f"acc_{number}",
        "day": TODAY,
        "number": number,
        "label": f"A{number:03d}",
        "zone": "Asia/Shanghai",
        "party": 2,
        "taken_at": NOW,
    }
    return Ticket(**{**told, **other})


def customer(number: int = 1) -> Actor:
    return Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), "ses_1")


class FakeStore:
    """Rows with versions: what `queueing.ports.QueueingStore` promises, without a network. Its actions' bodies check
    and write one row each.
    """

    def __init__(self, *standing: Line) -> None:
        self.rows: dict[Any, Any] = {(one.shop_id, one.id): one for one in standing}
        self.places: dict[tuple[str, str], Ticket] = {}

    def letters(self, shop_id):
        return self.rows.get(shop_id, Letters(shop_id))

    def create(self, made, letters):
        return [self._put(letters.shop_id, letters), self._put((made.shop_id, made.id), made)]

    def line(self, shop_id, queue_id):
        return self.rows.get((shop_id, queue_id))

    def lines(self, shop_id):
        return [one for one in self.rows.values() if isinstance(one, Line) and one.shop_id == shop_id]

    def replace_line(self, changed):
        return self._put((changed.shop_id, changed.id), changed)

    def ticket(self, key):
        return self.rows.get(key)

    def tickets(self, queue_id, day, numbers):
        keys = [TicketKey(queue_id, day, number) for number in sorted(numbers)]
        return [self.rows[key] for key in keys if key in self.rows]

    def take(self, taken):
        def check():
            held = self.places.get(_place(taken))
            if held is not None and held.day >= taken.day:
                raise AlreadyInLine(label=held.label, ticket_id=held.id)

        write = SimpleNamespace(check=check, write=lambda: self.places.update({_place(taken): taken}))
        return [Action(write), self._put(_key(taken), taken)]

    def replace(self, changed):
        writes = [self._put(_key(changed), changed)]
        if changed.state not in LIVE:

            def check():
                if self.places.get(_place(changed), changed).id != changed.id:
                    raise Contention

            free = SimpleNamespace(check=check, write=lambda: self.places.pop(_place(changed)))
            writes.append(Action(free))
        return writes

    def _put(self, key, row):
        def check():
            standing = self.rows.get(key)
            if (standing.version if standing else 0) != row.version - 1:
                raise Contention

        return Action(SimpleNamespace(check=check, write=lambda: self.rows.update({key: row})))


def _key(one):
    return TicketKey(one.queue_id, one.day, one.number)


def _place(one):
    return one.customer_id, one.shop_id


class FakeCommitter:
    """All or none, as a transaction of DynamoDB; `before` runs first: what others write in between."""

    def __init__(self) -> None:
        self.before = lambda: None

    def commit(self, actions):
        between, self.before = self.before, lambda: None
        between()
        for action in actions:
            action.body.check()
        for action in actions:
            action.body.write()


class FakeOutbox:
    """Keeps what was committed."""

    def __init__(self) -> None:
        self.told = []

    def put(self, message):
        return Action(SimpleNamespace(check=lambda: None, write=lambda: self.told.append(message)))


class FakeIdempotency:
    """Remembers nothing."""

    def remember(self, once, result):
        return Action(SimpleNamespace(check=lambda: None, write=lambda: None))


class FakeShops:
    """One shop, as `shops.ports.ShopStore` reads it."""

    def __init__(self, **fields: Any) -> None:
        self.standing = shop(**fields)

    def shop(self, shop_id):
        return self.standing if shop_id == self.standing.id else None

    def change(self, **fields):
        self.standing = replace(self.standing, **fields)


def ports(*standing: Line, now: datetime = NOW) -> QueueingPorts:
    return QueueingPorts(
        store=FakeStore(*standing),
        clock=FakeClock(now),
        committer=FakeCommitter(),
        outbox=FakeOutbox(),
        idempotency=FakeIdempotency(),
        shops=SimpleNamespace(store=FakeShops()),
        dealings=Nobody(),
    )
