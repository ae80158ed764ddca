"""Addresses that are gone get nothing until their owners give them anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.ports import Identity, Kind
from chalicelib.kit.errors import NotFound
from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import AddressGone, Undeliverable
from chalicelib.notifications.rules import State, Suspension
from tests.api import CUSTOMER
from tests.chalicelib.notifications.world import CUSTOMERS, EMAIL, MAIL, MUST, PUSH, SMS, WECHAT, World
from tests.fakes.notices import AT


def test_an_address_that_is_gone_gets_nothing_until_its_owner_gives_it_anew(near):
    world = World(near, {SMS, EMAIL})
    world.sender(SMS).moods[CUSTOMERS] = [AddressGone("opted out")]
    world.tell(MUST)
    assert (world.notice.state, world.notice.channel) == (State.SENT, EMAIL), "the next channel has it"
    assert set(world.ports.gone.rows) == {(SMS, CUSTOMERS)}
    world.tell(MUST)
    assert world.sent() == {SMS: 1, EMAIL: 2}
    anew = Identity(Kind.PHONE, CUSTOMERS, AT + timedelta(minutes=1))
    mine = near.accounts[CUSTOMER.account_id]
    near.accounts[CUSTOMER.account_id] = replace(mine, identities=(anew, *mine.identities[1:]))
    world.tell(MUST)
    assert world.sent() == {SMS: 2, EMAIL: 2}


def test_a_bounce_suspends_the_address_of_whoever_has_it(near):
    world = World(near, {EMAIL})
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce")
    use_cases.suspend(world.ports, EMAIL, MAIL, "complaint")
    world.tell(MUST)
    assert (world.sent(), world.notice.state) == ({}, State.UNDELIVERABLE)
    (way,) = use_cases.address_book(world.ports, CUSTOMER.account_id)
    assert (way.channel, way.suspension) == (EMAIL, Suspension("complaint", AT))
    with pytest.raises(NotFound):
        use_cases.address_book(world.ports, "acc_none")


def test_a_bounce_that_is_told_late_is_not_of_who_gave_the_address_since(near):
    world = World(near, {EMAIL})
    mine = near.accounts[CUSTOMER.account_id]
    anew = tuple(replace(one, linked_at=AT - timedelta(minutes=1)) for one in mine.identities)
    near.accounts[CUSTOMER.account_id] = replace(mine, identities=anew)
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce", AT - timedelta(hours=1))
    world.tell(MUST)
    assert world.sent() == {EMAIL: 1}
    use_cases.suspend(world.ports, EMAIL, MAIL, "bounce", AT + timedelta(days=900))
    (way,) = use_cases.address_book(world.ports, CUSTOMER.account_id)
    assert way.suspension == Suspension("bounce", AT), "a clock that is ahead says nothing of what comes"


def test_a_letter_that_is_refused_for_itself_suspends_nothing(world):
    world.sender(PUSH).moods = {"phone-1": [Undeliverable("too large")], "phone-2": [AddressGone("uninstalled")]}
    world.tell(MUST)
    assert world.ports.gone.rows == {}, "a phone that is gone is forgotten by its sender"
    assert (world.notice.channel, world.sent()) == (WECHAT, {PUSH: 2, WECHAT: 1})
