"""Events on their way: once where nothing crashed, again under the same id where something did, and lost never."""

import os
import threading
from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.outbox import NOTIFICATIONS, WEBHOOKS
from chalicelib.outbox import use_cases as outbox
from chalicelib.outbox.ports import OutboxPorts
from chalicelib.webhooks import messages
from chalicelib.webhooks.ports import Answer
from chalicelib.webhooks.rules.delivery import LEASE, DeliveryState
from chalicelib.webhooks.rules.endpoint import Change, Reason, activated, changed, disabled
from chalicelib.webhooks.rules.endpoint import State as Standing
from chalicelib.webhooks.rules.events import event_of
from chalicelib.webhooks.rules.listening import Listener
from chalicelib.webhooks.store.endpoints import EndpointRow
from chalicelib.webhooks.use_cases import Directory, InHand, Run, deliver, delivering, retry_due
from tests.api import told
from tests.chalicelib.webhooks.world import DOWN, OK, Crash, world
from tests.emulators import DYNOXIDE
from tests.fakes.queues import FakeQueues, FakeSent
from tests.racing import race
from tests.waiting import eventually

DUPLICATES = int(os.environ.get("WEBHOOK_DUPLICATES", "5"))
EVENTS = int(os.environ.get("WEBHOOK_EVENTS", "6"))


@pytest.fixture
def here(tables):
    with world() as made:
        yield made


def retry(here):
    return retry_due(here.ports, here.clock.now())


def test_an_event_comes_once_however_often_its_message_does(here):
    one, message = here.endpoint(), here.message()
    for _ in range(5):
        deliver(here.ports, message)
    assert here.got(one) == [event_of(message).id]
    found = here.delivery(one, message)
    assert (found.state, found.attempts, found.tries[0].status) == (DeliveryState.DELIVERED, 1, 200)
    assert here.standing(one) == one


@pytest.mark.store
def test_duplicates_at_once_make_one_delivery(here, record_property):
    one, message = here.endpoint(), here.message()
    outcomes = race([lambda: deliver(here.ports, message)] * DUPLICATES, InHand)
    assert here.got(one) == [event_of(message).id]
    assert sum(isinstance(found, InHand) for found in outcomes) < DUPLICATES
    deliver(here.ports, message)  # those who were told that it is in hand come again
    assert len(here.got(one)) == 1
    record_property("webhooks", f"{DUPLICATES} duplicates, 1 delivered")


