from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.queueing import use_cases
from chalicelib.queueing.line import LineDraft
from chalicelib.queueing.ports import Happening, State
from chalicelib.queueing.problems import (
    AlreadyInLine,
    LineClosed,
    NobodyWaits,
    NotPossible,
    PrefixTaken,
    TooManyLines,
)
from chalicelib.queueing.rules import MOST_LINES
from chalicelib.shops.ports import Status
from tests.api import ADMIN, MERCHANT, OTHER
from tests.chalicelib.queueing.world import QUEUE, TODAY, customer, line, ports


@pytest.fixture
def near():
    return ports(line())


def take(near, number=1, party=2):
    return use_cases.take(near, customer(number), "shp_1", QUEUE, party, None)


def call_next(near):
    return use_cases.call_next(near, MERCHANT, "shp_1", QUEUE, None)


def move(near, place, happening, actor=MERCHANT):
    return use_cases.move(near, actor, "shp_1", place.ticket.id, happening, None)


def see(near, place, actor):
    return use_cases.ticket(near, actor, "shp_1", place.ticket.id)


def told(near):
    return [(one.type, one.payload["number"]) for one in near.outbox.told]


def draft(prefix="B", **fields):
    return LineDraft(name="4 人桌", prefix=prefix, minutes=15, **fields)


def test_a_merchant_opens_so_many_lines_each_with_a_letter_of_its_own(near):
    near = ports()
    for letter in "ABCDEFGHIJ":
        made = use_cases.create(near, MERCHANT, "shp_1", draft(letter), None)
        assert (made.day, made.is_open, made.shop_id) == (TODAY, True, "shp_1")
    assert [one.prefix for one in use_cases.of_shop(near, "shp_1")] == list("ABCDEFGHIJ")
    assert MOST_LINES == 10
    with pytest.raises(PrefixTaken):
        use_cases.create(near, MERCHANT, "shp_1", draft("A"), None)
    with pytest.raises(TooManyLines):
        use_cases.create(near, MERCHANT, "shp_1", draft("K"), None)


def test_two_lines_opened_at_once_never_share_a_letter():
    near = ports()
    near.committer.before = lambda: use_cases.create(near, MERCHANT, "shp_1", draft("A"), None)
    with pytest.raises(PrefixTaken):
        use_cases.create(near, MERCHANT, "shp_1", draft("A"), None)
    assert len(use_cases.of_shop(near, "shp_1")) == 1


def test_parties_must_make_sense(near):
    with pytest.raises(Invalid):
        use_cases.create(near, MERCHANT, "shp_1", draft(min_party=5, max_party=4), None)
    with pytest.raises(Invalid):
        use_cases.change(near, MERCHANT, "shp_1", QUEUE, {"max_party": 3, "min_party": 4})


def test_only_who_runs_the_shop_runs_its_lines(near):
    place = take(near)
    for actor, refusal in ((OTHER, Forbidden), (customer(1), Forbidden)):
        with pytest.raises(refusal):
            use_cases.create(near, actor, "shp_1", draft(), None)
        with pytest.raises(refusal):
            use_cases.change(near, actor, "shp_1", QUEUE, {"is_open": False})
        with pytest.raises(refusal):
            use_cases.call_next(near, actor, "shp_1", QUEUE, None)
        with pytest.raises(refusal):
            use_cases.listed(near, actor, "shp_1", QUEUE, State.WAITING, None, 10)
    with pytest.raises(Forbidden):
        move(near, place, Happening.CALL, customer(1))
    with pytest.raises(NotFound):
        move(near, place, Happening.LEAVE, MERCHANT)
    for happening in Happening:
        with pytest.raises(NotFound):
            move(near, place, happening, customer(2))
    with pytest.raises(NotFound):
        see(near, place, OTHER)
    assert see(near, place, ADMIN) == see(near, place, MERCHANT) == see(near, place, customer(1)) == place
    assert near.outbox.told == []


def test_what_is_not_there_is_not_found(near):
    place = take(near)
    for shop_id, queue_id in (("shp_2", QUEUE), ("shp_1", "que_none")):
        with pytest.raises(NotFound):
            use_cases.take(near, customer(2), shop_id, queue_id, 2, None)
        with pytest.raises(NotFound):
            use_cases.call_next(near, MERCHANT, shop_id, queue_id, None)
    for shop_id, ticket_id in (("shp_2", place.ticket.id), ("shp_1", "tkt_1"), ("shp_1", place.ticket.id + "2")):
        with pytest.raises(NotFound):
            use_cases.ticket(near, customer(1), shop_id, ticket_id)
    with pytest.raises(NotFound):
        use_cases.of_shop(near, "shp_2")


def test_a_closed_line_or_shop_gives_out_nothing_and_who_waits_stays(near):
    first = take(near)
    use_cases.change(near, MERCHANT, "shp_1", QUEUE, {"is_open": False})
    with pytest.raises(LineClosed):
        take(near, 2)
    assert use_cases.of_shop(near, "shp_1")[0].is_open is False
    assert call_next(near).ticket.id == first.ticket.id
    use_cases.change(near, MERCHANT, "shp_1", QUEUE, {"is_open": True})
    near.shops.store.change(status=Status.CLOSED)
    with pytest.raises(LineClosed):
        take(near, 2)
    assert use_cases.of_shop(near, "shp_1")[0].is_open is False


def test_a_customer_has_one_live_ticket_in_a_shop(near):
    near.store.rows["shp_1", "que_2"] = line(id="que_2", prefix="B")
    first = take(near)
    with pytest.raises(AlreadyInLine) as refused:
        use_cases.take(near, customer(1), "shp_1", "que_2", 2, None)
    assert refused.value.parameters == {"label": "A001", "ticket_id": first.ticket.id}
    move(near, first, Happening.LEAVE, customer(1))
    again = take(near)
    assert (again.ticket.label, again.ahead) == ("A002", 0)
    call_next(near)
    with pytest.raises(AlreadyInLine):
        take(near)
    move(near, again, Happening.SEAT)
    assert take(near).ticket.label == "A003"


