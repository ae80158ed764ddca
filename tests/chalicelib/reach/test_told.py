"""Notices to phones and openids, from the message to the push: this domain's rows, and the core of notices."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.notifications.ports import AddressBusy, AddressGone, Channel, SenderDown
from chalicelib.notifications.rules import State
from chalicelib.notifications.use_cases import deliver
from chalicelib.reach import use_cases
from chalicelib.reach.addresses import PhoneSender, ReachAddresses
from chalicelib.reach.ports import Platform
from chalicelib.reach.use_cases import Wish
from tests.api import CUSTOMER, present
from tests.chalicelib.notifications.payloads import message
from tests.chalicelib.reach.world import Phones, reach
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import FakeSender, notice_ports

PHONE = "+8613800000001"


@pytest.fixture
def phones(tables):
    return reach(Phones())


@pytest.fixture
def push():
    return FakeSender()


@pytest.fixture
def notices(phones, push):
    present(CUSTOMER)
    ports = notice_ports(Neighbours())
    sender = PhoneSender(push, lambda: phones)
    return replace(ports, senders={**ports.senders, Channel.PUSH: sender}, addresses=ReachAddresses(phones))


def tell(phones, *tokens):
    return [use_cases.register(phones, CUSTOMER, Wish(Platform.FCM, token)) for token in tokens]


def test_a_notice_is_pushed_to_each_phone_and_not_sent_as_a_text_as_well(notices, phones, push):
    tell(phones, "token-1", "token-2")
    told = message("coupon.expired")
    for _ in range(3):
        deliver(notices, told)
    assert len(push.calls) == 2
    assert notices.senders[Channel.SMS].calls == []
    assert {one.state for one in notices.store.rows.values()} == {State.SENT}


def test_where_every_phone_is_gone_a_text_goes_out_and_the_phones_are_removed(notices, phones, push):
    first, second = tell(phones, "token-1", "token-2")
    push.moods = {one.endpoint: [AddressGone("x")] for one in (first, second)}
    deliver(notices, message("coupon.expired"))
    assert set(notices.senders[Channel.SMS].texts()) == {PHONE}
    assert phones.devices.book(CUSTOMER.account_id).devices == ()


def test_a_phone_that_comes_back_is_pushed_to_again(notices, phones, push):
    [first] = tell(phones, "token-1")
    push.moods = {first.endpoint: [AddressGone("x")]}
    deliver(notices, message("coupon.expired"))
    [again] = tell(phones, "token-1")
    assert again.endpoint == first.endpoint, "SNS gives a token the same endpoint"
    deliver(notices, message("order.completed"))
    assert [to for to, _ in push.inbox.values()] == [again.endpoint]


@pytest.mark.parametrize(("refusal", "pauses"), [(AddressBusy, False), (SenderDown, True)])
def test_who_had_enough_keeps_nobody_else_from_being_told(notices, refusal, pauses):
    sms = notices.senders[Channel.SMS]
    alone = replace(notices, senders={Channel.SMS: sms}, addresses=None)
    sms.moods = {PHONE: [refusal("x", timedelta(hours=1))]}
    deliver(alone, message("coupon.expired"))
    assert (Channel.SMS in alone.pauses.until) is pauses
