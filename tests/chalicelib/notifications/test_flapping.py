"""Channels go down and come back while a message comes five times: its reader is told once, by one channel, or by two
where the first was not read; whatever comes when.
"""

import os
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import SenderDown
from chalicelib.notifications.rules import InHand, State
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Channel
from tests.api import CUSTOMER
from tests.chalicelib.notifications.payloads import message
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import FakeSender, notice_ports

COPIES = 5
KINDS = ("order.refunded", "order.completed", "login.new")
STEP = st.one_of(
    st.tuples(st.just("flip"), st.sampled_from(list(Channel))),
    st.tuples(st.just("message"), st.integers(0, len(KINDS) - 1)),
    st.tuples(st.just("minutes"), st.integers(1, 20)),
    st.tuples(st.just("sweep"), st.integers(1, 2)),
    st.tuples(st.just("queue"), st.integers(1, 3)),
    st.tuples(st.just("read"), st.none()),
)


class World:
    """A reader with a phone, WeChat, mail and a number."""

    def __init__(self):
        self.ports = notice_ports(Neighbours(), senders={channel: FakeSender() for channel in Channel})
        self.ports.addresses.known[CUSTOMER.account_id, Channel.PUSH] = ("phone-1",)
        self.ports.addresses.known[CUSTOMER.account_id, Channel.WECHAT] = ("openid-1",)
        self.told = [message(kind) for kind in KINDS]
        self.left, self.queue, self.is_read = Counter(dict.fromkeys(range(len(KINDS)), COPIES)), [], False

    def do(self, what, how):
        if what == "flip":
            sender = self.ports.senders[how]
            sender.down = None if sender.down else SenderDown("planted")
        elif what == "message" and self.left[how]:
            self.left[how] -= 1
            self._deliver(self.told[how])
        elif what == "minutes":
            self.ports.clock.on(minutes=how)
        elif what == "sweep":
            for _ in range(how):
                sweep(self.ports, self.ports.clock.now())
        elif what == "queue":
            self.queue += self.ports.outbox.take() * how
            while self.queue:
                self._deliver(self.queue.pop())
        elif what == "read":
            self.is_read = True
            use_cases.read_all(self.ports, CUSTOMER)

    def _deliver(self, one):
        try:
            deliver(self.ports, one)
        except InHand:
            self.queue.append(one)

    def settle(self):
        """All is up, every copy comes, and time passes."""
        for sender in self.ports.senders.values():
            sender.down = None
        for which, copies in list(self.left.items()):
            for _ in range(copies):
                self.do("message", which)
        for _ in range(90):
            for step in (("minutes", 1), ("sweep", 1), ("queue", 2)):
                self.do(*step)


@settings(max_examples=int(os.environ.get("FLAPS", "40")))
@given(st.lists(STEP, max_size=60))
def test_one_notice_once_however_often_its_message_comes_while_channels_flap(steps):
    world = World()
    for step in steps:
        world.do(*step)
    world.settle()
    rows = world.ports.store.rows.values()
    mine = [one for one in rows if one.account_id == CUSTOMER.account_id]
    assert {one.kind for one in mine} == {f"{kind}.customer" for kind in KINDS}
    took = Counter((letter.id, channel) for channel, sender in world.ports.senders.items() for letter in sender.letters)
    assert max(took.values(), default=0) == 1, "by one channel once"
    for one in mine:
        ways = [channel for which, channel in took if which == one.id]
        assert one.due is None
        assert (one.state == State.SENT) == bool(ways) or world.is_read
        most = 2 if one.kind.startswith("order.refunded") else 1
        assert len(ways) <= most, (one.kind, ways)
        if not world.is_read:
            assert ways, "nothing is lost"
