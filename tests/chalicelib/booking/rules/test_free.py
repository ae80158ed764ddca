from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import free, plans
from chalicelib.booking.rules.days import Day, Diary, Taken
from chalicelib.booking.rules.problems import NotOffered
from chalicelib.kit.errors import NotFound
from chalicelib.shops.ports import BookingTerms, Choice, HoursException, Interval, Status
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


def whom(claims):
    return [claim.resource_id for claim in claims]


def plan_of(standing, **other):
    return plans.plan(standing, "off_1", TOMORROW, **other)


def test_everybody_who_is_free_is_named():
    plan = plan_of(listing(2))
    found = free.free_times(plan, page(plan, ("stf_1", at("10:00"), at("11:00"))), NOW)
    by_start = {one.start: one.staff_ids for one in found}
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
    assert plans.groups(away, away.offerings[0]) == (("stf_2",),)
    assert plans.groups(away, away.offerings[0], "stf_2") == (("stf_2",),)
    for nobody in ("stf_1", "stf_3", "stf_9"):
        with pytest.raises(NotFound):
            plans.groups(away, away.offerings[0], nobody)


def test_a_shop_that_names_no_staff_serves_itself():
    alone = listing(0)
    assert plans.groups(alone, alone.offerings[0]) == (("shp_1",),)


def test_a_shop_whose_staff_are_all_away_serves_nobody():
    standing = listing(1)
    away = replace(standing, staff=(replace(standing.staff[0], active=False),))
    plan = plan_of(away)
    assert plan.groups == ((),)
    assert free.free_times(plan, page(plan), NOW) == ()


def test_what_cannot_be_booked():
    with pytest.raises(NotFound):
        plan_of(listing(1, [offering(active=False)]))
    with pytest.raises(NotFound):
        plans.plan(listing(1), "off_9", TOMORROW)
    assert plan_of(listing(1, status=Status.CLOSED)).starts == ()


def test_neither_in_the_past_nor_beyond_the_horizon():
    terms = BookingTerms(lead_minutes=60, horizon_days=1)
    edges = [NOW + timedelta(minutes=minutes) for minutes in (59, 60, 1440, 1441)]
    assert plans.bookable(edges, NOW, terms) == tuple(edges[1:3])
    usual = BookingTerms()
    with pytest.raises(NotOffered):
        plans.check_bookable(NOW - timedelta(seconds=1), NOW, usual)
    plans.check_bookable(NOW + timedelta(days=90), NOW, usual)
    with pytest.raises(NotOffered):
        plans.check_bookable(NOW + timedelta(days=90, seconds=1), NOW, usual)


def test_only_starts_of_the_grid_are_offered():
    plan = plan_of(listing(1))
    plans.check_offered(plan, at("09:30"))
    for start in (at("09:15"), at("08:30"), at("17:30"), at("09:00", days=2)):
        with pytest.raises(NotOffered) as refused:
            plans.check_offered(plan, start)
        assert refused.value.errors[0].field == "start"


def test_the_least_busy_serves():
    plan = plan_of(listing(3))
    busy = page(plan, ("stf_1", at("13:00"), at("14:00")), ("stf_2", at("15:00"), at("15:30")))
    assert whom(free.choose(plan, at("10:00"), busy, "lin_1")) == ["stf_3"]
    assert whom(free.choose(plan_of(listing(2)), at("10:00"), busy, "lin_1")) == ["stf_2"]


def test_among_equals_the_request_decides_and_requests_spread():
    plan = plan_of(listing(4))
    chosen, again = ([free.choose(plan, at("10:00"), page(plan), f"lin_{n}") for n in range(40)] for _ in range(2))
    assert chosen == again
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
    assert plans.by_choice([anyone, named, anyone]) == [1, 0, 2]


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
    found = {one.start: one.staff_ids for one in free.free_times(plan, page(plan, *spans), NOW)}
    for start in plan.starts:
        end = start + timedelta(minutes=minutes + buffer)
        able = tuple(
            who
            for who in ("stf_1", "stf_2")
            if not any(who == other and first < end and start < last for other, first, last in spans)
        )
        assert found.get(start, ()) == able


