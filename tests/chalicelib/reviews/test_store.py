import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.reviews.ports import VoiceKind
from chalicelib.reviews.rules import OF_SHOP, AlreadyReviewed, Aspect, Rating, Side, Sort, State
from chalicelib.reviews.rules.blind import opened
from chalicelib.reviews.rules.reports import Origin
from chalicelib.reviews.store import ReviewStore, VoiceStore
from tests.chalicelib.reviews.world import NOW, PHOTO, STORE, blind, put, review

VOICES = VoiceStore()
AT_ONCE = int(os.environ.get("REVIEWS_AT_ONCE", "60"))


def commit(*actions):
    wiring.committer().commit([one for some in actions for one in (some if isinstance(some, list) else [some])])


def counts(shop="shp_1"):
    """The sum, the number, the histogram of a rating."""
    rating = STORE.rating(shop)
    return rating.sum, rating.count, rating.histogram


@pytest.mark.store
def test_a_review_and_the_rating_are_written_together(tables):
    assert STORE.rating("shp_1") == Rating()
    put(review(1, 5, aspects={Aspect.SKILL: 4}), review(2, 2, aspects={Aspect.SKILL: 3, Aspect.VALUE: 5}))
    put(review(3, 1, shop="shp_2"))
    assert counts() == (7, 2, (0, 1, 0, 0, 1))
    assert STORE.rating("shp_1").version == 2
    assert STORE.rating("shp_1").aspects == {Aspect.SKILL: (7, 2), Aspect.VALUE: (5, 1)}
    assert counts("shp_2") == (1, 1, (1, 0, 0, 0, 0))


@pytest.mark.store
def test_who_served_has_a_rating_of_their_own(tables):
    put(review(1, 5, staff_id="stf_1", staff_stars=4), review(2, 1, staff_id="stf_2"))
    put(review(3, 3, staff_id="stf_1", staff_stars=2))
    found = STORE.ratings("shp_1")
    assert set(found) == {OF_SHOP, "stf_1"}
    assert (found["stf_1"].sum, found["stf_1"].count, found["stf_1"].histogram) == (6, 2, (0, 1, 0, 1, 0))
    assert found[OF_SHOP] == STORE.rating("shp_1")
    assert STORE.ratings("shp_9") == {OF_SHOP: Rating()}


@pytest.mark.store
def test_a_line_has_one_review_and_a_second_counts_nothing(tables):
    put(review(1, 5))
    with pytest.raises(AlreadyReviewed):
        put(review(1, 1))
    assert counts() == (5, 1, (0, 0, 0, 0, 1))


@pytest.mark.store
def test_everything_of_a_review_is_kept(tables):
    said = review(aspects={Aspect.VALUE: 2}, staff_id="stf_1", staff_stars=3)
    bare = review(2, author=None, text="")
    guest = blind(1, side=Side.MERCHANT, guest_id="acc_customer")
    put(said, bare)
    assert STORE.reviews([said.id, bare.id, "rev_9"]) == {said.id: said, bare.id: bare}
    assert STORE.review("rev_9") is None
    with pytest.raises(Contention):
        put(guest)  # the other side has written: it is not the first
    commit(STORE.write(guest, said, replace(said, paired=True, version=2)))
    assert STORE.review(guest.id) == guest
    assert STORE.review(said.id) == replace(said, paired=True, version=2)


@pytest.mark.store
def test_the_lists_have_what_is_shown_in_their_orders(tables):
    written = [review(n, n % 5 + 1, at=NOW + timedelta(seconds=n)) for n in range(7)]
    put(*written, review(9, shop="shp_2"), blind(10), review(11, state=State.HELD))
    helpful = written[3]
    commit(VOICES.vote(helpful, "acc_r", NOW))
    written[3] = replace(helpful, helpful=1)
    newest = written[::-1]
    assert STORE.of_shop("shp_1", Sort.NEWEST, None, 10).items == tuple(newest)
    first, *others = STORE.of_shop("shp_1", Sort.HELPFUL, None, 10).items
    assert (first, others) == (written[3], [one for one in newest if one != written[3]])
    stars = [one.stars for one in STORE.of_shop("shp_1", Sort.HIGHEST, None, 10).items]
    assert stars == sorted(stars, reverse=True)
    assert STORE.of_shop("shp_1", Sort.LOWEST, None, 10).items[0].stars == 1
    assert STORE.with_stars("shp_1", 2, None, 10).items == tuple(one for one in newest if one.stars == 2)


