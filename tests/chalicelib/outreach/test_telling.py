"""What a merchant is told of many tells of none of them: not by itself, not beside another, not over time."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outreach import use_cases
from chalicelib.outreach.ports import Outcome, Outreach, Report, State
from chalicelib.outreach.rules.outreach import BASE, HOURLY_FOR, LEAST, reported
from chalicelib.outreach.rules.telling import Told, fives, rounded, told
from chalicelib.outreach.schemas import OutreachReport
from tests.chalicelib.outreach.world import MERCHANT, NOW, TEXT, World

HOUR = timedelta(hours=1)
OTR = Outreach(
    "May", ("regular",), TEXT, None, NOW, id="otr_1", merchant_id="acc_m", shop_id="shp_1", zone="Asia/Shanghai",
    currency="CNY", created_at=NOW, state=State.DONE, ended_at=NOW,
)  # fmt: skip
OFFSETS = st.integers(0, BASE - 1)
PEOPLE = st.integers(0, 60)


def over(sent, left=0, offset=2, **report):
    """A text that is over: so many got it, so many never said that they want any."""
    counted = Report(NOW + HOURLY_FOR, sent=sent, **report)
    return replace(OTR, outcomes={Outcome.SENT: sent, Outcome.NO_CONSENT: left}, report=counted, offset=offset)


def numbers(one):
    """Return every number that is told."""
    return [n for n in (*vars(one).values(), *(one.left_out or {}).values()) if type(n) is int]


def test_a_text_to_one_customer_tells_nothing_of_them():
    """They want offers, get it, read it, buy: nobody who tagged them alone hears any of that."""
    world = World()
    world.crowd(1)
    made = world.begin()
    world.run()
    world.read.add("acc_00001")
    line = SimpleNamespace(net=9_000)
    world.sold.append(SimpleNamespace(customer_id="acc_00001", created_at=NOW + HOUR, coupon_ids=(), lines=[line]))
    world.clock.moment = NOW + HOURLY_FOR + HOUR
    world.run()
    stands = world.stands(made)
    assert (stands.report.read, stands.report.orders, stands.sent) == (1, 1, 1), "it is known"
    shown = OutreachReport.of(stands).model_dump()
    assert {name for name, value in shown.items() if value is not None} == {"outreach", "counted_at"}
    assert (shown["outreach"]["tagged"], shown["outreach"]["sent"]) == (None, None)


@given(sent=PEOPLE, left=PEOPLE, read=PEOPLE, buyers=PEOPLE, more=PEOPLE, offset=OFFSETS, state=st.sampled_from(State))
def test_what_is_about_fewer_than_ten_is_not_told_and_all_else_in_fives(sent, left, read, buyers, more, offset, state):
    read, buyers = min(read, sent), min(buyers, sent)
    orders = buyers + (more if buyers else 0)
    known = replace(
        over(sent, left, offset, read=read, buyers=buyers, orders=orders, revenue=orders * 128), state=state
    )
    found = told(known)
    assert (found.read is None) == (sent < LEAST)
    assert (found.orders is None) == (found.revenue is None) == (min(sent, buyers) < LEAST)
    assert (found.left_out is None) == (found.tagged is None) == (state is State.SENDING or sent + left < LEAST)
    assert all(one % BASE == 0 for one in numbers(replace(found, revenue=None)))
    if found.read is not None:
        assert found.read <= found.sent
        assert abs(found.sent - sent) < 2 * BASE


@given(number=st.integers(0, 10_000))
def test_by_lot_is_right_on_average_and_one_person_more_changes_one_of_five(number):
    before = [fives(number, offset) for offset in range(BASE)]
    after = [fives(number + 1, offset) for offset in range(BASE)]
    assert sum(before) == number * BASE
    assert before == sorted(before)
    assert [b - a for a, b in zip(before, after, strict=True)].count(BASE) == 1
    assert sum(after) - sum(before) == BASE, "and nothing falls"


def test_who_writes_to_the_same_people_with_and_without_one_is_told_the_same_mostly():
    """The difference of two texts: also where the one more does want it, has read it, wants no more, has bought."""
    for sent in range(LEAST, 30):
        rest = {"delivered": sent, "read": sent - 1, "unsubscribed": 3, "buyers": 9, "orders": 12, "revenue": 99_900}
        with_them = {**{name: value + 1 for name, value in rest.items() if name != "buyers"}, "buyers": 9}
        changes = 0
        for offset in range(BASE):
            one, other = told(over(sent, 40, offset, **rest)), told(over(sent + 1, 40, offset, **with_them))
            one, other = replace(one, tagged=None), replace(other, tagged=None)  # how many these are it knows itself
            changes += sum(a != b for a, b in zip(numbers(one), numbers(other), strict=True)) > 0
        assert changes <= BASE - 1, "some begin tells them apart in nothing"
        for name in ("sent", "read", "unsubscribed"):
            same = [
                getattr(told(over(sent, 40, o, **rest)), name)
                == getattr(told(over(sent + 1, 40, o, **with_them)), name)
                for o in range(BASE)
            ]
            assert same.count(False) == 1


def test_all_and_none_are_told_as_they_are_told_of_fewer():
    """The merchant knows how many it tagged: that all of them, or none, want its offers is told of nobody."""
    for tagged in range(LEAST, 80):
        told_of = {sent: {told(over(sent, tagged - sent, o)).sent for o in range(BASE)} for sent in range(tagged + 1)}
        for extreme, others in ((tagged, range(tagged)), (0, range(1, tagged + 1))):
            for shown in told_of[extreme]:
                assert any(shown in told_of[one] for one in others), (tagged, extreme, shown)
        left = told(over(0, tagged, 4)).left_out[Outcome.NO_CONSENT]
        assert left in {told(over(1, tagged - 1, o)).left_out[Outcome.NO_CONSENT] for o in range(BASE)} | {
            told(over(2, tagged - 2, o)).left_out[Outcome.NO_CONSENT] for o in range(BASE)
        }


def test_while_it_is_sent_nobody_is_told_who_was_left_out_or_got_it_last():
    """Customers are looked at in the order of the merchant's list: what each turn added would name them."""
    world = World()
    world.crowd(60)
    world.agreed -= {f"acc_{n:05}" for n in range(5, 60, 3)}
    made, seen, shown = world.begin(per_hour=12), [], []
    for _ in range(12 * 9):
        before = len(world.messages)
        world.run()
        seen.append(len(world.messages) - before)
        stands = world.stands(made)
        if stands.state is not State.SENDING:
            break
        found = told(stands)
        assert (found.tagged, found.left_out) == (None, None)
        shown.append(found.sent)
    assert {one for one in seen if one} == {10, 41 % 10}, "ten at a time: when it ends says no more than that"
    assert [n for n, one in enumerate(seen) if one][:3] == [0, 10, 20], "12 in an hour"
    told_sent = [one for one in shown if one is not None]
    assert told_sent == sorted(told_sent)
    assert told(world.stands(made)).sent in {35, 40, 45}
    stopped = World()
    stopped.crowd(30)
    made = stopped.begin(per_hour=12)
    stopped.run()
    use_cases.stop(stopped.ports, MERCHANT, made.id)
    assert told(stopped.stands(made)).tagged == 10, "a prefix of the list that ends where one does who got it"


