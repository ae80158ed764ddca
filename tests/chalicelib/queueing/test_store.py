"""Rows on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Contention
from chalicelib.queueing import use_cases
from chalicelib.queueing.keys import TicketKey
from chalicelib.queueing.line import LineDraft
from chalicelib.queueing.ports import Happening, Letters, State
from chalicelib.queueing.problems import AlreadyInLine
from chalicelib.queueing.store import PlaceRow, QueueingTable, TicketRow
from tests.api import MERCHANT
from tests.chalicelib.booking.world import shop
from tests.chalicelib.queueing.world import NOW, QUEUE, TODAY, customer, line, ticket
from tests.emulators import DYNOXIDE
from tests.fakes.time import FakeClock

STORE = QueueingTable()
FULL = line(
    issued=999,
    waiting=1 << 999 | 1 << 3,
    called=1 << 2,
    skipped=1 << 998,
    told=3,
    last_called=2,
    pace=480,
    paced_at=NOW,
    is_open=False,
)


def commit(*actions):
    wiring.committer().commit(actions)


@pytest.mark.store
def test_a_line_is_kept_whole_and_by_version(tables):
    assert STORE.letters("shp_1") == Letters("shp_1")
    commit(*STORE.create(FULL, Letters("shp_1", "A", 1)))
    assert STORE.letters("shp_1") == Letters("shp_1", "A", 1)
    assert STORE.line("shp_1", QUEUE) == FULL
    assert STORE.line("shp_2", QUEUE) is None
    with pytest.raises(Contention):
        commit(*STORE.create(line(id="que_2", prefix="B"), Letters("shp_1", "B", 1)))
    commit(*STORE.create(line(id="que_2", prefix="B"), Letters("shp_1", "AB", 2)))
    later = replace(FULL, version=2, pace=None, paced_at=None)
    commit(STORE.replace_line(later))
    with pytest.raises(Contention):
        commit(STORE.replace_line(later))
    assert {one.id: one for one in STORE.lines("shp_1")} == {QUEUE: later, "que_2": line(id="que_2", prefix="B")}
    assert STORE.lines("shp_2") == []


@pytest.mark.store
def test_tickets_are_kept_whole_and_by_version(tables):
    first, second = ticket(1), ticket(12)
    commit(*STORE.take(second))
    commit(*STORE.take(first))
    key = TicketKey(QUEUE, TODAY, 12)
    assert STORE.ticket(key) == second
    assert STORE.ticket(replace(key, number=2)) is None
    assert STORE.tickets(QUEUE, TODAY, [12, 1, 7]) == [first, second]
    assert STORE.tickets(QUEUE, TODAY, []) == []
    called = replace(second, state=State.CALLED, called_at=NOW, recalls=2, version=2)
    commit(*STORE.replace(called))
    assert STORE.ticket(key) == called
    with pytest.raises(Contention):
        commit(*STORE.replace(called))


@pytest.mark.store
def test_a_customer_has_one_place_in_a_shop(tables):
    first = ticket(1)
    commit(*STORE.take(first))
    with pytest.raises(AlreadyInLine) as refused:
        commit(*STORE.take(ticket(2, customer_id="acc_1")))
    if tables.name == DYNOXIDE:
        assert refused.value.parameters == {"label": "A001", "ticket_id": first.id}
    assert STORE.ticket(TicketKey(QUEUE, TODAY, 2)) is None
    commit(*STORE.take(ticket(3, customer_id="acc_1", shop_id="shp_2")))
    tomorrow = TODAY + timedelta(days=1)
    later = ticket(1, id=TicketKey(QUEUE, tomorrow, 1).ticket_id, day=tomorrow)
    commit(*STORE.take(later))
    with pytest.raises(AlreadyInLine):
        commit(*STORE.take(ticket(4, customer_id="acc_1")))
    with pytest.raises(Contention):  # the place is another ticket's by now
        commit(*STORE.replace(replace(first, state=State.LEFT, version=2)))
    commit(*STORE.replace(replace(later, state=State.SERVED, version=2)))
    commit(*STORE.take(ticket(5, customer_id="acc_1")))


def test_what_nobody_needs_any_more_dies(tables):
    commit(*STORE.take(ticket(1)))
    assert (
        TicketRow.get(f"TICKETS#{QUEUE}#2030-05-01", "001").expires_at == datetime(2030, 5, 31, tzinfo=UTC).timestamp()
    )
    assert PlaceRow.get("CUSTOMER#acc_1", "SHOP#shp_1").expires_at == datetime(2030, 5, 4, tzinfo=UTC).timestamp()


class Spent:
    """A shop with a line, and what is done at its door, in requests, read and write units."""

    def __init__(self):
        self.shop_id = new_id("shp")
        commit(wiring.shops().store.create(shop(id=self.shop_id, merchant_id=MERCHANT.account_id)))
        wiring.use_clock(FakeClock(NOW))
        self.ports = wiring.queueing()

    def __call__(self, work, *args):
        with meter.measure() as used:
            made = work(self.ports, *args)
        return made, (used.requests, used.read_units, used.write_units)

    def move(self, happening, place, actor=MERCHANT):
        return self(use_cases.move, actor, self.shop_id, place.ticket.id, happening, once())[1]


def once():
    """A request with an answer that costs two units."""
    return Once("scope", new_id("key"), "print", lambda _: Answer(200, "{}"))


@pytest.fixture
def spent(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    return Spent()


def test_what_it_costs_at_the_door(spent):
    """The shop's row is 1 of the reads where it is asked; an answer is 2 of the writes, a message 3."""
    at = spent.shop_id
    queue, used = spent(use_cases.create, MERCHANT, at, LineDraft("2 人桌", "A", 10), once())
    assert used == (3, 2, 4 + 2)
    taken = [spent(use_cases.take, customer(n), at, queue.id, 2, once()) for n in range(8)]
    assert {used for _, used in taken} == {(3, 2, 6 + 2 + 2)}  # 2: that neither blocks the other
    places = [place for place, _ in taken]
    assert spent(use_cases.ticket, customer(7), at, places[7].ticket.id)[1] == (2, 2, 0)
    assert spent(use_cases.of_shop, at)[1] == (2, 1.5, 0)
    assert spent(use_cases.listed, MERCHANT, at, queue.id, State.WAITING, None, 5)[1] == (3, 1 + 1 + 5, 0)
    called, used = spent(use_cases.call_next, MERCHANT, at, queue.id, once())
    assert (called.ticket.label, used) == ("A001", (4, 2 + 2, 4 + 2 + 2 * 3))  # and A004 is told
    assert spent.move(Happening.RECALL, places[0]) == (3, 2, 4 + 2 + 3)
    assert spent.move(Happening.SKIP, places[0]) == (3, 2, 4 + 2)
    assert spent.move(Happening.REINSTATE, places[0]) == (3, 2, 4 + 2)
    assert spent(use_cases.call_next, MERCHANT, at, queue.id, once())[1] == (4, 2 + 1, 4 + 2 + 3)  # nobody is near
    assert spent.move(Happening.SEAT, places[0]) == (3, 2, 6 + 2)
    assert spent.move(Happening.LEAVE, places[1], customer(1)) == (4, 3, 6 + 2 + 3)  # A005 is told
    assert spent.move(Happening.CALL, places[7]) == (3, 2, 4 + 2 + 3)


def test_a_full_line_costs_little_more(spent):
    at = spent.shop_id
    queue, _ = spent(use_cases.create, MERCHANT, at, LineDraft("人" * 40, "A", 10), once())
    commit(
        STORE.replace_line(replace(queue, issued=998, waiting=1 << 998, called=1 << 997, skipped=1 << 996, version=2))
    )
    place, used = spent(use_cases.take, customer(1), at, queue.id, 2, once())
    assert (place.ticket.number, place.ahead, used) == (999, 1, (3, 2, 8 + 2 + 2))
    assert spent(use_cases.ticket, customer(1), at, place.ticket.id)[1] == (2, 2, 0)
