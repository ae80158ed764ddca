"""A channel is down for a day: nothing is lost, nothing is sent twice, and no other channel waits.

`NOTICES` is how many messages come in that day; `make prove-commerce` takes more.
"""

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kit.outbox import Message
from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import SenderDown
from chalicelib.notifications.rules import State
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Channel
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.notifications.payloads import message
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import FakeSender, notice_ports

NOTICES = int(os.environ.get("NOTICES", "60"))
KINDS = ("order.refunded", "order.completed", "queue.called", "order.confirmed", "claim.agreed")
MINUTES = 24 * 60


class Day:
    """A stage of which one channel is down; people have push or not, mail or not."""

    def __init__(self, seed, down):
        self.chance, self.near = random.Random(seed), Neighbours()
        self.ports = notice_ports(self.near, senders={channel: FakeSender() for channel in Channel})
        for account in (CUSTOMER, MERCHANT):
            for channel in (Channel.PUSH, Channel.WECHAT):
                if self.chance.random() < 0.5:
                    self.ports.addresses.known[account.account_id, channel] = (f"{account.account_id}-{channel}",)
        self.down, self.told, self.queue = self.ports.senders[down], [], []
        self.down.down = SenderDown("planted")

    def pass_(self, minutes, comes):
        """Let minutes pass, with the sweep, and messages that come up to five times, in any order."""
        for _ in range(minutes):
            self.ports.clock.on(minutes=1)
            if self.chance.random() < comes:
                one = message(self.chance.choice(KINDS))
                one = Message(one.type, one.queues, one.payload, self.ports.clock.now())
                self.told.append(one)
                self.queue += [one] * self.chance.choice((1, 1, 2, 5))
            if not self.ports.senders[Channel.SMS].down or self.chance.random() < 0.9:
                sweep(self.ports, self.ports.clock.now())
            self.queue += self.ports.outbox.take() * self.chance.choice((1, 2))
            self.chance.shuffle(self.queue)
            for _ in range(len(self.queue)):
                deliver(self.ports, self.queue.pop())


@pytest.mark.parametrize("down", [Channel.SMS, Channel.PUSH])
def test_after_a_days_outage_nothing_is_lost_and_nothing_was_sent_twice(down, record_property):
    held = late = sent = 0
    for seed in range(4):
        day = Day(seed, down)
        day.pass_(MINUTES, NOTICES / 4 / MINUTES)
        before = list(day.ports.store.rows.values())
        waits = [one for one in before if one.state == State.HELD]
        held += len(waits)
        assert all(one.due.lane == down for one in waits), "no other channel waits"
        day.down.down = None
        day.pass_(180, 0)
        rows = list(day.ports.store.rows.values())
        assert len(rows) == sum(2 if one.type == "order.confirmed" else 1 for one in day.told)
        assert {one.state for one in rows} <= {State.SENT, State.LATE}, "nothing is lost"
        assert all(one.due is None for one in rows)
        assert all(one.kind.startswith("queue.") for one in rows if one.state == State.LATE)
        took = Counter(
            (channel, letter.id) for channel, sender in day.ports.senders.items() for letter in sender.letters
        )
        assert max(took.values(), default=0) <= 1, "nothing is sent twice through a channel"
        assert {one for _, one in took} == {one.id for one in rows if one.state == State.SENT}
        unread = sum(use_cases.unread(day.ports, one) for one in (CUSTOMER, MERCHANT))
        assert unread == len(rows), "all of it is in somebody's list, counted once"
        late, sent = late + len(rows) - len({one for _, one in took}), sent + len({one for _, one in took})
    assert held
    record_property("notices", f"{sent} sent, {held} held by an outage, {late} too late")


def test_a_channel_that_is_down_is_asked_three_times_a_minute_at_most():
    day = Day(3, Channel.SMS)
    day.ports = replace(day.ports, addresses=None)
    day.pass_(240, 0.2)
    asked = len(day.down.calls)
    held = sum(one.state == State.HELD for one in day.ports.store.rows.values())
    assert held > 30
    day.pass_(60, 0)
    assert len(day.down.calls) - asked <= 60 * 3
    assert timedelta(0) < max(one.due.at for one in day.ports.store.rows.values() if one.due) - day.ports.clock.now()
