"""Sealing: each day's entries become a tree whose root is kept apart, and follows from the seal of the day before.

What is put into the vault stands for ever, so it goes first: each part of the leaves, then the seal, then the table's
copy of it. A run that dies goes on with the parts that stand, and writes what is missing of the rest; two runs at once
put the same, and go on with what stands. Whatever comes into a day after its part stands is a late entry of the next
seal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from chalicelib.audit.ports import Leaf, Seal, SealingPorts
from chalicelib.audit.rules import (
    LOOK_BACK,
    SHARDS,
    Tree,
    compare,
    days,
    late_name,
    newest_over,
    sealed,
    shard_name,
)
from chalicelib.kit.observability import log, metric

_FIRST_LOOK = timedelta(days=7)  # before the first seal: how long ago the first entry may have been noted


class OutOfTime(Exception):  # noqa: N818 - it is a state of affairs: the next run goes on
    """The time that a run has is over."""


class Unfollowed(Exception):  # noqa: N818 - as it is told
    """The seal of the day before is not in the vault: somebody has taken it out, or days are sealed out of turn."""


def seal_due(ports: SealingPorts, as_of: datetime, within: timedelta | None = None) -> Mapping[str, int]:
    """Seal every day that is over and is not sealed, the oldest first. Return how many were, and are still to be.

    Args:
        ports: what sealing needs.
        as_of: the moment of the run; one in the future counts as now, for a day is not over because somebody says so.
        within: stop then; the next run goes on.

    Raises:
        Exception: what keeps a day from being sealed; those after it wait for it.
    """
    started = ports.clock.now()
    last = newest_over(min(as_of, started))
    known = ports.vault.days()
    due = days(known[-1] + timedelta(days=1), last) if known else days(_first(ports, last), last)
    if known:
        _told(ports, known[-1])
    done = 0
    try:
        for day in due:
            seal_day(ports, day, None if within is None else started + within)
            done += 1
    except OutOfTime:
        log.warning("sealing goes on with the next run", day=str(due[done]))
    finally:
        if done < len(due):
            metric("AuditUnsealed", len(due) - done)
    if done == len(due):
        metric("AuditSealed")  # its absence is an alarm
    return {"sealed": done, "left": len(due) - done}


def _first(ports: SealingPorts, last: date) -> date:
    """Return where the chain begins: at the first day of the last week that has an entry."""
    for day in days(last - _FIRST_LOOK, last):
        if any(True for shard in range(SHARDS) for _ in ports.store.leaves(day, shard)):
            return day
    return last


def seal_day(ports: SealingPorts, day: date, until: datetime | None = None) -> Seal:
    """Seal a day; return the seal that stands. Its entries may be many: they are read shard by shard.

    Raises:
        OutOfTime: `until` has come; what was put stands.
        Unfollowed: there are seals, but none of the day before.
    """
    before = ports.vault.seal_of(day - timedelta(days=1))
    if before is None and any(one < day for one in ports.vault.days()):
        raise Unfollowed(str(day - timedelta(days=1)))
    tree = Tree()
    for shard in range(SHARDS):
        for leaf in _part(ports, day, shard, shard_name(shard), _own, until):
            tree.add(leaf.hash)
    own = tree.size
    for shard in range(SHARDS):
        for leaf in _part(ports, day, shard, late_name(shard), _late, until):
            tree.add(leaf.hash)
    ports.vault.put_seal(sealed(day, tree.size, tree.size - own, tree.root(), before))
    return _told(ports, day)


def _part(
    ports: SealingPorts,
    day: date,
    shard: int,
    name: str,
    read: Callable[[SealingPorts, date, int], Iterable[Leaf]],
    until: datetime | None,
) -> Sequence[Leaf]:
    standing = ports.vault.part(day, name)
    if standing is None:
        if until is not None and ports.clock.now() >= until:
            raise OutOfTime
        standing = ports.vault.put_part(day, name, sorted(read(ports, day, shard)))
    return standing


def _own(ports: SealingPorts, day: date, shard: int) -> Iterable[Leaf]:
    return ports.store.leaves(day, shard)


def _late(ports: SealingPorts, day: date, shard: int) -> list[Leaf]:
    """Return what has come into a shard of the sealed days before a day and is in no seal; what does not stand in them
    as it was sealed is told on the way.
    """
    before = [day - timedelta(days=number) for number in range(LOOK_BACK, 0, -1)]
    seals = {one: seal for one in before if (seal := ports.vault.seal_of(one)) is not None}
    covered = [
        leaf for one, seal in seals.items() if seal.late for leaf in ports.vault.part(one, late_name(shard)) or ()
    ]
    found: list[Leaf] = []
    for one in seals:
        differ = compare(ports.vault.part(one, shard_name(shard)) or (), ports.store.leaves(one, shard))
        late = compare(covered, differ.added)
        found += late.added
        for leaf in (*differ.altered, *late.altered, *differ.missing):
            log.error("a sealed entry is not what it was", day=str(one), entry_id=leaf.entry_id)
            metric("AuditAltered")
    for leaf in found:
        log.error("an entry came into a sealed day", entry_id=leaf.entry_id)
        metric("AuditAltered")
    return found


def _told(ports: SealingPorts, day: date) -> Seal:
    """Have the table tell a day's seal, and return it."""
    seal = ports.vault.seal_of(day)
    if seal is None:
        raise Unfollowed(str(day))
    if (ports.store.told(day) or ports.store.tell(seal)) != seal:
        log.error("the table tells another seal than the bucket", day=str(day))
        metric("AuditAltered")
    return seal
