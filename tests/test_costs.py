"""What the operations that matter cost DynamoDB, from the route to the row: the first table of docs/costs.md."""

import re
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.ledger import use_cases as ledger
from chalicelib.orders import use_cases as orders
from chalicelib.payments import events
from chalicelib.search.use_cases import page as pages
from tests.api import CUSTOMER, MERCHANT, call, deliver, told
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.emulators import DYNOXIDE
from tests.world import hold, open_shop

DOCUMENT = Path(__file__).parents[1] / "docs" / "costs.md"
_ROW = re.compile(
    r"^\| (?P<name>[^|]+?) \| (?P<requests>[\d.]+) \| (?P<reads>[\d.]+) \| (?P<writes>[\d.]+) \|$", re.MULTILINE
)
PAY = "/v1/orders/{order_id}/payments"


class Walk:
    """Does things and writes down what each costs."""

    def __init__(self, takes_money):
        self.provider = takes_money
        self.costs = {}

    def __call__(self, name, work):
        with meter.measure() as usage:
            made = work()
        self.costs[name] = (usage.requests, usage.read_units, usage.write_units)
        return made

    def paid(self, order, name=None):
        """Pay an order and work the provider's notice."""
        say = self if name else lambda _, work: work()
        answer = say(
            f"{name}: begin", lambda: call("POST", PAY, actor=CUSTOMER, body={"method": "card"}, order_id=order["id"])
        )
        ref = wiring.payments().store.payment(answer.json["id"]).charge_ref
        self.provider.customer_pays(ref)
        raw = f"evt_{ref}|charge|{ref}|payment_intent.succeeded"
        headers = {"Stripe-Signature": "good"}
        say(f"{name}: the provider's notice", lambda: call("POST", "/v1/webhooks/stripe", raw=raw, headers=headers))
        self.work("payment.event_received", say, f"{name}: work the notice")
        wiring.outbox().remove([message.id for message in told()])

    def work(self, type_, say, name):
        """Work what waits; looking it up in the outbox is the test's doing and costs extra."""
        waiting = told(type_)
        say(name, lambda: deliver(events.work, *waiting))


def test_what_operations_cost_is_what_the_document_says(tables, provider, clock):  # noqa: F811 - as above
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    shop, walk = open_shop(), Walk(provider)
    path = {"shop_id": shop["id"], "offering_id": shop["offering_id"]}
    walk(
        "free times of a date",
        lambda: call("GET", "/v1/shops/{shop_id}/offerings/{offering_id}/times", query={"date": "2030-05-02"}, **path),
    )
    walk("write a shop's page", lambda: pages.refresh_page(wiring.pages(), shop["id"]))
    walk("a shop's page", lambda: call("GET", "/v1/shops/{shop_id}/page", shop_id=shop["id"]))
    order = walk("hold a time", lambda: hold(shop))
    walk.paid(order, "pay")
    walk("read an order", lambda: call("GET", "/v1/orders/{order_id}", actor=CUSTOMER, order_id=order["id"]))
    booking = {"booking_id": order["lines"][0]["ref"]}
    code = call("GET", "/v1/bookings/{booking_id}", actor=CUSTOMER, **booking).json["code"]
    clock.move(hours=23)
    walk(
        "check in",
        lambda: call("POST", "/v1/bookings/{booking_id}/check-in", actor=MERCHANT, body={"code": code}, **booking),
    )
    walk("complete", lambda: call("POST", "/v1/bookings/{booking_id}/complete", actor=MERCHANT, **booking))
    walk("settle one line", lambda: ledger.settle(wiring.ledger(), clock.now()))
    other = hold(shop, 72)
    walk.paid(other)
    walk(
        "cancel what was paid",
        lambda: call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=other["id"]),
    )
    walk.work("order.refund_due", walk, "refund")
    door = {"shop_id": shop["id"]}
    wish = {"name": "2 人桌", "prefix": "A", "minutes": 10}
    door["queue_id"] = call("POST", "/v1/shops/{shop_id}/queues", actor=MERCHANT, body=wish, **door).json["id"]
    tickets = "/v1/shops/{shop_id}/queues/{queue_id}/tickets"
    taken = walk("take a number", lambda: call("POST", tickets, actor=CUSTOMER, body={"party": 2}, **door)).json
    at = {"shop_id": shop["id"], "ticket_id": taken["id"]}
    walk(
        "how many are ahead",
        lambda: call("GET", "/v1/shops/{shop_id}/tickets/{ticket_id}", actor=CUSTOMER, **at),
    )
    walk("a shop's queues", lambda: call("GET", "/v1/shops/{shop_id}/queues", shop_id=shop["id"]))
    walk("call the next", lambda: call("POST", "/v1/shops/{shop_id}/queues/{queue_id}/call", actor=MERCHANT, **door))
    walk("seat", lambda: call("POST", "/v1/shops/{shop_id}/tickets/{ticket_id}/seat", actor=MERCHANT, **at))
    hold(shop, 96)
    clock.move(hours=1)
    walk("tell of one hold that ran out", lambda: orders.expire_holds(wiring.orders(), clock.now()))
    walk("sweep where nothing ran out", lambda: orders.expire_holds(wiring.orders(), clock.now()))
    told_rows = {
        row["name"]: tuple(float(row[part]) for part in ("requests", "reads", "writes"))
        for row in _ROW.finditer(DOCUMENT.read_text())
    }
    assert walk.costs == {name: told_rows[name] for name in walk.costs}
