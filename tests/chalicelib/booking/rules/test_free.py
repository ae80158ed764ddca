from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import free
from chalicelib.booking.rules.booking import NotOffered
from chalicelib.booking.rules.days import Day, Diary, Taken
from chalicelib.kit.errors import NotFound
from chalicelib.shops.ports import HoursException, Status
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering

TOMORROW = date(2030, 5, 2)


def page(plan, *entries, now=NOW):
    """A diary of all that a plan needs, with entries (resource, start, end)."""
    rows = {key: Day(*key) for key in plan.keys}
    for number, (resource, start, end) in enumerate(entries):
        for key, row in rows.items():
            if key[0] == resource and start.date() <= key[1] <= end.date():
                rows[key] = replace(row, taken=(*row.taken, Taken(start, end, f"bkg_{number}")))
    return Diary(rows.values(), now)


def plan_of(standing, **other):
    return free.plan(standing, "off_1", TOMORROW, **other)


def test_everybody_who_is_free_is_named():
    plan = plan_of(listing(2))
    found = free.free_times(plan, page(plan, ("stf_1", at("10:00"), at("11:00"))), NOW)
    by_start = {one.start: one.resource_ids for one in found}
    assert by_start[at("09:00")] == ("stf_1", "stf_2")
    assert by_start[at("09:30")] == ("stf_2",)
    assert by_start[at("11:00")] == ("stf_1", "stf_2")
    assert max(by_start) == at("17:00")
    assert found[0].end == at("10:00")


def test_a_time_that_nobody_can_serve_is_not_named():
    plan = plan_of(listing(1))
    found = free.free_times(plan, page(plan, ("stf_1", at("10:00"), at("11:00"))), NOW)
    assert at("10:00") not in {one.start for one in found}


def test_a_date_with_hours_of_its_own():
    standing = listing(1)
    other = replace(standing.shop, exceptions=(HoursException(TOMORROW, (("12:00", "14:00"),)),))
    assert plan_of(replace(standing, shop=other)).starts == (at("12:00"), at("12:30"), at("13:00"))
    closed = replace(standing.shop, exceptions=(HoursException(TOMORROW), HoursException(TOMORROW + timedelta(days=1))))
    assert plan_of(replace(standing, shop=closed)).starts == ()


def test_the_buffer_is_kept_after_each_service():
    plan = plan_of(listing(1, [offering(buffer_after_minutes=15)]))
    found = {one.start for one in free.free_times(plan, page(plan, ("stf_1", at("11:00"), at("12:15"))), NOW)}
    assert at("10:00") not in found  # would need the staff until 11:15
    assert at("09:30") in found
    assert {at("12:00"), at("12:30")} & found == {at("12:30")}
    assert at("17:00") in found  # the buffer may lie after closing


def test_who_can_serve():
    standing = listing(3, [offering(staff_ids=("stf_2", "stf_3", "stf_gone"))])
    away = replace(standing, staff=(*standing.staff[:2], replace(standing.staff[2], active=False)))
    assert free.resource_ids(away, away.offerings[0]) == ("stf_2",)
    assert free.resource_ids(away, away.offerings[0], "stf_2") == ("stf_2",)
    for nobody in ("stf_1", "stf_3", "stf_9"):
        with pytest.raises(NotFound):
            free.resource_ids(away, away.offerings[0], nobody)


def test_a_shop_that_names_no_staff_serves_itself():
    alone = listing(0)
    assert free.resource_ids(alone, alone.offerings[0]) == ("shp_1",)


def test_a_shop_whose_staff_are_all_away_serves_nobody():
    standing = listing(1)
    away = replace(standing, staff=(replace(standing.staff[0], active=False),))
    plan = plan_of(away)
    assert plan.resource_ids == ()
    assert free.free_times(plan, page(plan), NOW) == ()


def test_what_cannot_be_booked():
    with pytest.raises(NotFound):
        plan_of(listing(1, [offering(active=False)]))
    with pytest.raises(NotFound):
        free.plan(listing(1), "off_9", TOMORROW)
    assert plan_of(listing(1, status=Status.CLOSED)).starts == ()


