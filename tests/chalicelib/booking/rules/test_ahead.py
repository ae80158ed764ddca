from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import ahead, free, plans
from chalicelib.booking.rules.days import Day, Diary, Taken, utc_dates
from chalicelib.shops.ports import HoursException, Interval, Status
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering

MINUTE = timedelta(minutes=1)


def rows(keys, *entries):
    """Rows with the part of entries (resource, start, end, and until when a hold stands) that they hold."""
    made = {key: Day(*key) for key in keys}
    for number, (resource, start, end, *hold) in enumerate(entries):
        for day in utc_dates(start, end):
            if (resource, day) in made:
                row = made[resource, day]
                made[row.key] = replace(row, taken=(*row.taken, Taken(start, end, f"bkg_{number}", *hold)))
    return made.values()


def look(standing, *entries, now=NOW):
    outlook = ahead.outlook(standing, now)
    return outlook, ahead.next_times(outlook, Diary(rows(outlook.keys, *entries), now), now)


def times(standing, *entries, offering_id="off_1", now=NOW):
    return look(standing, *entries, now=now)[1][offering_id].times


def test_the_next_three_of_each_active_offering():
    gone = offering(id="off_3", active=False)
    standing = listing(1, [offering(), offering(id="off_2", minutes=120), gone])
    noon = at("12:10", days=0)
    _, found = look(standing, ("stf_1", at("13:00", days=0), at("15:30", days=0)), now=noon)
    assert found == {
        "off_1": ahead.Next((at("15:30", 0), at("16:00", 0), at("16:30", 0)), partial=False),
        "off_2": ahead.Next((at("15:30", 0), at("16:00", 0), at("09:00", 1)), partial=False),
    }


def test_somebody_free_is_enough_and_a_hold_that_ran_out_keeps_nobody_out():
    day = ("stf_1", at("09:00", 0), at("18:00", 0))
    other = ("stf_2", at("09:00", 0), at("12:00", 0))
    assert times(listing(2), day, other)[0] == at("12:00", 0)
    assert times(listing(1), (*day, NOW))[0] == at("09:00", 0)
    assert times(listing(1), (*day, NOW + MINUTE))[0] == at("09:00", 1)


def test_fourteen_utc_dates_are_looked_at_and_no_more():
    outlook, found = look(listing(1), *(("stf_1", at("09:00", n), at("18:00", n)) for n in range(20)))
    assert [day for _, day in outlook.keys] == [date(2030, 5, 1) + timedelta(days=n) for n in range(14)]
    assert outlook.until == datetime(2030, 5, 15, tzinfo=UTC)
    assert found == {"off_1": ahead.Next((), partial=False)}
    assert times(listing(1), *(("stf_1", at("09:00", n), at("18:00", n)) for n in range(13))) == (
        at("09:00", 13),
        at("09:30", 13),
        at("10:00", 13),
    )


def test_dates_without_hours_are_not_read():
    saturdays = (Interval(5, "10:00", "12:00"),)
    closed = (HoursException(date(2030, 5, 11)),)
    outlook, found = look(listing(1, hours=saturdays, exceptions=closed))
    assert [key[1] for key in outlook.keys] == [date(2030, 5, 4)]
    assert found["off_1"].times == (at("10:00", 3), at("10:30", 3), at("11:00", 3))


@pytest.mark.parametrize(
    ("staff", "read", "days"), [(1, 1, 14), (7, 7, 14), (8, 8, 12), (33, 33, 3), (34, 33, 3), (100, 33, 3)]
)
def test_what_one_request_takes(staff, read, days):
    outlook, found = look(listing(staff))
    assert len(outlook.keys) == read * days <= 100
    assert found["off_1"].partial is (read < staff)
    assert outlook.until == datetime(2030, 5, 1 + days, tzinfo=UTC)
    assert len(found["off_1"].times) == 3