def test_one_of_each_group_is_taken():
    standing = listing(2, [offering(needs=(("res_1", "res_2"),))], rooms=2)
    plan = plan_of(standing)
    busy = page(plan, ("res_1", at("10:00"), at("11:00")), ("stf_2", at("10:00"), at("11:00")))
    claims = free.choose(plan, at("10:00"), busy, "lin_1")
    assert whom(claims) == ["stf_1", "res_2"]
    assert {(one.start, one.end) for one in claims} == {(at("10:00"), at("11:00"))}


def test_fewest_gaps():
    terms = BookingTerms(choice=Choice.COMPACT)
    plan = plan_of(listing(3, terms=terms))
    busy = page(plan, ("stf_2", at("10:00"), at("11:00")), ("stf_3", at("09:00"), at("10:00")), ("stf_3", at("12:00"), at("18:00")))  # fmt: skip
    assert whom(free.choose(plan, at("11:00"), busy, "lin_1")) in (["stf_2"], ["stf_3"])
    fills = page(plan, ("stf_1", at("10:00"), at("11:00")), ("stf_1", at("12:00"), at("13:00")), ("stf_2", at("10:00"), at("11:00")))  # fmt: skip
    assert whom(free.choose(plan, at("11:00"), fills, "lin_1")) == ["stf_1"], "it closes a gap"


GROUPS = st.lists(st.lists(st.sampled_from("abcde"), unique=True, max_size=4).map(tuple), max_size=4).map(tuple)


@given(GROUPS)
def test_one_of_each_is_found_exactly_where_there_is_one(groups):
    given_ = free.one_of_each(groups)
    possible = [one for one in product(*groups) if len(set(one)) == len(one)]
    assert (given_ is not None) == bool(possible)
    if given_ is not None:
        assert given_ in possible


@given(
    st.lists(st.tuples(st.sampled_from(["stf_1", "stf_2", "res_1", "res_2"]), st.integers(-12, 170), st.integers(1, 30)), max_size=14),
    st.sampled_from([15, 60, 90]),
    st.tuples(st.sampled_from([0, 10]), st.sampled_from([0, 5, 60])),
    st.sampled_from([(), (("res_1", "res_2"),), (("res_1", "res_2"), ("res_2",)), (("res_1", "res_2"),) * 2]),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
    st.sampled_from([None, "08:00", "14:30"]),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_free_times_of_several_resources_are_those_that_the_minutes_leave(
    entries, minutes, buffers, needs, zone, from_
):
    before, after = buffers
    one = offering(minutes=minutes, buffer_before_minutes=before, buffer_after_minutes=after, needs=needs)
    standing = listing(2, [one], rooms=2, hours=ALWAYS, zone=zone)
    if from_:
        shift = tuple(Interval(day, from_, "20:00") for day in range(7))
        standing = replace(standing, staff=(replace(standing.staff[0], hours=shift), standing.staff[1]))
    plan = plan_of(standing)
    ten = timedelta(minutes=10)
    spans = [(who, plan.span.start + a * ten, plan.span.start + (a + n) * ten) for who, a, n in entries]
    found = {one.start: one.staff_ids for one in free.free_times(plan, page(plan, *spans), NOW)}
    wall = ZoneInfo(zone)

    def can(who, start):
        first, last = start - timedelta(minutes=before), start + timedelta(minutes=minutes + after)
        busy = any(who == other and a < last and first < b for other, a, b in spans)
        if busy or who != "stf_1" or not from_:
            return not busy
        begins, ends = (at_.astimezone(wall) for at_ in (start, start + timedelta(minutes=minutes)))
        return from_ <= begins.strftime("%H:%M") and begins.date() == ends.date() and ends.strftime("%H:%M") <= "20:00"

    for start in plan.starts:
        able = [tuple(who for who in group if can(who, start)) for group in plan.groups]
        ways = [way for way in product(*able) if len(set(way)) == len(way)]
        assert found.get(start, ()) == tuple(sorted({way[0] for way in ways}))
