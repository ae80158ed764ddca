from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reviews.rules import (
    OF_SHOP,
    Aspect,
    EditingOver,
    Event,
    NotInState,
    Rating,
    ReplyNotPossible,
    Side,
    State,
    WritingOver,
    abbreviated,
    added_up,
    after,
    aspects_of,
    guest_rating,
    tallies,
    weight,
)
from chalicelib.reviews.rules.blind import (
    BLIND,
    EDITABLE,
    beside,
    is_open,
    must_be_editable,
    opened,
    visible_to_other,
)
from chalicelib.reviews.rules.rating import HALF_LIFE_MONTHS, PRIOR_MEAN_TENTHS, PRIOR_WEIGHT
from chalicelib.reviews.rules.replies import replied
from tests.chalicelib.reviews.world import NOW, blind, review

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jane Roe", "J."),
        ("jane", "J."),
        ("张伟", "张*"),
        ("欧阳娜娜", "欧*"),
        ("さくら", "さ*"),
        ("김철수", "김*"),
        ("Ólafur", "Ó."),
        ("  Jane ", "J."),
        ("", None),
        ("   ", None),
        (None, None),
        ("+8613800000001", None),
        ("13800000001", None),
        ("😀", None),
    ],
)
def test_names_are_abbreviated(name, shown):
    assert abbreviated(name) == shown


@given(st.text(max_size=40))
def test_an_abbreviation_shows_one_letter_at_most(name):
    shown = abbreviated(name)
    assert shown is None or (shown[-1] in ".*" and len(shown) <= 4)


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_the_mean_is_rounded_half_up_to_a_tenth(histogram):
    count, total = sum(histogram), sum(stars * number for stars, number in enumerate(histogram, 1))
    tenths = Rating(total, count, 1, tuple(histogram)).tenths
    if not count:
        assert tenths is None
    else:
        assert tenths == int(Fraction(total * 10, count) + Fraction(1, 2))
        assert 10 <= tenths <= 50


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_nothing_leads_to_readers_before_its_time(state, event):
    try:
        found = after(state, event, opened=False)
    except NotInState:
        return
    assert found is not State.SHOWN or (state, event) == (State.BLIND, Event.OPEN)


@pytest.mark.parametrize(("state", "event"), [(State.SHOWN, Event.OPEN), (State.BLIND, Event.SHOW)])
def test_what_is_open_is_not_opened_and_what_is_blind_is_not_shown(state, event):
    with pytest.raises(NotInState):
        after(state, event, opened=True)


def test_the_first_is_blind_and_the_second_opens_both():
    first, nothing = beside(review(side=Side.MERCHANT), None, NOW)
    assert (first.state, first.opened, first.opens_at, nothing) == (State.BLIND, False, NOW + BLIND, None)
    second, also = beside(review(), first, NOW + 13 * DAY)
    assert [(one.state, one.opened, one.paired) for one in (second, also)] == [(State.SHOWN, True, True)] * 2
    assert also.version == first.version + 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), 400 * DAY])
def test_who_can_read_the_other_side_writes_no_more(late):
    first, _ = beside(review(side=Side.MERCHANT), None, NOW)
    assert not visible_to_other(first, NOW + BLIND - timedelta(microseconds=1))
    assert visible_to_other(first, NOW + BLIND + late), "though nobody opened it yet"
    with pytest.raises(WritingOver):
        beside(review(), first, NOW + BLIND + late)
    with pytest.raises(WritingOver):
        beside(review(), opened(first, paired=False), NOW)


def test_what_moderation_keeps_back_is_opened_unread():
    held = replace(blind(), state=State.HELD)
    then = opened(held, paired=False)
    assert (then.state, then.opened) == (State.HELD, True)
    assert not visible_to_other(then, NOW + 99 * DAY)
    assert after(then.state, Event.SHOW, opened=then.opened) is State.SHOWN
    assert after(held.state, Event.SHOW, opened=held.opened) is State.BLIND


@pytest.mark.parametrize(
    ("changes", "hours", "may"),
    [
        ({}, 47.9, True),
        ({}, 48, False),
        ({"state": State.HELD}, 1, True),
        ({"state": State.REMOVED}, 1, False),
        ({"paired": True}, 1, False),
        ({"state": State.BLIND, "opened": False}, 1, True),
    ],
)
def test_a_review_is_changed_for_two_days_and_not_once_both_are_read(changes, hours, may):
    one = replace(review(), **changes)
    if may:
        must_be_editable(one, NOW + timedelta(hours=hours))
    else:
        with pytest.raises(EditingOver):
            must_be_editable(one, NOW + timedelta(hours=hours))