def test_a_called_customer_is_told_and_those_nearly_there_once(near):
    places = [take(near, number) for number in range(1, 7)]
    assert [one.ahead for one in places] == [0, 1, 2, 3, 4, 5]
    assert call_next(near).ticket.label == "A001"
    assert told(near) == [("queue.called", "A001"), ("queue.nearly", "A004")]
    assert near.outbox.told[1].payload == {
        "ticket_id": places[3].ticket.id,
        "shop_id": "shp_1",
        "customer_id": "acc_4",
        "number": "A004",
        "ahead": 2,
    }
    near.outbox.told.clear()
    move(near, places[1], Happening.LEAVE, customer(2))
    assert told(near) == [("queue.nearly", "A005")]
    near.outbox.told.clear()
    move(near, places[5], Happening.CALL)  # out of turn: nobody comes nearer
    assert told(near) == [("queue.called", "A006")]
    move(near, places[0], Happening.RECALL)
    assert told(near)[1:] == [("queue.called", "A001")]
    assert see(near, places[0], customer(1)).ticket.recalls == 1


def test_who_was_skipped_is_recalled_or_waits_again_at_their_number(near):
    first, second = take(near, 1), take(near, 2)
    call_next(near)
    assert move(near, first, Happening.SKIP).state == State.SKIPPED
    back = move(near, first, Happening.REINSTATE)
    assert (back.state, back.ahead) == (State.WAITING, 0)
    assert see(near, second, customer(2)).ahead == 1
    assert call_next(near).ticket.id == first.ticket.id
    move(near, first, Happening.SKIP)
    assert move(near, first, Happening.RECALL).state == State.CALLED
    with pytest.raises(NotPossible):
        move(near, second, Happening.SEAT)


def test_two_who_call_at_once_call_two(near):
    take(near, 1)
    take(near, 2)
    other = []
    near.committer.before = lambda: other.append(call_next(near).ticket.label)
    assert {call_next(near).ticket.label, *other} == {"A001", "A002"}
    with pytest.raises(NobodyWaits):
        call_next(near)


def test_who_moves_on_while_being_called_is_not_called(near, monkeypatch):
    first = take(near, 1)
    take(near, 2)
    read = near.store.tickets

    def left_meanwhile(*args):
        monkeypatch.setattr(near.store, "tickets", read)
        move(near, first, Happening.LEAVE, customer(1))
        return read(*args)

    monkeypatch.setattr(near.store, "tickets", left_meanwhile)
    assert call_next(near).ticket.label == "A002"
    assert told(near) == [("queue.called", "A002")]


def test_the_estimate_follows_the_calls(near):
    for number in range(1, 6):
        take(near, number)
    assert use_cases.of_shop(near, "shp_1")[0].minutes_for(6) == 60
    for _ in range(3):
        call_next(near)
        near.clock.move(minutes=5)
    [shown] = use_cases.of_shop(near, "shp_1")
    assert (shown.last_called, shown.waiting.bit_count(), shown.pace) == (3, 2, 468)
    assert use_cases.ticket(near, customer(5), "shp_1", shown_id(near, 5)).minutes == 16
    changed = use_cases.change(near, MERCHANT, "shp_1", QUEUE, {"minutes": 20})
    assert (changed.pace, changed.minutes_for(2)) == (None, 40)


def shown_id(near, number):
    [one] = near.store.tickets(QUEUE, TODAY, [number])
    return one.id


def test_the_next_date_begins_with_one_and_what_was_live_is_expired(near):
    first = take(near)
    near.clock.move(hours=12)  # past midnight in Shanghai
    [shown] = use_cases.of_shop(near, "shp_1")
    assert (shown.waiting, shown.last_called, shown.day) == (0, 0, date(2030, 5, 2))
    assert see(near, first, customer(1)).state == State.EXPIRED
    with pytest.raises(NotPossible):
        move(near, first, Happening.LEAVE, customer(1))
    again = take(near)
    assert (again.ticket.label, again.ticket.day, again.ahead) == ("A001", date(2030, 5, 2), 0)
    assert see(near, first, customer(1)).state == State.EXPIRED


def test_a_clock_that_is_behind_does_not_bring_yesterday_back(near):
    near.clock.move(hours=12)
    take(near, 1)
    near.clock.move(hours=-12)
    late = take(near, 2)
    assert (late.ticket.label, late.ticket.day) == ("A002", date(2030, 5, 2))


def test_the_list_goes_by_number_in_pages(near):
    places = [take(near, number) for number in range(1, 6)]
    call_next(near)

    def page(state, after, limit=2):
        found = use_cases.listed(near, MERCHANT, "shp_1", QUEUE, state, after, limit)
        return [one.ticket.label for one in found.items], found.next

    labels, after = page(State.WAITING, None)
    assert labels == ["A002", "A003"]
    move(near, places[1], Happening.CALL)  # what went by does not shift the pages
    labels, after = page(State.WAITING, after)
    assert (labels, after) == (["A004", "A005"], None)
    assert page(State.CALLED, None) == (["A001", "A002"], None)
    assert page(State.SKIPPED, None) == ([], None)
    assert page(State.WAITING, {"day": str(TODAY - timedelta(days=1)), "number": 0}) == ([], None)


def test_a_shop_that_moves_to_another_zone_goes_on(near):
    take(near)
    near.shops.store.standing = replace(near.shops.store.standing, zone="America/New_York")
    assert take(near, 2).ticket.label == "A002"