@pytest.mark.store
@pytest.mark.parametrize("sort", Sort)
def test_a_list_goes_on_after_any_of_its_reviews(tables, sort):
    put(*(review(n, n % 3 + 3, at=NOW + timedelta(microseconds=n // 2), media=(PHOTO,)) for n in range(6)))
    ordered = STORE.of_shop("shp_1", sort, None, 6).items
    assert len({one.id for one in ordered}) == 6
    for place, one in enumerate(ordered, 1):
        assert STORE.of_shop("shp_1", sort, STORE.position(one, sort), 6).items == ordered[place:]
    assert STORE.position(ordered[2], sort) == STORE.of_shop("shp_1", sort, None, 3).next


@pytest.mark.store
def test_what_is_blind_waits_for_its_time_and_is_in_no_list(tables):
    early, late = blind(1, at=NOW), blind(2, at=NOW + timedelta(days=1), side=Side.MERCHANT, guest_id="acc_g")
    put(late, early)
    at = NOW + timedelta(days=14)
    assert STORE.due(at - timedelta(microseconds=1), 10) == ()
    assert STORE.due(at, 10) == (early.id,)
    assert set(STORE.due(at + timedelta(days=1), 10)) == {early.id, late.id}
    assert STORE.of_shop("shp_1", Sort.NEWEST, None, 10).items == STORE.of_guest("acc_g", 10) == ()
    commit(STORE.change(early, opened(early, paired=False)), STORE.change(late, opened(late, paired=False)))
    assert STORE.due(at + timedelta(days=9), 10) == ()
    assert counts() == (5, 1, (0, 0, 0, 0, 1)), "what is said of a guest is none of the shop's"
    assert [one.id for one in STORE.of_shop("shp_1", Sort.NEWEST, None, 10).items] == [early.id]
    assert [one.id for one in STORE.of_guest("acc_g", 10)] == [late.id]


@pytest.mark.store
def test_what_shows_something_is_counted_and_listed_as_long_as_it_does(tables):
    plain, told = review(1), review(2, media=(PHOTO,))
    put(plain, told)
    assert (STORE.rating("shp_1").media, STORE.of_shop("shp_1", Sort.MEDIA, None, 9).items) == (1, (told,))
    shows = replace(plain, media=(PHOTO,), version=2)
    for before, after in ((plain, shows), (told, replace(told, media=(), version=2))):
        commit(STORE.change(before, after))  # one at a time: both may draw the same part of the rating
    assert (STORE.rating("shp_1").media, STORE.of_shop("shp_1", Sort.MEDIA, None, 9).items) == (1, (shows,))
    commit(STORE.change(shows, replace(shows, state=State.HELD, version=3)))
    assert (STORE.rating("shp_1").media, STORE.of_shop("shp_1", Sort.MEDIA, None, 9).items) == (0, ())


@pytest.mark.store
def test_a_change_is_of_what_was_read(tables):
    put(review())
    edited = replace(review(), stars=2, version=2, edits=1)
    commit(STORE.change(review(), edited), STORE.keep(review(), NOW))
    with pytest.raises(Contention):
        commit(STORE.change(review(), replace(review(), stars=1, version=2)))
    assert counts() == (2, 1, (0, 1, 0, 0, 0))
    commit(STORE.forget(review().id))
    assert STORE.forget(review().id) == []


@pytest.mark.store
def test_a_vote_and_a_decision_that_meet_follow_each_other(tables):
    put(review())
    hold = STORE.change(review(), replace(review(), state=State.HELD, version=2))
    commit(VOICES.vote(review(), "acc_r", NOW))
    with pytest.raises(Contention):
        commit(hold)
    with pytest.raises(Contention):
        commit(VOICES.vote(replace(review(), helpful=1), "acc_r", NOW))
    assert STORE.review(review().id).helpful == 1
    assert [(one.kind, one.review_id) for one in VOICES.of_account("acc_r")] == [(VoiceKind.VOTE, review().id)]


@pytest.mark.store
def test_of_reports_those_that_count_are_told_by_where_they_came_from(tables):
    origins = (Origin(frozenset({"d1"}), "n1"), Origin(), None)
    for number, origin in enumerate(origins):
        commit([VOICES.report(review(), f"acc_{number}", "fake", NOW, origin)])
    assert sorted(VOICES.origins(review().id), key=str) == sorted(origins[:2], key=str)
    assert VOICES.origins(review(2).id) == []
    commit([VOICES.take_back(VoiceKind.REPORT, review().id, "acc_0")])
    assert VOICES.origins(review().id) == [Origin()]


@pytest.mark.store
def test_all_at_once_are_counted_exactly(tables, record_property):
    """Reviews are shown, and every third of them changed or held, by as many as `AT_ONCE` together."""

    def live(number):
        one = review(number, number % 5 + 1, staff_id=f"stf_{number % 2}", staff_stars=number % 3 + 1)
        retrying(lambda: put(one), attempts=14)
        if number % 3 == 0:
            after = replace(one, stars=5, version=2) if number % 2 else replace(one, state=State.HELD, version=2)
            retrying(lambda: commit(STORE.change(one, after)), attempts=14)
            one = after
        return one

    with ThreadPoolExecutor(20) as pool:
        standing = [one for one in pool.map(live, range(AT_ONCE)) if one.state is State.SHOWN]
    found = STORE.ratings("shp_1")
    stars = Counter(one.stars for one in standing)
    assert counts() == (
        sum(one.stars for one in standing), len(standing), tuple(stars[number] for number in range(1, 6)),
    )  # fmt: skip
    for of in ("stf_0", "stf_1"):
        given = [one.staff_stars for one in standing if one.staff_id == of]
        assert (found[of].sum, found[of].count) == (sum(given), len(given))
    record_property("reviews", f"{AT_ONCE} reviews at once")


class Locking:
    """A committer that turns away whoever touches a rating row that another transaction is at work on, as DynamoDB does
    (an emulator never does): each holds its rows for `HOLDS`, what a transaction takes in a region.
    """

    HOLDS = 0.008

    def __init__(self):
        self.conflicts = 0
        self._busy, self._lock = set(), threading.Lock()

    def commit(self, keys):
        with self._lock:
            if not self._busy.isdisjoint(keys):
                self.conflicts += 1
                raise Contention
            self._busy |= keys
        time.sleep(self.HOLDS)
        with self._lock:
            self._busy -= keys


def keys_of(actions):
    """Return the keys of the rating rows that actions write."""
    found = set()
    for action in actions:
        action.body.add(_Rows(found))
    return {one for one in found if one[0].startswith("RATING#")}


class _Rows:
    def __init__(self, found):
        self._found = found

    def save(self, row, **_):
        self._found.add((row.pk, row.sk))

    update = save

    def condition_check(self, _model, *key, **_):
        self._found.add(key)


def turned_away(parts, writers):
    """Return how often writers at once are turned away, with a rating in so many rows."""
    committer, store, start = Locking(), ReviewStore(parts), threading.Barrier(writers)

    def write(number):
        start.wait()
        retrying(lambda: committer.commit(keys_of(store.write(review(number), None, None))), attempts=100)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    return committer.conflicts


def test_parts_keep_writers_apart(record_property):
    """Of 200 at once fewer meet the more rows there are; the figures are in decision 0059."""
    one, eight = (turned_away(parts, 40) for parts in (1, 8))
    assert eight * 2 < one
    record_property("parts", f"{one} turned away in one row, {eight} in eight")


def test_what_it_costs(tables):
    said = review(staff_id="stf_1", staff_stars=4, aspects={Aspect.SKILL: 4})
    waits = replace(said, state=State.BLIND, opened=False, opens_at=NOW)
    open_ = opened(waits, paired=False)

    def cost(act):
        with meter.measure() as spent:
            act()
        return spent.requests, spent.write_units, spent.read_units

    assert cost(lambda: put(waits)) == (1, 5, 0)
    assert cost(lambda: commit(STORE.change(waits, open_))) == (1, 11, 0)
    edited = replace(open_, text="不错", version=3)
    assert cost(lambda: commit(STORE.change(open_, edited), STORE.keep(open_, NOW))) == (1, 6, 0)
    assert cost(lambda: commit(VOICES.vote(edited, "acc_r", NOW))) == (1, 8, 0)
    report = VOICES.report(edited, "acc_r", "fake", NOW, Origin(frozenset({"d1", "d2"}), "n1"))
    assert cost(lambda: commit([report])) == (1, 3, 0)
    assert cost(lambda: VOICES.origins(edited.id)) == (1, 0, 1)
    assert cost(lambda: VOICES.reported_since("acc_r", NOW)) == (1, 0, 0.5)
    assert cost(lambda: STORE.rating("shp_1")) == (1, 0, 1)
    assert cost(lambda: STORE.ratings("shp_1")) == (1, 0, 1)
    assert cost(lambda: STORE.review(said.id)) == (1, 0, 1)
    assert cost(lambda: STORE.reviews([said.id, said.other_id])) == (1, 0, 2)
    assert cost(lambda: STORE.of_shop("shp_1", Sort.NEWEST, None, 20)) == (1, 0, 0.5)
    assert cost(lambda: STORE.of_shop("shp_1", Sort.HELPFUL, None, 20)) == (1, 0, 0.5)
    assert cost(lambda: STORE.of_shop("shp_1", Sort.LOWEST, None, 20)) == (2, 0, 1)
    assert cost(lambda: STORE.due(NOW, 10)) == (8, 0, 4)
