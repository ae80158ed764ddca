"""Shops on real DynamoDB semantics, and what each access pattern costs."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.money import Money
from chalicelib.shops import imports, store, use_cases
from chalicelib.shops.hours import HoursException, Interval
from chalicelib.shops.rules import BookingTerms, ShopChanged, ShopFull, Status
from chalicelib.shops.serving import Choice, ResourceKind, Spec
from tests.api import told
from tests.chalicelib.shops.asking import cost, once
from tests.chalicelib.shops.examples import BARBER, CUT, SQUARE, TOLD, most, most_offering

MERCHANT = Actor("acc_merchant", frozenset({Role.MERCHANT}), "ses_1")
OTHER = Actor("acc_other", frozenset({Role.MERCHANT}), "ses_2")
ADMIN = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_3", methods=("sms", "otp"))


def make(draft=BARBER, actor=MERCHANT):
    return use_cases.create(wiring.shops(), actor, draft, once())


def add(shop, draft=CUT, actor=MERCHANT):
    return use_cases.add_offering(wiring.shops(), actor, shop.id, draft, once())


def hire(shop, name="阿玲"):
    return use_cases.add_staff(wiring.shops(), MERCHANT, shop.id, {"name": name}, once())


@pytest.mark.store
def test_a_shop_comes_back_as_it_was_made(tables):
    ports = wiring.shops()
    made = make(replace(BARBER, name_en="Xiaoman Barbers", phone="+86 21 5555 0100"))
    assert use_cases.shop(ports, made.id) == made
    ling = hire(made)
    cut = add(made, replace(CUT, staff_ids=(ling.id,)))
    listing = use_cases.listing(ports, made.id)
    assert listing.shop == replace(made, version=3)
    assert (listing.offerings, listing.staff) == ((cut,), (ling,))


@pytest.mark.store
def test_people_rooms_and_terms_come_back(tables):
    ports = wiring.shops()
    made = make(replace(BARBER, terms=BookingTerms(30, 14, Choice.COMPACT)))
    shift, off = (Interval(0, "10:00", "14:00"),), (HoursException(date(2030, 5, 1)),)
    fields = {"name": "阿玲", "skills": ("cut", "colour"), "hours": shift, "exceptions": off}
    ling = use_cases.add_staff(ports, MERCHANT, made.id, fields, once())
    idle = use_cases.add_staff(ports, MERCHANT, made.id, {"name": "老周", "hours": ()}, once())
    room = use_cases.add_resource(ports, MERCHANT, made.id, {"kind": ResourceKind.ROOM, "name": "1 号间"}, once())
    cut = add(made, replace(CUT, skills=("cut",), needs=((room.id,),), buffer_before_minutes=5))
    court = add(made, replace(CUT, needs=((room.id,),), staffed=False))
    listing = use_cases.listing(ports, made.id)
    assert listing.shop.terms == made.terms
    assert set(listing.staff) == {ling, idle}
    assert listing.resources == (room,)
    assert set(listing.offerings) == {cut, court}
    shut = use_cases.change_resource(ports, MERCHANT, made.id, room.id, None, {"active": False})
    assert use_cases.listing(ports, made.id).resources == (shut,)
    with pytest.raises(NotFound):
        use_cases.change_resource(ports, MERCHANT, made.id, "res_none", None, {"active": False})
    with pytest.raises(Invalid):
        add(made, replace(CUT, needs=(("res_none",),)))


def test_a_shop_has_so_many_resources(tables, monkeypatch):
    monkeypatch.setattr(use_cases, "MOST_RESOURCES", 0)
    with pytest.raises(ShopFull):
        use_cases.add_resource(
            wiring.shops(), MERCHANT, make().id, {"kind": ResourceKind.ROOM, "name": "1 号间"}, once()
        )


@pytest.mark.store
@pytest.mark.parametrize("draft", [TOLD, replace(TOLD, service_area=SQUARE), most()])
def test_all_that_is_told_comes_back(tables, draft):
    ports = wiring.shops()
    made = make(draft)
    assert use_cases.shop(ports, made.id) == made
    cut = add(made, replace(CUT, specs=(Spec("room size", "45 m²"),)))
    assert use_cases.listing(ports, made.id).offerings == (cut,)
    bare = use_cases.change(
        ports, MERCHANT, made.id, 2, {"exceptions": (), "media": (), "specs": (), "service_area": None}
    )
    assert (
        use_cases.shop(ports, made.id)
        == bare
        == replace(made, exceptions=(), media=(), specs=(), service_area=None, version=3)
    )


def test_rows_from_before_there_was_so_much_to_tell_are_read(tables):
    shop = make()
    cut = add(shop)
    rows = {row.sk: json.loads(row.body) for row in store.PartRow.query(shop.id)}
    assert not {"exceptions", "media", "specs", "service_area"} & {name for body in rows.values() for name in body}
    listing = use_cases.listing(wiring.shops(), shop.id)
    assert (listing.shop, listing.offerings) == (replace(shop, version=2), (cut,))


def test_all_that_can_be_said_fits_a_row(tables):
    """DynamoDB takes 400 KB a row, and 4 MB a transaction."""
    shop = make(most())
    add(shop, replace(most_offering(), staff_ids=()))
    sizes = {row.sk[:3]: len(row.body.encode()) for row in store.PartRow.query(shop.id)}
    assert sizes["MET"] * imports._MOST_TOGETHER < 4_000_000
    assert sizes["MET"] + sizes["OFF"] * imports._MOST_PARTS < 4_000_000


def test_a_page_of_much_told_shops_ends_early_and_goes_on(tables, monkeypatch):
    ports = wiring.shops()
    mine = [make(TOLD).id for _ in range(5)]
    size = len(store.PartRow.get(mine[0], "META").body)
    monkeypatch.setattr(store, "_LONGEST_PAGE", 2 * size - 10)
    pages, after = [], None
    while True:
        page = use_cases.of_merchant(ports, MERCHANT, after, 100)
        pages.append([shop.id for shop in page.items])
        after = page.next
        if after is None:
            break
    assert pages == [mine[:2], mine[2:4], mine[4:]]


@pytest.mark.store
def test_every_change_is_told_to_search_with_its_version(tables):
    ports, shop = wiring.shops(), make()
    cut, ling = add(shop), hire(shop)
    use_cases.change_offering(ports, MERCHANT, shop.id, cut.id, None, {"price": Money(9900, "CNY")})
    use_cases.change_staff(ports, MERCHANT, shop.id, ling.id, 4, {"active": False})
    use_cases.change(ports, MERCHANT, shop.id, 5, {"name": "大满理发"})
    use_cases.change(ports, MERCHANT, shop.id, 6, {"status": Status.CLOSED})
    messages = sorted(told(), key=lambda message: message.version)
    assert [message.type for message in messages] == ["shop.changed"] * 6 + ["shop.closed"]
    assert [message.version for message in messages] == [1, 2, 3, 4, 5, 6, 7]
    assert {(message.payload["shop_id"], message.queues) for message in messages} == {(shop.id, ("search",))}
    listing = use_cases.listing(ports, shop.id)
    assert (listing.shop.name, listing.shop.status, listing.shop.version) == ("大满理发", Status.CLOSED, 7)
    assert (listing.offerings[0].price.amount, listing.staff[0].active) == (9900, False)


@pytest.mark.store
def test_of_changes_at_once_based_on_one_version_one_succeeds(tables):
    ports, shop = wiring.shops(), make()

    def change(number):
        try:
            return use_cases.change(ports, MERCHANT, shop.id, 1, {"name": f"No {number}"})
        except ShopChanged:
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = [won for won in pool.map(change, range(8)) if won]
    assert len(winners) == 1
    assert use_cases.shop(ports, shop.id) == winners[0]


@pytest.mark.store
def test_offerings_added_at_once_are_all_there(tables):
    shop = make()
    with ThreadPoolExecutor(4) as pool:
        added = set(pool.map(lambda _: add(shop).id, range(4)))
    listing = use_cases.listing(wiring.shops(), shop.id)
    assert {offering.id for offering in listing.offerings} == added
    assert listing.shop.version == 5


def test_only_its_merchant_and_admins_change_a_shop(tables):
    ports, shop = wiring.shops(), make()
    cut = add(shop)
    for attempt in (
        lambda: use_cases.change(ports, OTHER, shop.id, 2, {"name": "mine"}),
        lambda: add(shop, actor=OTHER),
        lambda: use_cases.change_offering(ports, OTHER, shop.id, cut.id, None, {"active": False}),
        lambda: use_cases.add_staff(ports, OTHER, shop.id, {"name": "me"}, once()),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert use_cases.change(ports, ADMIN, shop.id, 2, {"status": Status.CLOSED}).merchant_id == MERCHANT.account_id


def test_what_is_not_there_is_not_found(tables):
    ports, shop = wiring.shops(), make()
    for attempt in (
        lambda: use_cases.shop(ports, "shp_none"),
        lambda: use_cases.listing(ports, "shp_none"),
        lambda: use_cases.change(ports, MERCHANT, "shp_none", 1, {}),
        lambda: use_cases.change_offering(ports, MERCHANT, shop.id, "off_none", None, {}),
        lambda: use_cases.change_staff(ports, MERCHANT, shop.id, "stf_none", None, {}),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_faults_are_refused(tables):
    ports, shop = wiring.shops(), make()
    cut, ling = add(shop), hire(shop)
    for attempt in (
        lambda: make(replace(BARBER, zone="Nowhere")),
        lambda: use_cases.change(ports, MERCHANT, shop.id, 3, {"zone": "Nowhere"}),
        lambda: add(shop, replace(CUT, price=Money(1, "EUR"))),
        lambda: add(shop, replace(CUT, staff_ids=("stf_of_somebody_else",))),
        lambda: use_cases.change_offering(ports, MERCHANT, shop.id, cut.id, None, {"minutes": 7}),
        lambda: use_cases.change_staff(ports, MERCHANT, shop.id, ling.id, None, {"name": ""}),
    ):
        with pytest.raises(Invalid):
            attempt()
    assert use_cases.shop(ports, shop.id).version == 3


def test_a_shop_has_room_for_so_many(tables, monkeypatch):
    monkeypatch.setattr(use_cases, "MOST_OFFERINGS", 1)
    monkeypatch.setattr(use_cases, "MOST_STAFF", 1)
    shop = make()
    add(shop), hire(shop)
    with pytest.raises(ShopFull):
        add(shop)
    with pytest.raises(ShopFull):
        hire(shop)


def test_a_merchant_pages_through_their_own_shops(tables):
    ports = wiring.shops()
    mine = [make().id for _ in range(3)]
    make(actor=OTHER)
    first = use_cases.of_merchant(ports, MERCHANT, None, 2)
    second = use_cases.of_merchant(ports, MERCHANT, first.next, 2)
    assert [shop.id for shop in (*first.items, *second.items)] == mine
    assert second.next is None


def test_what_each_pattern_costs(tables):
    ports = wiring.shops()
    made = []
    assert cost(lambda: made.append(make())) == (1, 0, 8)
    shop = made[0]
    assert cost(lambda: use_cases.shop(ports, shop.id)) == (1, 1, 0)
    assert cost(lambda: use_cases.change(ports, MERCHANT, shop.id, 1, {"name": "大满理发"})) == (2, 1, 6)
    assert cost(lambda: add(shop)) == (2, 1, 10)
    assert cost(lambda: hire(shop)) == (2, 1, 10)
    staff = use_cases.listing(ports, shop.id).staff[0]
    away = {"active": False}
    assert cost(lambda: use_cases.change_staff(ports, MERCHANT, shop.id, staff.id, None, away)) == (2, 1, 8)
    assert cost(lambda: use_cases.listing(ports, shop.id)) == (1, 1, 0)
    assert cost(lambda: use_cases.of_merchant(ports, MERCHANT, None, 20)) == (1, 0.5, 0)
