"""Who and what can serve: skills, rooms, hours of one's own, and offerings that need no staff."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.booking.rules import free, plans
from chalicelib.kit.errors import NotFound
from chalicelib.shops.ports import HoursException, Interval
from tests.chalicelib.booking.rules.test_free import TOMORROW, page
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering

ROOM = offering(needs=(("res_1", "res_2"),))


def with_staff(standing, number, **fields):
    people = list(standing.staff)
    people[number - 1] = replace(people[number - 1], **fields)
    return replace(standing, staff=tuple(people))


def clocks(found):
    return [(one.start - at("00:00")) / timedelta(hours=1) for one in found]


def free_of(standing, *entries, day=TOMORROW, offering_id="off_1", staff_id=None):
    plan = plans.plan(standing, offering_id, day, staff_id)
    return free.free_times(plan, page(plan, *entries), NOW)


def test_only_those_with_the_skills_serve():
    standing = with_staff(listing(3, [offering(skills=("colour", "cut"))]), 2, skills=("cut", "colour", "shave"))
    standing = with_staff(standing, 3, skills=("cut",))
    assert plans.groups(standing, standing.offerings[0]) == (("stf_2",),)
    with pytest.raises(NotFound):
        plans.groups(standing, standing.offerings[0], "stf_3")


def test_one_of_the_rooms_is_needed_too():
    standing = listing(2, [ROOM], rooms=3)
    ten = ("res_1", at("10:00"), at("11:00")), ("res_2", at("10:30"), at("11:30"))
    assert plans.groups(standing, ROOM) == (("stf_1", "stf_2"), ("res_1", "res_2"))
    found = {one.start: one.staff_ids for one in free_of(standing, *ten)}
    assert at("10:00") not in found
    assert found[at("09:00")] == found[at("11:30")] == ("stf_1", "stf_2")
    assert at("09:30") in found, "the second room is free until half past ten"


def test_an_inactive_room_is_no_room():
    standing = listing(1, [ROOM], rooms=2)
    shut = replace(standing, resources=tuple(replace(one, active=False) for one in standing.resources))
    assert free_of(shut) == ()


def test_a_court_needs_nobody():
    court = offering(needs=(("res_1", "res_2"),), staffed=False)
    standing = listing(1, [court], rooms=2)
    busy = ("stf_1", at("09:00"), at("18:00")), ("res_1", at("09:00"), at("18:00"))
    found = free_of(standing, *busy)
    assert len(found) == 17
    assert {one.staff_ids for one in found} == {()}
    with pytest.raises(NotFound):
        plans.groups(standing, court, "stf_1")
    alone = listing(0, [offering(needs=(("res_1",),))], rooms=1)
    assert plans.groups(alone, alone.offerings[0]) == (("res_1",),)


def test_people_work_by_hours_of_their_own_and_have_breaks():
    shifts = (Interval(3, "08:00", "12:00"), Interval(3, "13:00", "15:30"))  # tomorrow is a Thursday
    standing = with_staff(listing(1), 1, hours=shifts)
    assert clocks(free_of(standing)) == [9, 9.5, 10, 10.5, 11, 13, 13.5, 14, 14.5]
    off = with_staff(standing, 1, exceptions=(HoursException(TOMORROW),))
    assert free_of(off) == ()
    late = with_staff(standing, 1, exceptions=(HoursException(TOMORROW, (("16:00", "22:00"),)),))
    assert clocks(free_of(late)) == [16, 16.5, 17], "no longer than the shop is open"
    holiday = with_staff(listing(2), 1, exceptions=(HoursException(TOMORROW),))
    assert {one.staff_ids for one in free_of(holiday)} == {("stf_2",)}
    assert {one.staff_ids for one in free_of(holiday, day=date(2030, 5, 3))} == {("stf_1", "stf_2")}
    assert free_of(with_staff(listing(1), 1, hours=())) == ()


def test_a_night_shift_reaches_into_the_next_date():
    standing = with_staff(listing(1, hours=ALWAYS), 1, hours=(Interval(2, "22:00", "02:00"),))
    assert clocks(free_of(standing)) == [0, 0.5, 1]


def test_the_buffer_before_is_kept_too():
    standing = listing(1, [offering(buffer_before_minutes=15, buffer_after_minutes=10)])
    found = {one.start for one in free_of(standing, ("stf_1", at("11:00"), at("12:00")))}
    assert at("12:00") not in found
    assert at("12:30") in found
    assert at("10:00") not in found, "the buffer after it would reach to ten past eleven"
    assert at("09:00") in found, "the buffer before it may lie before opening"
    plan = plans.plan(standing, "off_1", TOMORROW)
    claim = plan.claim("stf_1", at("09:00"))
    assert (claim.start, claim.end) == (at("08:45"), at("10:10"))


def test_the_rows_of_all_that_is_needed_are_read():
    standing = listing(2, [replace(ROOM, buffer_before_minutes=60)], rooms=2, hours=(Interval(3, "08:30", "23:00"),))
    keys = plans.plan(standing, "off_1", TOMORROW).keys
    assert {one for one, _ in keys} == {"stf_1", "stf_2", "res_1", "res_2"}
    assert {day for _, day in keys} == {date(2030, 5, 1), date(2030, 5, 2)}
