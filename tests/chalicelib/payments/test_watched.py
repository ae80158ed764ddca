"""What an operator sees of an order: each line is about it, and says what came of it, so that it can be followed."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.payments import events
from chalicelib.payments.messages import event_received
from chalicelib.payments.rules import Event, PaymentRefused, PaymentState
from tests.api import CUSTOMER, call, deliver, told
from tests.fakes.logs import listening
from tests.world import hold, open_shop

PAY = "/v1/orders/{order_id}/payments"


def counted(line):
    return {row["Name"] for row in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


@pytest.fixture
def lines(provider):
    with listening() as found:
        yield found


def of(lines, message):
    return [line for line in lines if line["message"] == message]


def test_an_order_is_in_every_line_from_its_hold_to_its_confirmation(provider, lines):
    order = hold(open_shop())
    held = of(lines, "request")[-1]
    assert held["ids"]["order_id"] == order["id"]
    assert {"Holds", "ReadUnits", "WriteUnits"} <= counted(held)
    assert held["stage"] == "test"

    payment = call("POST", PAY, actor=CUSTOMER, body={"method": "card"}, order_id=order["id"]).json
    begun = of(lines, "request")[-1]
    assert begun["ids"] == {"order_id": order["id"], "payment_id": payment["id"]}
    assert "PaymentsBegun" in counted(begun)

    ref = wiring.payments().store.payment(payment["id"]).charge_ref
    provider.customer_pays(ref)
    row = event_received(Event("evt_1", "charge", ref, "payment_intent.succeeded"), wiring.clock().now())
    assert deliver(events.work, replace(row, trace="req-hook")) == []
    worked = of(lines, "message")[-1]
    assert worked["ids"] == {"order_id": order["id"], "payment_id": payment["id"]}
    assert {"PaymentsSucceeded", "MessageAge"} <= counted(worked)
    (confirmed,) = told("order.confirmed")
    assert confirmed.id in worked["tells"]
    assert confirmed.trace == worked["request_id"] == "req-hook"


def test_a_card_that_is_declined_and_a_provider_that_says_no_count_as_failed(provider, lines, monkeypatch):
    order = hold(open_shop())
    payment = call("POST", PAY, actor=CUSTOMER, body={"method": "card"}, order_id=order["id"]).json
    ref = wiring.payments().store.payment(payment["id"]).charge_ref
    provider.becomes(ref, PaymentState.FAILED)
    deliver(
        events.work,
        event_received(Event("evt_2", "charge", ref, "payment_intent.payment_failed"), wiring.clock().now()),
    )
    assert "PaymentsFailed" in counted(of(lines, "message")[-1])

    def refuse(*_):
        raise PaymentRefused(reason="invalid_api_key")

    monkeypatch.setattr(provider, "charge", refuse)
    refused = call("POST", PAY, actor=CUSTOMER, body={"method": "alipay"}, order_id=order["id"])
    assert refused.status == PaymentRefused.status
    names = counted(of(lines, "request")[-1])
    assert "PaymentsFailed" in names
    assert "PaymentsBegun" not in names