def test_what_an_event_costs_that_is_taken(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    with world() as here:
        here.endpoint()
        deliver(here.ports, here.message(number=0))  # who listens is in mind from then on
        with meter.measure() as used:
            deliver(here.ports, here.message())
        assert (used.requests, used.read_units, used.write_units) == (3, 0.5, 2)


@pytest.mark.store
def test_a_crash_between_sending_and_marking_sends_the_same_id_again(here):
    one, message = here.endpoint(), here.message()
    here.elsewhere.crashes_after = one.url
    with pytest.raises(Crash):
        deliver(here.ports, message)
    with pytest.raises(InHand):
        deliver(here.ports, message)
    here.clock.move(seconds=LEASE.total_seconds())
    deliver(here.ports, message)
    deliver(here.ports, message)
    assert here.got(one) == [event_of(message).id] * 2
    assert here.delivery(one, message).state == DeliveryState.DELIVERED


def test_a_crash_between_a_failure_and_its_endpoint_is_made_good_by_the_message(here, monkeypatch):
    """The delivery waits, and nobody was told to look: the message comes again, and tells."""
    one, message = here.endpoint(), here.message()
    here.answer(one, DOWN)

    def dies(*_, **__):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(type(here.endpoints), "failed", dies)
        with pytest.raises(Crash):
            deliver(here.ports, message)
    assert here.standing(one).wake_at is None
    deliver(here.ports, message)
    assert here.standing(one).wake_at == here.delivery(one, message).next_at
    here.answer(one, OK)
    here.clock.move(minutes=1)
    assert retry(here).delivered == 1


def test_each_endpoint_is_for_itself(here):
    """One hangs, one is down, one has left, one wants other things, one is somebody else's."""
    fine, down, gone = here.endpoint("fine"), here.endpoint("down"), here.endpoint("gone")
    other, elses = here.endpoint("other", types=("review.posted",)), here.endpoint("elses", owner="acc_x")
    slow = here.endpoint("slow")
    let_go = threading.Event()
    here.answer(slow, lambda *_: let_go.wait(10) and OK)
    here.answer(down, DOWN)
    here.answer(gone, Answer(410))
    running = threading.Thread(target=deliver, args=(here.ports, here.message()))
    running.start()
    eventually(lambda: (found := here.delivery(fine, here.message())) and found.state == DeliveryState.DELIVERED)
    assert running.is_alive()  # still waiting for the slow one
    let_go.set()
    running.join(10)
    assert here.delivery(down, here.message()).state == DeliveryState.PENDING
    assert here.standing(gone).state == Standing.DISABLED
    assert (here.got(other), here.got(elses)) == ([], [])


@pytest.mark.store
def test_two_sweeps_at_once_send_what_waits_once(here):
    one = here.endpoint()
    here.answer(one, DOWN)
    sent = [here.message(number=number) for number in range(6)]
    for message in sent:
        deliver(here.ports, message)
    assert len(here.got(one)) == 3  # then it is left alone
    here.elsewhere.got.clear()
    here.answer(one, OK)
    here.clock.move(minutes=2)
    runs = race([lambda: retry(here)] * 4, ())
    assert sorted(here.got(one)) == sorted(event_of(message).id for message in sent)
    assert sum(run.delivered for run in runs) == 6


def test_a_sweep_is_not_held_up_by_who_hangs(here):
    """Three endpoints that hang, and one behind them that is back: it is not waited for who is first."""
    hanging = [here.endpoint(f"hangs{number}") for number in range(3)]
    back, message, let_go = here.endpoint("back"), here.message(), threading.Event()
    for one in (*hanging, back):
        here.answer(one, DOWN)
    deliver(here.ports, message)
    here.clock.move(minutes=2)
    here.answer(back, OK)
    for one in hanging:
        here.answer(one, lambda *_: let_go.wait(10) and OK)
    running = threading.Thread(target=retry, args=(here,))
    running.start()
    eventually(lambda: here.delivery(back, message).state == DeliveryState.DELIVERED)
    assert running.is_alive()
    let_go.set()
    running.join(10)
    assert {here.delivery(one, message).state for one in hanging} == {DeliveryState.DELIVERED}


def test_an_endpoint_that_cannot_be_read_does_not_keep_the_others_waiting(here):
    """The key of its secrets is gone: the run says so, after the others."""
    broken, fine, message = here.endpoint("broken"), here.endpoint("fine"), here.message()
    for one in (broken, fine):
        here.answer(one, DOWN)
    deliver(here.ports, message)
    here.answer(fine, OK)
    here.clock.move(minutes=2)
    EndpointRow("OWNER#acc_merchant", f"END#{broken.id}").update([EndpointRow.secret.set("AAAA")])
    with pytest.raises(KeyError):
        retry(here)
    assert here.delivery(fine, message).state == DeliveryState.DELIVERED


def test_one_event_that_an_endpoint_cannot_take_does_not_hold_up_the_others(here):
    one, poison = here.endpoint(), here.message(number=0)
    bad = event_of(poison).id
    here.answer(one, lambda headers, _: DOWN if headers["webhook-id"] == bad else OK)
    deliver(here.ports, poison)
    for number in range(1, 5):
        here.clock.move(seconds=45)
        deliver(here.ports, here.message(number=number))
        retry(here)
    assert len(set(here.got(one))) == 5
    assert here.delivery(one, poison).state == DeliveryState.PENDING
    assert here.standing(one).failing_since is not None or here.got(one)[-1] != bad
    here.answer(one, OK)
    here.clock.move(minutes=20)
    assert retry(here).delivered == 1
    assert here.standing(one).failing_since is None


def test_who_is_down_is_left_alone_and_gets_all_once_it_is_back(here):
    one = here.endpoint()
    here.answer(one, DOWN)
    sent = [here.message(number=number) for number in range(30)]
    for message in sent:
        deliver(here.ports, message)
    assert len(here.got(one)) == 3
    here.clock.move(seconds=61)
    retry(here)
    assert len(here.got(one)) == 6  # a few at a time
    here.answer(one, OK)
    here.clock.move(minutes=2)
    assert retry(here).delivered == 30
    assert {here.delivery(one, message).state for message in sent} == {DeliveryState.DELIVERED}
    assert here.standing(one).wake_at is not None  # looked at once more, for what an index was late to show
    here.clock.move(minutes=1, seconds=1)
    assert retry(here) == Run(endpoints=1)
    assert here.standing(one).wake_at is None


def test_who_answers_a_challenge_again_gets_all_that_waits_whenever_that_was_due(here):
    one, message = here.endpoint(), here.message()
    here.answer(one, DOWN)
    deliver(here.ports, message)
    for _ in range(8):
        here.clock.move(hours=2)
        retry(here)
    assert here.delivery(one, message).next_at > here.clock.now() + timedelta(hours=1)
    wiring.committer().commit([here.endpoints.replace(disabled(here.standing(one), Reason.FAILING))])
    deliver(here.ports, here.message(number=2))
    assert here.delivery(one, here.message(number=2)) is None
    back = activated(here.standing(one), here.clock.now())
    wiring.committer().commit([here.endpoints.replace(back, anew=True)])
    assert here.standing(one) == back
    here.answer(one, OK)
    here.clock.move(seconds=1)
    assert retry(here).delivered == 1


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_time_gets_it(here, status):
    one = here.endpoint()
    here.answer(one, Answer(status, retry_after="1800"))
    deliver(here.ports, here.message(number=0))
    deliver(here.ports, here.message(number=1))
    assert len(here.got(one)) == 1
    for minutes in (10, 10, 9):
        here.clock.move(minutes=minutes)
        retry(here)
    assert len(here.got(one)) == 1
    here.answer(one, OK)
    here.clock.move(minutes=1, seconds=1)
    assert retry(here).delivered == 2


def test_gone_is_gone_and_its_owner_is_told(here):
    one = here.endpoint()
    here.answer(one, Answer(410))
    deliver(here.ports, here.message())
    deliver(here.ports, here.message(number=2))
    standing = here.standing(one)
    assert (standing.state, standing.reason, standing.wake_at) == (Standing.DISABLED, Reason.GONE, None)
    (message,) = told(messages.DISABLED)
    assert message.payload == {
        "endpoint_id": one.id,
        "merchant_id": "acc_merchant",
        "host": "one.example.com",
        "reason": "gone",
    }
    assert len(here.got(one)) == 1


def test_what_happens_while_it_is_paused_comes_once_it_goes_on(here):
    one = here.endpoint()
    here.pause(one)
    deliver(here.ports, here.message())
    here.clock.move(days=1)
    assert (retry(here).endpoints, here.got(one)) == (0, [])
    on = changed(here.standing(one), Change(paused=False), here.clock.now())
    wiring.committer().commit([here.endpoints.replace(on, anew=True)])
    here.clock.move(seconds=1)
    assert retry(here).delivered == 1


def test_what_was_put_to_wait_by_who_had_read_an_old_state_is_sent_at_once(here):
    """Read as left alone, by an index that was late; it is back, and nobody would come by for what waits."""
    one, message = here.endpoint(), here.message()
    old = replace(one, failures=3, failing_since=here.clock.now(), wake_at=here.clock.now() + timedelta(hours=1))
    delivering._to(here.ports, old, event_of(message))
    assert here.delivery(one, message).state == DeliveryState.DELIVERED


def test_a_run_that_has_no_time_left_leaves_the_rest_due(here):
    one = here.endpoint()
    here.answer(one, DOWN)
    for number in range(3):
        deliver(here.ports, here.message(number=number))
    here.answer(one, OK)
    here.clock.move(minutes=2)
    ticks = iter([0.0, 0.0, 1.0, 99.0])
    assert retry_due(here.ports, here.clock.now(), lambda: next(ticks)).delivered == 1
    here.clock.move(seconds=1)
    assert retry(here).delivered == 2


def test_who_is_not_reached_in_a_run_keeps_their_place(here):
    """Others took all of its time: were they put behind those, who is slow would be first in every run."""
    one, message = here.endpoint(), here.message()
    here.answer(one, DOWN)
    deliver(here.ports, message)
    here.answer(one, OK)
    since = here.standing(one).wake_at
    here.clock.move(minutes=2)
    ticks = iter([0.0, 0.0, 99.0])
    assert retry_due(here.ports, here.clock.now(), lambda: next(ticks)) == Run(endpoints=1)
    assert here.standing(one).wake_at == since


@pytest.mark.parametrize("back_after", [48, None], ids=["back-after-two-days", "never-back"])
def test_three_days_of_outage(here, back_after, record_property):
    """Events come in over two days, the sweep runs every minute in which something is due. Back after two days: all are
    delivered. Never back: the endpoint is disabled, its owner told; what waited is kept, and comes once it is back.
    """
    one, events = here.endpoint(), EVENTS
    here.answer(one, DOWN)
    came = deque(timedelta(hours=47) * number / events for number in range(events))
    sent, began, over = [], here.clock.now(), timedelta(hours=76)
    while (passed := here.clock.now() - began) < over:
        while came and came[0] <= passed:
            came.popleft()
            sent.append(here.message(number=len(sent)))
            deliver(here.ports, sent[-1])
        if back_after is not None and passed >= timedelta(hours=back_after):
            here.answer(one, OK)
        retry(here)
        due = here.standing(one).wake_at
        then = [over, *list(came)[:1], *([due - began + timedelta(seconds=1)] if due else [])]
        here.clock.move(seconds=max(60.0, (min(then) - passed).total_seconds()))
    states = [here.delivery(one, message).state for message in sent]
    standing, got = here.standing(one), here.got(one)
    if back_after is not None:
        assert states == [DeliveryState.DELIVERED] * events
        assert (standing.state, standing.failures, told(messages.DISABLED)) == (Standing.ACTIVE, 0, [])
        taken = [found for found in (here.delivery(one, message) for message in sent) if found.tries[-1].status == 200]
        assert len(taken) == events
    else:
        assert DeliveryState.DELIVERED not in states
        assert (standing.state, standing.reason) == (Standing.DISABLED, Reason.FAILING)
        assert len(told(messages.DISABLED)) == 1
        assert retry(here).endpoints == 0
        assert len(got) < 400
        here.answer(one, OK)
        back = activated(standing, here.clock.now())
        wiring.committer().commit([here.endpoints.replace(back, anew=True)])
        here.clock.move(seconds=1)
        assert retry(here).delivered == states.count(DeliveryState.PENDING)
        got = here.got(one)
    assert set(got) == {event_of(message).id for message in sent}
    record_property("webhooks", f"{events} outage events, {len(got)} attempts")


def test_nothing_is_sent_to_the_queue_for_merchants_without_endpoints(here):
    """The relay asks a list that it reads twice a minute at most, whatever it relays."""
    seconds = [0.0]
    directory = Directory(here.listeners, lambda: seconds[0])
    queues = FakeQueues()
    ports = OutboxPorts(_Nothing(), queues, FakeSent(), directory)
    with meter.measure() as used:
        outbox.relay(ports, [here.message(number=number) for number in range(100)])
    assert (used.requests, used.read_units) == (1, 0.5)
    assert {queue for queue, _ in queues.sent} == {NOTIFICATIONS}
    here.endpoint()
    outbox.relay(ports, [here.message(number=100)])
    assert (WEBHOOKS, "msg_100") not in queues.sent
    seconds[0] = 30.0
    outbox.relay(ports, [here.message(number=101), here.message("login.new", number=102)])
    outbox.relay(ports, [here.message(merchant="acc_other", number=103)])
    assert [one for one in queues.sent if one[0] == WEBHOOKS] == [(WEBHOOKS, "msg_101")]


class _Nothing:
    shards = 1

    def left_behind(self, _shard, _before):
        return ()

    def remove(self, _message_ids):
        return None


class _Broken:
    def listeners(self):
        raise ConnectionError("planted")


def test_where_nobody_knows_who_listens_events_go_to_the_queue(here, caplog):
    directory = Directory(_Broken(), lambda: 0.0)
    assert directory.wants(here.message())
    assert directory.wants(here.message())
    assert not directory.wants(here.message("login.new"))
    assert caplog.text.count("who listens cannot be read") == 1


def test_partners_hear_of_whom_they_may(here):
    everybodys, some = here.endpoint("all", owner="acc_p"), here.endpoint("some", owner="acc_q")
    merchants = here.endpoint("own")
    commits = [Listener("acc_p", 1, "ERP", None), Listener("acc_q", 1, "till", frozenset({"acc_other"}))]
    wiring.committer().commit([here.listeners.set_partner(one) for one in commits])
    deliver(here.ports, here.message(number=1))
    deliver(here.ports, here.message(number=2, merchant="acc_other"))
    assert [len(here.got(one)) for one in (everybodys, some, merchants)] == [2, 1, 1]
    wiring.committer().commit([here.listeners.end_partner("acc_p")])
    fresh = Directory(here.listeners)
    assert not fresh.wants(here.message(merchant="acc_z"))
    deliver(replace(here.ports, audience=lambda: None), here.message(number=3, merchant="acc_other"))
    assert [len(here.got(one)) for one in (everybodys, some)] == [2, 2]


@pytest.mark.parametrize("left", [None, frozenset({"acc_merchant"})], ids=["ended", "of-fewer"])
def test_what_waits_for_a_partner_is_theirs_no_more_once_that_is_ended(here, left):
    """Also where it is sent again, by a partner who is a merchant too."""
    partners, theirs = here.endpoint("all", owner="acc_p"), here.message(merchant="acc_p")
    wiring.committer().commit([here.listeners.set_partner(Listener("acc_p", 1, "ERP", None))])
    others, kept = here.message(merchant="acc_z", number=2), here.message(number=3)
    here.answer(partners, DOWN)
    for message in (theirs, others, kept):
        deliver(here.ports, message)
    ended = here.listeners.end_partner("acc_p") if left is None else None
    wiring.committer().commit([ended or here.listeners.set_partner(Listener("acc_p", 1, "ERP", left))])
    here.answer(partners, OK)
    here.elsewhere.got.clear()
    here.clock.move(hours=1)
    retry(here)
    assert set(here.got(partners)) == {event_of(one).id for one in ((theirs,) if left is None else (theirs, kept))}
    assert here.delivery(partners, others).state == DeliveryState.FAILED
    wiring.committer().commit([here.deliveries.again(here.delivery(partners, others), here.clock.now())])
    wiring.committer().commit([here.endpoints.wake(here.standing(partners), here.clock.now())])
    here.clock.move(seconds=1)
    retry(here)
    assert event_of(others).id not in here.got(partners)
