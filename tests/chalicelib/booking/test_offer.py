"""Where a run dies, and what the next one makes of it; and two at once, step by step."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.booking.messages import WAIT_LOOKS
from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.waits import LEASE, MOST_MISSED, State
from chalicelib.booking.use_cases import offer
from chalicelib.booking.use_cases import wait as waits
from chalicelib.kit.errors import Busy, OutcomeUnknown
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases as orders
from tests.chalicelib.booking.waiting import Died, at_shop, nearby, once, wait, waiting_ports
from tests.chalicelib.booking.world import NOW, at, customer, listing

FREED = [Claim("stf_1", at("10:00"), at("11:00"))]
TEN = {"since": "10:00", "until": "10:30"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(offer, "retrying", partial(retrying, sleep=lambda _: None))


@pytest.fixture
def ports():
    return waiting_ports()


def put(ports, *made):
    for one in made:
        ports.committer.commit(ports.waits.create(one))
    return made


def offers(ports):
    return [one.payload["wait_id"] for one in ports.outbox.sent.values() if one.type == "wait.offered"]


def held(ports):
    return [one for one in ports.orders.store.rows.values() if one.is_live(ports.clock.now())]


@pytest.mark.parametrize("dies", [(0, False), (0, True), (1, False), (1, True), (2, False), (2, True)])
def test_the_repeat_goes_on_where_a_run_died(ports, dies):
    put(ports, wait(1, ask=at_shop(**TEN)), wait(2, ask=at_shop(**TEN), created_at=NOW + timedelta(seconds=1)))
    ports.committer.dies = dies
    with pytest.raises(Died):
        offer.time_freed(ports, "shp_1", FREED)
    ports.clock.moment += LEASE
    offer.time_freed(ports, "shp_1", FREED)
    assert offers(ports) == ["wai_1"]
    (order,) = held(ports)
    standing = ports.waits.wait("wai_1")
    assert (standing.state, standing.order_id, standing.turn) == (State.OFFERED, order.id, 1)
    assert ports.waits.wait("wai_2").state == State.WAITING


def test_a_hold_that_nobody_was_told_of_and_ran_out_was_not_let_pass(ports):
    put(ports, wait(1, ask=at_shop(**TEN)))
    ports.committer.dies = (1, True)
    with pytest.raises(Died):
        offer.time_freed(ports, "shp_1", FREED)
    ports.clock.moment += timedelta(minutes=11)
    orders.expire_holds(ports.orders, ports.clock.now())
    offer.time_freed(ports, "shp_1", FREED)
    standing = ports.waits.wait("wai_1")
    assert (standing.state, standing.turn, standing.passed) == (State.OFFERED, 2, ())
    assert len(held(ports)) == 1


def test_a_claim_in_hand_keeps_the_others_from_nothing_and_the_message_comes_again(ports):
    one, two = wait(1, ask=at_shop(**TEN)), wait(2, ask=at_shop(**TEN), created_at=NOW + timedelta(seconds=1))
    put(ports, one, two)
    ports.committer.dies = (0, True)
    with pytest.raises(Died):
        offer.time_freed(ports, "shp_1", FREED)
    with pytest.raises(offer.InHand):
        offer.time_freed(ports, "shp_1", FREED)
    assert offers(ports) == ["wai_2"]
    ports.clock.moment += LEASE
    offer.time_freed(ports, "shp_1", FREED)
    assert ports.waits.wait("wai_1").state == State.WAITING


def test_a_wait_that_is_withdrawn_meanwhile_is_offered_nothing(ports, monkeypatch):
    put(ports, wait(1, ask=at_shop(**TEN)))
    hold = orders.hold

    def meanwhile(*args):
        waits.withdraw(ports, customer(1), "wai_1")
        return hold(*args)

    monkeypatch.setattr(offer.orders, "hold", meanwhile)
    assert offer.time_freed(ports, "shp_1", FREED) == 0
    assert ports.waits.wait("wai_1").state == State.WITHDRAWN
    assert offers(ports) == []
    assert list(ports.waits.of_shop("shp_1")) == []


def test_a_time_that_somebody_took_meanwhile_is_looked_at_again(ports, monkeypatch):
    put(ports, wait(1, ask=at_shop(since="10:00", until="11:30")))
    hold = orders.hold
    mine = []

    def meanwhile(ports_, actor, asked, coupon, of):
        if not mine:
            mine.append(hold(ports_, customer(9), asked, None, once("a stranger's")))
        return hold(ports_, actor, asked, coupon, of)

    monkeypatch.setattr(offer.orders, "hold", meanwhile)
    assert offer.time_freed(ports, "shp_1", [Claim("stf_1", at("10:00"), at("12:00"))]) == 1
    assert ports.waits.wait("wai_1").offer.start == at("11:00")


def test_a_hold_that_comes_after_nobody_knew_is_found_by_the_same_turn(ports, monkeypatch):
    put(ports, wait(1, ask=at_shop(**TEN)))
    hold, late = orders.hold, []

    def unanswered(*asked):
        late.append(lambda: hold(*asked))  # it lands when nobody looks any more
        raise OutcomeUnknown(retry_after=1)

    with monkeypatch.context() as silent:
        silent.setattr(offer.orders, "hold", unanswered)
        with pytest.raises(offer.InHand):
            offer.time_freed(ports, "shp_1", FREED)
    late[0]()
    with pytest.raises(offer.InHand):
        offer.time_freed(ports, "shp_1", FREED)
    ports.clock.moment += LEASE
    assert offer.time_freed(ports, "shp_1", FREED) == 1
    assert len(ports.orders.store.rows) == 1


def test_who_is_busy_is_met_again(ports, monkeypatch):
    put(ports, wait(1, ask=at_shop(**TEN)))

    def busy(*_args):
        raise Busy

    monkeypatch.setattr(offer.orders, "hold", busy)
    with pytest.raises(offer.InHand):
        offer.time_freed(ports, "shp_1", FREED)
    assert ports.waits.wait("wai_1").state == State.WAITING


def test_many_are_offered_what_a_long_time_has(monkeypatch):
    monkeypatch.setattr(offer, "MOST_OFFERS", 2)
    ports = waiting_ports()
    put(ports, *(wait(n, created_at=NOW + timedelta(seconds=n)) for n in range(1, 6)))
    span = [Claim("stf_1", at("09:00"), at("13:00"))]
    assert offer.time_freed(ports, "shp_1", span) == 2
    (rest,) = [one for one in ports.outbox.sent.values() if one.type == "booking.time_changed" and one.payload["freed"]]
    assert rest.payload["freed"] == [["stf_1", "2030-05-02T01:00:00.000000Z", "2030-05-02T05:00:00.000000Z"]]
    assert offer.time_freed(ports, "shp_1", span) == 2
    assert offers(ports) == ["wai_1", "wai_2", "wai_3", "wai_4"]


def test_those_in_front_come_first_though_their_message_is_late(ports):
    put(ports, wait(1, ask=at_shop(**TEN)), wait(2, created_at=NOW + timedelta(seconds=1)))
    assert offer.look(ports, "wai_2", ["shp_1"]) == 2
    assert offers(ports) == ["wai_1", "wai_2"]
    assert ports.waits.wait("wai_1").offer.start == at("10:00")


def test_what_is_gone_is_passed_over(ports):
    assert offer.time_freed(ports, "shp_gone", FREED) == 0
    assert offer.look(ports, "wai_none", ["shp_1"]) == 0
    put(ports, wait(1, ask=at_shop(offering_id="off_gone")), wait(2, ask=at_shop(staff_id="stf_gone")))
    assert offer.look(ports, "wai_1", ["shp_1", "shp_gone"]) == 0
    assert offer.time_freed(ports, "shp_1", FREED) == 0
    assert offer.time_freed(ports, "shp_1", []) == 0
    (taken, *_) = put(ports, wait(3))
    del ports.waits.rows[taken.id]
    assert offer.time_freed(ports, "shp_1", FREED) == 0


def test_a_wait_nearby_remembers_what_it_missed_once_and_not_without_end(ports):
    put(ports, wait(1, ask=nearby(**TEN)))
    assert offer.time_freed(ports, "shp_1", FREED) == 1
    for _ in range(2):
        offer.time_freed(ports, "shp_1", FREED)
    standing = ports.waits.wait("wai_1")
    assert standing.missed == ("shp_1",)
    full = replace(standing, missed=tuple(f"shp_{n}" for n in range(2, MOST_MISSED + 2)))
    ports.waits.rows["wai_1"] = full
    offer.time_freed(ports, "shp_1", FREED)
    assert ports.waits.wait("wai_1") == full
    orders.cancel(ports.orders, customer(1), full.order_id, None, once("let go"))
    offer.time_freed(ports, "shp_1", FREED)
    (looks,) = [one for one in ports.outbox.sent.values() if one.type == WAIT_LOOKS]
    assert len(looks.payload["shop_ids"]) == MOST_MISSED + 1
    assert ports.waits.wait("wai_1").missed == ()


def test_a_polar_shop_has_nobody_near():
    ports = waiting_ports(listing(1, position=type(listing().shop.position)(89.0, 0.0)))
    put(ports, wait(1, ask=nearby()))
    assert offer.time_freed(ports, "shp_1", FREED) == 0
