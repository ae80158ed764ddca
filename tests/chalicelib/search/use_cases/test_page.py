"""Pages kept ready: late, repeated and overtaken messages, and an index of reviews that is behind."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.ids import derived_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Contention
from chalicelib.reviews.ports import Rating, Review, State
from chalicelib.search.pages import (
    REVIEWS,
    Kept,
    Opinion,
    PagePorts,
    ShownReview,
    ViewPorts,
    joined,
    opinion_of,
    page_of,
)
from chalicelib.search.use_cases.page import fill_pages, refresh_page, view
from chalicelib.shops.ports import Resource, ResourceKind, Status
from tests.chalicelib.booking.world import FakeStore, at, listing, offering
from tests.fakes.pages import FakePages
from tests.fakes.time import FakeClock

NOW = at("08:00")


def review(number, shop_id="shp_1"):
    return Review(
        id=derived_id("rev", f"lin_{number}"),
        shop_id=shop_id,
        order_id=f"ord_{number}",
        line_id=f"lin_{number}",
        author_id="acc_customer",
        author="张*",
        stars=number % 5 + 1,
        text=f"第 {number} 次",
        language="zh-CN",
        created_at=datetime(2030, 4, 1, tzinfo=UTC) + timedelta(minutes=number // 2),
    )


def in_order(reviews):
    return sorted(reviews, key=lambda one: (one.created_at, one.id), reverse=True)


def opinion(world, *reviews):
    return opinion_of(world.ratings("shp_1"), reviews)


def shown(*reviews):
    return tuple(ShownReview.of(one) for one in in_order(reviews)[:REVIEWS])


class World:
    """A shop, its reviews, and which of them the index shows so far; the other domains' stores answer from here."""

    def __init__(self, standing=None):
        self.standing = standing or listing(1)
        self.reviews = {}
        self.indexed = set()
        self.reads = []
        self.pages = FakePages()
        shops = SimpleNamespace(store=SimpleNamespace(listing=self.listing))
        self.reviews_store = SimpleNamespace(
            ratings=self.ratings, of_shop=self.of_shop, reviews=self.known, after=lambda *told: {"after": told}
        )
        self.ports = PagePorts(self.pages, shops, SimpleNamespace(store=self.reviews_store))
        self.booking = SimpleNamespace(store=FakeStore())
        self.view_ports = ViewPorts(**vars(self.ports), booking=self.booking, clock=FakeClock(NOW))

    def listing(self, shop_id):
        self.reads.append("listing")
        return self.standing if shop_id == self.standing.shop.id else None

    def ratings(self, shop_id):
        self.reads.append("rating")
        own = [one.stars for one in self.reviews.values() if one.shop_id == shop_id]
        return {"": Rating(sum(own), len(own), len(own), tuple(own.count(stars) for stars in range(1, 6)))}

    def of_shop(self, shop_id, sort, after, limit):
        self.reads.append("reviews")
        visible = [self.reviews[one] for one in self.indexed if self.reviews[one].shop_id == shop_id]
        return Page(tuple(in_order(visible)[:limit]), None)

    def known(self, review_ids):
        self.reads.append("those")
        return {one: self.reviews[one] for one in review_ids if one in self.reviews}

    def write(self, one, *, visible=False):
        self.reviews[one.id] = one
        if visible:
            self.indexed.add(one.id)
        return one.id

    def change(self, **fields):
        shop = self.standing.shop
        self.standing = replace(self.standing, shop=replace(shop, version=shop.version + 1, **fields))

    def page(self):
        return self.pages.rows["shp_1"].page


def test_a_page_follows_its_shop_and_its_reviews():
    world = World()
    assert refresh_page(world.ports, "shp_1")
    assert world.page() == page_of(world.standing, Opinion())
    world.change(name="新店名")
    named = world.write(review(1))
    assert refresh_page(world.ports, "shp_1", named)
    assert world.page() == page_of(world.standing, opinion(world, review(1)))


def test_a_repeat_writes_nothing():
    world = World()
    named = world.write(review(1))
    assert refresh_page(world.ports, "shp_1", named)
    assert not refresh_page(world.ports, "shp_1", named)
    assert not refresh_page(world.ports, "shp_1")
    assert world.pages.writes == 1


def test_of_a_shop_that_is_not_there_there_is_no_page():
    world = World()
    assert not refresh_page(world.ports, "shp_nobody")
    assert world.pages.rows == {}


def test_a_review_stays_though_the_index_shows_it_late():
    world = World()
    first, second = world.write(review(1)), world.write(review(2))
    refresh_page(world.ports, "shp_1", first)
    refresh_page(world.ports, "shp_1", second)
    world.change(name="新")
    refresh_page(world.ports, "shp_1")
    assert world.page().opinion.reviews == shown(review(1), review(2))


