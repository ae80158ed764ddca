"""Rows on real DynamoDB semantics, on both emulators; capacity is asserted on dynoxide, which tells it right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.outreach.ports import Heard, Offer, Outcome, Outreach, Report, Started, State, Tagged, Tally, Wish
from chalicelib.outreach.rules.problems import NotSending
from chalicelib.outreach.store import CustomerTable, OutreachTable
from tests.chalicelib.outreach.world import NOW, TEXT
from tests.emulators import DYNOXIDE

CUSTOMERS, STORE = CustomerTable(), OutreachTable()
HOUR = timedelta(hours=1)
TAGGED = Tagged("acc_m", "acc_1", "ord_1", ("regular", "烫染"), NOW)
WISH = Wish("acc_1", "acc_m", "shp_1", True, ((NOW, True),))
HEARD = Heard("acc_1", (Offer(NOW, "acc_m", "otr_1"),), 1)
OTR = Outreach(
    "May", ("regular",), TEXT, "cmp_1", NOW, 120, id="otr_1", merchant_id="acc_m", shop_id="shp_1",
    zone="Asia/Shanghai", currency="CNY", created_at=NOW, signed={"en": "Cuts", "zh": "剪发屋"}, coupon="满100减20", coupon_until=NOW + HOUR, next_at=NOW,
)  # fmt: skip


def commit(*actions):
    """Write them; return what that costs."""
    with meter.measure() as used:
        wiring.committer().commit(actions)
    return used.write_units


def due(now):
    return [one for shard in range(STORE.shards) for one in STORE.due(shard, now, 9)]


@pytest.mark.store
def test_tags_are_kept_whole_by_version_and_found_by_whom_and_what(tables):
    assert CUSTOMERS.tagged("acc_m", "acc_1") is None
    others = [replace(TAGGED, customer_id=f"acc_{n}", tags=("regular",) if n % 2 else ("vip",)) for n in (10, 11, 2)]
    commit(CUSTOMERS.put_tagged(TAGGED), *map(CUSTOMERS.put_tagged, others))
    commit(CUSTOMERS.put_tagged(replace(TAGGED, merchant_id="acc_n")))
    for stale in (TAGGED, replace(TAGGED, version=3)):
        with pytest.raises(Contention):
            commit(CUSTOMERS.put_tagged(stale))
    first = CUSTOMERS.of_merchant("acc_m", None, 2)
    rest = CUSTOMERS.of_merchant("acc_m", first[-1].customer_id, 9)
    assert [one.customer_id for one in (*first, *rest)] == ["acc_1", "acc_10", "acc_11", "acc_2"]
    assert first[0] == TAGGED
    found = CUSTOMERS.with_tag("acc_m", "regular", None, 1)
    more = CUSTOMERS.with_tag("acc_m", "regular", found.next, 9)
    assert [one.customer_id for one in (*found.items, *more.items)] == ["acc_1", "acc_11"]
    assert len(CUSTOMERS.with_tag("acc_m", None, None, 9).items) == 4
    assert {one.merchant_id for one in CUSTOMERS.of_customer("acc_1", None, 9).items} == {"acc_m", "acc_n"}
    with pytest.raises(Contention):
        commit(CUSTOMERS.drop_tagged(replace(TAGGED, version=2)))
    commit(CUSTOMERS.drop_tagged(TAGGED))
    assert CUSTOMERS.tagged("acc_m", "acc_1") is None


@pytest.mark.store
def test_tallies_wishes_and_what_was_heard_follow_each_other(tables):
    tally = Tally("acc_m", {"烫染": 2}, 2, 1)
    assert (CUSTOMERS.tally("acc_m"), CUSTOMERS.heard("acc_1")) == (Tally("acc_m"), Heard("acc_1"))
    commit(CUSTOMERS.put_tally(tally), CUSTOMERS.put_wish(WISH), CUSTOMERS.put_heard(HEARD, NOW + HOUR))
    assert (CUSTOMERS.tally("acc_m"), CUSTOMERS.heard("acc_1")) == (tally, HEARD)
    assert CUSTOMERS.wish("acc_1", "acc_m") == WISH
    for again in (CUSTOMERS.put_tally(tally), CUSTOMERS.put_wish(WISH), CUSTOMERS.put_heard(HEARD, NOW)):
        with pytest.raises(Contention):
            commit(again)
    no = replace(WISH, wanted=False, said=(*WISH.said, (NOW + HOUR, False)), version=2)
    commit(CUSTOMERS.put_wish(no), CUSTOMERS.put_wish(replace(WISH, merchant_id="acc_n")))
    assert CUSTOMERS.wishes("acc_1", None, 1).items == (no,)
    for _ in range(2):
        CUSTOMERS.forget("acc_1")
    assert CUSTOMERS.wishes("acc_1", None, 9).items == ()
    assert CUSTOMERS.heard("acc_1") == Heard("acc_1")


@pytest.mark.store
def test_texts_to_many_are_kept_whole_and_found_while_there_is_something_to_do(tables):
    assert STORE.outreach("acc_m", "otr_1") is None
    commit(STORE.create(OTR))
    with pytest.raises(Contention):
        commit(STORE.create(OTR))
    assert STORE.outreach("acc_m", "otr_1") == OTR
    assert STORE.outreach("acc_n", "otr_1") is None
    assert due(NOW - timedelta(microseconds=1)) == []
    assert due(NOW) == [OTR]
    commit(STORE.check_sending(OTR), STORE.sent_to("otr_1", "acc_1", NOW))
    with pytest.raises(Contention):
        commit(STORE.check_sending(OTR), STORE.sent_to("otr_1", "acc_1", NOW))
    over = replace(
        OTR, state=State.STOPPED, position="acc_1", outcomes={Outcome.SENT: 1, Outcome.BLOCKED: 2}, next_at=None,
        ended_at=NOW, report=Report(NOW, 1, 1, 1, 1, 1, 1, 1, 9_000), offset=4, version=2,
    )  # fmt: skip
    commit(STORE.replace(over))
    with pytest.raises(Contention):
        commit(STORE.replace(over))
    assert STORE.outreach("acc_m", "otr_1") == over
    assert due(NOW + HOUR) == []
    with pytest.raises(NotSending):
        commit(STORE.check_sending(OTR), STORE.sent_to("otr_1", "acc_2", NOW))
    assert STORE.recipients("otr_1") == [("acc_1", NOW)]
    commit(STORE.create(replace(OTR, id="otr_2")))
    assert [one.id for one in STORE.list_of("acc_m", None, 1).items] == ["otr_2"]
    assert len(STORE.list_of("acc_m", None, 9).items) == 2


@pytest.mark.store
def test_what_was_begun_follows_what_was_begun(tables):
    begun = Started("acc_m", (NOW,), 1)
    assert STORE.started("acc_m") == Started("acc_m")
    commit(STORE.put_started(begun))
    assert STORE.started("acc_m") == begun
    with pytest.raises(Contention):
        commit(STORE.put_started(begun))
    commit(STORE.put_started(replace(begun, version=2)))


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    assert commit(CUSTOMERS.put_tagged(TAGGED), CUSTOMERS.put_tally(Tally("acc_m", {"a": 1}, 1, 1))) == 3 + 2
    assert commit(CUSTOMERS.put_wish(WISH)) == 2
    assert commit(STORE.create(OTR), STORE.put_started(Started("acc_m", (NOW,), 1))) == 3 + 2
    sends = (STORE.check_sending(OTR), STORE.sent_to("otr_1", "acc_1", NOW), CUSTOMERS.put_heard(HEARD, NOW))
    assert commit(*sends) == 2 + 2 + 2
    assert commit(STORE.replace(replace(OTR, next_at=NOW + HOUR, version=2))) == 4
    with meter.measure() as used:
        CUSTOMERS.tagged("acc_m", "acc_1")
        CUSTOMERS.tally("acc_m")
        CUSTOMERS.wish("acc_1", "acc_m")
        CUSTOMERS.heard("acc_1")
        STORE.outreach("acc_m", "otr_1")
    assert (used.requests, used.read_units) == (5, 5)
    with meter.measure() as used:
        CUSTOMERS.of_merchant("acc_m", None, 200)
        CUSTOMERS.with_tag("acc_m", "a", None, 9)
        STORE.list_of("acc_m", None, 9)
        STORE.recipients("otr_1")
        due(NOW)
    assert (used.requests, used.read_units) == (4 + STORE.shards, 0.5 * (4 + STORE.shards))
    assert commit(CUSTOMERS.drop_tagged(TAGGED)) == 3
