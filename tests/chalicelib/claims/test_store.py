"""Rows on real DynamoDB semantics: capacity is asserted on dynoxide, which tells it right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.claims import rules
from chalicelib.claims.keys import ClaimKey
from chalicelib.claims.store import ClaimsTable
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from tests.chalicelib.claims.test_rules import KEY, NOW, asked, declined, escalated
from tests.emulators import DYNOXIDE

STORE = ClaimsTable()
DECIDED = rules.decided(escalated(), agrees=True, amount=1, reason="已核实", now=NOW)


def commit(*actions):
    """Write them; return what that costs."""
    with meter.measure() as used:
        wiring.committer().commit(actions)
    return used.write_units


def numbered(number, minutes):
    return replace(asked(), key=replace(KEY, number=number), asked_at=NOW + timedelta(minutes=minutes))


@pytest.mark.store
def test_claims_are_kept_whole_by_version_and_number(tables):
    first = asked()
    assert STORE.claim(KEY) is None
    commit(STORE.create(first))
    with pytest.raises(Contention):
        commit(STORE.create(first))
    later = replace(DECIDED, version=2)
    commit(STORE.replace(later))
    with pytest.raises(Contention):
        commit(STORE.replace(later))
    assert STORE.claim(KEY) == later
    other = replace(first, key=replace(KEY, number=2))
    commit(STORE.create(other))
    assert STORE.of_order(KEY.order_id) == [later, other]
    assert STORE.of_order(ClaimKey("ord_2", "lin_2", 1).order_id) == []


@pytest.mark.store
def test_what_waits_comes_first_and_what_is_escalated_is_listed_while_it_is(tables):
    claims = [numbered(number, number) for number in range(1, 5)]
    for one in claims:
        commit(STORE.create(one))
    over = rules.withdrawn(claims[3], NOW)
    commit(STORE.replace(over))
    no = declined(claims[2])
    commit(STORE.replace(no))
    first = STORE.of_merchant("acc_merchant", None, 2)
    rest = STORE.of_merchant("acc_merchant", first.next, 9)
    assert [one.key.number for one in (*first.items, *rest.items)] == [2, 1, 4, 3]
    up = [rules.escalated(one, None, NOW + timedelta(days=3 + turn)) for turn, one in enumerate((claims[1], no))]
    for one in up:
        commit(STORE.replace(one))
    assert STORE.escalated(None, 9).items == tuple(up)
    assert [one.key.number for one in STORE.of_merchant("acc_merchant", None, 9).items] == [3, 2, 1, 4]
    commit(STORE.replace(rules.withdrawn(up[0], NOW)))
    page = STORE.escalated(None, 1)
    assert page.items == (up[1],)
    assert STORE.of_merchant("acc_other", None, 9).items == ()


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    no = declined()
    up = rules.escalated(no, None, NOW)
    assert commit(STORE.create(asked())) == 3
    assert commit(STORE.replace(no)) == 4
    assert commit(STORE.replace(up)) == 5
    assert commit(STORE.replace(rules.withdrawn(up, NOW))) == 5
    with meter.measure() as used:
        STORE.claim(KEY)
        STORE.of_order(KEY.order_id)
        STORE.of_merchant("acc_merchant", None, 9)
        STORE.escalated(None, 9)
    assert (used.requests, used.read_units) == (4, 1 + 1 + 0.5 + 0.5)
