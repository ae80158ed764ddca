"""What the operations that matter cost DynamoDB, from the route to the row: the first table of docs/costs.md."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.capacity import measurements
from benchmarks.capacity.heard import Listener
from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.orders import use_cases as orders
from chalicelib.payments import events
from chalicelib.payments import use_cases as payments
from chalicelib.payouts import events as paying
from chalicelib.payouts import use_cases as payouts
from chalicelib.search import events as search
from chalicelib.search.use_cases import page as pages
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route, Terms
from tests.api import CUSTOMER, MERCHANT, call, deliver, present, told
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.emulators import DYNOXIDE
from tests.world import hold, open_shop

DOCUMENT = Path(__file__).parents[1] / "docs" / "costs.md"
_ROW = re.compile(r"^\| [^|]+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$", re.MULTILINE)
PAY = "/v1/orders/{order_id}/payments"
SETTLED = "/v1/me/settlements/{settlement_id}"
CONNECT = Terms(commission_bps=800, route=Route.CONNECT, connect_account="acct_1", version=1)


class Walk:
    """Does things and writes down what each costs."""

    def __init__(self, takes_money):
        self.provider = takes_money
        self.costs, self.details = {}, {}
        self.listener = Listener()

    def __call__(self, name, work):
        with self.listener.operation() as detail, meter.measure() as usage:
            made = work()
        self.costs[name] = (usage.requests, usage.read_units, usage.write_units)
        self.details[name] = detail.told()
        return made

    def paid(self, order, name=None):
        """Pay an order and work the provider's notice; returns the charge's reference."""
        say = self if name else lambda _, work: work()
        answer = say(
            f"{name}: begin", lambda: call("POST", PAY, actor=CUSTOMER, body={"method": "card"}, order_id=order["id"])
        )
        ref = wiring.payments().store.payment(answer.json["id"]).charge_ref
        self.provider.customer_pays(ref)
        say(f"{name}: the provider's notice", lambda: self.notice(ref, "charge", "payment_intent.succeeded"))
        self.work("payment.event_received", say, f"{name}: work the notice")
        wiring.outbox().remove([message.id for message in told()])
        return ref

    def notice(self, ref, subject, type_):
        raw, headers = f"evt_{ref}_{type_}|{subject}|{ref}|{type_}", {"Stripe-Signature": "good"}
        assert call("POST", "/v1/webhooks/stripe", raw=raw, headers=headers).status == 200

    def work(self, type_, say, name, handler=events.work):
        """Work what waits; looking it up in the outbox is the test's doing and costs extra."""
        waiting = told(type_)
        assert waiting
        assert say(name, lambda: deliver(handler, *waiting)) == []
        wiring.outbox().remove([message.id for message in waiting])


@pytest.fixture
def walk(tables, provider, monkeypatch):  # noqa: F811 - as above
    """Where units are counted right, with a merchant who is paid by transfers."""
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    sending = replace(wiring.sending(), payments=wiring.payments(), transfers=provider)
    monkeypatch.setattr(wiring, "sending", lambda: sending)
    wiring.committer().commit([wiring.settlement().store.put_terms(MERCHANT.account_id, CONNECT)])
    walk = Walk(provider)
    yield walk
    walk.listener.stop()


def test_what_operations_cost_is_what_the_document_says(walk, clock):  # noqa: F811 - as above
    go(walk, clock)
    kept = {name: {**one, "milliseconds": None} for name, one in measurements.operations().items()}
    assert {name: {**one, "milliseconds": None} for name, one in walk.details.items()} == kept, "make capacity-measure"
    measured = {"| {} | {} | {:g} | {:g} |".format(name, *cost) for name, cost in walk.costs.items()}
    said = set(_ROW.findall(DOCUMENT.read_text().partition("\n## Access patterns")[0]))
    assert measured == said, "\n".join(["measured otherwise:", *sorted(measured - said)])


def go(walk, clock):  # noqa: F811 - as above
    """Do everything once."""
    shop = open_shop()
    present(CUSTOMER)
    order, charge = sell(walk, clock, shop)
    settle_and_pay_out(walk, clock)
    take_back(walk, shop, order, charge)
    wait_at_the_door(walk, shop)
    find_nothing(walk, clock, shop)