def test_a_message_that_does_not_name_its_review_shows_what_the_index_has():
    world = World()
    world.write(review(1))
    refresh_page(world.ports, "shp_1")
    assert (world.page().opinion.reviews, world.page().opinion.rating.count) == ((), 1)
    world.indexed.update(world.reviews)
    refresh_page(world.ports, "shp_1", world.write(review(2)))
    assert world.page().opinion.reviews == shown(review(1), review(2))


def test_another_shops_review_is_not_shown():
    world = World()
    assert refresh_page(world.ports, "shp_1", world.write(review(1, "shp_2")))
    assert world.page().opinion.reviews == ()
    assert not refresh_page(world.ports, "shp_1", "rev_unknown")


def test_the_newest_ten_are_shown():
    world = World()
    numbers = [*range(5, 25), 3, 1, 2]
    for number in numbers:
        refresh_page(world.ports, "shp_1", world.write(review(number)))
    assert world.page().opinion.reviews == shown(*map(review, numbers))
    assert len(world.page().opinion.reviews) == REVIEWS


def test_who_is_overtaken_reads_again():
    world = World()
    first, second = world.write(review(1)), world.write(review(2))

    def overtake():
        world.change(name="新")
        refresh_page(world.ports, "shp_1", second)

    world.pages.meddle = overtake
    assert refresh_page(world.ports, "shp_1", first)
    assert world.page().opinion.reviews == shown(review(1), review(2))
    assert world.page().listing.shop.name == "新"
    assert world.pages.writes == 2


def test_what_is_read_behind_the_page_never_brings_the_old_back():
    world = World()
    refresh_page(world.ports, "shp_1")
    old = world.standing
    world.change(name="新")
    refresh_page(world.ports, "shp_1", world.write(review(1)))
    stands = world.page()
    world.standing = old  # as after a restore of the shops' table
    world.reviews.clear()
    assert not refresh_page(world.ports, "shp_1")
    assert world.page() == stands


def test_of_the_same_version_what_was_read_is_kept():
    world = World()
    refresh_page(world.ports, "shp_1")
    world.standing = replace(world.standing, shop=replace(world.standing.shop, phone="+86 21 5555 0100"))
    assert refresh_page(world.ports, "shp_1")
    assert world.page().listing == world.standing


def test_endless_contention_is_told(monkeypatch):
    monkeypatch.setattr("chalicelib.kit.transaction.time.sleep", lambda _: None)
    world = World()

    def never(*_told):
        raise Contention

    world.pages.write = never
    with pytest.raises(Busy):
        refresh_page(world.ports, "shp_1")


def test_a_page_of_another_form_is_written_anew():
    world = World()
    world.pages.rows["shp_1"] = Kept(7, None)
    assert view(world.view_ports, "shp_1").listing == world.standing
    assert refresh_page(world.ports, "shp_1")
    assert world.pages.rows["shp_1"].stamp == 8
    assert world.page().listing == world.standing


def test_a_listing_that_is_too_long_is_read_and_its_page_is_written_once():
    world = World()
    world.pages = FakePages(too_long=lambda _: True)
    ports = replace(world.ports, pages=world.pages)
    named = world.write(review(1))
    assert refresh_page(ports, "shp_1", named)
    assert not refresh_page(ports, "shp_1", named)
    assert world.page().listing is None
    world.change(name="新")
    assert refresh_page(ports, "shp_1")
    world.reads.clear()
    seen = view(replace(world.view_ports, pages=world.pages), "shp_1")
    assert (seen.listing.shop.name, seen.opinion.reviews) == ("新", shown(review(1)))
    assert world.reads == ["listing"]


def test_a_view_needs_the_page_and_what_is_taken():
    world = World()
    refresh_page(world.ports, "shp_1", world.write(review(1)))
    world.reads.clear()
    seen = view(world.view_ports, "shp_1")
    assert world.reads == []
    assert (seen.listing, seen.opinion.rating.count, seen.opinion.reviews) == (world.standing, 1, shown(review(1)))
    assert seen.more is None
    assert seen.next_times.offerings["off_1"].times == (at("09:00"), at("09:30"), at("10:00"))


def test_what_is_not_active_is_not_shown():
    gone = Resource("res_9", "shp_1", ResourceKind.ROOM, "旧包间", active=False)
    offerings = [offering(), offering(id="off_2", active=False)]
    whole = listing(2, offerings, rooms=1)
    staff = (whole.staff[0], replace(whole.staff[1], active=False))
    world = World(replace(whole, staff=staff, resources=(*whole.resources, gone)))
    for _ in range(2):  # read itself, then from its page
        seen = view(world.view_ports, "shp_1").listing
        assert [one.id for one in seen.offerings] == [offering().id]
        assert seen.staff == staff[:1]
        assert seen.resources == whole.resources
        refresh_page(world.ports, "shp_1")


