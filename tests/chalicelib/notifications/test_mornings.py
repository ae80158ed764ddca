"""Offers that meet quiet hours: sent once, on their reader's morning, where they are wanted and good for something then."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.clock import iso
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications.plan import CLOSES, OPENS, morning
from chalicelib.notifications.ports import SenderDown
from chalicelib.notifications.rules import State
from chalicelib.notifications.use_cases import deliver, read, sweep
from chalicelib.profiles.ports import Channel, QuietHours
from tests.api import CUSTOMER
from tests.chalicelib.notifications.payloads import PAYLOADS
from tests.chalicelib.notifications.world import World
from tests.fakes.neighbours import Neighbours

KIND = "outreach.offer.customer"
NIGHT = QuietHours(time(22), time(8), "America/New_York")
SENT_AT = datetime(2030, 5, 1, 2, 30, tzinfo=UTC)  # half past ten in Shanghai, and of the evening in New York
TEN = datetime(2030, 5, 1, 14, tzinfo=UTC)  # there, the next morning
PUSH = Channel.PUSH


class Morning(World):
    """A customer who is in New York, and a shop in Shanghai; `gone` is wanted no more."""

    def __init__(self, near):
        super().__init__(near, {PUSH})
        self.gone, self.clock.at = set(), SENT_AT
        self.ports = replace(self.ports, still={KIND: lambda account, about: (account, about) not in self.gone})
        self.choose(quiet=NIGHT)

    def message(self, number=1, **more):
        payload = {**PAYLOADS["outreach"], "about": f"acc_m/otr_{number}", "until": None, **more}
        return Message("outreach.offer", (NOTIFICATIONS,), payload, self.clock.now(), id=f"msg_{number}")

    def offer(self, number=1, **more):
        told = self.message(number, **more)
        deliver(self.ports, told)
        return told

    def until(self, at):
        """Let time pass in steps of ten minutes, with the sweep and the queue at work, each message five times."""
        while self.clock.at < at:
            self.clock.on(minutes=10)
            sweep(self.ports, self.clock.now())
            self.work(times=5)

    @property
    def pushed(self):
        return len(self.sender(PUSH).inbox)


@pytest.fixture
def here():
    return Morning(Neighbours())


def test_an_offer_that_comes_at_night_is_sent_once_on_the_readers_morning(here):
    told = here.offer()
    for _ in range(4):
        deliver(here.ports, told)
    assert (here.notice.state, here.pushed) == (State.HELD, 0)
    here.until(TEN)
    assert here.pushed == 0, "they sleep till eight; offers come from ten on"
    here.until(TEN + timedelta(hours=2, minutes=10))
    assert (here.notice.state, here.pushed) == (State.SENT, 1)
    here.until(TEN + timedelta(days=2))
    assert here.pushed == 1


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"until": iso(TEN - timedelta(hours=1))}, State.LATE),
        ({"until": iso(TEN + timedelta(days=9))}, State.SENT),
        ({"about": None}, State.LATE),  # of a message from before: whether it is wanted nobody could ask
    ],
)
def test_what_is_over_by_then_is_in_the_list_alone(here, more, state):
    here.offer(**more)
    assert (here.notice.state == State.LATE) == (state == State.LATE), "known from the first"
    here.until(TEN + timedelta(hours=4))
    assert (here.notice.state, here.pushed) == (state, state == State.SENT)
    assert here.notice.due is None


@pytest.mark.parametrize("quiet", [None, QuietHours(time(3), time(4), "Asia/Shanghai")])
@pytest.mark.parametrize(("minutes", "state"), [(119, State.SENT), (121, State.LATE)])
def test_a_message_that_comes_hours_later_tells_nobody_at_night(here, quiet, minutes, state):
    """Of a queue that stood still, or given again by an operator: it was told by the shop's day, which is over."""
    here.choose(quiet=quiet)
    told = replace(here.message(), occurred_at=SENT_AT - timedelta(minutes=minutes))
    deliver(here.ports, told)
    assert (here.notice.state, here.pushed) == (state, state == State.SENT)


def test_what_runs_out_while_its_channel_is_down_is_sent_no_more(here):
    here.offer(until=iso(TEN + timedelta(hours=2, minutes=20)))
    here.sender(PUSH).down = SenderDown("planted")
    here.until(TEN + timedelta(hours=2, minutes=10))
    assert here.notice.state == State.HELD
    here.sender(PUSH).down = None
    here.clock.on(hours=1)
    here.until(TEN + timedelta(hours=6))
    assert (here.notice.state, here.pushed) == (State.LATE, 0)


def test_who_wants_none_by_then_or_has_read_it_is_not_told(here):
    here.offer(1)
    here.gone.add((CUSTOMER.account_id, "acc_m/otr_1"))
    here.until(TEN + timedelta(hours=3))
    assert (here.notice.state, here.notice.due, here.pushed) == (State.SILENT, None, 0)
    here.clock.at = SENT_AT + timedelta(days=1)
    here.offer(2)
    two = next(row for row in here.ports.store.rows.values() if row.message_id == "msg_2")
    read(here.ports, CUSTOMER, two.id)
    here.until(TEN + timedelta(days=1, hours=3))
    assert here.pushed == 0


def test_who_wants_a_longer_night_is_not_woken_and_not_told_another_day(here):
    here.offer()
    here.choose(quiet=QuietHours(time(22), time(15), "America/New_York"))
    here.until(TEN + timedelta(days=2))
    assert (here.notice.state, here.pushed) == (State.LATE, 0)


def test_by_day_it_goes_at_once_and_for_two_hours(here):
    here.clock.at = TEN
    here.offer()
    assert (here.pushed, here.notice.useful_until) == (1, TEN + timedelta(hours=2))
    here.offer(2, until=iso(TEN))
    assert {row.state for row in here.ports.store.rows.values()} == {State.SENT, State.LATE}


def test_a_nights_offers_do_not_go_out_at_once():
    """2,000 that one merchant wrote: as many a minute as if they had been written within two hours."""
    due = Counter(morning(NIGHT, SENT_AT, f"ntc_{number}").replace(second=0, microsecond=0) for number in range(2_000))
    assert min(due) >= TEN
    assert max(due) < TEN + timedelta(hours=2)
    assert max(due.values()) < 3 * 2_000 / 120


HOURS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
ZONES = st.sampled_from(sorted(available_timezones()))


@given(start=HOURS, end=HOURS, zone=ZONES, minutes=st.integers(0, 366 * 24 * 60), number=st.integers(0, 99))
def test_a_morning_is_out_of_quiet_hours_and_by_day_whatever_clocks_do(start, end, zone, minutes, number):
    now, quiet = SENT_AT + timedelta(minutes=minutes), QuietHours(start, end, zone)
    if start == end or now not in quiet:
        return
    found = morning(quiet, now, str(number))
    if found is None:
        daytime = [time(hour, minute) for hour in range(OPENS.hour, CLOSES.hour) for minute in range(60)]
        free = [one for one in daytime if not (start <= one < end if start < end else one >= start or one < end)]
        assert len(free) <= 60, "none is left by day but what a changed clock may skip"
        return
    assert found not in quiet
    assert now <= found < now + timedelta(days=3)
    assert OPENS <= found.astimezone(ZoneInfo(zone)).time() < CLOSES
    assert morning(quiet, now, str(number)) == found, "the same however often it is asked"