def sell(walk, clock, shop):  # noqa: F811 - as above
    """A line is found, held, paid and delivered."""
    path = {"shop_id": shop["id"], "offering_id": shop["offering_id"]}
    times = "/v1/shops/{shop_id}/offerings/{offering_id}/times"
    walk("free times of a date", lambda: call("GET", times, query={"date": "2030-05-02"}, **path))
    walk("write a shop's page", lambda: pages.refresh_page(wiring.pages(), shop["id"]))
    walk("a shop's page", lambda: call("GET", "/v1/shops/{shop_id}/page", shop_id=shop["id"]))
    order = walk("hold a time", lambda: hold(shop))
    waiting = told("booking.time_changed")
    walk("tell the search of a time", lambda: deliver(search.index, *waiting))
    walk("remove a message that was sent", lambda: wiring.outbox().remove([message.id for message in waiting]))
    charge = walk.paid(order, "pay")
    walk("read an order", lambda: call("GET", "/v1/orders/{order_id}", actor=CUSTOMER, order_id=order["id"]))
    booking = {"booking_id": order["lines"][0]["ref"]}
    code = call("GET", "/v1/bookings/{booking_id}", actor=CUSTOMER, **booking).json["code"]
    clock.move(hours=23)
    come = partial(call, "POST", actor=MERCHANT, **booking)
    walk("check in", lambda: come("/v1/bookings/{booking_id}/check-in", body={"code": code}))
    walk("complete", lambda: come("/v1/bookings/{booking_id}/complete"))
    line = {"order_id": order["id"], "line_id": order["lines"][0]["id"]}
    review = partial(call, "POST", "/v1/orders/{order_id}/lines/{line_id}/review", actor=CUSTOMER, body={"stars": 5})
    assert walk("review", lambda: review(**line)).status == 201
    guest, polite = "/v1/orders/{order_id}/lines/{line_id}/guest-review", {"stars": 5, "text": "准时到店"}
    opens = partial(call, "POST", guest, actor=MERCHANT, body=polite)
    assert walk("review the guest: both open", lambda: opens(**line)).json["state"] == "shown"
    return order, charge


def settle_and_pay_out(walk, clock):  # noqa: F811 - as above
    """Its money falls due, is posted and leaves."""
    clock.move(days=3)
    ports = wiring.settlement()
    assert walk("settle one line", lambda: settlement.settle(ports, clock.now())).lines == 1
    walk.work("settlement.posted", walk, "pay out one charge", paying.work)
    assert len(walk.provider.transfers) == 1
    walk("a settlement run that finds nothing due", lambda: settlement.settle(ports, clock.now()))
    walk("a payout run that finds nothing", lambda: payouts.run(wiring.sending(), clock.now()))
    mine = partial(call, "GET", actor=MERCHANT)
    listed = walk("a merchant's settlements", lambda: mine("/v1/me/settlements")).json["items"]
    walk("a statement of one line", lambda: mine(SETTLED, settlement_id=listed[0]["id"]))
    walk("what a merchant is owed", lambda: mine("/v1/me/balance"))


def take_back(walk, shop, order, charge):
    """A part of it is given back, and a bank takes the rest; another order is cancelled in time."""
    path, line = {"order_id": order["id"]}, order["lines"][0]["id"]
    gift = {"lines": [{"line_id": line, "amount": 2_000}], "reason": "late"}
    back = partial(call, "POST", "/v1/orders/{order_id}/refunds", actor=MERCHANT, body=gift, **path)
    assert walk("give back part of a line", back).status == 201
    walk.work("order.refund_due", walk, "refund that part")
    ref = walk.provider.disputes_charge(charge, 8_000)
    walk.notice(ref, "dispute", "charge.dispute.created")
    walk.work("payment.event_received", walk, "work a dispute")
    other = hold(shop, 72)
    walk.paid(other)
    cancel = "/v1/orders/{order_id}/cancel"
    walk("cancel what was paid", lambda: call("POST", cancel, actor=CUSTOMER, body={}, order_id=other["id"]))
    walk.work("order.refund_due", walk, "refund")


def wait_at_the_door(walk, shop):
    door = {"shop_id": shop["id"]}
    wish = {"name": "2 人桌", "prefix": "A", "minutes": 10}
    door["queue_id"] = call("POST", "/v1/shops/{shop_id}/queues", actor=MERCHANT, body=wish, **door).json["id"]
    tickets, ticket = "/v1/shops/{shop_id}/queues/{queue_id}/tickets", "/v1/shops/{shop_id}/tickets/{ticket_id}"
    taken = walk("take a number", lambda: call("POST", tickets, actor=CUSTOMER, body={"party": 2}, **door)).json
    at = {"shop_id": shop["id"], "ticket_id": taken["id"]}
    walk("how many are ahead", lambda: call("GET", ticket, actor=CUSTOMER, **at))
    walk("a shop's queues", lambda: call("GET", "/v1/shops/{shop_id}/queues", shop_id=shop["id"]))
    walk("call the next", lambda: call("POST", "/v1/shops/{shop_id}/queues/{queue_id}/call", actor=MERCHANT, **door))
    walk("seat", lambda: call("POST", f"{ticket}/seat", actor=MERCHANT, **at))


def find_nothing(walk, clock, shop):  # noqa: F811 - as above
    """What sweeps pay for one hold, and for nothing."""
    hold(shop, 96)
    clock.move(hours=1)
    walk("tell of one hold that ran out", lambda: orders.expire_holds(wiring.orders(), clock.now()))
    walk("sweep where nothing ran out", lambda: orders.expire_holds(wiring.orders(), clock.now()))
    walk("a sweep of payments that finds nothing", lambda: payments.look_again(wiring.payments(), clock.now()))
