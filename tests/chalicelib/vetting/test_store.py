"""Rows on real DynamoDB semantics: capacity is asserted on dynoxide, which tells it right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.vetting import use_cases
from chalicelib.vetting.ports import DueKind, State, Taken
from chalicelib.vetting.rules import application as rules
from chalicelib.vetting.rules.names import BlockedName
from chalicelib.vetting.rules.standing import standing_of
from tests.api import ADMIN
from tests.chalicelib.vetting.test_rules import DETAILS, NOW, approved, drafted, in_review
from tests.chalicelib.vetting.world import WHY, Vetting, once
from tests.emulators import DYNOXIDE


@pytest.fixture
def store(tables):
    return wiring.vetting().store


def commit(*actions):
    wiring.committer().commit(actions)


@pytest.mark.store
def test_applications_and_what_stands_are_kept_whole_by_version(store):
    first, done = drafted(), replace(approved(), version=2)
    assert store.file("acc_customer").application is None
    commit(store.put(first))
    with pytest.raises(Contention):
        commit(store.put(first))
    commit(store.put(done), store.put_approved(done), store.put_standing(standing_of(done, None, NOW)))
    with pytest.raises(Contention):
        commit(store.put(done))
    file = store.file("acc_customer")
    assert (file.application, file.standing) == (done, standing_of(done, None, NOW))
    assert store.approved("acc_customer") == done
    bare = replace(done, details=replace(DETAILS, expires_on=None), version=3, reasons=tuple(rules.Reason))
    later = standing_of(bare, file.standing, NOW)
    commit(store.put(bare), store.put_standing(later))
    assert store.file("acc_customer").application == bare
    assert store.standing("acc_customer") == later
    with pytest.raises(Contention):
        commit(store.put_standing(later))


@pytest.mark.store
def test_a_licence_is_taken_by_one_and_released_by_them_alone(store):
    claim = store.claim_of(DETAILS)
    assert claim == store.claim_of(replace(DETAILS, number=f" {DETAILS.number.lower()}", business_name="x"))
    assert claim != store.claim_of(replace(DETAILS, country="SG"))
    commit(store.take(claim, "acc_1"))
    commit(store.take(claim, "acc_1"))
    with pytest.raises(Taken):
        commit(store.take(claim, "acc_2"))
    with pytest.raises(Contention):
        commit(store.release(claim, "acc_2"))
    commit(store.release(claim, "acc_1"))
    commit(store.take(claim, "acc_2"))


@pytest.mark.store
def test_a_states_list_is_merged_from_all_shards_oldest_first(store):
    waiting = [
        replace(in_review(), account_id=f"acc_{number}", since=NOW + timedelta(minutes=number), version=1)
        for number in (3, 1, 4, 0, 5, 2)
    ]
    for one in waiting:
        commit(store.put(one))
    commit(store.put(drafted()))
    found, after = [], None
    while True:
        page = store.in_state(State.IN_REVIEW, after, 2)
        found += [one.account_id for one in page.items]
        after = page.next
        if after is None:
            break
    assert found == [f"acc_{number}" for number in range(6)]
    assert store.in_state(State.REJECTED, None, 9).items == ()


@pytest.mark.store
def test_what_is_due_is_found_when_its_time_has_come(store):
    draft, done = drafted(), replace(approved(), account_id="acc_merchant", version=1)
    commit(store.put(draft), store.put_standing(standing_of(done, None, NOW)), store.erase_later("acc_2", "doc_1", NOW))

    def due(until):
        return {one.kind: one for shard in range(store.shards) for one in store.due(shard, until, 9)}

    assert set(due(NOW)) == {DueKind.DOCUMENT}
    found = due(NOW + timedelta(days=180))
    assert set(found) == set(DueKind)
    document, application = found[DueKind.DOCUMENT], found[DueKind.APPLICATION]
    assert (document.account_id, document.file_names) == ("acc_2", ("doc_1",))
    assert (application.version, application.file_names) == (1, (draft.documents[0].file_name,))
    for one in found.values():
        store.later(one, NOW + timedelta(days=200))
        store.later(one, NOW + timedelta(days=300))  # it has moved: no harm
    assert due(NOW + timedelta(days=199)) == {}
    moved = due(NOW + timedelta(days=200))
    assert set(moved) == set(DueKind)
    with pytest.raises(Contention):
        commit(store.forget(application))
    commit(store.forget(moved[DueKind.APPLICATION]), store.erased(moved[DueKind.DOCUMENT]))
    assert set(due(NOW + timedelta(days=200))) == {DueKind.STANDING}
    store.later(moved[DueKind.APPLICATION], NOW)  # it is gone: nothing comes back
    assert store.file("acc_customer").application is None


@pytest.mark.store
def test_blocked_names(store):
    for text in ("公安局", "公 安局", "WeChat"):
        commit(store.block(BlockedName.of(text)))
    assert {one.folded for one in store.blocked()} == {"公安局", "wechat"}


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    before = wiring.clock()
    vetting = Vetting()
    try:
        actor = vetting.person()
        costs = {
            "draft": spent(lambda: vetting.describe(actor)),
            "form": spent(lambda: use_cases.begin_upload(vetting.ports, actor, "image/jpeg")),
        }
        document_id = vetting.upload(actor)
        costs["document"] = spent(lambda: use_cases.add_document(vetting.ports, actor, document_id, once()))
        costs["submit"] = spent(lambda: vetting.submit(actor))
        costs["list"] = spent(lambda: vetting.store.in_state(State.IN_REVIEW, None, 20))
        costs["links"] = spent(lambda: use_cases.links(vetting.ports, ADMIN, actor.account_id, WHY))
        costs["approve"] = spent(lambda: vetting.decide(actor))
        costs["nothing due"] = spent(vetting.look_after)
        vetting.clock.move(days=150)
        costs["lapse"] = spent(vetting.look_after)
    finally:
        wiring.use_clock(before)
    assert costs == {
        "draft": (3, 2, 4),
        "form": (3, 2, 4),
        "document": (3, 2, 10),
        "submit": (4, 2.5, 18),
        "list": (4, 2, 0),
        "links": (3, 2, 4),
        "approve": (5, 4, 26),
        "nothing due": (4, 2, 0),
        "lapse": (7, 4, 13),
    }


def spent(work):
    """Return the requests, read units and write units of some work."""
    with meter.measure() as used:
        work()
    return used.requests, used.read_units, used.write_units
