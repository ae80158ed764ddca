"""Busy times on the days: what is written, what stays, and what is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.booking.rules.busy import keys_ahead, rewritten
from chalicelib.booking.rules.days import Day, Taken
from chalicelib.kit.wall import Window, merged
from tests.chalicelib.booking.world import NOW, at

DATE = date(2030, 5, 2)
MIDNIGHT = datetime(2030, 5, 2, tzinfo=UTC)


def day(*taken, **other):
    return replace(Day("stf_1", DATE, 3, tuple(taken)), **other)


def spans(*clocks):
    return [Window(at(start), at(end)) for start, end in clocks]


def mine(found, mark="cal_1"):
    return [(one.start, one.end) for row in found.days for one in row.taken if one.booking_id == mark]


def test_what_is_busy_is_taken_and_what_was_is_not_any_more():
    other = Taken(at("15:00"), at("16:00"), "cal_2")
    before = day(Taken(at("09:00"), at("10:00"), "cal_1"), other)
    found = rewritten([before], "cal_1", spans(("11:00", "12:00"), ("15:00", "15:30")), NOW)
    assert mine(found) == [(at("11:00"), at("12:00")), (at("15:00"), at("15:30"))]
    assert mine(found, "cal_2") == [(other.start, other.end)]
    assert (found.days[0].version, found.conflicts) == (3, frozenset())
    assert mine(rewritten([before], "cal_1", [], NOW)) == []


def test_days_that_stay_as_they_are_are_not_written():
    before = day(Taken(at("09:00"), at("10:00"), "cal_1"), Taken(at("10:00"), at("11:00"), "bkg_1"))
    assert rewritten([before], "cal_1", spans(("09:00", "10:00")), NOW).days == ()
    assert rewritten([day()], "cal_1", [], NOW).days == ()


def test_bookings_stay_and_are_told():
    sold = Taken(at("10:00"), at("11:00"), "bkg_1")
    held = Taken(at("12:00"), at("13:00"), "bkg_2", NOW + timedelta(minutes=5))
    over = Taken(at("14:00"), at("15:00"), "bkg_3", NOW)
    found = rewritten([day(sold, held, over)], "cal_1", spans(("09:00", "16:00")), NOW)
    assert mine(found) == [(at("09:00"), at("10:00")), (at("11:00"), at("12:00")), (at("13:00"), at("16:00"))]
    assert found.conflicts == {"bkg_1", "bkg_2"}
    assert {sold, held} <= set(found.days[0].taken)
    assert over not in found.days[0].taken


def test_what_lasts_over_days_stands_on_each_for_that_day():
    days = [day(), day(date=DATE + timedelta(days=1), version=0)]
    found = rewritten(days, "cal_1", [Window(MIDNIGHT - timedelta(days=3), MIDNIGHT + timedelta(days=9))], NOW)
    assert mine(found) == [(MIDNIGHT + timedelta(days=n), MIDNIGHT + timedelta(days=n + 1)) for n in (0, 1)]


def test_what_is_taken_and_what_can_be_had_again_is_told():
    before = day(*(Taken(one.start, one.end, "cal_1") for one in spans(("09:00", "10:00"), ("15:00", "16:00"))))
    found = rewritten([before], "cal_1", spans(("09:30", "10:00"), ("15:00", "17:00"), ("18:00", "19:00")), NOW)
    [took], [freed] = found.took, found.freed
    assert [Window(took.start, took.end)] == spans(("16:00", "19:00"))
    assert [Window(freed.start, freed.end)] == spans(("09:00", "09:30"))
    assert took.resource_id == freed.resource_id == before.resource_id
    same = rewritten(found.days, "cal_1", spans(("09:30", "10:00"), ("15:00", "17:00"), ("18:00", "19:00")), NOW)
    assert (same.took, same.freed) == ((), ())


def test_as_many_days_as_one_transaction_takes():
    keys = keys_ahead("stf_1", NOW)
    assert (keys[0], len(keys)) == (("stf_1", NOW.date()), 92)


quarters = st.tuples(st.integers(0, 95), st.integers(1, 12)).map(
    lambda pair: (MIDNIGHT + timedelta(minutes=15 * pair[0]), MIDNIGHT + timedelta(minutes=15 * (pair[0] + pair[1])))
)


@given(st.lists(quarters, max_size=6), st.lists(quarters, max_size=6))
def test_all_that_is_busy_is_taken_and_nothing_twice(busy, sold):
    """Whoever asks whether there is room finds none where a calendar is busy, and no booking lost."""
    taken = tuple(Taken(start, end, f"bkg_{n}") for n, (start, end) in enumerate(sold))
    wanted = merged(Window(*one) for one in busy)
    found = rewritten([day(*taken)], "cal_1", wanted, NOW)
    after = found.days[0].taken if found.days else taken
    assert set(taken) <= set(after)
    end = MIDNIGHT + timedelta(days=1)
    everything = [*(Window(*one) for one in sold), *(Window(a, min(b, end)) for a, b in busy if a < end)]
    assert merged(Window(one.start, one.end) for one in after) == merged(everything)
    ours = [one for one in after if one.booking_id == "cal_1"]
    assert all(one.end <= other.start or one.start >= other.end for one in ours for other in taken)
    again = rewritten([day(*after)], "cal_1", wanted, NOW)
    assert (again.days, again.conflicts) == ((), found.conflicts)
