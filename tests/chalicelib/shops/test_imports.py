"""Lists of shops are taken in: again, changed, broken off, and beside merchants who change theirs."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.shops import imports, use_cases
from chalicelib.shops.rules import ImportRow, Media
from chalicelib.shops.serving import Spec
from tests.chalicelib.shops.asking import cost, once
from tests.chalicelib.shops.examples import BARBER, CUT, TOLD, most


def rows(many, name="星巴克", offerings=(CUT,)):
    return [
        ImportRow("list", str(number), replace(BARBER, name=f"{name} {number}"), offerings) for number in range(many)
    ]


def counts(imported):
    return imported.created, imported.updated, imported.unchanged, len(imported.rejected)


@pytest.mark.store
def test_an_import_can_be_repeated(tables):
    ports = wiring.shops()
    first = use_cases.import_many(ports, "acc_owner", rows(40))
    assert counts(first) == (40, 0, 0, 0)
    for listing in first.listings[:3]:
        assert use_cases.listing(ports, listing.shop.id) == listing
    again = use_cases.import_many(ports, "acc_owner", rows(40))
    assert counts(again) == (0, 0, 40, 0)
    assert again.listings == first.listings
    owner = Actor("acc_owner", frozenset({Role.MERCHANT}), "ses")
    assert len(use_cases.of_merchant(ports, owner, None, 100).items) == 40


@pytest.mark.store
def test_a_changed_row_makes_a_new_version(tables):
    ports = wiring.shops()
    first = use_cases.import_many(ports, "acc_owner", rows(3))
    changed = [*rows(2), ImportRow("list", "2", replace(BARBER, name="新名字"), (CUT, CUT))]
    again = use_cases.import_many(ports, "acc_owner", changed)
    assert counts(again) == (0, 1, 2, 0)
    updated = again.listings[0]
    assert (updated.shop.id, updated.shop.name, updated.shop.version) == (first.listings[2].shop.id, "新名字", 2)
    assert use_cases.listing(ports, updated.shop.id) == replace(
        updated, offerings=tuple(sorted(updated.offerings, key=lambda one: one.id))
    )
    assert updated.shop.created_at == first.listings[2].shop.created_at


def test_what_a_merchant_changed_survives_an_unchanged_row(tables):
    ports = wiring.shops()
    shop = use_cases.import_many(ports, "acc_owner", rows(1)).listings[0].shop
    owner = Actor("acc_owner", frozenset({Role.MERCHANT}), "ses")
    use_cases.change(ports, owner, shop.id, 1, {"name": "自己的名字"})
    massage = use_cases.add_offering(ports, owner, shop.id, CUT, once())
    again = use_cases.import_many(ports, "acc_owner", rows(1))
    assert counts(again) == (0, 0, 1, 0)
    assert (again.listings[0].shop.name, again.listings[0].shop.version) == ("自己的名字", 3)
    changed = use_cases.import_many(ports, "acc_owner", rows(1, name="别名"))
    assert counts(changed) == (0, 1, 0, 0)
    assert massage in changed.listings[0].offerings
    assert len(use_cases.listing(ports, shop.id).offerings) == 2


def test_a_list_that_tells_nothing_of_pictures_leaves_a_merchants_alone(tables):
    ports = wiring.shops()
    shop = use_cases.import_many(ports, "acc_owner", rows(1)).listings[0].shop
    owner = Actor("acc_owner", frozenset({Role.MERCHANT}), "ses")
    told_of = {name: getattr(TOLD, name) for name in ("exceptions", "media", "specs", "service_area")}
    use_cases.change(ports, owner, shop.id, 1, told_of)
    (cut,) = use_cases.listing(ports, shop.id).offerings
    use_cases.change_offering(ports, owner, shop.id, cut.id, None, {"specs": (Spec("wifi", "yes"),)})
    again = use_cases.import_many(ports, "acc_owner", rows(1, name="别名"))
    assert counts(again) == (0, 1, 0, 0)
    after = use_cases.listing(ports, shop.id)
    assert after == again.listings[0]
    assert after.shop == replace(shop, name="别名 0", version=4, **told_of)
    assert after.offerings[0].specs == (Spec("wifi", "yes"),)


def test_a_list_that_tells_of_pictures_brings_them(tables):
    ports = wiring.shops()
    first = use_cases.import_many(ports, "acc_owner", [ImportRow("list", "1", BARBER, (CUT,))]).listings[0]
    row = ImportRow("list", "1", TOLD, (replace(CUT, specs=(Spec("wifi", "yes"),)),))
    assert counts(use_cases.import_many(ports, "acc_owner", [row])) == (0, 1, 0, 0)
    after = use_cases.listing(ports, first.shop.id)
    assert (after.shop.media, after.shop.service_area) == (TOLD.media, TOLD.service_area)
    assert after.offerings[0].specs == (Spec("wifi", "yes"),)
    assert counts(use_cases.import_many(ports, "acc_owner", [row])) == (0, 0, 1, 0)
    bad = replace(row, draft=replace(TOLD, media=(Media("photo", "http://example.com/"),)))
    assert [fault.field for fault in use_cases.import_many(ports, "acc_owner", [bad]).rejected[0][1]] == ["media.0.url"]


@pytest.mark.parametrize(
    ("row", "standing"),
    [
        (ImportRow("list", "1", BARBER, (CUT,), ("阿玲",)), "81815b21f14523a57a6aa12492753097"),
        (ImportRow("list", "1", BARBER), "d22167d2a5741eb914a5872a0667167a-bare"),
    ],
)
def test_fingerprints_that_stand_in_tables_stay(row, standing):
    assert imports._fingerprint(row) == standing
    told_more = replace(row, draft=TOLD)
    assert imports._fingerprint(told_more) not in {standing, imports._fingerprint(replace(row, draft=most()))}


def test_bad_rows_are_rejected_and_the_others_taken(tables):
    ports = wiring.shops()
    use_cases.import_many(ports, "acc_somebody", rows(1))
    wanted = [
        *rows(2),
        ImportRow("list", "7", replace(BARBER, zone="Nowhere")),
        ImportRow("list", "8", BARBER, (replace(CUT, minutes=7),)),
        ImportRow("list", "9", BARBER, (CUT,) * 101),
        ImportRow("list", "1", BARBER),
    ]
    done = use_cases.import_many(ports, "acc_owner", wanted)
    assert counts(done) == (1, 0, 0, 5)
    assert [(index, [fault.field for fault in faults]) for index, faults in done.rejected] == [
        (0, ["external_id"]),
        (2, ["zone"]),
        (3, ["offerings.0.minutes"]),
        (4, ["offerings"]),
        (5, ["external_id"]),
    ]


def test_an_import_that_broke_off_before_its_shops_begins_anew(tables, monkeypatch):
    ports = wiring.shops()
    table = ports.store
    batches = []

    def break_off(listings):
        batches.append(len(listings))
        for listing, _ in listings:
            wiring.committer().commit([table.put_offering(offering) for offering in listing.offerings])
        raise ConnectionError

    monkeypatch.setattr(table, "import_new", break_off)
    with pytest.raises(ConnectionError):
        use_cases.import_many(ports, "acc_owner", rows(2))
    monkeypatch.undo()
    done = use_cases.import_many(ports, "acc_owner", rows(2))
    assert counts(done) == (2, 0, 0, 0)
    assert use_cases.listing(ports, done.listings[0].shop.id) == done.listings[0]


def test_what_an_import_costs(tables):
    ports = wiring.shops()
    # 2 batches of offerings, 2 of shops, after one look whether they are there (nothing is: half a unit each at most).
    requests, _, write_units = cost(lambda: use_cases.import_many(ports, "acc_owner", rows(50)))
    assert (requests, write_units) == (5, 150)
    assert cost(lambda: use_cases.import_many(ports, "acc_owner", rows(50))) == (1, 50, 0)


def test_staff_are_imported_and_those_added_since_stay(tables):
    ports = wiring.shops()
    row = ImportRow("list", "1", BARBER, (CUT,), ("阿玲", "小周"))
    shop = use_cases.import_many(ports, "acc_owner", [row]).listings[0].shop
    assert {one.name for one in use_cases.listing(ports, shop.id).staff} == {"阿玲", "小周"}
    added = use_cases.add_staff(
        ports, Actor("acc_owner", frozenset({Role.MERCHANT}), "ses"), shop.id, {"name": "老张"}, once()
    )
    after = use_cases.import_many(ports, "acc_owner", [replace(row, staff=("阿玲", "小林"))]).listings[0]
    assert added in after.staff
    assert {one.name for one in use_cases.listing(ports, shop.id).staff} == {"阿玲", "小林", "老张"}
    bad = [replace(row, staff=("",)), replace(row, external_id="2", staff=("阿玲",) * 99)]
    faults = [
        [fault.field for fault in faults] for _, faults in use_cases.import_many(ports, "acc_owner", bad).rejected
    ]
    assert faults == [["staff.0.name"], ["offerings"]]


def many_changed():
    bare = [ImportRow("list", str(number), BARBER) for number in range(60)]
    first = use_cases.import_many(wiring.shops(), "acc_owner", bare)
    return first.listings[7].shop, [replace(row, draft=replace(BARBER, name="新名字")) for row in bare]


def test_many_changed_rows_take_one_transaction(tables):
    _, changed = many_changed()
    done = []
    requests, _, units = cost(lambda: done.append(use_cases.import_many(wiring.shops(), "acc_owner", changed)))
    assert (counts(done[0]), requests, units) == ((0, 60, 0, 0), 2, 60 * 3)


def test_a_merchant_who_comes_between_costs_an_import_nothing_but_time(tables, monkeypatch):
    ports = wiring.shops()
    shop, changed = many_changed()
    owner, imported = Actor("acc_owner", frozenset({Role.MERCHANT}), "ses"), ports.store.imported

    def rivalled(shop_ids):
        standing = imported(shop_ids)
        use_cases.add_staff(ports, owner, shop.id, {"name": "老张"}, once())
        return standing

    monkeypatch.setattr(ports.store, "imported", rivalled)
    done = use_cases.import_many(ports, "acc_owner", changed)
    assert counts(done) == (0, 60, 0, 0)
    listing = use_cases.listing(ports, shop.id)
    assert (listing.shop.name, listing.shop.version, [one.name for one in listing.staff]) == ("新名字", 3, ["老张"])
    assert listing in done.listings
    assert {one.shop.version for one in done.listings if one.shop.id != shop.id} == {2}