def test_of_too_many_people_each_offerings_first_come_first():
    people = [f"stf_{n}" for n in range(1, 61)]
    own = [offering(id=f"off_{one}", staff_ids=(one,)) for one in people[40:]]
    outlook, found = look(listing(60, [offering(staff_ids=tuple(people[:40])), *own]))
    assert outlook.resource_ids.issuperset(people[40:])
    assert all(not found[one.id].partial and len(found[one.id].times) == 3 for one in own)
    assert (found["off_1"].partial, len(found["off_1"].times)) == (True, 3)


def test_whom_nobody_looked_at_is_told():
    own = [offering(id=f"off_{n}", staff_ids=(f"stf_{n}",)) for n in range(1, 51)]
    _, found = look(listing(50, own))
    unseen = [one for one in found.values() if one.partial]
    assert len(unseen) == 50 - 33
    assert all(one.times == () for one in unseen)


@pytest.mark.parametrize(
    "standing",
    [
        listing(1, status=Status.CLOSED),
        listing(1, [offering(active=False)]),
        replace(listing(1), offerings=()),
        listing(1, hours=()),
        listing(1, [offering(staff_ids=("stf_gone",))]),
    ],
)
def test_where_nothing_can_be_booked_nothing_is_read(standing):
    outlook, found = look(standing)
    assert outlook.keys == ()
    assert all(one == ahead.Next((), partial=False) for one in found.values())


def test_a_shop_that_names_no_staff_serves_itself():
    outlook, found = look(listing(0), ("shp_1", at("09:00", 0), at("10:30", 0)))
    assert outlook.resource_ids == {"shp_1"}
    assert found["off_1"].times[0] == at("10:30", 0)


def test_a_gap_of_exactly_its_length_is_enough():
    around = ("stf_1", at("09:00", 0), at("11:00", 0)), ("stf_1", at("12:00", 0), at("18:00", 0))
    assert times(listing(1), *around)[0] == at("11:00", 0)


def test_what_the_staff_needs_after_the_last_hour_is_read_too():
    """Open until midnight UTC on Saturdays alone; the buffer lies on Sunday."""
    midnight = datetime(2030, 5, 5, tzinfo=UTC)
    late = (Interval(5, "22:00", "24:00"),)
    standing = listing(1, [offering(buffer_after_minutes=60)], hours=late, zone="UTC")
    outlook, found = look(standing, ("stf_1", midnight + 30 * MINUTE, midnight + 50 * MINUTE))
    assert [day for _, day in outlook.keys][:2] == [date(2030, 5, 4), date(2030, 5, 5)]
    assert found["off_1"].times[:3] == (
        midnight - 120 * MINUTE,
        midnight - 90 * MINUTE,
        midnight + timedelta(days=7, minutes=-120),
    )


def different(count):
    return [
        offering(id=f"off_{n}", minutes=20 + 5 * n, slot_minutes=5, buffer_after_minutes=5 * (n % 9))
        for n in range(count)
    ]


def test_the_work_is_bounded_and_what_was_left_is_told():
    """A hundred offerings with nothing in common, a shop that never closes, and gaps that few of them fit into."""
    gaps = [("stf_1", at("00:00", n) + m * MINUTE, at("00:00", n) + (m + 6) * MINUTE) for n in range(-1, 14) for m in range(0, 1440, 509)]  # fmt: skip
    outlook = ahead.outlook(listing(1, different(100), hours=ALWAYS), NOW)
    diary = Diary(rows(outlook.keys, *gaps), NOW)
    search = ahead._Search(outlook, diary, NOW)
    most = 0
    for day in search.days:
        for want in outlook.wants:
            before = search.steps
            list(search.on(day, want))
            most = max(most, search.steps - before)
    assert search.steps > 4 * ahead._MOST_STEPS, "the town is not hard enough to reach the bound"
    assert most < ahead._MOST_STEPS / 10, "one step over the bound is a small one"
    found = ahead.next_times(outlook, diary, NOW)
    cut = [one for one in found.values() if one.partial]
    assert 0 < len(cut) < 100
    brute = {one.id: brute_force(outlook, one, gaps, NOW) for one in outlook.listing.offerings[::25]}
    for offering_id, expected in brute.items():
        times = found[offering_id].times
        assert times == expected[: len(times)]


