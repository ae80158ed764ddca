"""What no notice came of is asked for; what nobody worked is sent on its way again."""

from datetime import timedelta

from chalicelib import wiring
from chalicelib.payments import use_cases
from chalicelib.payments.rules import Event, PaymentState, RefundState
from tests.api import ADMIN, call, told
from tests.chalicelib.payments.flow import cancel, paid, pay, row, sheet, state, work
from tests.world import hold, open_shop

NOTICE = "/v1/webhooks/stripe"
AGAIN = "/v1/admin/refunds/{refund_id}/again"


def sweep(clock, **later):
    clock.move(**later)
    return use_cases.look_again(wiring.payments(), clock.now())


def send(id_, ref, signature="good"):
    raw = f"{id_}|charge|{ref}|payment_intent.succeeded"
    return call("POST", NOTICE, raw=raw, headers={"Stripe-Signature": signature})


def test_a_lost_notice_is_made_up_for(provider, clock):
    order = hold(open_shop())
    ref = row(pay(order)).charge_ref
    provider.customer_pays(ref)
    assert sweep(clock, minutes=4).asked == 0  # notices may still come
    assert sweep(clock, minutes=2).asked == 1
    assert state(order) == "confirmed"
    assert sheet()["provider:stripe"] == 10_000
    assert sweep(clock, hours=1).asked == 0


def test_a_charge_whose_answer_was_lost_is_found(provider, clock):
    order = hold(open_shop())
    provider.silent = 1
    assert pay(order).status == 503
    (ref,) = provider.charges
    provider.customer_pays(ref)
    assert sweep(clock, minutes=6).asked == 1
    assert state(order) == "confirmed"


def test_what_stays_open_is_asked_for_ever_more_seldom_and_at_last_no_more(provider, clock):
    payment = row(pay(hold(open_shop())))
    asked = [sweep(clock, minutes=6).asked for _ in range(20)]
    assert asked[0] == 1
    assert 3 <= sum(asked) <= 6
    for _ in range(4):
        sweep(clock, days=2)
    assert sweep(clock, days=30).asked == 0
    assert wiring.payments().store.payment(payment.id).state == PaymentState.CREATED


def test_a_refund_that_ends_without_a_notice_ends(provider, clock):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order)
    work("order.refund_due")
    (refund,) = wiring.payments().store.refunds_of(order["id"])
    provider.refund_becomes(refund.refund_ref, RefundState.SUCCEEDED)
    sweep(clock, minutes=6)
    assert state(order) == "refunded"


def test_one_that_cannot_be_asked_for_keeps_nobody_waiting(provider, clock):
    shop = open_shop(staff=2)
    first, second = hold(shop), hold(shop)
    refs = [row(pay(order)).charge_ref for order in (first, second)]
    for ref in refs:
        provider.customer_pays(ref)
    del provider.charges[refs[0]]
    swept = sweep(clock, minutes=6)
    assert (swept.asked, swept.failed) == (1, 1)
    assert state(second) == "confirmed"


def test_what_cannot_be_asked_for_is_met_ever_more_seldom(provider, clock):
    """Or a hundred of them would keep everybody else waiting for good."""
    del provider.charges[row(pay(hold(open_shop()))).charge_ref]
    failed = [sweep(clock, minutes=6).failed for _ in range(20)]
    assert failed[0] == 1
    assert 3 <= sum(failed) <= 6


def test_a_refund_that_is_refused_for_days_has_failed_and_a_person_can_try_again(provider, clock):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    provider.refusing = True
    cancel(order)
    assert work("order.refund_due") == 1
    assert sweep(clock, days=3).failed == 1
    (refund,) = wiring.payments().store.refunds_of(order["id"])
    assert refund.state == RefundState.PENDING
    assert sweep(clock, days=4).failed == 0
    (refund,) = wiring.payments().store.refunds_of(order["id"])
    assert refund.state == RefundState.FAILED
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000, "refunds:pending": 0}
    provider.refusing = False
    assert work("order.refund_due") == 0
    again = call("POST", AGAIN, actor=ADMIN, body={"reason": "新卡"}, refund_id=refund.id)
    assert (again.status, state(order)) == (201, "refunded")


def test_an_event_that_nobody_worked_is_told_again(provider, clock):
    order = hold(open_shop())
    ref = row(pay(order)).charge_ref
    provider.customer_pays(ref)
    assert send("evt_1", ref).status == 200
    wiring.outbox().remove([message.id for message in told()])  # the queue lost it, or everybody was down for a day
    assert sweep(clock, minutes=30).told == 0
    assert sweep(clock, days=1).told == 1
    assert work("payment.event_received") == 0
    assert state(order) == "confirmed"
    assert sweep(clock, days=1).told == 0


def test_what_is_worked_is_not_queued_again(provider, clock):
    ref = row(pay(hold(open_shop()))).charge_ref
    provider.customer_pays(ref)
    assert send("evt_1", ref).status == 200
    work("payment.event_received")
    assert send("evt_1", ref).status == 200
    assert not told("payment.event_received")


def test_the_inbox_keeps_what_came_until_it_is_worked(provider, clock):
    store, event = wiring.payments().store, Event("evt_9", "charge", "pi_9", "x")
    wiring.committer().commit([store.received(event, clock.now())])
    later = clock.now() + timedelta(minutes=1)
    found = [one for shard in range(store.shards) for one in store.unworked(shard, later, 10)]
    assert found == [event]
    store.told_again(event, later)
    assert not [one for shard in range(store.shards) for one in store.unworked(shard, later, 10)]
    store.mark_worked(event)
    store.told_again(event, later)
    assert store.worked(event)
