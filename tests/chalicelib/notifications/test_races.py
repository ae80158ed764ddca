"""Everything at once, over both emulators; one race over HTTP. `RACES` is how often each is run."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention
from chalicelib.notifications import use_cases
from chalicelib.notifications.rules import InHand, State
from chalicelib.notifications.use_cases import deliver, sweep
from chalicelib.profiles.ports import Channel
from tests.api import CUSTOMER, MERCHANT, call, told
from tests.chalicelib.notifications.payloads import message
from tests.chalicelib.notifications.test_store import keep, notice
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import Addresses, Clock, FakeSender

RACES = int(os.environ.get("RACES", "3"))
PUSH, SMS = Channel.PUSH, Channel.SMS


@pytest.fixture
def ports(tables):
    near = Neighbours()
    return replace(
        wiring.notifications(),
        senders={PUSH: FakeSender(), SMS: FakeSender()},
        addresses=Addresses({(one.account_id, PUSH): ("phone",) for one in (CUSTOMER, MERCHANT)}),
        clock=Clock(),
        accounts=near.accounts_ports,
        shops=near.shops_ports,
        orders=near.orders_ports,
        profiles=near.profiles_ports,
    )


def race(*works):
    """Do all works at the same moment; return what each returned, or the state of affairs that it met."""
    gate = threading.Barrier(len(works))

    def start(work):
        gate.wait()
        try:
            return work()
        except (InHand, Busy, Contention) as met:
            return met

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(start, works))


def letters(ports, channel):
    return [letter.id for letter in ports.senders[channel].letters]


@pytest.mark.store
def test_a_message_that_comes_five_times_at_once_is_told_once(ports, record_property):
    for _ in range(RACES):
        one = message("order.confirmed")
        race(*[lambda one=one: deliver(ports, one)] * 5)
        deliver(ports, one)
    sent = letters(ports, PUSH)
    assert len(sent) == len(set(sent)) == 2 * RACES
    assert use_cases.unread(ports, CUSTOMER) == use_cases.unread(ports, MERCHANT) == RACES
    record_property("notices", f"{5 * RACES} deliveries at once")


@pytest.mark.store
@pytest.mark.parametrize("all_", [False, True])
def test_what_is_read_at_the_moment_of_its_fall_back_is_texted_once_or_not_at_all(ports, record_property, all_):
    texted = 0
    for number in range(RACES):
        ports.clock.at += timedelta(hours=1)
        deliver(ports, message("queue.called"))
        one = letters(ports, PUSH)[-1]
        ports.clock.on(minutes=3)
        race(*[lambda: sweep(ports, ports.clock.now())] * 2)
        (due,) = (each for each in told("notice.due") if each.payload["notice_id"] == one)

        def read(one=one):
            return use_cases.read_all(ports, CUSTOMER) if all_ else use_cases.read(ports, CUSTOMER, one)

        met = race(read, *[lambda due=due: deliver(ports, due)] * 3)
        assert met[0] == 0
        deliver(ports, due)
        assert use_cases.unread(ports, CUSTOMER) == 0
        kept = ports.store.notice(one)
        assert (kept.state, kept.due) == (State.SENT, None)
        assert letters(ports, SMS).count(one) == (kept.channel == SMS), f"round {number}"
        texted += kept.channel == SMS
    record_property("notices", f"{RACES} readers against fall-backs, {texted} texted")


@pytest.mark.store
def test_the_count_is_exact_whoever_reads_and_tells_at_once(ports):
    known = [message("queue.called") for _ in range(6)]
    for one in known:
        deliver(ports, one)
    ids = letters(ports, PUSH)
    works = [lambda one=one: use_cases.read(ports, CUSTOMER, one) for one in ids[:4] * 2]
    works += [lambda: deliver(ports, message("queue.called")) for _ in range(4)]
    works += [lambda: use_cases.read_all(ports, CUSTOMER)]
    random.shuffle(works)
    race(*works)
    inbox = use_cases.of_account(ports, CUSTOMER, None, 50)
    notices = [ports.store.notice(one.id) for one in inbox.page.items]
    tally = ports.inbox.tally(CUSTOMER.account_id, ports.clock.now())
    assert len(notices) == 10
    assert tally.total == sum(not tally.is_read(one) for one in notices)


@pytest.mark.store
def test_two_sweeps_at_once_send_nothing_twice(ports):
    for _ in range(5):
        deliver(ports, message("queue.called"))
    ports.clock.on(minutes=3)
    race(*[lambda: sweep(ports, ports.clock.now())] * 4)
    due = told("notice.due")
    assert len(due) == len({one.payload["notice_id"] for one in due}) == 5
    race(*[lambda one=one: deliver(ports, one) for one in due * 3])
    for one in due:
        deliver(ports, one)
    assert sorted(letters(ports, SMS)) == sorted({one.payload["notice_id"] for one in due})


def test_fifteen_clients_read_the_same_five_over_http_and_the_count_is_exact(tables):
    keep(*(notice(n, account=CUSTOMER.account_id) for n in range(7)))
    ids = [notice(n, account=CUSTOMER.account_id).id for n in range(5)]
    path = "/v1/me/notices/{notice_id}/read"
    answers = race(*[lambda one=one: call("POST", path, actor=CUSTOMER, notice_id=one) for one in ids * 3])
    assert {answer.status for answer in answers} <= {200, 409}
    assert min(answer.json["unread"] for answer in answers if answer.status == 200) >= 2
    for one in ids:
        assert call("POST", path, actor=CUSTOMER, notice_id=one).status == 200
    assert call("GET", "/v1/me/notices/unread", actor=CUSTOMER).json == {"unread": 2}


def test_what_a_notice_costs(ports):
    """Without what is read of the order, the shop, the person and their phones, which other domains answer for."""
    used = {}

    def measured(name, work):
        with meter.measure() as spent:
            work()
        used[name] = (spent.requests, spent.read_units, spent.write_units)

    by_text, told_by_text = replace(ports, addresses=None), message("order.refunded")
    measured("by text message", lambda: deliver(by_text, told_by_text))
    measured("a repeat", lambda: deliver(by_text, told_by_text))
    measured("by push", lambda: deliver(ports, message("queue.called")))
    ports.clock.on(minutes=3)
    measured("swept", lambda: sweep(ports, ports.clock.now()))
    (due,) = told("notice.due")
    measured("by text message after that", lambda: deliver(ports, due))
    assert used == {
        "by text message": (5, 1.5, 8),
        "a repeat": (2, 1, 0),
        "by push": (4, 2, 8),
        "swept": (37, 18, 8),
        "by text message after that": (6, 3, 10),
    }
