"""Whoever types the code that was sent to a number has shown that the number works: it is written to again."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.notifications import use_cases as notifications
from chalicelib.notifications.ports import Channel
from chalicelib.notifications.store import AddressTable
from chalicelib.reach import use_cases as reach
from chalicelib.reach.rules.feedback import MOST_FAILURES, Event, Fate
from tests import racing
from tests.api import call
from tests.chalicelib.accounts.test_routes import PHONE, sign_in

SMS = Channel.SMS
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(sender, clock):
    """Tell what a carrier says of the number, so long ago."""

    def tell(number, fate, ago=MINUTE, reason="carrier"):
        event = Event(f"evt-{number}", SMS, PHONE, fate, reason, clock.now() - ago)
        reach.heard(wiring.feedback(), [event])
        return event

    return tell


def stands():
    found = wiring.notifications().gone.suspensions([(SMS, PHONE)]).get((SMS, PHONE))
    return found and found.reason


def test_a_number_that_failed_is_written_to_again_once_a_code_came_back_from_it(sender, told):
    bounced = told(1, Fate.HARD)
    assert stands() == "bounced: carrier"
    assert call("POST", "/v1/auth/tokens", body={"phone": PHONE, "code": "000000"}).status == 422
    assert stands() is not None, "to ask is nothing"
    for _ in range(2):
        assert sign_in(sender).status == 200
        assert stands() is None
    reach.heard(wiring.feedback(), [bounced])
    told(2, Fate.HARD, timedelta(hours=1))
    assert stands() is None, "old word, heard again or late"
    wiring.clock().move(minutes=5)
    told(3, Fate.HARD)
    assert stands() is not None, "and what happens after it counts"


def test_what_failed_often_begins_anew(sender, told):
    for number in range(MOST_FAILURES):
        told(number, Fate.SOFT, timedelta(days=9 - number))
    assert stands() == "failing: carrier"
    sign_in(sender)
    assert (stands(), wiring.feedback().store.failures(SMS, PHONE).count) == (None, 0)
    wiring.clock().move(minutes=5)
    told(99, Fate.SOFT)
    assert stands() is None


def test_who_said_that_they_want_none_is_sent_codes_alone(sender, told):
    told(1, Fate.LEFT, reason="reply")
    assert sign_in(sender).status == 200
    assert stands() == "left: reply"


def test_what_fails_after_they_said_that_they_want_none_does_not_unsay_it(sender, told):
    """A code that is asked for may bounce: that is written over their word, which a code does not lift."""
    told(1, Fate.LEFT, 2 * MINUTE, "reply")
    told(2, Fate.HARD)
    assert stands() == "bounced: carrier"
    sign_in(sender)
    assert stands() == "bounced: carrier", "they want none still"
    told(3, Fate.LEFT, timedelta(seconds=1), "reply")
    assert stands() == "left: reply"


def test_nobody_is_kept_from_signing_in_by_it(sender, told, monkeypatch):
    told(1, Fate.HARD)
    monkeypatch.setattr(AddressTable, "suspensions", lambda *_: 1 / 0)
    assert sign_in(sender).status == 200


def test_of_two_words_the_later_one_counts_in_whichever_order_they_come(told):
    told(1, Fate.LEFT, MINUTE, "reply")
    told(2, Fate.HARD, 2 * MINUTE)
    assert stands() == "left: reply"


def test_a_bounce_at_the_same_moment_is_not_undone_by_an_older_proof(sender, told, monkeypatch):
    """The code was right, and before that is noted the number bounces: what was read no longer stands."""
    told(1, Fate.HARD, 5 * MINUTE)
    real, turns = AddressTable.lifting, [1]

    def meanwhile(store, *asked):
        if turns:
            turns.pop()
            notifications.suspend(wiring.notifications(), SMS, PHONE, "left: reply")
        return real(store, *asked)

    monkeypatch.setattr(AddressTable, "lifting", meanwhile)
    sign_in(sender)
    assert stands() == "left: reply"


@pytest.mark.store
def test_of_many_proofs_at_once_one_lifts(told):
    told(1, Fate.HARD)
    ports = wiring.notifications()
    lifted = racing.race([lambda: notifications.arrives(ports, SMS, PHONE)] * 6, ())
    assert lifted.count(True) == 1
    assert stands() is None
