"""Rows to shops and search: what is there stays, what broke off goes on, what is bad is told."""

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.search import use_cases as search
from chalicelib.search.use_cases import Wish
from chalicelib.search.use_cases.page import view
from chalicelib.shops import use_cases as shops
from infra.importing import loading
from infra.importing.loading import Loader, batches
from infra.importing.reading import Record
from infra.importing.rows import Defaults
from tests.chalicelib.search.shops import rows_only

GIVEN = Defaults("list", "Asia/Shanghai", "CNY")
OWNER = "acc_owner"


def record(number, **changes):
    fields = {
        "id": str(number), "name": f"Shop {number}", "category": "cafe", "lat": str(31 + number / 1e4), "lon": "121.5",
        "address": "1 Road",
    } | changes  # fmt: skip
    return Record(number, fields, list(fields.values()))


def load(records, *, stopping=lambda: False, size=10, owner=OWNER, progress=lambda _counts: None):
    rejected = []
    loader = Loader(
        shops=wiring.shops(),
        search=wiring.search_index(),
        pages=wiring.pages(),
        maps=wiring.free_maps(),
        owner_id=owner,
        reject=lambda one, reason: rejected.append((one.number, reason)),
        progress=progress,
        stopping=stopping,
    )
    counts = loader.load(batches(records, GIVEN, size))
    return (counts.created, counts.updated, counts.unchanged, counts.rejected), rejected


def found(limit=100):
    hits = search.find(rows_only(), Wish(31.0, 121.5, 50_000), limit).items
    return sorted(hit.card.name for hit in hits)


@pytest.mark.store
def test_good_rows_are_shops_that_are_found_and_bad_ones_are_told_in_order(tables):
    bad = [record(3, lat="x"), record(7, name=""), Record(12, {}, [], "broken")]
    records = sorted([record(n) for n in range(1, 26) if n not in {3, 7, 12}] + bad, key=lambda one: one.number)
    counts, rejected = load(records)
    assert counts == (22, 0, 0, 3)
    assert [number for number, _ in rejected] == [3, 7, 12]
    assert [reason.partition(":")[0] for _, reason in rejected] == ["lat", "name", "broken"]
    assert len(found()) == 22


def test_a_second_run_changes_nothing_and_a_changed_row_its_shop(tables):
    records = [record(n) for n in range(25)]
    assert load(records)[0] == (25, 0, 0, 0)
    assert load(records)[0] == (0, 0, 25, 0)
    records[4] = record(4, name="New name", lat="31.3")
    assert load(records)[0] == (0, 1, 24, 0)
    assert load(records)[0] == (0, 0, 25, 0)
    assert len(found()) == 25
    assert "New name" in found()
    assert "Shop 4" not in found()


def test_an_imported_shop_has_its_page_and_a_changed_one_its_new_page(tables):
    load([record(1), record(2)])
    load([record(1), record(2, name="New name")])
    ids = {hit.card.name: hit.card.shop_id for hit in search.find(rows_only(), Wish(31.0, 121.5, 50_000), 100).items}
    for name, shop_id in ids.items():
        with meter.measure() as used:
            seen = view(wiring.shop_page(), shop_id)
        assert seen.listing.shop.name == name
        assert used.requests <= 2


def test_the_round_that_writes_free_maps_is_asked_for(tables):
    load([record(1)])
    assert wiring.free_maps().maps.asked_round()


def test_a_shop_that_stands_twice_is_refused_the_second_time(tables):
    nameless = {"id": "", "name": "Same"}
    here, there = {"lat": "31"}, {"lat": "32"}
    records = [record(1), record(2, id="1"), record(3, **nameless, **here), record(4, **nameless, **here)]
    counts, rejected = load([*records, record(5, **nameless, **there)], size=1)
    assert counts == (3, 0, 0, 2)
    assert rejected == [(2, "id: the same shop as row 1"), (4, "id: the same shop as row 3")]


def test_somebody_elses_shop_is_refused(tables):
    load([record(1)], owner="acc_other")
    counts, rejected = load([record(1), record(2)])
    assert counts == (1, 0, 0, 1)
    assert "somebody else" in rejected[0][1]


def test_killed_between_shops_and_search_it_goes_on(tables, monkeypatch):
    class Killed(BaseException):
        """Not an error: the process ends here."""

    records = [record(n) for n in range(30)]
    index_many = search.index_many
    calls = []

    def die(*args, **more):
        calls.append(1)
        if len(calls) > 1:
            raise Killed
        return index_many(*args, **more)

    monkeypatch.setattr(loading.search, "index_many", die)
    with pytest.raises(Killed):
        load(records)
    monkeypatch.undo()
    assert len(found()) == 10
    counts, _ = load(records)
    assert counts[0] + counts[2] == 30
    assert counts[2] >= 20
    assert len(found()) == 30
    assert load(records)[0] == (0, 0, 30, 0)


def test_killed_after_an_update_it_goes_on(tables, monkeypatch):
    load([record(1)])
    monkeypatch.setattr(loading.search, "index_many", lambda *_args, **_more: search.Counts(0, 0))
    assert load([record(1, name="Second")])[0] == (0, 1, 0, 0)
    monkeypatch.undo()
    assert found() == ["Shop 1"]
    assert load([record(1, name="Second")])[0] == (0, 0, 1, 0)
    assert found() == ["Second"]


def test_asked_to_stop_it_finishes_what_it_began(tables):
    counts, _ = load([record(n) for n in range(100)], stopping=lambda: True)
    assert counts == (10, 0, 0, 0)
    assert len(found()) == 10


def test_a_file_that_breaks_off_keeps_what_was_read(tables):
    def records():
        yield from (record(n) for n in range(20))
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        load(records())
    assert len(found()) == 20


def test_progress_is_told_after_every_batch(tables):
    seen = []
    load([record(n) for n in range(35)], progress=lambda counts: seen.append((counts.rows, counts.written)))
    assert seen == [(10, 10), (20, 20), (30, 30), (35, 35)]


def test_a_network_that_comes_back_is_waited_for_and_one_that_does_not_ends_the_run(tables, monkeypatch):
    monkeypatch.setattr(loading, "_PAUSE", 0)
    import_many, failures = shops.import_many, [1, 2, 3]

    def shaky(*args):
        if failures:
            failures.pop()
            raise EndpointConnectionError(endpoint_url="http://x")
        return import_many(*args)

    monkeypatch.setattr(loading.shops, "import_many", shaky)
    assert load([record(1)])[0] == (1, 0, 0, 0)
    failures += [1] * 4
    with pytest.raises(EndpointConnectionError):
        load([record(2)])
