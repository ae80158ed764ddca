"""What waits: for the morning, for the day to end, for a channel that is down; and the sweep that sends it on."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import SenderDown
from chalicelib.notifications.rules import AddressBusy, State
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Choices, Digest, QuietHours
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.notifications.world import CUSTOMERS, MUST, NOW, PUSH, SMS, WAITS, WECHAT, World
from tests.fakes.notices import AT


def test_what_can_wait_waits_for_the_morning_and_is_sent_then(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))  # it is 17:30
    world.tell(WAITS)
    world.tell(NOW)
    assert [one.state for one in world.ports.store.rows.values()] == [State.HELD, State.SENT]
    world.clock.at = datetime(2030, 5, 1, 23, 58, tzinfo=UTC)
    world.minute()
    assert world.sent() == {PUSH: 2}, "the number that was called in the evening is of no use now, unread or not"
    world.minute(2)
    assert len(world.sender(PUSH).inbox) == 2
    assert {one.state for one in world.ports.store.rows.values()} == {State.SENT}


def test_who_reads_what_is_held_is_not_woken_by_it_later(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))
    world.tell(WAITS)
    use_cases.read(world.ports, CUSTOMER, world.notice.id)
    world.clock.on(hours=20)
    world.minute()
    assert world.sent() == {}
    assert (world.notice.state, world.notice.due) == (State.SILENT, None)


def test_who_moves_their_quiet_hours_waits_for_the_new_ones(world):
    world.choose(quiet=QuietHours(time(17), time(8), "Asia/Shanghai"))
    world.tell(WAITS)
    world.choose(quiet=QuietHours(time(17), time(9), "Asia/Shanghai"))
    world.clock.at = datetime(2030, 5, 2, 0, 1, tzinfo=UTC)
    world.minute()
    assert world.sent() == {}
    world.clock.at = datetime(2030, 5, 2, 1, 0, tzinfo=UTC)
    world.minute()
    assert world.sent() == {PUSH: 2}


def test_a_channel_that_is_down_hands_on_what_matters_and_keeps_what_can_wait(world):
    for channel in (PUSH, WECHAT):
        world.sender(channel).down = SenderDown("planted")
    world.tell(MUST)
    assert len(world.sender(SMS).inbox) == 1
    world.tell(WAITS)
    held = list(world.ports.store.rows.values())[-1]
    assert (held.state, held.due.lane, held.tries) == (State.HELD, "push", 1)
    assert len(world.sender(PUSH).calls) == 1, "it is left alone for half a minute"
    world.minute(10)
    assert held.id not in world.sender(SMS).inbox
    world.sender(PUSH).down = None
    world.minute(20)
    assert held.id in world.sender(PUSH).inbox
    assert len(world.sender(SMS).inbox) == 1


def test_a_provider_that_says_when_is_asked_then(near):
    world = World(near, {SMS})
    world.sender(SMS).moods[CUSTOMERS] = [SenderDown("planted", timedelta(minutes=40))]
    world.tell(MUST)
    assert world.notice.due.at == AT + timedelta(minutes=40)
    world.minute(39)
    assert world.sent() == {SMS: 1}
    world.minute(1)
    assert (world.sent(), world.notice.state) == ({SMS: 2}, State.SENT)


def test_an_address_that_is_busy_holds_up_nobody_else(near):
    world = World(near, {SMS})
    world.sender(SMS).moods[CUSTOMERS] = [AddressBusy("planted", timedelta(minutes=5))]
    world.tell("order.confirmed")
    assert len(world.sender(SMS).inbox) == 1, "the merchant's"
    assert world.notice.due.lane == "busy"
    assert world.minute(5).down == ()
    assert len(world.sender(SMS).inbox) == 2


@pytest.mark.parametrize(
    ("kind", "after", "state"),
    [
        (NOW, timedelta(minutes=50), State.SENT),
        (NOW, timedelta(hours=1, minutes=1), State.LATE),
        (WAITS, timedelta(days=2, hours=23), State.SENT),
        (WAITS, timedelta(days=3, minutes=1), State.LATE),
        (MUST, timedelta(days=13), State.SENT),
    ],
)
def test_what_is_of_no_use_any_more_is_not_sent_and_is_there_to_be_read(near, kind, after, state):
    world = World(near, {SMS})
    world.sender(SMS).down = SenderDown("planted")
    world.tell(kind)
    world.sender(SMS).down = None
    world.clock.at += after
    world.minute(2)
    assert world.notice.state == state
    assert len(world.sender(SMS).inbox) == (state == State.SENT)
    assert use_cases.unread(world.ports, CUSTOMER) == 1


def test_a_merchants_day_is_one_notice(near):
    world = World(near)
    kinds = frozenset({"order.confirmed.merchant", "review.posted.merchant"})
    near.choices[MERCHANT.account_id] = Choices(digest=Digest(kinds, time(18), "Asia/Shanghai"))  # it is 17:30
    for _ in range(3):
        world.tell("order.confirmed")
    told = world.tell("review.posted")
    deliver(world.ports, told)
    world.tell("payout.failed")
    merchants = "+8613800000002"
    texts = world.sender(SMS).inbox
    assert sum(to == merchants for to, _ in texts.values()) == 1, "what must be told is not gathered"
    assert use_cases.unread(world.ports, MERCHANT) == 5, "each is in the list at once"
    world.minute(31)
    assert sum(to == merchants for to, _ in texts.values()) == 1
    world.minute(2)
    (digest,) = (body for to, body in texts.values() if to == merchants and "Your day" in body)
    assert digest == "[Linli] Your day: New orders: 3; New reviews: 1."
    world.minute(60)
    world.clock.on(hours=24)
    world.minute(3)
    assert sum("Your day" in body for _, body in texts.values()) == 1, "nothing happened: nothing is told"
    world.tell("review.posted")
    world.clock.on(hours=24)
    world.minute(3)
    assert sum("Your day" in body for _, body in texts.values()) == 2


def test_somebody_who_is_gone_is_looked_for_no_more(world):
    world.tell(MUST)
    del world.near.accounts[CUSTOMER.account_id]
    world.minute(16)
    assert (world.sent(), world.notice.due) == ({PUSH: 2}, None)


def test_a_sweep_whose_time_is_over_goes_on_at_the_next(near):
    world = World(near, {PUSH, SMS})
    for _ in range(5):
        world.tell(NOW)
    world.clock.on(minutes=3)
    first = sweep(world.ports, world.clock.now(), timedelta(0))
    assert (first.is_done, first.sent_on) == (False, {"unread": 1})
    assert sweep(world.ports, world.clock.now()).sent_on == {"unread": 4}
    world.work()
    assert len(world.sender(SMS).inbox) == 5


def test_a_lane_that_is_full_does_not_hold_up_another(near):
    world = World(near, {SMS})
    world.sender(SMS).down = SenderDown("planted")
    for _ in range(150):
        world.tell(MUST)
    world.sender(SMS).down = None
    kinds = frozenset({"review.posted.merchant"})
    near.choices[MERCHANT.account_id] = Choices(digest=Digest(kinds, time(18), "Asia/Shanghai"))
    world.tell("review.posted")
    world.clock.on(hours=1)

    class Ticking:
        """Each look at the clock takes a hundredth of a second."""

        def now(self):
            world.clock.on(milliseconds=10)
            return world.clock.at

    swept = sweep(replace(world.ports, clock=Ticking()), world.clock.now(), timedelta(seconds=1))
    assert not swept.is_done
    assert swept.digests == 1
    assert 50 <= swept.sent_on["sms"] < 149
    rest = sweep(world.ports, world.clock.now())
    assert swept.sent_on["sms"] + rest.sent_on["sms"] + len(world.sender(SMS).inbox) == 150, "one is tried each time"


def test_a_notice_that_fails_for_itself_stops_no_lane_and_is_late_in_the_end(near):
    """Three of them are first in their channel's lane: were they all that is tried, nothing would wait for less."""
    world = World(near, {SMS})
    world.sender(SMS).down = SenderDown("planted")
    for _ in range(3):
        world.tell(MUST)
    broken = set(world.ports.store.rows)
    world.clock.on(seconds=20)
    world.tell(MUST)
    (whole,) = set(world.ports.store.rows) - broken
    kinds = frozenset({"review.posted.merchant"})
    near.choices[MERCHANT.account_id] = Choices(digest=Digest(kinds, time(18), "Asia/Shanghai"))
    world.tell("review.posted")
    world.sender(SMS).down = None
    real = world.sender(SMS).send

    def send(letter, to):
        if letter.id in broken:
            raise KeyError("its words are of another release")
        return real(letter, to)

    world.sender(SMS).send = send
    swept = []
    for _ in range(60):
        world.clock.on(minutes=1)
        swept.append(sweep(world.ports, world.clock.now()))
        for told in world.ports.outbox.take():
            with contextlib.suppress(KeyError):  # as a queue has it: others are worked all the same
                deliver(world.ports, told)
    assert sum(one.failed for one in swept) >= 3
    assert world.ports.store.rows[whole].state == State.SENT
    assert sum(one.digests for one in swept) == 1
    world.clock.on(days=14)
    world.minute(3)
    assert {world.ports.store.rows[one].state for one in broken} == {State.LATE}
