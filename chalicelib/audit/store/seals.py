"""Entries as they are sealed, and the table's own copies of seals."""

from collections.abc import Iterator
from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError

from chalicelib.audit.ports import Leaf, Seal, Standing
from chalicelib.audit.rules import canonical, leaf_hash
from chalicelib.audit.store.entries import OBJECT, EntryRow, partition, shard_of
from chalicelib.kit.dynamo import Row, TableMeta, code_of

_SEAL = "SEAL"
_REFUSED = "ConditionalCheckFailedException"


class SealRow(Row):
    class Meta(TableMeta):
        table = "audit"

    count_ = NumberAttribute(attr_name="count")  # `count` is a method of every row class
    late = NumberAttribute()
    root = UnicodeAttribute()
    previous = UnicodeAttribute()
    chain = UnicodeAttribute()


class SealTable:
    """See `audit.ports.SealStore`."""

    def leaves(self, day: date, shard: int) -> Iterator[Leaf]:
        return map(_leaf, EntryRow.of_day.query(partition(day, shard)))

    def content(self, leaf: Leaf) -> bytes | None:
        try:
            return _content(EntryRow.get(f"{OBJECT}{leaf.object}", leaf.place, consistent_read=True))
        except EntryRow.DoesNotExist:
            return None

    def everything(self) -> Iterator[Standing]:
        for row in EntryRow.scan(EntryRow.pk != _SEAL):
            yield Standing(_leaf(row), _day(row))

    def told(self, day: date) -> Seal | None:
        try:
            row = SealRow.get(_SEAL, str(day), consistent_read=True)
        except SealRow.DoesNotExist:
            return None
        return Seal(day, int(row.count_), int(row.late), row.root, row.previous, row.chain)

    def tell(self, seal: Seal) -> Seal:
        row = SealRow(
            _SEAL,
            str(seal.day),
            count_=seal.count,
            late=seal.late,
            root=seal.root,
            previous=seal.previous,
            chain=seal.chain,
        )
        try:
            row.save(SealRow.pk.does_not_exist())
        except PutError as error:
            if code_of(error) != _REFUSED:
                raise
            return self.told(seal.day) or seal
        return seal


def _content(row: EntryRow) -> bytes:
    return canonical({name: value for name, value in row.attribute_values.items() if value is not None})


def _leaf(row: EntryRow) -> Leaf:
    return Leaf(row.sk, row.pk.removeprefix(OBJECT), leaf_hash(_content(row)))


def _day(row: EntryRow) -> date | None:
    """Return whose index a row is in, if it is where it belongs there: nothing looks for it in another shard."""
    head, _, rest = (row.gsi2pk or "").partition("#")
    day, _, shard = rest.partition("#")
    if head != "DAY" or shard != str(shard_of(row.sk.partition("#")[2])) or row.gsi2sk is None:
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None
