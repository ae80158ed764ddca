"""Directories and segments as rows: see `ports.Packs`.

| what | requests | read units | write units |
|---|---|---|---|
| news of a partition | 1 Query | 0.5 per 4 KB begun: some changes and the manifest | |
| a segment of 2,000 shops | BatchGet | about 25 | |
| read a partition to pack it | Query, 1 per MB; BatchGet of the heads, 1 per 100 | 0.5 per 4 KB; 0.5 a head | |
| pack it | 1 write a segment, BatchWrite of directories | | 1 per KB: about 150 for 1,000 shops |
| count a change; claim a packing | 1 Update each | | 1 |
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pynamodb.exceptions import UpdateError

from chalicelib.kit.clock import Clock, iso, parse
from chalicelib.kit.dynamo import code_of
from chalicelib.kit.ids import new_id
from chalicelib.search import cards, segment
from chalicelib.search.directory import Directory
from chalicelib.search.index_ports import Change, Manifest, News
from chalicelib.search.ports import EVERYTHING, Card
from chalicelib.search.segment import Segment
from chalicelib.search.store import rows
from chalicelib.search.store.directories import directory_row
from chalicelib.search.store.rows import MANIFEST, CardRow, ChangeRow, DirectoryRow, HeadRow, SegmentRow, TallyRow

LEASE = timedelta(minutes=3)  # that packing takes at most: longer than the function that hears of changes lives
SEGMENT_LIFE = timedelta(days=4)  # what is packed every day is gone after a few, when nobody packs it any more


class PackStore:
    """See `ports.Packs`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def news(self, partition: str, since: datetime) -> News:
        """See `ports.Packs`."""
        manifest, changes = None, []
        for row in ChangeRow.query(rows.changes_pk(partition), ChangeRow.sk >= iso(since)):
            if row.sk == MANIFEST:
                version, moment, firsts = json.loads(row.manifest or "[]")
                manifest = Manifest(version, parse(moment), tuple(firsts))
            else:
                shop_id = row.sk.partition("#")[2]
                changes.append(Change(shop_id, int(row.stamp), cards.unpack(shop_id, row.card) if row.card else None))
        return News(manifest, tuple(changes))

    def segments(self, partition: str, manifest: Manifest, numbers: Sequence[int]) -> Sequence[Segment] | None:
        """See `ports.Packs`."""
        keys = [_segment_key(partition, manifest.version, number) for number in numbers]
        found = {row.pk: row for row in SegmentRow.batch_get(keys)}
        if len(found) < len(keys):
            return None
        return [segment.unpack(bytes(found[pk].cards)) for pk, _ in keys]

    def whole(self, partition: str, most: int | None = None) -> Sequence[Card] | None:
        """See `ports.Packs`."""
        limit = None if most is None else most + 1
        found = [rows.card_of(row) for row in CardRow.query(rows.pk(EVERYTHING, partition), limit=limit)]
        return None if most is not None and len(found) > most else found

    def words(self, shop_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """See `ports.Packs`."""
        found = HeadRow.batch_get([rows.head_key(shop_id) for shop_id in shop_ids])
        heads = {row.pk.removeprefix("S#"): rows.head_of(row) for row in found}
        return {shop_id: head.shape.words for shop_id, head in heads.items() if head.shape}

    def tally(self, partition: str, changes: int) -> tuple[int, int]:
        """See `ports.Packs`."""
        row = TallyRow(*_tally_key(partition))
        row.update([TallyRow.changes.add(changes)])
        has_died = row.until is not None and row.until <= self._clock.now().timestamp()
        return int(row.changes) + (int(row.claimed or 0) if has_died else 0), int(row.total or 0)

    def claim(self, partition: str, changes: int = 0) -> bool:
        """See `ports.Packs`."""
        now = self._clock.now()
        is_free = TallyRow.until.does_not_exist()
        if changes:
            is_free &= TallyRow.changes >= changes
        claimed = (TallyRow.claimed | 0) + (TallyRow.changes | 0)
        until = TallyRow.until.set(int((now + LEASE).timestamp()))
        try:
            TallyRow(*_tally_key(partition)).update(
                [TallyRow.claimed.set(claimed), TallyRow.changes.set(0), until],
                (TallyRow.until <= int(now.timestamp())) | is_free,
            )
        except UpdateError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def pack(
        self,
        partition: str,
        directories: Mapping[str, Directory],
        segments: Sequence[tuple[int, bytes]],
        since: datetime,
    ) -> None:
        """See `ports.Packs`."""
        version, dies = new_id("pck"), int((self._clock.now() + SEGMENT_LIFE).timestamp())
        for number, (_, body) in enumerate(segments):
            SegmentRow(*_segment_key(partition, version, number), cards=body, expires_at=dies).save()
        with DirectoryRow.batch_write() as batch:
            for index, directory in directories.items():
                batch.save(directory_row(index, partition, directory))
        if segments:
            told = json.dumps([version, iso(since), [first for first, _ in segments]], separators=(",", ":"))
            ChangeRow(rows.changes_pk(partition), MANIFEST, manifest=told, expires_at=dies).save()
        everybody = directories.get(EVERYTHING)
        total = TallyRow.total.set(everybody.total if everybody else 0)
        TallyRow(*_tally_key(partition)).update([total, TallyRow.until.remove(), TallyRow.claimed.remove()])


def _segment_key(partition: str, version: str, number: int) -> tuple[str, str]:
    return f"K#{partition}#{version}#{number}", "SEGMENT"


def _tally_key(partition: str) -> tuple[str, str]:
    return f"M#{partition}", "TALLY"
