"""Which way a notice goes, to whom, and what it may cost."""

from dataclasses import replace

import pytest

from chalicelib.accounts.ports import Identity, Kind
from chalicelib.notifications import use_cases
from chalicelib.notifications.ports import SenderDown, Undeliverable
from chalicelib.notifications.rules import State
from chalicelib.profiles.ports import Channel
from tests.api import CUSTOMER
from tests.chalicelib.notifications.world import (
    CUSTOMERS,
    EMAIL,
    KIND,
    MAIL,
    MUST,
    NOW,
    PUSH,
    SMS,
    WAITS,
    WECHAT,
    World,
)
from tests.fakes.notices import AT


@pytest.mark.parametrize("kind", [MUST, NOW, WAITS])
def test_whoever_has_a_phone_with_the_app_is_pushed_and_not_texted(world, kind):
    world.tell(kind)
    assert world.sent() == {PUSH: 2}, "each phone"
    assert world.sender(PUSH).letters[0].unread == 1
    assert (world.notice.state, world.notice.channel) == (State.SENT, PUSH)
    assert (world.notice.due is None) == (kind == WAITS)


@pytest.mark.parametrize("kind", ["login.new", "factor.removed", "identity.linked", "privacy.erasure_asked"])
def test_what_tells_of_the_account_is_texted_at_once_and_read_away_by_nobody(world, kind):
    world.sender(SMS).moods[CUSTOMERS] = [SenderDown("planted")]
    world.sender(EMAIL).moods[MAIL] = [SenderDown("planted")]
    world.tell(kind)
    use_cases.read_all(world.ports, CUSTOMER)
    use_cases.read(world.ports, CUSTOMER, world.notice.id)
    world.minute(3)
    assert PUSH not in world.sent()
    assert len(world.sender(SMS).inbox) == 1


def test_a_switch_is_for_a_kind_and_a_channel_and_goes_round_it(world):
    world.choose(off=frozenset({(KIND, PUSH), (KIND, WECHAT)}))
    world.tell(WAITS)
    assert world.sent() == {EMAIL: 1}
    world.choose(off=frozenset((KIND, channel) for channel in Channel))
    world.tell(WAITS)
    assert world.sent() == {EMAIL: 1}
    assert [one.state for one in world.ports.store.rows.values()] == [State.SENT, State.SILENT]
    world.choose(off=frozenset(("order.refunded.customer", channel) for channel in Channel))
    world.tell(MUST)
    assert world.sent() == {EMAIL: 1, PUSH: 2}, "money is told of"


def test_a_mail_tells_its_way_out_where_there_is_one_and_has_a_page(world):
    world.choose(off=frozenset({(KIND, PUSH), (KIND, WECHAT)}))
    world.ports = replace(world.ports, app_link="https://app.example.com/")
    world.tell(WAITS)
    (mail,) = world.sender(EMAIL).letters
    assert mail.unsubscribe.startswith("https://api.example.com/v1/unsubscribe/")
    token = mail.unsubscribe.rpartition("/")[2]
    assert use_cases.stoppable(world.ports, token) == (CUSTOMER.account_id, KIND)
    assert mail.link == "https://app.example.com/orders/ord_1"
    assert mail.unsubscribe in mail.html
    assert mail.link in mail.html
    world.near.accounts[CUSTOMER.account_id] = replace(
        world.near.accounts[CUSTOMER.account_id], identities=(Identity(Kind.EMAIL, MAIL, AT),)
    )
    world.tell("login.new")
    assert world.sender(EMAIL).letters[-1].unsubscribe is None, "what must be told has none"


def test_what_can_be_switched_off_stops_at_its_cap_and_what_must_be_told_does_not(near):
    world = World(near, {SMS})
    world.ports = replace(world.ports, caps={"*": 0})
    for kind, state in ((WAITS, State.CAPPED), (NOW, State.CAPPED), (MUST, State.SENT)):
        world.tell(kind)
        assert list(world.ports.store.rows.values())[-1].state == state
    assert len(world.sender(SMS).inbox) == 1
    assert world.ports.spent.spent("order.refunded.customer", AT) > 0, "but counted"
    assert world.ports.spent.spent(KIND, AT) == 0


def test_over_its_cap_a_kind_goes_by_what_costs_nothing(world):
    world.ports = replace(world.ports, caps={"*": 0})
    world.tell(WAITS)
    assert world.sent() == {PUSH: 2}
    world.tell(NOW)
    world.minute(60)
    assert SMS not in world.sent()
    assert {one.state for one in world.ports.store.rows.values()} == {State.SENT}


def test_what_was_not_taken_is_not_paid(near):
    world = World(near, {SMS})
    for mood in (SenderDown("planted"), Undeliverable("planted")):
        world.ports.pauses.until.clear()
        world.sender(SMS).moods[CUSTOMERS] = [mood]
        world.tell(WAITS)
    assert world.ports.spent.spent(KIND, AT) == 0
