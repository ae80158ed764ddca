"""The audit log on real DynamoDB semantics; what it costs is asserted on dynoxide, which tells it right."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases
from chalicelib.audit.ports import Entry, Noted
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from tests.emulators import DYNOXIDE

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)


def entry(**other):
    told = {
        "actor_id": "acc_admin",
        "action": "risk.freeze",
        "object": "account:acc_1",
        "reason": "银行卡被盗用",
        "source_ip": "203.0.113.7",
        "details": {"times": 3, "by_rule": False, "order_id": "ord_1"},
    }
    return Entry(**{**told, **other})


def note(one, at=NOW):
    wiring.committer().commit(use_cases.noted(wiring.audit(), one, at))


def read(name=None, actor=None, after=None, limit=20):
    return use_cases.read(wiring.audit(), name, actor, after, limit)


@pytest.mark.store
def test_entries_are_read_by_object_and_by_actor_newest_first(tables):
    first, second = entry(), entry(action="risk.unfreeze", source_ip=None, details={})
    other = entry(object="account:acc_2", actor_id="system:risk")
    for minutes, one in enumerate((first, second, other)):
        with meter.measure() as used:
            note(one, NOW + timedelta(minutes=minutes))
        assert used.requests == 1
        assert tables.name != DYNOXIDE or used.write_units == 4
    expected = (Noted(second, NOW + timedelta(minutes=1)), Noted(first, NOW))
    assert read("account:acc_1").items == read(actor="acc_admin").items == expected
    assert [one.entry for one in read(actor="system:risk").items] == [other]
    assert read("account:acc_3").items == read(actor="acc_nobody").items == ()
    for query, units in (({"name": "account:acc_1"}, 1), ({"actor": "acc_admin"}, 0.5)):
        with meter.measure() as used:
            read(**query)
        assert used.requests == 1
        assert tables.name != DYNOXIDE or used.read_units == units


@pytest.mark.store
def test_a_list_goes_on_where_it_stopped_and_nothing_is_overwritten(tables):
    made = [entry() for _ in range(5)]
    for one in made:
        note(one)  # all at the same moment: ids tell them apart
    with pytest.raises(Contention):
        note(entry(id=made[0].id, reason="something else"))
    for query in ({"name": "account:acc_1"}, {"actor": "acc_admin"}):
        first = read(limit=2, **query)
        second = read(limit=2, after=first.next, **query)
        last = read(limit=2, after=second.next, **query)
        seen = [one.entry for page in (first, second, last) for one in page.items]
        assert (seen, last.next) == (sorted(made, key=lambda one: one.id, reverse=True), None)


@pytest.mark.parametrize("too_long", [{"reason": "长" * 501}, {"details": {"all": "x" * 2_000}}])
def test_what_would_be_kept_for_ever_is_bounded(too_long):
    with pytest.raises(ValueError, match="at most"):
        entry(**too_long)
