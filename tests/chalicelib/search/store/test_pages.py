"""Pages as rows: whole again when read, never over something newer, and what they cost."""

import random
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Aspect, Rating
from chalicelib.reviews.store import ReviewStore
from chalicelib.search.pages import Kept, Opinion, ShopPage, ShownReply, ShownReview
from chalicelib.search.store.pages import PageRow, PageStore
from chalicelib.search.use_cases.page import refresh_page
from chalicelib.shops.ports import Circle, HoursException, Interval, Media, Polygon, Spec
from tests.chalicelib.booking.world import listing, offering
from tests.chalicelib.reviews.world import PHOTO, review

STORE = PageStore(DynamoCommitter())
SPECS = (Spec("wifi", "有"), Spec("停车", "free"))
TOLD = {
    "hours": (Interval(0, "09:00", "18:00"), Interval(6, "22:00", "02:00")),
    "exceptions": (HoursException(date(2030, 5, 1)), HoursException(date(2030, 5, 2), (("10:00", "12:00"),))),
    "media": (Media("photo", "https://media.example.com/1.jpg", "门面"), Media("video", "https://media.example.com/2")),
    "specs": SPECS,
    "phone": "+86 21 5555 0100",
}


def characters(chance, length):
    """Chinese characters by chance: hardly anything deflates worse."""
    return "".join(chr(chance.randrange(0x4E00, 0x5200)) for _ in range(length))


def page(version=1, reviews=2, length=10, **more):
    """A page of a shop."""
    chance = random.Random(5)
    shown = [
        ShownReview(
            id=f"rev_{chance.getrandbits(128):032x}",
            author=None if n % 2 else "张*",
            stars=n % 5 + 1,
            text=characters(chance, length),
            language="zh-CN",
            created_at=datetime(2030, 4, 1, 1, 2, 3, n, UTC) - timedelta(days=n),
            aspects={Aspect.SKILL: 5, Aspect.VALUE: 4} if n % 2 else {},
            staff_id="stf_1" if n % 2 else None,
            staff_stars=5 if n % 2 else None,
            edited_at=datetime(2030, 4, 2, tzinfo=UTC) if n % 3 else None,
            helpful=n,
            reply=ShownReply("谢谢", datetime(2030, 4, 3, tzinfo=UTC), None) if n % 2 else None,
            media=(PHOTO,) if n % 2 else (),
        )
        for n in range(reviews)
    ]
    rating = Rating(7, 2, 2, (0, 1, 0, 0, 1), 7 << 70, 2 << 70, {Aspect.SKILL: (9, 2)})
    opinion = Opinion(rating, {"stf_1": rating}, tuple(shown), tuple(shown[-1:]))
    return ShopPage(version, listing(version=version, **{**TOLD, **more}), opinion)


@pytest.mark.store
@pytest.mark.parametrize("area", [None, Circle(5000), Polygon(((31.2, 121.4), (31.3, 121.4), (31.3, 121.5)))])
def test_a_page_comes_back_as_it_was_written(tables, area):
    written = page(service_area=area, offerings=[offering(specs=SPECS), offering(id="off_2", staff_ids=("stf_1",))])
    STORE.write("shp_1", None, written)
    assert STORE.page("shp_1", consistent=True) == Kept(1, written)
    assert STORE.page("shp_2", consistent=False) is None


@pytest.mark.store
def test_a_page_is_written_over_what_was_read_alone(tables):
    STORE.write("shp_1", None, page())
    first = STORE.page("shp_1", consistent=True)
    with pytest.raises(Contention):
        STORE.write("shp_1", None, page(9))
    STORE.write("shp_1", first, page(2))
    with pytest.raises(Contention):
        STORE.write("shp_1", first, page(9))
    assert STORE.page("shp_1", consistent=True) == Kept(2, page(2))


def test_a_listing_that_is_too_long_is_left_out(tables):
    chance = random.Random(5)
    many = [
        offering(id=f"off_{n}", specs=tuple(Spec(f"{m}", characters(chance, 200)) for m in range(20)))
        for n in range(100)
    ]
    long = page(reviews=10, length=2000, offerings=many)
    shorter = replace(long, listing=replace(long.listing, offerings=tuple(many[:30])))
    STORE.write("shp_1", None, shorter)
    first = STORE.page("shp_1", consistent=True)
    assert first == Kept(1, shorter)
    STORE.write("shp_1", first, long)
    assert STORE.page("shp_1", consistent=True) == Kept(2, replace(long, listing=None))


