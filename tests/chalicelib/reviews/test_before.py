"""Rows of before reviews had states, votes and weights: read, and counted exactly once, whatever happens to them."""

from dataclasses import replace

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Row, TableMeta
from chalicelib.kit.errors import NotFound
from chalicelib.reviews import personal, use_cases
from chalicelib.reviews.rules import OF_SHOP, OwnReview, Rating, Sort, State, Wanted
from chalicelib.reviews.use_cases import Wrong
from tests.api import CUSTOMER, MERCHANT, OTHER, working_for
from tests.chalicelib.reviews.world import GOOD, NOW, STORE, customer, put, review

STARS = (5, 5, 2)


class OldReview(Row):
    class Meta(TableMeta):
        table = "reviews"

    shop_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    line_id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    author = UnicodeAttribute(null=True)
    stars = NumberAttribute()
    text = UnicodeAttribute(default="")
    language = UnicodeAttribute()
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()


class OldRating(Row):
    class Meta(TableMeta):
        table = "reviews"

    sum = NumberAttribute()
    count_ = NumberAttribute(attr_name="count")
    version = NumberAttribute()
    stars_2 = NumberAttribute()
    stars_5 = NumberAttribute()


@pytest.fixture
def old(tables):
    """Three reviews of a shop as they were written before; the first of them."""
    for number, stars in enumerate(STARS, 1):
        one = review(number, stars)
        OldReview(
            one.id, "REVIEW", shop_id=one.shop_id, order_id=one.order_id, line_id=one.line_id, author_id=one.author_id,
            author=one.author, stars=stars, text=one.text, language=one.language, created_at=iso(one.created_at),
            gsi1pk="SHOP#shp_1", gsi1sk=f"{iso(one.created_at)}#{one.id}",
        ).save()  # fmt: skip
    OldRating("RATING#shp_1", "RATING", sum=12, count_=3, version=3, stars_2=1, stars_5=2).save()
    return review(1)


def numbers():
    found = STORE.rating("shp_1")
    assert STORE.ratings("shp_1") == {OF_SHOP: found}
    return found.sum, found.count, found.histogram


def listed(ports, sort):
    return [one.id for one in use_cases.of_shop(ports, "shp_1", sort, Wanted(), None, 9)[1].items]


@pytest.mark.store
def test_they_are_read_and_counted(ports, old):
    assert numbers() == (12, 3, (0, 1, 0, 0, 2))
    assert STORE.rating("shp_1").version == 3
    assert 400 < STORE.rating("shp_1").score(NOW) < 420
    assert old.id in listed(ports, Sort.NEWEST)
    put(review(4, 1))
    assert numbers() == (13, 4, (1, 1, 0, 0, 2))
    assert STORE.rating("shp_1").version == 4  # it never falls: who keeps it takes the newer


@pytest.mark.store
def test_whatever_happens_to_them_counts_once(ports, old):
    use_cases.vote(ports, customer(7), old.id)
    use_cases.vote(ports, customer(8), old.id)
    use_cases.unvote(ports, "acc_7", old.id)
    assert use_cases.review(ports, old.id).helpful == 1
    assert listed(ports, Sort.HELPFUL) == [old.id]
    ports.committer.commit(use_cases.hold(ports, old.id, ["x"]))
    assert numbers() == (7, 2, (0, 1, 0, 0, 1))
    assert old.id not in listed(ports, Sort.NEWEST) + listed(ports, Sort.HELPFUL)
    ports.committer.commit(use_cases.show(ports, old.id))
    assert numbers() == (12, 3, (0, 1, 0, 0, 2))
    assert listed(ports, Sort.HIGHEST) == [old.id]
    use_cases.edit(ports, CUSTOMER, review(2).id, replace(GOOD, stars=1))
    assert numbers() == (8, 3, (1, 1, 0, 0, 1))
    for number in (1, 2, 3):
        ports.committer.commit(use_cases.remove(ports, review(number).id, ["x"]))
    nothing = STORE.rating("shp_1")
    assert replace(nothing, version=0) == Rating()  # no weight is left either
    assert use_cases.review(ports, old.id).state is State.REMOVED


def test_their_merchant_is_the_shops(ports, old):
    with pytest.raises(NotFound):
        use_cases.reply(ports, OTHER, old.id, "谢谢")
    staff = working_for(MERCHANT, OTHER)
    with pytest.raises(OwnReview):
        use_cases.vote(ports, staff, old.id)
    use_cases.report(ports, staff, old.id, Wrong.FAKE)
    assert use_cases.review(ports, old.id).reports == 0  # they may ask for a look, and not for silence
    assert use_cases.reply(ports, MERCHANT, old.id, "谢谢").reply.text == "谢谢"


def test_who_is_erased_leaves_the_stars(ports, old):
    personal._silence(ports, old.id)
    gone = use_cases.review(ports, old.id)
    assert (gone.text, gone.author, gone.stars) == ("", None, 5)
    assert numbers() == (12, 3, (0, 1, 0, 0, 2))
