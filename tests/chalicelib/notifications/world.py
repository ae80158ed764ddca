"""A deployment with every channel, and a customer whom each of them reaches."""

from dataclasses import replace

from chalicelib.accounts.ports import Identity, Kind
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Channel, Choices
from tests.api import CUSTOMER
from tests.chalicelib.notifications.payloads import message
from tests.fakes.notices import AT, FakeSender, notice_ports

PUSH, WECHAT, SMS, EMAIL = Channel.PUSH, Channel.WECHAT, Channel.SMS, Channel.EMAIL
CUSTOMERS, MAIL = "+8613800000001", "ming@example.com"
MUST, NOW, WAITS = "order.refunded", "queue.called", "order.completed"
KIND = "order.completed.customer"


class World:
    """A deployment with every channel, and a customer with two phones, WeChat, mail and a number."""

    def __init__(self, near, ways=Channel):
        self.near = near
        self.ports = notice_ports(near, senders={channel: FakeSender() for channel in Channel})
        self.clock = self.ports.clock
        known = self.ports.addresses.known
        if PUSH in ways:
            known[CUSTOMER.account_id, PUSH] = ("phone-1", "phone-2")
        if WECHAT in ways:
            known[CUSTOMER.account_id, WECHAT] = ("openid-1",)
        kinds = {SMS: Identity(Kind.PHONE, CUSTOMERS, AT), EMAIL: Identity(Kind.EMAIL, MAIL, AT)}
        identities = tuple(one for channel, one in kinds.items() if channel in ways)
        mine = near.accounts[CUSTOMER.account_id]
        near.accounts[CUSTOMER.account_id] = replace(mine, identities=identities)

    def sender(self, channel):
        return self.ports.senders[channel]

    def tell(self, kind):
        told = message(kind)
        deliver(self.ports, told)
        return told

    def sent(self):
        """How often each channel was asked."""
        return {channel: len(self.sender(channel).calls) for channel in Channel if self.sender(channel).calls}

    def minute(self, minutes=1):
        """Let time pass, minute by minute, with the sweep and the queue at work."""
        for _ in range(minutes):
            self.clock.on(minutes=1)
            swept = sweep(self.ports, self.clock.now())
            self.work()
        return swept

    def work(self, times=1):
        for told in self.ports.outbox.take() * times:
            deliver(self.ports, told)

    @property
    def notice(self):
        (one,) = (row for row in self.ports.store.rows.values() if row.account_id == CUSTOMER.account_id)
        return one

    def choose(self, **changes):
        self.near.choices[CUSTOMER.account_id] = Choices(**changes)