@pytest.mark.parametrize(
    "change",
    [
        PageRow.layout.set(0),
        PageRow.listing.set(zlib.compress(b'{"shop": {}, "offerings": [], "staff": []}')),
    ],
)
def test_a_page_of_another_form_is_as_good_as_none(tables, change):
    STORE.write("shp_1", None, page())
    PageRow("PAGE#shp_1", "PAGE").update([change])
    stands = STORE.page("shp_1", consistent=True)
    assert stands == Kept(1, None)
    STORE.write("shp_1", stands, page(2))
    assert STORE.page("shp_1", consistent=True) == Kept(2, page(2))


def test_what_a_page_costs(tables):
    usual = page(reviews=10, length=60, offerings=[offering(id=f"off_{n}") for n in range(5)])
    with meter.measure() as written:
        STORE.write("shp_1", None, usual)
    with meter.measure() as seen:
        STORE.page("shp_1", consistent=False)
    with meter.measure() as read:
        STORE.page("shp_1", consistent=True)
    assert [one.requests for one in (written, seen, read)] == [1, 1, 1]
    assert (written.write_units, seen.read_units, read.read_units) == (3, 0.5, 1)
    large = page(
        reviews=10,
        length=2000,
        media=TOLD["media"] * 10,
        specs=SPECS * 15,
        offerings=[offering(id=f"off_{n}", name=f"剪发 {n}") for n in range(100)],
        staff=30,
    )
    STORE.write("shp_2", None, large)
    with meter.measure() as seen:
        STORE.page("shp_2", consistent=False)
    assert (seen.requests, seen.read_units) == (1, 5)


@pytest.mark.store
def test_many_workers_end_at_one_page_that_has_all(tables):
    """Twelve reviews, each with its message, written and worked at once and twice."""
    from tests.world import open_shop

    shop_id = open_shop()["id"]
    reviews = [review(n, stars=n % 5 + 1, shop=shop_id, at=datetime(2030, 5, 1, n, tzinfo=UTC)) for n in range(12)]
    start = threading.Barrier(12)

    def work(one):
        start.wait()
        wiring.committer().commit(ReviewStore().write(one, None, None))
        told = messages.rating_changed(one, one.created_at).payload
        for _ in range(2):
            while True:
                try:
                    refresh_page(wiring.pages(), told["shop_id"], told["review_id"])
                    break
                except Busy:
                    continue

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, reviews))
    kept = STORE.page(shop_id, consistent=True)
    assert [one.id for one in kept.page.opinion.reviews] == [one.id for one in reviews[:1:-1]]
    assert (kept.page.opinion.rating.count, kept.page.opinion.rating.sum) == (12, sum(one.stars for one in reviews))
    assert not refresh_page(wiring.pages(), shop_id)


def test_first_pages_are_written_together_and_never_over_another(tables):
    STORE.write("shp_2", None, page(version=4))
    with meter.measure() as used:
        STORE.write_new([(f"shp_{n}", page(reviews=0)) for n in range(3, 103)])
    assert used.requests == 1
    with pytest.raises(Contention):
        STORE.write_new([("shp_1", page()), ("shp_2", page())])
    assert STORE.versions(["shp_1", "shp_2", "shp_3"]) == {"shp_2": 4, "shp_3": 1}
    assert STORE.versions([]) == {}


def test_long_first_pages_are_written_in_parts(tables, monkeypatch):
    monkeypatch.setattr("chalicelib.search.store.pages._MOST_AT_ONCE", 4000)
    with meter.measure() as used:
        STORE.write_new([(f"shp_{n}", page()) for n in range(7)])
    assert 1 < used.requests < 7
    assert len(STORE.versions([f"shp_{n}" for n in range(7)])) == 7


def test_a_page_of_another_form_is_older_than_all(tables, monkeypatch):
    monkeypatch.setattr("chalicelib.search.store.pages.LAYOUT", 0)
    STORE.write("shp_1", None, page())
    monkeypatch.undo()
    assert STORE.versions(["shp_1"]) == {"shp_1": 0}
