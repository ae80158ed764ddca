"""The tree against its definition in RFC 6962, and what a seal and a proof are bound to."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.audit.rules import (
    Leaf,
    Proof,
    compare,
    days,
    holds,
    leaf_hash,
    newest_over,
    path,
    root_of,
    sealed,
)
from chalicelib.audit.rules.tree import root_by

DAY = date(2030, 5, 1)
content = st.integers(0, 99).map(lambda number: str(number).encode())
contents = st.lists(content, max_size=33)
some_contents = st.lists(content, min_size=1, max_size=33)


def defined(entries):
    """MTH as RFC 6962, 2.1, defines it, over contents."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = max(2**power for power in range(len(entries).bit_length()) if 2**power < len(entries))
    return hashlib.sha256(b"\1" + defined(entries[:split]) + defined(entries[split:])).digest()


def hashes(entries):
    return [leaf_hash(entry) for entry in entries]


@given(contents)
@settings(max_examples=60)
def test_the_root_is_the_one_that_is_defined(entries):
    assert root_of(hashes(entries)) == defined(entries)


def test_the_roots_of_a_known_log():
    """The first three trees of the test data that implementations of RFC 6962 share."""
    entries = [b"", b"\x00", b"\x10"]
    assert [root_of(hashes(entries[:size])).hex()[:16] for size in range(4)] == [
        "e3b0c44298fc1c14",
        "6e340b9cffb37a98",
        "fac54203e7cc696c",
        "aeb6bcfe274b70a1",
    ]


@given(st.lists(content, min_size=1, max_size=20, unique=True), st.data())
@settings(max_examples=60)
def test_whatever_happens_to_an_entry_changes_the_root(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(content.filter(lambda one: one not in entries))
    place = data.draw(st.integers(0, len(entries) - 1).filter(lambda one: one != index) if entries[1:] else st.none())
    rest = [*entries[:index], *entries[index + 1 :]]
    changed = [rest, [*entries[:index], other, *entries[index + 1 :]], [*entries[:index], other, *entries[index:]]]
    if place is not None:
        changed.append([*rest[:place], entries[index], *rest[place:]])
    roots = {root_of(hashes(one)) for one in changed}
    assert len(roots) == len(changed)
    assert root_of(hashes(entries)) not in roots


@given(some_contents, st.data())
@settings(max_examples=60)
def test_a_path_leads_to_the_root_from_its_leaf_alone(entries, data):
    leaves, size = hashes(entries), len(entries)
    index = data.draw(st.integers(0, size - 1))
    beside, root = path(leaves, index), root_of(leaves)
    assert root_by(leaves[index], index, size, beside) == root
    assert len(beside) <= size.bit_length()
    forged = data.draw(content.filter(lambda one: one not in entries))
    assert root_by(leaf_hash(forged), index, size, beside) != root
    for other in (beside[:-1], (*beside, root), tuple(reversed(beside))):
        assert other == beside or root_by(leaves[index], index, size, other) != root
    for wrong in {index + 1, index - 1, size, size - 1 - index} - {index}:
        fits = 0 <= wrong < size and root_by(leaves[index], wrong, size, beside) == root
        assert not fits or leaves[wrong] == leaves[index]
    for broken in range(len(beside)):
        bent = [*beside[:broken], leaf_hash(beside[broken]), *beside[broken + 1 :]]
        assert root_by(leaves[index], index, size, bent) != root


def test_no_node_passes_for_a_leaf():
    leaves = hashes([b"a", b"b", b"c", b"d"])
    inner = root_of(leaves[:2]), root_of(leaves[2:])
    assert root_of(leaves) == root_of(inner), "a list of nodes is a tree too ..."
    assert leaf_hash(leaves[0] + leaves[1]) != inner[0], "... but no entry is a node"
    with pytest.raises(IndexError):
        path(leaves, 4)
    assert root_by(leaves[0], 0, 0, ()) is None


@pytest.mark.parametrize(
    "change", [{"day": date(2030, 5, 2)}, {"count": 4}, {"late": 1}, {"root": "00" * 32}, {"previous": "11" * 32}]
)
def test_a_seals_hash_is_of_all_that_it_says(change):
    first = sealed(DAY, 3, 0, bytes(32)[:31] + b"\1", None)
    assert first.is_itself()
    assert not replace(first, **change).is_itself()
    second = sealed(date(2030, 5, 2), 0, 0, root_of([]), first)
    assert second.previous == first.chain
    assert second.is_itself()


@given(some_contents, st.data())
@settings(max_examples=30)
def test_a_proof_holds_for_its_entry_and_seal_alone(entries, data):
    leaves = hashes(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    seal = sealed(DAY, len(entries), 0, root_of(leaves), None)
    proof = Proof(entries[index].decode(), index, tuple(one.hex() for one in path(leaves, index)), seal)
    assert holds(proof)
    assert not holds(replace(proof, content="other"))
    assert not holds(replace(proof, seal=sealed(DAY, len(entries), 0, leaf_hash(b"other"), None)))
    assert not holds(replace(proof, seal=replace(seal, day=date(2030, 5, 2))))
    assert not holds(replace(proof, index=len(entries)))


def test_what_differs_is_told_by_key():
    one, two, three = (Leaf(f"at#aud_{number}", "shop:1", leaf_hash(b"x")) for number in range(3))
    same_place = replace(two, object="shop:2")
    differ = compare([one, two], [replace(one, hash=leaf_hash(b"y")), same_place, three])
    assert (differ.altered, differ.missing) == ([replace(one, hash=leaf_hash(b"y"))], [two])
    assert differ.added == [same_place, three]
    assert compare([one, two], [two, one]) == compare([], [])
    assert (two.entry_id, str(two)) == ("aud_1", "aud_1 of at about shop:1")


@pytest.mark.parametrize(
    ("moment", "newest"), [("2030-05-02T01:59:59", "2030-04-30"), ("2030-05-02T02:00:00", "2030-05-01")]
)
def test_a_day_is_sealed_when_nobody_can_still_be_noting(moment, newest):
    assert str(newest_over(datetime.fromisoformat(moment).replace(tzinfo=UTC))) == newest


def test_days_are_counted_with_both_ends():
    assert [str(one) for one in days(date(2030, 4, 30), DAY)] == ["2030-04-30", "2030-05-01"]
    assert days(DAY, date(2030, 4, 30)) == []
