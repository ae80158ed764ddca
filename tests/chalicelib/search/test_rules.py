import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.kit.money import Money
from chalicelib.reviews.ports import Rating
from chalicelib.search import areas, cards, directory, rules
from chalicelib.search.index_ports import Versions
from chalicelib.search.ports import Card
from chalicelib.search.text import tokens_of, wanted
from chalicelib.shops.ports import Circle, HoursException, Interval, Offering, Status
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
        text="剪发\n烫发",
    )
    assert rules.card_of(listing(), Rating()).price_from is None


def test_a_card_says_the_week_and_its_exceptions():
    shop = listing(hours=(Interval(0, "09:00", "18:00"),), exceptions=(HoursException(date(2030, 12, 25)),))
    assert rules.card_of(shop, Rating()).hours == "Mo 09:00-18:00; 2030 Dec 25 off"


def test_a_new_shop_is_news_and_the_same_again_is_not():
    entry = rules.change(None, listing(), Rating())
    assert entry.before is None
    after = entry.after
    assert (after.versions, after.layout, after.stamp, after.former) == (Versions(1, 0), rules.LAYOUT, 1, ())
    assert (after.shape.place[0], after.shape.categories, after.shape.cells) == ("wtw", ("barber",), ())
    assert after.shape.words == ("1号", "店", "路1")
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
    assert (entry.after.versions, entry.after.shape) == (Versions(7, 0), None)


def test_coupons_and_areas_are_news_of_their_own():
    head = rules.change(None, listing(), Rating()).after
    since, until = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, tzinfo=UTC)
    entry = rules.change(head, listing(), Rating(), [(since, until)])
    assert entry.card.coupons == ((int(since.timestamp()), int(until.timestamp())),)
    assert entry.after.stamp == 2
    assert rules.change(entry.after, listing(), Rating(), [(since, until)]) is None
    mobile = rules.change(entry.after, listing(version=2, service_area=Circle(1000)), Rating())
    assert mobile.area == Circle(1000)
    assert mobile.after.shape.cells == areas.cells(Circle(1000), 31.2, 121.4)


def test_words_are_those_of_names_active_offerings_and_the_address():
    offerings = [
        Offering("剪发", 30, Money(1, "CNY"), name_en="Haircut", id="off_1", shop_id="shp_1"),
        Offering("试用", 30, Money(1, "CNY"), id="off_2", shop_id="shp_1", active=False),
    ]
    card = rules.change(None, listing(offerings=offerings, name="发廊", address="安福路"), Rating()).card
    assert card.text == "剪发\nHaircut"
    words = rules.change(None, listing(offerings=offerings, name="发廊", address="安福路"), Rating()).after.shape.words
    assert set(words) == {"发廊", "发", "廊", "剪发", "ha", "hai", "hairc", "安福", "福路"}


@pytest.mark.parametrize("tiny", [1e-200, -5e-324, -0.0])
def test_positions_finer_than_a_text_can_hold_are_the_origin(tiny):
    card = rules.card_of(listing(lat=tiny, lon=tiny), Rating())
    assert str((card.lat, card.lon)) == "(0.0, 0.0)"


@pytest.mark.parametrize(
    ("changes", "total", "due"), [(31, 0, False), (32, 0, True), (99, 800, False), (100, 800, True)]
)
def test_a_partition_is_packed_when_much_has_changed(changes, total, due):
    assert rules.is_due(changes, total) is due


def test_the_rarest_word_is_chosen_by_what_the_directories_know():
    def known(words):
        return directory.Directory(6, [0], [1], [15], words)

    around = {"a": known({"上海": 900, "咖啡": 40}), "b": known({"上海": 800}), "c": known(None)}
    assert rules.rarest(["上海", "咖啡"], around) == "咖啡"
    assert rules.rarest(["上海"], around) == "上海"
    assert rules.rarest(["上海", "珊瑚"], around) == "珊瑚"
    assert rules.rarest(["上海", "coffe"], {}) == "coffe"


