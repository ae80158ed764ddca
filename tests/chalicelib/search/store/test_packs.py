"""What is packed of a partition beside its rows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.search import rules, segment
from chalicelib.search.store import PackStore
from chalicelib.search.store.rows import ChangeRow
from tests.chalicelib.search.indexed import CARD, city, entry, put_all
from tests.fakes.time import FakeClock


@pytest.mark.store
def test_changes_are_told_to_the_partition_and_to_the_one_that_was_left(store):
    began = datetime.now(UTC) - timedelta(seconds=1)
    first = entry(CARD)
    store.write([first])
    moved = entry(replace(CARD, lat=48.85, lon=2.35), first.after, 2)
    store.write([moved])
    packs = PackStore(SystemClock())
    here, there = (packs.news(shape.place[0], began).changes for shape in (first.after.shape, moved.after.shape))
    assert [(change.stamp, change.card and change.card.lat) for change in here] == [(1, CARD.lat), (2, None)]
    assert [(change.stamp, change.card and change.card.lat) for change in there] == [(2, 48.85)]
    assert packs.news("wtw", datetime.now(UTC) + timedelta(seconds=1)).changes == ()
    assert all(row.expires_at for row in ChangeRow.scan() if row.pk.startswith("L3#"))


@pytest.mark.store
def test_what_is_packed_comes_back(store):
    cards = city(450)
    put_all(store, cards)
    packs, since = PackStore(SystemClock()), datetime(2030, 5, 1, tzinfo=UTC)
    assert packs.tally("wtw", 7) == (7, 0)
    whole = packs.whole("wtw")
    assert sorted(card.shop_id for card in whole) == sorted(card.shop_id for card in cards)
    assert packs.whole("wtw", 449) is None
    assert len(packs.whole("wtw", 450)) == 450
    assert packs.claim("wtw", 7)
    packs.pack("wtw", rules.directories(whole, {}), segment.split(whole), since)
    manifest = packs.news("wtw", since + timedelta(days=1)).manifest
    assert manifest.since == since
    (one,) = packs.segments("wtw", manifest, [0])
    assert {one.card(n) for n in range(450)} == {replace(card, text="") for card in cards}
    assert packs.segments("wtw", manifest, [0, 1]) is None
    assert packs.tally("wtw", 1) == (1, 450)
    assert packs.words([cards[0].shop_id, "shp_nobody"]) == {cards[0].shop_id: ()}


@pytest.mark.store
def test_one_packs_and_whoever_died_at_it_is_replaced(tables):
    clock = FakeClock(datetime(2030, 5, 1, tzinfo=UTC))
    packs = PackStore(clock)
    assert packs.claim("wtq")  # that nobody has counted anything of
    assert packs.tally("wtw", 40) == (40, 0)
    assert not packs.claim("wtw", 41)
    assert packs.claim("wtw", 40)
    assert packs.tally("wtw", 2) == (2, 0)
    assert not packs.claim("wtw", 2)
    assert not packs.claim("wtw")
    clock.move(seconds=181)
    assert packs.tally("wtw", 0) == (42, 0)
    assert packs.claim("wtw", 42)
    clock.move(seconds=181)
    assert packs.tally("wtw", 1) == (43, 0)
    assert packs.claim("wtw", 43)
    packs.pack("wtw", rules.directories(city(450), {}), (), clock.now())
    assert packs.tally("wtw", 3) == (3, 450)
    assert not packs.claim("wtw", 43)
    assert packs.claim("wtw")
