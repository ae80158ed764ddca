"""Steps of money's way that several tests take, over the API and the handlers, with a provider in memory."""

import itertools

from chalicelib import wiring
from chalicelib.ledger import use_cases as ledger
from chalicelib.payments import events, use_cases
from chalicelib.payments.rules import Event
from tests.api import CUSTOMER, MERCHANT, call, deliver, told

PAY = "/v1/orders/{order_id}/payments"
ORDER = "/v1/orders/{order_id}"
_numbers = itertools.count(1)


def pay(order, method="card", actor=CUSTOMER, **more):
    """Begin to pay; returns the answer."""
    return call("POST", PAY, actor=actor, body={"method": method}, order_id=order["id"], **more)


def row(answer):
    """The payment of an answer, as it is stored."""
    return wiring.payments().store.payment(answer.json["id"])


def notice(ref, subject="charge"):
    """The provider's notice, worked at once."""
    use_cases.work_event(wiring.payments(), Event(f"evt_{next(_numbers)}", subject, ref, "some.type"))


def work(type_):
    """Work everything of a type that waits in the outbox, and take out what is done; return how many failed."""
    waiting = told(type_)
    failed = deliver(events.work, *waiting) if waiting else []
    wiring.outbox().remove([message.id for message in waiting if message.id not in failed])
    return len(failed)


def paid(provider, order, method="card"):
    """Pay an order, and work the notice; returns the payment."""
    payment = row(pay(order, method))
    provider.customer_pays(payment.charge_ref)
    notice(payment.charge_ref)
    return wiring.payments().store.payment(payment.id)


def state(order):
    """The order's state, as its customer sees it."""
    return call("GET", ORDER, actor=CUSTOMER, order_id=order["id"]).json["state"]


def cancel(order, actor=CUSTOMER):
    """Cancel an order; returns the answer."""
    return call("POST", ORDER + "/cancel", actor=actor, body={}, order_id=order["id"])


def complete(order, clock):
    """The customer comes when it is time, and is served."""
    (line,) = order["lines"]
    booking = {"booking_id": line["ref"]}
    code = call("GET", "/v1/bookings/{booking_id}", actor=CUSTOMER, **booking).json["code"]
    clock.move(hours=24)
    checked = call("POST", "/v1/bookings/{booking_id}/check-in", actor=MERCHANT, body={"code": code}, **booking)
    assert checked.status == 200, checked.text
    done = call("POST", "/v1/bookings/{booking_id}/complete", actor=MERCHANT, **booking)
    assert done.status == 200, done.text


def sheet(currency="CNY"):
    """The balances of the books' accounts."""
    return ledger.trial_balance(wiring.ledger()).get(currency, {})
