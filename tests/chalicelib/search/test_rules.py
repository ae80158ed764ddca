from dataclasses import replace
from datetime import date

from chalicelib.kit.money import Money
from chalicelib.reviews.ports import Rating
from chalicelib.search import rules
from chalicelib.search.ports import Card, Entry, Head, Versions
from chalicelib.shops.ports import HoursException, Interval, Offering, Status
from tests.chalicelib.search.shops import listing


def test_a_card_says_what_a_list_shows():
    offerings = [
        Offering("剪发", 30, Money(6800, "CNY"), id="off_1", shop_id="shp_1"),
        Offering("试用", 30, Money(100, "CNY"), id="off_2", shop_id="shp_1", active=False),
        Offering("烫发", 90, Money(28_000, "CNY"), id="off_3", shop_id="shp_1"),
    ]
    shop = listing(offerings=offerings, categories=("barber", "spa", "barber"), name_en="Shop")
    card = rules.card_of(shop, Rating(sum=9, count=2, version=2))
    assert card == Card(
        shop_id="shp_1",
        name="店",
        name_en="Shop",
        lat=31.2,
        lon=121.4,
        categories=("barber", "spa"),
        address="路 1 号",
        zone="Asia/Shanghai",
        hours="",
        rating_sum=9,
        rating_count=2,
        price_from=6800,
        currency="CNY",
    )
    assert rules.card_of(listing(), Rating()).price_from is None


def test_a_card_says_the_week_and_its_exceptions():
    shop = listing(hours=(Interval(0, "09:00", "18:00"),), exceptions=(HoursException(date(2030, 12, 25)),))
    assert rules.card_of(shop, Rating()).hours == "Mo 09:00-18:00; 2030 Dec 25 off"


def test_a_new_shop_is_news_and_the_same_again_is_not():
    entry = rules.change(None, listing(), Rating())
    assert entry.before is None
    assert entry.after == Head(Versions(1, 0), rules.LAYOUT, ("wtw", "wtw36xbc1j8c"), ("barber",))
    assert entry.writes == 3
    assert rules.change(entry.after, listing(), Rating()) is None
    assert rules.holds(entry.after, listing())
    assert not rules.holds(None, listing())


def test_versions_go_up_only():
    head = rules.change(None, listing(version=5), Rating(4, 1, 3)).after
    assert rules.change(head, listing(version=4), Rating(9, 2, 4)) is None
    assert rules.change(head, listing(version=6), Rating(0, 0, 2)) is None
    assert rules.change(head, listing(version=5), Rating(9, 2, 4)).card.rating_sum == 9
    assert rules.change(head, listing(version=6), Rating(4, 1, 3)).after.versions == Versions(6, 3)


def test_another_layout_is_written_again():
    head = replace(rules.change(None, listing(), Rating()).after, layout=0)
    assert rules.change(head, listing(), Rating()).after.layout == rules.LAYOUT
    assert not rules.holds(head, listing())


def test_a_closed_shop_keeps_a_head_only():
    entry = rules.change(None, listing(status=Status.CLOSED, version=7), Rating())
    assert entry.card is None
    assert entry.after == Head(Versions(7, 0), rules.LAYOUT, None, ())
    assert entry.writes == 1


def test_batches_fit_a_transaction():
    head = Head(Versions(1, 0), 1, ("wtw", "wtw0"), tuple("abcde"))
    entries = [Entry(f"shp_{n}", head, head, None) for n in range(20)]
    batches = list(rules.batches(entries))
    assert [one for batch in batches for one in batch] == entries
    assert [len(batch) for batch in batches] == [7, 7, 6]
    assert all(sum(entry.writes for entry in batch) <= 100 for batch in batches)
    assert list(rules.batches([])) == []
