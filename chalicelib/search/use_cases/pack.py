"""Packing partitions: directories to steer by, segments to answer from.

What is packed is read from the rows, all of them, so a packing that went wrong, ran twice at once or was forgotten is
mended by the next one. Nobody waits for it: rows and changes are right without.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.search import rules, segment
from chalicelib.search.index_ports import IndexPorts
from chalicelib.search.ports import EVERYTHING

_OVERLAP = timedelta(seconds=60)  # a read is eventually consistent, and a transaction may take a while to show


@dataclass(frozen=True)
class Packed:
    """What was packed: partitions, and shops in them."""

    partitions: int
    shops: int


def pack_due(ports: IndexPorts, changes: Mapping[str, int]) -> None:
    """Count changes of partitions, and pack those that have changed much since they were packed."""
    for partition, number in changes.items():
        counted, total = ports.packs.tally(partition, number)
        if rules.is_due(counted, total):
            pack(ports, [partition], counted)


def pack(ports: IndexPorts, partitions: Iterable[str], counted: int = 0) -> Packed:
    """Pack some partitions: one read of all their cards, one write for each directory and segment. What somebody else
    is packing is left to them; whoever hears of a change while they do it counts it for the next time.

    Args:
        ports: what searching needs.
        partitions: to be packed.
        counted: changes that make it due; where fewer are left, it has been packed since. 0: in any case.
    """
    count = shops = 0
    for partition in partitions:
        if not ports.packs.claim(partition, counted):
            continue
        since = ports.clock.now() - _OVERLAP
        cards = ports.packs.whole(partition) or ()
        words = ports.packs.words([card.shop_id for card in cards])
        segments = segment.split(cards) if len(cards) >= rules.DENSE else ()
        ports.packs.pack(partition, rules.directories(cards, words), segments, since)
        count, shops = count + 1, shops + len(cards)
    return Packed(count, shops)


def pack_all(ports: IndexPorts) -> Packed:
    """Pack every partition that has changed since, and those with segments, which live for some days only. Safe to
    repeat, and to die in the middle.
    """
    due = []
    for partition in sorted(ports.places.occupied(EVERYTHING)):
        changes, total = ports.packs.tally(partition, 0)
        if changes or total >= rules.DENSE:
            due.append(partition)
    return pack(ports, due)