def test_a_shop_without_a_page_is_read_itself():
    world = World()
    for number in range(12):
        world.write(review(number), visible=True)
    seen = view(world.view_ports, "shp_1")
    assert world.pages.rows == {}
    refresh_page(world.ports, "shp_1")
    assert seen == view(world.view_ports, "shp_1")
    last = seen.opinion.reviews[-1]
    assert seen.more == {"after": ("shp_1", last.created_at, last.id)}
    with pytest.raises(NotFound):
        view(world.view_ports, "shp_nobody")


def test_a_closed_shops_page_says_so_and_offers_no_times():
    world = World(listing(1, [offering(), offering(id="off_2")]))
    refresh_page(world.ports, "shp_1")
    world.change(status=Status.CLOSED)
    refresh_page(world.ports, "shp_1")
    world.booking.store.days = lambda keys, *, consistent: [] if not keys else pytest.fail("nothing is to be read")
    seen = view(world.view_ports, "shp_1")
    assert (seen.listing.shop.status, dict(seen.next_times.offerings)) == (Status.CLOSED, {})


class Queue:
    """Messages that wait in no order, come twice, and overtake each other; the index of reviews follows when it likes."""

    def __init__(self):
        self.world, self.waiting, self.worked = World(), [None], []
        self.seen = []

    def deliver(self, message):
        refresh_page(self.world.ports, "shp_1", message)
        self.worked.append(message)
        self.seen.append(self.world.page())

    def pop(self, choice):
        return self.waiting.pop(choice % len(self.waiting))

    def review(self, _choice):
        self.waiting.append(self.world.write(review(len(self.world.reviews))))

    def decide(self, choice):
        """A review is held, or shown again, or found helpful: the index follows late, or never."""
        if known := sorted(self.world.reviews):
            one = self.world.reviews[known[choice % len(known)]]
            state = State.HELD if one.state is State.SHOWN else State.SHOWN
            changed = replace(one, state=state) if choice % 3 else replace(one, helpful=one.helpful + 1)
            self.waiting.append(self.world.write(changed))

    def shop(self, choice):
        self.world.change(name=f"店 {choice}")
        self.waiting.append(None)

    def index(self, choice):
        hidden = sorted(self.world.reviews.keys() - self.world.indexed)
        self.world.indexed.update(hidden[choice % len(hidden) :][:1] if hidden else ())

    def work(self, choice):
        if self.waiting:
            self.deliver(self.pop(choice))

    def repeat(self, choice):
        if self.worked:
            self.deliver(self.worked[choice % len(self.worked)])

    def overtake(self, choice):
        if len(self.waiting) > 1:
            other = self.pop(choice)
            self.world.pages.meddle = lambda: self.deliver(other)
            self.deliver(self.pop(choice))
            if self.world.pages.meddle:  # the one that was to be overtaken had nothing to write
                self.world.pages.meddle = None
                self.deliver(other)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["review", "decide", "shop", "work", "index", "repeat", "overtake"]), st.integers(0, 30)
        ),
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_in_whatever_order_messages_come_the_page_ends_true(steps):
    """When all have been worked, the page is what a reader of everything would write; and nothing on it ever goes back."""
    queue = Queue()
    for step, choice in steps:
        getattr(queue, step)(choice)
    while queue.waiting:
        queue.work(0)
    world = queue.world
    assert world.page() == page_of(world.standing, opinion(world, *world.reviews.values()))
    for before, after in itertools.pairwise(queue.seen):
        assert before.version <= after.version
        assert before.opinion.rating.version <= after.opinion.rating.version
        assert joined(before, after) == after


def test_pages_are_filled_where_there_is_none_and_refreshed_where_it_is_behind():
    world = World()
    standing = world.standing
    assert fill_pages(world.ports, [standing]) == 1
    assert fill_pages(world.ports, [standing]) == 0
    assert world.pages.rows["shp_1"].page == page_of(standing, Opinion())
    world.standing = replace(standing, shop=replace(standing.shop, version=2, name="新"))
    assert fill_pages(world.ports, [world.standing]) == 1
    assert world.pages.rows["shp_1"].page.listing.shop.name == "新"


def test_a_page_that_came_between_is_refreshed():
    world = World()
    world.pages.meddle = lambda: refresh_page(world.ports, "shp_1")
    fill_pages(world.ports, [world.standing])
    assert world.pages.rows["shp_1"].page.version == world.standing.shop.version
