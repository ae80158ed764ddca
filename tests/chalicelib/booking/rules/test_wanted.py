"""Visits of several steps and the same time every week: all of it or nothing, and all that is wrong at once."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import wanted
from chalicelib.booking.rules.days import Claim, Day, Diary
from chalicelib.booking.rules.problems import NotOffered, SlotTaken
from chalicelib.kit.errors import Invalid
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering, wish

STEPS = [
    offering(minutes=45, buffer_after_minutes=10),
    offering(id="off_2", minutes=20, buffer_before_minutes=5),
    offering(id="off_3", minutes=400),
]


def planned(standing, *wishes):
    return wanted.planned([wanted.read(one) for one in wishes], {"shp_1": standing}, NOW)


def decided(standing, *wishes, taken=()):
    found = planned(standing, *wishes)
    diary = Diary([Day(*key) for one in found for key in one.plan.keys], NOW)
    for number, claim in enumerate(taken):
        diary.take(claim, f"bkg_other_{number}", None)
    return wanted.chosen(found, diary, NOW, lambda one: f"bkg_{one.asked.line_id}", None)


def test_the_next_step_begins_when_the_buffers_between_are_over():
    steps = wish(at("10:00")), wish(at("10:00"), line="lin_2", offering_id="off_2", follows=True)
    first, second = decided(listing(1, STEPS), *steps)
    assert (first.wanted.start, second.wanted.start) == (at("10:00"), at("11:00"))
    (one,), (other,) = first.claims, second.claims
    assert one.end == other.start == at("10:55"), "one person can do both"


def test_a_step_beyond_closing_is_not_offered():
    steps = wish(at("10:00")), wish(at("10:00"), line="lin_2", offering_id="off_3", follows=True)
    assert planned(listing(1, STEPS), *steps)[1].start == at("10:55")
    late = wish(at("16:00")), wish(at("16:00"), line="lin_2", offering_id="off_3", follows=True)
    with pytest.raises(NotOffered) as refused:
        planned(listing(1, STEPS), *late)
    assert [fault.field for fault in refused.value.errors] == ["lines.1.start"]


def test_a_step_after_one_that_is_not_offered_is_not_guessed():
    steps = wish(at("10:10")), wish(at("10:10"), line="lin_2", offering_id="off_3", follows=True)
    with pytest.raises(NotOffered) as refused:
        planned(listing(1, STEPS), *steps)
    assert [fault.field for fault in refused.value.errors] == ["lines.0.start"]


def weekly(start, weeks):
    return [wish(start, line=f"lin_{n}", weeks_later=n) for n in range(weeks)]


def test_every_week_at_the_same_time_of_the_clock():
    zone = {"zone": "America/New_York"}
    start = datetime(2030, 10, 22, 14, tzinfo=UTC)  # ten o'clock there, two Tuesdays before clocks are put back
    found = wanted.planned([wanted.read(one) for one in weekly(start, 4)], {"shp_1": listing(1, **zone)}, start)
    assert [one.start - start for one in found] == [
        timedelta(),
        timedelta(days=7),
        timedelta(days=14, hours=1),
        timedelta(days=21, hours=1),
    ]


def test_a_date_on_which_the_time_does_not_exist_is_named():
    always = {"zone": "Europe/Berlin", "hours": ALWAYS}
    start = datetime(2031, 3, 23, 1, 30, tzinfo=UTC)  # half past two; a week later clocks are put forward at two
    with pytest.raises(NotOffered) as refused:
        wanted.planned([wanted.read(one) for one in weekly(start, 3)], {"shp_1": listing(1, **always)}, start)
    assert [fault.field for fault in refused.value.errors] == ["lines.1.start"]


def test_all_dates_that_are_taken_are_named():
    busy = [Claim("stf_1", at("10:30", days), at("11:30", days)) for days in (8, 22)]
    with pytest.raises(SlotTaken) as refused:
        decided(listing(1), *weekly(at("10:00"), 5), taken=busy)
    assert [fault.field for fault in refused.value.errors] == ["lines.1.start", "lines.3.start"]
    assert refused.value.start == at("10:00", 8)


def test_a_single_wish_says_what_else_is_free():
    with pytest.raises(SlotTaken) as refused:
        decided(listing(1), wish(at("10:00")), taken=[Claim("stf_1", at("10:30"), at("11:30"))])
    assert refused.value.errors == ()
    assert refused.value.free


@pytest.mark.parametrize("field", ["shop_id", "offering_id", "start"])
def test_what_a_wish_lacks_is_named(field):
    broken = wish(at("10:00"))
    told = {name: value for name, value in broken.fields.items() if name != field}
    with pytest.raises(Invalid) as refused:
        wanted.read(type(broken)("lin_1", told))
    assert refused.value.errors[0].field == field


@pytest.mark.parametrize("start", ["tomorrow", "2030-05-01T10:00:00", "9999-12-31T23:59:59-12:00"])
def test_a_start_that_is_no_moment(start):
    with pytest.raises(Invalid):
        wanted.read(wish(start))


@given(
    st.lists(st.sets(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=4),
    st.lists(st.sampled_from(["10:00", "10:00", "10:30", "14:00"]), min_size=4, max_size=4),
    st.integers(0, 99),
)
@settings(max_examples=150, deadline=None)
def test_all_are_served_exactly_where_that_can_be(able, clocks, seed):
    """Wishes of one order do not take from each other whom only one of them can have."""
    offered = [
        offering(id=f"off_{n}", staff_ids=tuple(f"stf_{one}" for one in sorted(who))) for n, who in enumerate(able)
    ]
    wishes = [wish(at(clocks[n]), None, f"lin_{seed}_{n}", f"off_{n}") for n in range(len(able))]
    meets = [[abs(at(one) - at(other)) < timedelta(hours=1) for other in clocks] for one in clocks]

    def fits(way):
        pairs = [(a, b) for a in range(len(way)) for b in range(a)]
        return all(way[a] != way[b] or not meets[a][b] for a, b in pairs)

    possible = any(fits(way) for way in product(*able))
    try:
        found = decided(listing(4, offered), *wishes)
    except SlotTaken:
        assert not possible
    else:
        assert possible
        way = [int(one.claims[0].resource_id.removeprefix("stf_")) for one in found]
        assert fits(way)
        assert all(one in who for one, who in zip(way, able, strict=True))
