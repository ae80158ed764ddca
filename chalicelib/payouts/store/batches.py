"""Batches; the keys are told in the package."""

import json
from datetime import date
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, TableMeta, put
from chalicelib.kit.transaction import Action, contended
from chalicelib.payouts.rules import Batch, FileFormat
from chalicelib.payouts.store.payouts import made

_BATCH = "BATCH"


class BatchRow(Row):
    class Meta(TableMeta):
        table = "payouts"

    currency = UnicodeAttribute()
    format = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    execute_on = UnicodeAttribute()
    payout_ids = UnicodeAttribute()  # JSON: written and read whole, 500 ids are 16 KB
    total = NumberAttribute()
    closed = BooleanAttribute()
    version = NumberAttribute()


class Batches:
    """See `payouts.ports.PayoutStore`."""

    def save_batch(self, batch: Batch) -> Action:
        row = BatchRow(
            f"BATCH#{batch.id}",
            _BATCH,
            currency=batch.currency,
            format=batch.format,
            created_at=iso(batch.created_at),
            created_by=batch.created_by,
            execute_on=batch.execute_on.isoformat(),
            payout_ids=json.dumps(batch.payout_ids),
            total=batch.total,
            closed=batch.closed,
            version=batch.version,
        )
        stood = batch.version - 1
        condition = BatchRow.version == stood if stood else BatchRow.pk.does_not_exist()
        return put(row, condition, contended if stood else made)

    def batch(self, batch_id: str) -> Batch | None:
        try:
            return _batch(BatchRow.get(f"BATCH#{batch_id}", _BATCH, consistent_read=True))
        except BatchRow.DoesNotExist:
            return None


def _batch(row: Any) -> Batch:
    return Batch(
        id=row.pk.removeprefix("BATCH#"),
        currency=row.currency,
        format=FileFormat(row.format),
        created_at=parse(row.created_at),
        created_by=row.created_by,
        execute_on=date.fromisoformat(row.execute_on),
        payout_ids=tuple(json.loads(row.payout_ids)),
        total=int(row.total),
        closed=bool(row.closed),
        version=int(row.version),
    )
