from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.ids import derived_id
from chalicelib.reviews.rules import AlreadyReviewed, Rating, Review
from chalicelib.reviews.store import ReviewStore

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
STORE = ReviewStore()


def review(number=1, stars=5, shop="shp_1", at=NOW):
    return Review(
        id=derived_id("rev", f"lin_{number}"),
        shop_id=shop,
        order_id=f"ord_{number}",
        line_id=f"lin_{number}",
        author_id="acc_customer",
        author="张*",
        stars=stars,
        text="手艺很好",
        language="zh-CN",
        created_at=at,
    )


def write(one):
    wiring.committer().commit(STORE.write(one))


@pytest.mark.store
def test_a_review_and_the_rating_are_written_together(tables):
    assert STORE.rating("shp_1") == Rating()
    write(review(1, 5))
    write(review(2, 2))
    write(review(3, 1, shop="shp_2"))
    assert STORE.rating("shp_1") == Rating(7, 2, 2, (0, 1, 0, 0, 1))
    assert STORE.rating("shp_2") == Rating(1, 1, 1, (1, 0, 0, 0, 0))


@pytest.mark.store
def test_a_line_has_one_review_and_a_second_counts_nothing(tables):
    write(review(1, 5))
    with pytest.raises(AlreadyReviewed):
        write(review(1, 1))
    assert STORE.rating("shp_1") == Rating(5, 1, 1, (0, 0, 0, 0, 1))


@pytest.mark.store
def test_a_shops_reviews_come_newest_first_page_by_page(tables):
    written = [review(n, at=NOW + timedelta(seconds=n)) for n in range(5)]
    for one in written:
        write(one)
    write(review(9, shop="shp_2"))
    first = STORE.of_shop("shp_1", None, 3)
    second = STORE.of_shop("shp_1", first.next, 3)
    assert [*first.items, *second.items] == written[::-1]
    assert second.next is None


@pytest.mark.store
def test_a_list_goes_on_after_any_of_its_reviews(tables):
    written = [review(n, at=NOW + timedelta(microseconds=n // 2)) for n in range(6)]
    for one in written:
        write(one)
    ordered = STORE.of_shop("shp_1", None, 6).items
    assert set(ordered) == set(written)
    for position, one in enumerate(ordered, 1):
        after = STORE.after("shp_1", one.created_at, one.id)
        assert STORE.of_shop("shp_1", after, 6).items == ordered[position:]
    assert STORE.after("shp_1", ordered[2].created_at, ordered[2].id) == STORE.of_shop("shp_1", None, 3).next


@pytest.mark.store
def test_one_review_is_read_by_its_id(tables):
    write(review(1))
    assert STORE.review(review(1).id) == review(1)
    assert STORE.review("rev_unknown") is None
    assert STORE.review("RATING#shp_1") is None


def test_a_review_without_name_or_text_is_kept_as_it_is(tables):
    bare = replace(review(), author=None, text="")
    write(bare)
    assert STORE.of_shop("shp_1", None, 5).items == (bare,)


@pytest.mark.store
def test_two_hundred_reviews_at_once_are_counted_exactly(tables):
    def post(number):
        write(review(number, stars=number % 5 + 1))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(post, range(200)))
    assert STORE.rating("shp_1") == Rating(600, 200, 200, (40, 40, 40, 40, 40))


def test_what_it_costs(tables):
    with meter.measure() as written:
        write(review())
    with meter.measure() as rated:
        STORE.rating("shp_1")
    with meter.measure() as listed:
        STORE.of_shop("shp_1", None, 20)
    with meter.measure() as read:
        STORE.review(review().id)
    assert [one.requests for one in (written, rated, listed, read)] == [1, 1, 1, 1]
    assert (written.write_units, rated.read_units, listed.read_units, read.read_units) == (5, 1, 0.5, 1)