def brute_force(outlook, one, entries, now):
    """All that `free_times` says of every date, of who was looked at and as far as it was."""
    standing, starts = outlook.listing, []
    begin = now.date() - timedelta(days=2)
    days = [begin + timedelta(days=n) for n in range(20)]
    keys = {
        (resource, day + timedelta(days=n)) for resource in outlook.resource_ids for day in days for n in (-1, 0, 1, 2)
    }
    diary = Diary(rows(keys, *entries), now)
    for day in days:
        plan = plans.plan(standing, one.id, day)
        seen = replace(
            plan, groups=tuple(tuple(one for one in group if one in outlook.resource_ids) for group in plan.groups)
        )
        starts += [
            found.start
            for found in free.free_times(seen, diary, now)
            if seen.claim("", found.start).end <= outlook.until
        ]
    return tuple(sorted(set(starts)))


CLOCKS = st.sampled_from(["00:00", "06:30", "09:00", "12:00", "17:45", "22:00"])
HOURS = st.lists(
    st.builds(Interval, st.integers(0, 6), CLOCKS, CLOCKS | st.just("24:00")),
    min_size=1,
    max_size=7,
    unique_by=lambda one: one.weekday,
)
OFFERINGS = st.lists(
    st.tuples(
        st.sampled_from([30, 45, 60, 240, 720]),
        st.sampled_from([0, 10, 240]),
        st.sampled_from([30, 60, 95]),
        st.sets(st.integers(1, 2)),
        st.sampled_from([(), (), (("res_1",),), (("res_1", "res_2"), ("res_2",))]),
    ),
    min_size=1,
    max_size=3,
)
ENTRIES = st.lists(
    st.tuples(st.sampled_from(["stf_1", "stf_2", "res_1", "res_2"]), st.integers(-20, 14 * 48), st.integers(1, 300)),
    max_size=40,
)
MOMENTS = [
    NOW,
    datetime(2030, 3, 5, 23, 59, 30, tzinfo=UTC),  # clocks are put forward in New York
    datetime(2030, 10, 28, 5, tzinfo=UTC),  # and back
    datetime(2011, 12, 27, tzinfo=UTC),  # Apia skips a date
]
ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Pacific/Kiritimati"]


@given(
    HOURS | st.just(list(ALWAYS)),
    OFFERINGS,
    ENTRIES,
    st.sampled_from(ZONES),
    st.sampled_from(MOMENTS),
    st.sampled_from([0, 1, 2, 36]),
    st.sampled_from([(), tuple(Interval(day, "10:00", "14:30") for day in range(7))]),
)
@settings(max_examples=30, deadline=None)
def test_they_are_the_first_of_all_free_times(week, kinds, taken, zone, now, staff, shift):
    offered = [
        offering(
            id=f"off_{n}",
            minutes=minutes,
            buffer_before_minutes=buffer // 2,
            buffer_after_minutes=buffer,
            slot_minutes=slot,
            staff_ids=tuple(f"stf_{who}" for who in sorted(able)),
            needs=needs,
        )
        for n, (minutes, buffer, slot, able, needs) in enumerate(kinds)
    ]
    standing = listing(staff, offered, rooms=2, hours=tuple(week), zone=zone)
    if staff and shift:
        standing = replace(standing, staff=(replace(standing.staff[0], hours=shift), *standing.staff[1:]))
    half = 30 * MINUTE
    entries = [
        (who if staff or who[0] == "r" else "shp_1", now + a * half, now + a * half + n * 10 * MINUTE)
        for who, a, n in taken
    ]
    with pytest.MonkeyPatch.context() as patch:
        # Whoever finds all of them in order finds the first three.
        patch.setattr(ahead, "TIMES", 10_000)
        patch.setattr(ahead, "_MOST_STEPS", 10_000_000)
        outlook, found = look(standing, *entries, now=now)
    assert len(set(outlook.keys)) == len(outlook.keys) <= ahead.ROWS
    for one in offered:
        assert found[one.id].times == brute_force(outlook, one, entries, now)
        able = {member for group in plans.groups(standing, one) for member in group}
        assert found[one.id].partial is (not able <= outlook.resource_ids)
