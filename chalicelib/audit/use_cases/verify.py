"""Verifying: what stands in the table is held against what was sealed apart from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.audit.ports import Finding, Kind, Leaf, Proof, Seal, SealingPorts
from chalicelib.audit.rules import (
    FIRST,
    LOOK_BACK,
    SHARDS,
    compare,
    days,
    late_name,
    leaf_hash,
    path,
    root_of,
    shard_name,
)
from chalicelib.kit.errors import NotFound


@dataclass(frozen=True)
class Verdict:
    """What a day's verification comes to.

    Attributes:
        day: which.
        seal: its seal; None where it has none.
        findings: everything that is not as it was sealed.
    """

    day: date
    seal: Seal | None
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        return not any(one.is_bad for one in self.findings)


def verify(ports: SealingPorts, day: date) -> Verdict:
    """Compare a day's entries with its seal, its seal with the one before, and the bucket's with the table's."""
    seal = ports.vault.seal_of(day)
    if seal is None:
        return Verdict(day, None, (Finding(day, Kind.NOT_SEALED, "no seal in the bucket"),))
    own, late, lacking = _sealed_leaves(ports, day)
    found = [Finding(day, Kind.LEAVES, f"part {name} is not in the bucket") for name in lacking]
    hashes = [leaf.hash for leaf in (*own, *late)]
    if (len(hashes), len(late), root_of(hashes).hex()) != (seal.count, seal.late, seal.root):
        found.append(Finding(day, Kind.LEAVES, f"{len(hashes)} leaves do not give the root of {seal.count}"))
    found += [Finding(day, Kind.REWRITTEN, name) for name in ports.vault.rewritten(day)]
    found += _chain(ports, seal)
    found += _entries(ports, day, own, late)
    return Verdict(day, seal, tuple(found))


def _sealed_leaves(ports: SealingPorts, day: date) -> tuple[list[Leaf], list[Leaf], list[str]]:
    """Return a day's own leaves and the late ones as they were sealed, and which parts are not there."""
    own, late = [shard_name(shard) for shard in range(SHARDS)], [late_name(shard) for shard in range(SHARDS)]
    parts = {name: ports.vault.part(day, name) for name in (*own, *late)}
    lacking = [name for name, part in parts.items() if part is None]
    return _joined(parts, own), _joined(parts, late), lacking


def _joined(parts: Mapping[str, Sequence[Leaf] | None], names: Sequence[str]) -> list[Leaf]:
    return [leaf for name in names for leaf in parts[name] or ()]


def _chain(ports: SealingPorts, seal: Seal) -> Iterator[Finding]:
    if not seal.is_itself():
        yield Finding(seal.day, Kind.CHAIN, "the seal's hash is not that of what it says")
    before = ports.vault.seal_of(seal.day - timedelta(days=1))
    if before is not None and seal.previous != before.chain:
        yield Finding(seal.day, Kind.CHAIN, f"it does not follow from the seal of {before.day}")
    if before is None and (seal.previous != FIRST or ports.vault.days()[0] != seal.day):
        yield Finding(seal.day, Kind.CHAIN, "the seal of the day before is not there")
    told = ports.store.told(seal.day)
    if told != seal:
        what = "the table has no seal" if told is None else "the table tells another seal than the bucket"
        yield Finding(seal.day, Kind.ROW, what)


def _entries(ports: SealingPorts, day: date, own: Sequence[Leaf], late: Sequence[Leaf]) -> Iterator[Finding]:
    standing = (leaf for shard in range(SHARDS) for leaf in ports.store.leaves(day, shard))
    differ = compare(own, standing)
    after = compare(_covered(ports, day), differ.added)
    came = {leaf.key for leaf in differ.added} - {leaf.key for leaf in (*after.added, *after.altered)}
    of_late = compare(late, _standing(ports, late))
    found = {
        Kind.ALTERED: [*differ.altered, *after.altered, *of_late.altered],
        Kind.MISSING: [*differ.missing, *of_late.missing],
        Kind.ADDED: after.added,
        Kind.LATE: [leaf for leaf in differ.added if leaf.key in came],
    }
    for kind, leaves in found.items():
        yield from (Finding(day, kind, str(leaf)) for leaf in leaves)


def _covered(ports: SealingPorts, day: date) -> Iterator[Leaf]:
    """Return the late entries that the next seals cover."""
    for one in days(day + timedelta(days=1), day + timedelta(days=LOOK_BACK)):
        seal = ports.vault.seal_of(one)
        if seal is not None and seal.late:
            yield from (leaf for shard in range(SHARDS) for leaf in ports.vault.part(one, late_name(shard)) or ())


def _standing(ports: SealingPorts, late: Sequence[Leaf]) -> Iterator[Leaf]:
    """Return late entries as they stand: they are in other days' indexes."""
    for leaf in late:
        content = ports.store.content(leaf)
        if content is not None:
            yield Leaf(leaf.place, leaf.object, leaf_hash(content))


def outside(ports: SealingPorts) -> Iterator[Finding]:
    """Return every row of the table that no seal covers and none will: in no index, in a day before the first seal, or
    in one that is still to come. What is in a sealed day is that day's to verify. Reads the whole table.
    """
    known, today = ports.vault.days(), ports.clock.now().date()
    first = known[0] if known else today
    for row in ports.store.everything():
        if row.day is None or not first <= row.day <= today + timedelta(days=1):
            yield Finding(row.day or today, Kind.OUTSIDE, str(row.leaf))


def prove(ports: SealingPorts, entry_id: str, day: date) -> Proof:
    """Return the proof that an entry is among those that a seal holds: of the day on which it was noted, or of one of
    the next, where it was noted past midnight or came late.

    Raises:
        NotFound: none of them holds it, or it does not stand any more.
    """
    for one in days(day, day + timedelta(days=LOOK_BACK)):
        seal = ports.vault.seal_of(one)
        if seal is None:
            continue
        own, late, _ = _sealed_leaves(ports, one)
        leaves = [*own, *late]
        for index, leaf in enumerate(leaves):
            if leaf.entry_id == entry_id and (content := ports.store.content(leaf)) is not None:
                beside = path([other.hash for other in leaves], index)
                return Proof(content.decode(), index, tuple(other.hex() for other in beside), seal)
    raise NotFound("sealed entry")
