"""The promise that nothing is dropped while a consumer is down for a day, with real queues: messages die after five
receives, are sent back by one command, and are worked once; what a queue loses altogether, the inbox brings back.
"""

import pytest

from chalicelib import wiring
from chalicelib.kit import redelivery
from chalicelib.payments import use_cases
from infra import redrive
from tests.api import call
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.chalicelib.payments.flow import cancel, paid, pay, row, sheet, state
from tests.infra.stage import Stage
from tests.world import hold, open_shop


@pytest.fixture
def stage(ministack, monkeypatch):
    monkeypatch.setattr(redelivery, "DELAYS", (0,))  # a message that failed comes again at once
    made = Stage(ministack)
    yield made
    made.gone()


def _notice(ref):
    raw = f"evt_{ref}|charge|{ref}|payment_intent.succeeded"
    assert call("POST", "/v1/webhooks/stripe", raw=raw, headers={"Stripe-Signature": "good"}).status == 200


def test_a_worker_that_is_down_for_a_day_loses_nothing(stage, provider, clock):  # noqa: F811 - as above
    shop = open_shop(staff=2)
    first, second = hold(shop, hours=72), hold(shop, hours=72)
    paid(provider, first)
    assert cancel(first).status == 200
    payment = row(pay(second))
    provider.customer_pays(payment.charge_ref)
    _notice(payment.charge_ref)
    assert stage.relay() == 2
    stage.down = True
    stage.work()
    seen = stage.look()
    assert (seen.waiting, seen.in_hand) == (0, 0)
    assert redrive.types(seen.letters) == "order.refund_due 1, payment.event_received 1"
    assert (state(first), state(second), provider.refunds) == ("refunding", "held", {})
    clock.move(days=1)
    stage.down = False
    done = stage.redrive()
    assert (done.moved, done.again, done.left, stage.look().dead) == (2, (), 0, 0)
    assert (state(first), len(provider.refunds)) == ("refunded", 1)
    assert state(second) == "confirmed"  # its hold ran out meanwhile; the time was still free
    assert (sheet()["provider:stripe"], sheet()["refunds:pending"]) == (10_000, 0)
    assert stage.redrive().moved == 0


def test_a_provider_that_is_down_for_a_day_pays_a_refund_once(stage, provider, clock):  # noqa: F811 - as above
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    assert cancel(order).status == 200
    assert stage.relay() == 1
    provider.silent = 10**6  # it does what it is told to; its answers are lost
    stage.work()
    assert (stage.look().dead, state(order)) == (1, "refunding")
    clock.move(days=1)
    provider.silent = 0
    assert stage.redrive().again == ()
    assert (state(order), len(provider.refunds)) == ("refunded", 1)
    assert sum(movement.amount.amount for movement in provider.account) == 0


def test_what_was_paid_while_the_provider_was_down_is_confirmed_after(stage, provider, clock):  # noqa: F811 - as above
    shop = open_shop(staff=2)
    order, other = hold(shop, hours=72), hold(shop, hours=72)
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    provider.silent = 10**6
    assert pay(other).status == 503
    _notice(payment.charge_ref)
    assert stage.relay() == 1
    stage.work()
    assert (stage.look().dead, state(order)) == (1, "held")
    clock.move(days=1)
    swept = use_cases.look_again(wiring.payments(), clock.now())
    assert (swept.asked, swept.failed > 0) == (0, True)
    provider.silent = 0
    assert stage.redrive().again == ()
    assert (state(order), sheet()["provider:stripe"]) == ("confirmed", 10_000)
    assert use_cases.look_again(wiring.payments(), clock.now()).failed == 0
    assert sheet()["provider:stripe"] == 10_000, "what nobody paid is asked for, and moves nothing"
    assert state(other) in {"held", "expired"}


def test_an_event_whose_message_is_lost_altogether_is_worked(stage, provider, clock):  # noqa: F811 - as above
    order = hold(open_shop(), hours=72)
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    _notice(payment.charge_ref)
    assert stage.relay() == 1
    stage.sqs.purge_queue(QueueUrl=stage.queue.url)
    stage.work()
    assert state(order) == "held"
    clock.move(hours=2)
    provider.silent = 1  # the sweep's own question goes unanswered: the inbox alone brings it back
    swept = use_cases.look_again(wiring.payments(), clock.now())
    assert (swept.asked, swept.failed, swept.told) == (0, 1, 1)
    assert state(order) == "held"
    assert stage.relay() == 1
    stage.work()
    assert (state(order), sheet()["provider:stripe"]) == ("confirmed", 10_000)
    assert stage.look().dead == 0