def test_neither_in_the_past_nor_beyond_the_horizon():
    limits = free.Limits(lead=timedelta(hours=1), horizon=timedelta(hours=2))
    edges = [NOW + timedelta(minutes=minutes) for minutes in (59, 60, 120, 121)]
    assert free.bookable(edges, NOW, limits) == tuple(edges[1:3])
    with pytest.raises(NotOffered):
        free.check_bookable(NOW - timedelta(seconds=1), NOW)
    free.check_bookable(NOW + timedelta(days=90), NOW)
    with pytest.raises(NotOffered):
        free.check_bookable(NOW + timedelta(days=90, seconds=1), NOW)


def test_only_starts_of_the_grid_are_offered():
    plan = plan_of(listing(1))
    free.check_offered(plan, at("09:30"))
    for start in (at("09:15"), at("08:30"), at("17:30"), at("09:00", days=2)):
        with pytest.raises(NotOffered) as refused:
            free.check_offered(plan, start)
        assert refused.value.errors[0].field == "start"


def test_the_least_busy_serves():
    plan = plan_of(listing(3))
    busy = page(plan, ("stf_1", at("13:00"), at("14:00")), ("stf_2", at("15:00"), at("15:30")))
    assert free.choose(plan, at("10:00"), busy, "lin_1").resource_id == "stf_3"
    assert free.choose(plan_of(listing(2)), at("10:00"), busy, "lin_1").resource_id == "stf_2"


def test_among_equals_the_request_decides_and_requests_spread():
    plan = plan_of(listing(4))
    chosen = [free.choose(plan, at("10:00"), page(plan), f"lin_{n}").resource_id for n in range(40)]
    assert chosen == [free.choose(plan, at("10:00"), page(plan), f"lin_{n}").resource_id for n in range(40)]
    assert len(set(chosen)) == 4


def test_nobody_is_free():
    plan = plan_of(listing(1))
    full = page(plan, ("stf_1", at("10:00"), at("11:00")))
    assert free.choose(plan, at("10:00"), full, "lin_1") is None
    told = free.taken(plan, at("10:00"), full, NOW)
    assert [one.isoformat()[11:] for one in told.free] == ["11:00:00+08:00", "11:30:00+08:00", "12:00:00+08:00"]
    assert "2030-05-02T10:00:00+08:00 is taken" in str(told)


def test_the_last_times_before_are_named_when_none_follows():
    plan = plan_of(listing(1))
    full = page(plan, ("stf_1", at("16:00"), at("18:00")))
    assert [one.isoformat()[11:16] for one in free.taken(plan, at("17:00"), full, NOW).free] == [
        "14:00",
        "14:30",
        "15:00",
    ]
    assert "Free: -" in str(free.taken(plan, at("10:00"), page(plan, ("stf_1", at("08:00"), at("19:00"))), NOW))


def test_whoever_minds_is_served_first():
    anyone, named = plan_of(listing(2)), plan_of(listing(2), staff_id="stf_1")
    assert free.by_choice([anyone, named, anyone]) == [1, 0, 2]


@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(0, 170), st.integers(1, 30)), max_size=12),
    st.sampled_from([15, 60, 90, 1500]),
    st.sampled_from([0, 10, 60]),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
@settings(max_examples=60, deadline=None)
def test_free_times_are_those_that_the_minutes_leave(entries, minutes, buffer, zone):
    standing = listing(2, [offering(minutes=minutes, buffer_after_minutes=buffer)], hours=ALWAYS, zone=zone)
    plan = plan_of(standing)
    ten = timedelta(minutes=10)
    spans = [(f"stf_{who}", plan.span.start + a * ten, plan.span.start + (a + n) * ten) for who, a, n in entries]
    found = {one.start: one.resource_ids for one in free.free_times(plan, page(plan, *spans), NOW)}
    for start in plan.starts:
        end = start + timedelta(minutes=minutes + buffer)
        able = tuple(
            who
            for who in ("stf_1", "stf_2")
            if not any(who == other and first < end and start < last for other, first, last in spans)
        )
        assert found.get(start, ()) == able