def test_a_reply_is_changed_for_two_days_of_its_own():
    first = replied(review(), "谢谢", "acc_m", NOW + 300 * DAY)
    again = replied(first, "谢谢您", "acc_n", NOW + 300 * DAY + EDITABLE / 2)
    assert (again.reply.at, again.reply.text) == (NOW + 300 * DAY, "谢谢您")
    for one, at in ((again, NOW + 303 * DAY), (blind(), NOW), (replace(review(), state=State.HELD), NOW)):
        with pytest.raises(ReplyNotPossible):
            replied(one, "谢谢", "acc_m", at)


def test_aspects_follow_from_all_categories_in_order():
    assert aspects_of(["food"])[0] is Aspect.TASTE
    assert aspects_of(["hair", "food"]) == (
        Aspect.SKILL,
        Aspect.SERVICE,
        Aspect.ENVIRONMENT,
        Aspect.VALUE,
        Aspect.TASTE,
    )
    assert aspects_of(["submarines"]) == aspects_of([]) == (Aspect.SERVICE, Aspect.ENVIRONMENT, Aspect.VALUE)


@given(st.integers(2020, 2080))
def test_a_year_later_weighs_twice(year):
    at = datetime(year, 3, 1, tzinfo=UTC)
    assert weight(at.replace(year=at.year + 1)) == 2 * weight(at)
    steps = [weight(at.replace(month=month)) for month in range(1, 13)]
    ratios = [later / earlier for earlier, later in pairwise(steps)]
    assert all(abs(ratio - 2 ** (1 / HALF_LIFE_MONTHS)) < 0.001 for ratio in ratios)


shown_reviews = st.lists(
    st.builds(
        lambda number, stars, months: review(number, stars, at=NOW - months * 31 * DAY),
        st.integers(1, 9),
        st.integers(1, 5),
        st.integers(0, 100),
    ),
    max_size=12,
)


@given(shown_reviews, st.integers(0, 60))
def test_the_score_is_the_weighted_mean_with_the_prior(reviews, months):
    now = NOW + months * 31 * DAY
    rating = added_up([tallies(None, one)[OF_SHOP] for one in reviews])
    prior = PRIOR_WEIGHT * weight(now)
    total = sum(one.stars * weight(one.created_at) for one in reviews) + Fraction(PRIOR_MEAN_TENTHS, 10) * prior
    exact = total / (sum(weight(one.created_at) for one in reviews) + prior)
    assert rating.score(now) == int(exact * 100 + Fraction(1, 2))


@given(shown_reviews)
def test_what_is_silent_for_decades_goes_back_to_the_prior(reviews):
    rating = added_up([tallies(None, one)[OF_SHOP] for one in reviews])
    assert abs(rating.score(NOW + 9999 * DAY) - 10 * PRIOR_MEAN_TENTHS) <= 1


def test_late_reviews_count_more():
    old_bad = [review(n, 1, at=NOW - 700 * DAY) for n in range(9)] + [review(n, 5, at=NOW) for n in range(9)]
    old_good = [review(n, 5, at=NOW - 700 * DAY) for n in range(9)] + [review(n, 1, at=NOW) for n in range(9)]
    better, worse = (added_up([tallies(None, one)[OF_SHOP] for one in some]) for some in (old_bad, old_good))
    assert better.tenths == worse.tenths == 30
    assert better.score(NOW) > worse.score(NOW) + 90


def test_what_is_not_read_by_everybody_counts_nothing_and_people_count_apart():
    one = review(stars=4, staff_id="stf_1", staff_stars=2, aspects={Aspect.VALUE: 3})
    told = tallies(None, one)
    assert set(told) == {OF_SHOP, "stf_1"}
    assert {name: told[OF_SHOP][name] for name in ("sum", "count", "stars_4", "value_sum", "value_count")} == {
        "sum": 4, "count": 1, "stars_4": 1, "value_sum": 3, "value_count": 1,
    }  # fmt: skip
    assert told["stf_1"]["sum"] == 2
    for state in (State.BLIND, State.HELD, State.REMOVED):
        assert tallies(None, replace(one, state=state)) == {}
    assert tallies(None, replace(one, side=Side.MERCHANT)) == {}
    assert tallies(one, replace(one, text="anders")) == {}
    assert tallies(one, replace(one, stars=5))[OF_SHOP]["stars_4"] == -1


def test_a_guests_number_is_shown_where_no_shop_can_be_told_from_it():
    said = [review(n, 4, side=Side.MERCHANT, merchant_id=f"acc_{n % 2}") for n in range(6)]
    assert (guest_rating(said).count, guest_rating(said).tenths) == (0, None)
    said.append(review(9, 1, side=Side.MERCHANT, merchant_id="acc_9"))
    assert (guest_rating(said).count, guest_rating(said).tenths) == (7, 36)


def test_it_is_open_by_the_clock_or_by_the_other_side():
    assert not is_open(blind(), NOW)
    assert is_open(blind(), NOW + BLIND)
    assert is_open(opened(blind(), paired=True), NOW)