def test_directories_are_made_where_they_are_worth_it():
    cards = [Card(f"shp_{n:02}", "店", 31 + n / 1000, 121, ("tea", "gym") if n < 20 else ("gym",)) for n in range(30)]
    cards.append(Card("shp_x", "店", 31, 121, ("spa",), text="长" * 100))
    words = {card.shop_id: ["店", *(["茶"] if n < 16 else ["二"])] for n, card in enumerate(cards)}
    made = rules.directories(cards, words)
    totals = {index: one.total for index, one in made.items()}
    assert totals == {"G3": 31, "C3#tea": 20, "C3#gym": 30, "T3#店": 31, "T3#茶": 16}
    assert made["G3"].words == {"店": 31, "茶": 16}
    assert 80 < made["G3"].weight(0, 1 << 60) / 31 < 130
    assert made["T3#店"].weight(0, 1 << 60) > made["G3"].weight(0, 1 << 60) + 250
    assert rules.directories([], {}) == {}


def han(length, first=0x4E00):
    return "".join(chr(first + n) for n in range(length))


def shop_of(names, **more):
    offerings = [
        Offering(name, 30, Money(100, "CNY"), id=f"off_{n}", shop_id="shp_1", name_en=f"Cut {n}")
        for n, name in enumerate(names)
    ]
    return listing(offerings=offerings, **more)


def test_a_usual_shop_is_searched_wholly():
    card = rules.card_of(shop_of([f"{han(8, 0x4E00 + 8 * n)}" for n in range(20)], name="弄堂理发"), Rating())
    assert len(card.text.split("\n")) == 40
    assert card.searched is None


def test_offerings_are_searched_in_order_until_words_would_cost_too_much():
    card = rules.card_of(shop_of([han(50, 0x4E00 + 50 * n) for n in range(100)], name="弄堂理发"), Rating())
    kept = card.text.split("\n")
    assert 5 < len(kept) < 40
    assert kept[0] == han(50)
    tokens = tokens_of(rules.document(card))
    size = len(cards.pack(card).encode()) + len(card.text.encode())
    assert len(tokens) * 2 * math.ceil(size / 1024) <= rules.WORD_UNITS
    assert len(rules.document(card).text) <= rules.MOST_CHARACTERS
    for query in ("弄堂", "路1号", kept[-1][-2:], han(50)):
        assert wanted(query).matches(rules.document(card).text)
        assert set(wanted(query).tokens) <= tokens
    assert not wanted(han(2, 0x4E00 + 50 * 99)).matches(rules.document(card).text)


def test_names_and_addresses_are_cut_where_a_card_is_large():
    many = tuple((n, n + 1) for n in range(1_900_000_000, 1_900_000_400, 4))
    shop = shop_of(["剪发"], name=han(100), name_en=han(100, 0x6000), address=han(300, 0x7000))
    coupons = [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in many]
    card = rules.card_of(shop, Rating(), coupons)
    assert card.text == ""
    assert 20 < card.searched < 300
    found = rules.document(card).text
    assert len(found) == card.searched
    assert wanted(han(5)).matches(found)
    assert not wanted(han(5, 0x7000 + 200)).matches(found)
    entry = rules.change(None, shop, Rating(), coupons)
    assert len(entry.after.shape.words) * 2 * math.ceil(len(cards.pack(card).encode()) / 1024) <= rules.WORD_UNITS


def test_a_card_comes_back_with_what_was_said_lately():
    card = rules.card_of(listing(1), Rating(9, 2, 2, (0, 0, 0, 1, 1), 9_500_000, 2_100_999))
    assert (card.recent, card.weight) == (9_500, 2_100)
    for one in (card, replace(card, recent=0, weight=0)):
        assert cards.unpack(one.shop_id, cards.pack(one), one.text, one.searched) == one
