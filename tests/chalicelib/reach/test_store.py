"""Rows on real DynamoDB semantics: capacity is asserted on dynoxide, which tells it right."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.notifications.ports import Channel
from chalicelib.reach.ports import Book, Event, Failures
from chalicelib.reach.rules.devices import with_device, without
from chalicelib.reach.rules.feedback import Fate, HeardBefore, arrived, failed
from chalicelib.reach.store import ConsentTable, DeviceTable, FeedbackTable
from tests import racing
from tests.chalicelib.reach.rules.test_devices import device
from tests.chalicelib.reach.world import BLIND, START, Clock
from tests.emulators import DYNOXIDE

DEVICES, CONSENTS, FEEDBACK = DeviceTable(BLIND), ConsentTable(Clock()), FeedbackTable(BLIND, Clock())
EVENT = Event("event-1", Channel.EMAIL, "ming@example.com", Fate.SOFT, "Transient", START)


def commit(*actions):
    """Write them; return what that costs."""
    with meter.measure() as used:
        wiring.committer().commit(actions)
    return used.write_units


def tell(book, one, before=None):
    book, _ = with_device(book, one)
    return book, [DEVICES.put_book(book), DEVICES.own(one.digest, book.account_id, before)]


def agree(*templates):
    return commit(*(CONSENTS.agree("acc_1", one, 50) for one in templates))


@pytest.mark.store
def test_a_book_is_kept_whole_and_by_its_version(tables):
    assert DEVICES.book("acc_1") == Book("acc_1")
    book, actions = tell(Book("acc_1"), device(model="iPhone17,2"))
    commit(*actions)
    assert DEVICES.with_owner("acc_1", device().digest) == (book, "acc_1")
    with pytest.raises(Contention):
        commit(DEVICES.put_book(book))
    commit(DEVICES.put_book(without(book, device().digest)))
    assert DEVICES.book("acc_1").devices == ()


@pytest.mark.store
def test_a_token_is_whose_it_was_last_and_two_at_once_meet(tables):
    commit(DEVICES.own("digest-1", "acc_1", None))
    for before in (None, "acc_2"):
        with pytest.raises(Contention):
            commit(DEVICES.own("digest-1", "acc_3", before))
    commit(DEVICES.own("digest-1", "acc_2", "acc_1"))
    with pytest.raises(Contention):
        commit(DEVICES.disown("digest-1", "acc_1"))
    commit(DEVICES.disown("digest-1", "acc_2"))
    assert DEVICES.with_owner("acc_1", "digest-1") == (Book("acc_1"), None)


def test_tokens_of_two_platforms_are_two(tables):
    one, other = (DEVICES.digest(platform, "token") for platform in ("apns", "fcm"))
    assert one != other
    assert "token" not in one + other


@pytest.mark.store
def test_consents_are_used_up_one_by_one_and_a_letter_takes_one(tables):
    assert not CONSENTS.take("acc_1", "tpl_1", "ntc_1")
    agree("tpl_1")
    agree("tpl_1")
    assert CONSENTS.counts("acc_1") == {"tpl_1": 2}
    assert CONSENTS.take("acc_1", "tpl_1", "ntc_1")
    assert CONSENTS.take("acc_1", "tpl_1", "ntc_1"), "a repeat"
    assert CONSENTS.counts("acc_1") == {"tpl_1": 1}
    assert CONSENTS.take("acc_1", "tpl_1", "ntc_2")
    assert not CONSENTS.take("acc_1", "tpl_1", "ntc_3")
    assert CONSENTS.counts("acc_1") == {"tpl_1": 0}


@pytest.mark.store
def test_of_many_letters_at_once_as_many_go_as_were_agreed_to(tables):
    for _ in range(5):
        agree("tpl_1")
    works = [lambda number=number: CONSENTS.take("acc_1", "tpl_1", f"ntc_{number}") for number in range(12)]
    assert racing.race(works, ()).count(True) == 5
    assert CONSENTS.counts("acc_1") == {"tpl_1": 0}


@pytest.mark.store
def test_more_than_the_most_is_not_counted(tables):
    for _ in range(3):
        commit(CONSENTS.agree("acc_1", "tpl_1", 3))
    with pytest.raises(Contention):
        commit(CONSENTS.agree("acc_1", "tpl_1", 3))
    CONSENTS.used_up("acc_1", "tpl_1")
    CONSENTS.used_up("acc_1", "never agreed to")
    assert CONSENTS.counts("acc_1") == {"tpl_1": 0}
    CONSENTS.forget("acc_1")
    assert CONSENTS.counts("acc_1") == {}


@pytest.mark.store
def test_failures_go_by_version_and_an_event_counts_once(tables):
    first = failed(Failures(), START)
    commit(FEEDBACK.put_failures(Channel.EMAIL, "ming@example.com", first), FEEDBACK.heard(EVENT))
    assert FEEDBACK.failures(Channel.EMAIL, "ming@example.com") == first
    assert FEEDBACK.failures(Channel.SMS, "ming@example.com") == Failures()
    with pytest.raises(HeardBefore):
        commit(FEEDBACK.put_failures(Channel.EMAIL, "ming@example.com", first), FEEDBACK.heard(EVENT))
    with pytest.raises(Contention):
        commit(FEEDBACK.put_failures(Channel.EMAIL, "ming@example.com", first))
    over = arrived(first, START + timedelta(hours=1))
    commit(FEEDBACK.put_failures(Channel.EMAIL, "ming@example.com", over))
    assert FEEDBACK.failures(Channel.EMAIL, "ming@example.com") == over


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    book, actions = tell(Book("acc_1"), device())
    assert commit(*actions) == 4
    other, moved = tell(Book("acc_2"), device(), "acc_1")
    assert commit(*moved, DEVICES.put_book(without(book, device().digest))) == 6
    with meter.measure() as used:
        DEVICES.book("acc_2")
    assert (used.requests, used.read_units) == (1, 1)
    with meter.measure() as used:
        DEVICES.with_owner("acc_2", device().digest)
    assert (used.requests, used.read_units) == (2, 2)
    assert commit(DEVICES.put_book(without(other, device().digest)), DEVICES.disown(device().digest, "acc_2")) == 4
    assert agree("tpl_1") == 2
    with meter.measure() as used:
        CONSENTS.take("acc_1", "tpl_1", "ntc_1")
    assert (used.requests, used.write_units) == (1, 1)
    with meter.measure() as used:
        CONSENTS.take("acc_1", "tpl_1", "ntc_2")
    assert (used.requests, used.read_units) == (2, 1)
    first = failed(Failures(), START)
    put = FEEDBACK.put_failures(Channel.EMAIL, "ming@example.com", first)
    assert commit(put, FEEDBACK.heard(EVENT)) == 4
