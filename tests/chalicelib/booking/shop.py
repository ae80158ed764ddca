"""A shop over real tables, and what its customers do over HTTP."""

from chalicelib import wiring
from chalicelib.kit.ids import new_id
from chalicelib.kit.money import Money
from chalicelib.orders import use_cases as orders
from chalicelib.shops.ports import Resource, ResourceKind, Staff
from tests.api import CUSTOMER, MERCHANT, call
from tests.chalicelib.booking.world import at, offering, shop

SESSIONS = "/v1/shops/{shop_id}/sessions"
ORDERS, BOOKING = "/v1/orders", "/v1/bookings/{booking_id}"


class Town:
    """A shop with people and rooms; `offer` adds what can be booked."""

    def __init__(self, clock, staff=2, rooms=2, **other):
        self.clock = clock
        self.id = new_id("shp")
        self.staff = [Staff(new_id("stf"), self.id, f"小{n}") for n in range(staff)]
        self.rooms = [Resource(new_id("res"), self.id, ResourceKind.ROOM, f"{n} 号间") for n in range(rooms)]
        store = wiring.shops().store
        wiring.committer().commit(
            [
                store.create(shop(id=self.id, merchant_id=MERCHANT.account_id, **other)),
                *map(store.put_staff, self.staff),
                *map(store.put_resource, self.rooms),
            ]
        )

    def offer(self, **other):
        made = offering(id=new_id("off"), shop_id=self.id, **other)
        wiring.committer().commit([wiring.shops().store.put_offering(made)])
        return made

    def wish(self, made, clock="10:00", days=1, **more):
        start = at(clock, days).isoformat()
        return {"kind": "booking", "shop_id": self.id, "offering_id": made.id, "start": start, **more}

    def session(self, made, clock="10:00", days=1, **more):
        body = {"offering_id": made.id, "start": at(clock, days).isoformat(), **more}
        return call("POST", SESSIONS, actor=MERCHANT, body=body, shop_id=self.id)

    def sessions(self, **query):
        return call("GET", SESSIONS, query={"date": "2030-05-02", **query}, shop_id=self.id).json["items"]

    def seats(self, session, number=1):
        return {"kind": "seat", "shop_id": self.id, "session_id": session["id"], "seats": number}

    def order(self, *lines, actor=CUSTOMER, **more):
        return call("POST", ORDERS, actor=actor, body={"lines": list(lines), **more})

    def pay(self, order):
        money = Money(order["total"]["amount"], order["total"]["currency"])
        paid = orders.paid(wiring.orders(), order["id"], f"pay_{order['id']}", money, self.clock.now())
        wiring.committer().commit(paid.actions)
        return paid

    def buy(self, *lines, actor=CUSTOMER):
        """Return the bookings of an order that was paid."""
        order = self.order(*lines, actor=actor).json
        if order["total"]["amount"]:
            assert self.pay(order).fulfilled
        return [self.see(line["ref"], actor) for line in order["lines"]]

    def see(self, booking_id, actor=CUSTOMER):
        return call("GET", BOOKING, actor=actor, booking_id=booking_id).json

    def do(self, verb, booking, actor=CUSTOMER, body=None):
        return call("POST", f"{BOOKING}/{verb}", actor=actor, body=body, booking_id=booking["id"])

    def line(self, booking):
        order = call("GET", f"{ORDERS}/{{order_id}}", actor=CUSTOMER, order_id=booking["order_id"]).json
        return next(line for line in order["lines"] if line["id"] == booking["line_id"])