def test_one_who_orders_often_is_one():
    often = told(over(40, 0, 2, buyers=1, orders=30, coupons_used=30, revenue=900_000))
    assert (often.buyers, often.orders, often.coupons_used, often.revenue) == (0, None, None, None)
    many = told(over(40, 0, 2, buyers=12, orders=13, coupons_used=4, revenue=123_456))
    assert (many.buyers, many.orders, many.coupons_used, many.revenue) == (10, 15, 5, 120_000)
    assert [rounded(one) for one in (0, 7, 99, 101, 9_950, 123_456)] == [0, 7, 99, 100, 9_900, 120_000]


def test_what_a_merchant_knows_already_tells_nothing_of_the_lot():
    """Whom it tagged it knows: told from the lot, 14 tagged would say which begin all other numbers have."""
    for tagged in range(LEAST, 30):
        assert len({told(over(tagged - 3, 3, offset)).tagged for offset in range(BASE)}) == 1


@given(offset=OFFSETS, orders=st.lists(st.integers(1, 14 * 24), min_size=20, max_size=40))
def test_no_number_moves_with_an_order_that_the_merchant_sees_in_its_shop(offset, orders):
    """Were what was bought told hour by hour, whoever ordered in the hour in which it moves has got the text."""
    standing = replace(over(40, 0, offset), report=None)
    standing = replace(standing, next_at=NOW + HOUR)
    moved = set()
    while standing.next_at is not None:
        at, before = standing.next_at, told(standing)
        number = sum(one * HOUR <= at - NOW for one in orders)
        counts = {"sent": 40, "buyers": number, "orders": number, "coupons_used": number, "revenue": 9_900 * number}
        standing = reported(standing, Report(at, **counts))
        after = told(standing)
        names = ("buyers", "orders", "coupons_used", "revenue")
        if [getattr(before, one) for one in names] != [getattr(after, one) for one in names]:
            moved.add(at - NOW)
    assert moved <= {HOURLY_FOR, timedelta(days=14)}
    assert HOURLY_FOR in moved
    last = len(orders) - sum(one * HOUR <= HOURLY_FOR for one in orders)
    assert standing.report.buyers == len(orders) - (last if last < LEAST else 0)


def test_before_anything_is_known_nothing_is_told():
    assert told(replace(OTR, state=State.SENDING, ended_at=None)) == Told()
    assert told(OTR) == Told(is_counted=True)
