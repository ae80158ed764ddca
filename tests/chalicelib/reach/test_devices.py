"""Phones over real tables: whose they are, for how long, and what two at once make of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import NotFound
from chalicelib.notifications.ports import AddressGone, Channel, SenderDown
from chalicelib.reach import personal, use_cases
from chalicelib.reach.addresses import PhoneSender, ReachAddresses
from chalicelib.reach.ports import Platform
from chalicelib.reach.rules.devices import MOST_DEVICES, PushNotServed, TokenRefused
from chalicelib.reach.use_cases import Wish
from tests import racing
from tests.api import CUSTOMER, OTHER, present
from tests.chalicelib.notifications.gateways.letters import LETTER
from tests.chalicelib.reach.world import Clock, Phones, reach
from tests.emulators import DYNOXIDE


@pytest.fixture
def phones(tables):
    return Phones()


@pytest.fixture
def ports(phones):
    return reach(phones)


def tell(ports, actor=CUSTOMER, token="token-1", model=None, platform=Platform.FCM):
    return use_cases.register(ports, actor, Wish(platform, token, model))


def ids(ports, actor=CUSTOMER):
    return [one.id for one in use_cases.devices(ports, actor)]


def test_a_phone_that_is_told_again_is_the_same_one(ports, phones):
    first = tell(ports)
    with meter.measure() as used:
        assert tell(ports) == first
    assert (used.requests, used.write_units, phones.made) == (1, 0, ["token-1"])
    ports.clock.move(days=1)
    again = tell(ports)
    assert (again.id, again.registered_at) == (first.id, first.registered_at)
    assert again.used_at == first.used_at + timedelta(days=1)
    assert phones.made == ["token-1", "token-1"], "one that the service had given up is made good again"
    assert ids(ports) == [first.id]


def test_a_phone_that_another_account_tells_is_theirs(ports):
    tell(ports)
    theirs = tell(ports, OTHER)
    assert (ids(ports), ids(ports, OTHER)) == ([], [theirs.id])
    back = tell(ports)
    assert (ids(ports), ids(ports, OTHER)) == ([back.id], [])


def test_a_session_is_part_of_what_is_told(ports):
    first = tell(ports)
    later = tell(ports, replace(CUSTOMER, session_id="ses_9"))
    assert (later.id, later.session_id) == (first.id, "ses_9")


def test_the_eleventh_takes_the_place_of_the_one_used_longest_ago(ports, phones):
    told = []
    for number in range(MOST_DEVICES + 1):
        told.append(tell(ports, token=f"token-{number}").id)
        ports.clock.move(minutes=1)
    assert ids(ports) == told[:0:-1]
    assert phones.dropped == ["arn:fcm:token-0"]
    tell(ports, OTHER, token="token-0")  # nobody's by now
    assert len(ids(ports, OTHER)) == 1


def test_what_is_not_served_or_refused_is_told(ports):
    with pytest.raises(PushNotServed):
        tell(ports, platform=Platform.APNS_SANDBOX)
    with pytest.raises(TokenRefused):
        tell(ports, token="bad-token")
    assert ids(ports) == []


def test_a_phone_goes_and_comes_back_as_another(ports, phones):
    first = tell(ports)
    use_cases.forget(ports, CUSTOMER, first.id)
    assert (ids(ports), phones.dropped) == ([], [first.endpoint])
    with pytest.raises(NotFound):
        use_cases.forget(ports, CUSTOMER, first.id)
    assert tell(ports).address != first.address


def test_nobody_removes_anothers(ports):
    first = tell(ports)
    with pytest.raises(NotFound):
        use_cases.forget(ports, OTHER, first.id)
    assert ids(ports) == [first.id]


@pytest.mark.store
def test_of_two_accounts_that_tell_a_phone_at_once_one_has_it(tables):
    ports = reach()
    works = [lambda who=who: tell(ports, who) for who in (CUSTOMER, OTHER) * 2]
    racing.race(works, ())
    owners = [who for who in (CUSTOMER, OTHER) if ids(ports, who)]
    assert len(owners) == 1
    digest = ports.devices.digest(Platform.FCM, "token-1")
    assert ports.devices.with_owner(owners[0].account_id, digest)[1] == owners[0].account_id


@pytest.mark.store
def test_phones_that_are_told_at_once_are_all_there(tables):
    ports = reach()
    works = [lambda number=number: tell(ports, token=f"token-{number}") for number in range(6)]
    racing.race(works, ())
    assert len(ids(ports)) == 6


def test_a_phone_is_reached_for_as_long_as_its_session_stands(ports, phones):
    present(CUSTOMER)
    device = tell(ports)
    addresses = ReachAddresses(ports)
    assert addresses.of(CUSTOMER.account_id, Channel.PUSH) == [device.address]
    accounts.sign_out(wiring.accounts(), CUSTOMER)
    assert addresses.of(CUSTOMER.account_id, Channel.PUSH) == []
    assert (ids(ports), phones.dropped) == ([], [device.endpoint])
    with meter.measure() as used:
        assert addresses.of(CUSTOMER.account_id, Channel.PUSH) == ()
    assert used.requests == 1


def test_by_other_channels_nobody_is_reached_here(ports):
    assert ReachAddresses(ports).of(CUSTOMER.account_id, Channel.SMS) == ()
    assert ReachAddresses(ports).of("acc_nobody", Channel.WECHAT) == ()


class Says:
    def __init__(self, error=None):
        self.error, self.sent = error, []

    def send(self, letter, to):
        self.sent.append(to)
        if self.error:
            raise self.error
        return "m-1"


def test_a_sender_is_given_the_endpoint_alone(ports):
    letter, device, inner = replace(LETTER, account_id=CUSTOMER.account_id), tell(ports), Says()
    assert PhoneSender(inner, lambda: ports).send(letter, device.address) == "m-1"
    assert inner.sent == [device.endpoint]


def test_a_phone_that_is_gone_is_removed_and_others_stay(ports):
    letter = replace(LETTER, account_id=CUSTOMER.account_id)
    first, second = tell(ports), tell(ports, token="token-2")
    with pytest.raises(AddressGone):
        PhoneSender(Says(AddressGone("x")), lambda: ports).send(letter, first.address)
    assert ids(ports) == [second.id]
    with pytest.raises(SenderDown):
        PhoneSender(Says(SenderDown("x")), lambda: ports).send(letter, second.address)
    assert ids(ports) == [second.id]


def test_people_read_of_their_phones_and_all_goes_when_they_do(ports, phones):
    device = tell(ports, model="iPhone17,2")
    wiring.committer().commit([ports.consents.agree(CUSTOMER.account_id, "tpl_1", 50)])
    told = personal.personal_data(ports, CUSTOMER.account_id)
    assert told["devices"][0]["model"] == "iPhone17,2"
    assert set(told["devices"][0]) == {"id", "platform", "model", "registered_at", "used_at"}
    assert told["wechat_consents"] == [{"template": "tpl_1", "left": 1}]
    for _ in range(2):
        personal.erase(ports, CUSTOMER.account_id)
    assert personal.personal_data(ports, CUSTOMER.account_id) == {"devices": [], "wechat_consents": []}
    assert phones.dropped == [device.endpoint]
    assert ports.devices.with_owner("acc_2", device.digest)[1] is None


def test_a_clock_that_went_back_only_costs_a_write(tables):
    ports = reach(clock=Clock())
    first = tell(ports)
    ports.clock.move(days=-2)
    assert tell(ports).id == first.id


def test_what_it_costs(tables):
    """As docs/costs.md says."""
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    ports = reach()
    present(CUSTOMER)
    spent = {}
    for what, work in (
        ("new", lambda: tell(ports)),
        ("again", lambda: tell(ports)),
        ("another's", lambda: tell(ports, OTHER)),
        ("back", lambda: tell(ports)),
        ("reach", lambda: ReachAddresses(ports).of(CUSTOMER.account_id, Channel.PUSH)),
        ("nobody", lambda: ReachAddresses(ports).of("acc_none", Channel.PUSH)),
        ("remove", lambda: use_cases.forget(ports, CUSTOMER, ids(ports)[0])),
    ):
        with meter.measure() as used:
            work()
        spent[what] = (used.requests, used.read_units, used.write_units)
    assert spent == {
        "new": (4, 3, 4),
        "again": (1, 1, 0),
        "another's": (5, 4, 6),
        "back": (5, 4, 6),
        "reach": (3, 3, 0),
        "nobody": (1, 1, 0),
        "remove": (3, 2, 4),
    }
