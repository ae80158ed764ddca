"""Disputes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.payments.rules import Dispute, DisputeState
from chalicelib.payments.store.rows import got

_DIS = "DIS"


class DisputeRow(Row):
    class Meta(TableMeta):
        table = "payments"

    provider = UnicodeAttribute()
    ref = UnicodeAttribute()
    order_id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    state = UnicodeAttribute()
    reason = UnicodeAttribute()
    created_at = UnicodeAttribute()
    evidence_until = UnicodeAttribute(null=True)
    withdrawn = BooleanAttribute()
    reinstated = BooleanAttribute()
    parts = UnicodeAttribute()  # JSON: read and written whole
    covered = NumberAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute()
    gsi2sk = UnicodeAttribute()
    of_merchant = Gsi1()
    of_order = Gsi2()


class DisputeRows:
    """The part of `payments.ports.PaymentStore` about disputes."""

    def dispute(self, dispute_id: str) -> Dispute | None:
        return got(DisputeRow, f"DIS#{dispute_id}", _DIS, _dispute)

    def put_dispute(self, dispute: Dispute) -> Action:
        row = DisputeRow(
            f"DIS#{dispute.id}",
            _DIS,
            provider=dispute.provider,
            ref=dispute.ref,
            order_id=dispute.order_id,
            payment_id=dispute.payment_id,
            merchant_id=dispute.merchant_id,
            amount=dispute.amount.amount,
            currency=dispute.amount.currency,
            state=dispute.state,
            reason=dispute.reason,
            created_at=iso(dispute.created_at),
            evidence_until=iso_or_none(dispute.evidence_until),
            withdrawn=dispute.withdrawn,
            reinstated=dispute.reinstated,
            parts=json.dumps(dict(dispute.parts)),
            covered=dispute.covered or None,
            version=dispute.version,
            gsi1pk=f"MERCHANT#{dispute.merchant_id}",
            gsi1sk=f"DIS#{iso(dispute.created_at)}#{dispute.id}",
            gsi2pk=f"DISPUTED#{dispute.order_id}",
            gsi2sk=dispute.id,
        )
        stood = dispute.version - 1
        return put(row, DisputeRow.version == stood if stood else DisputeRow.pk.does_not_exist())

    def disputes_of(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Dispute]:
        rows = DisputeRow.of_merchant.query(f"MERCHANT#{merchant_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _dispute)

    def disputes_of_order(self, order_id: str) -> Iterable[Dispute]:
        return map(_dispute, DisputeRow.of_order.query(f"DISPUTED#{order_id}"))


def _dispute(row: Any) -> Dispute:
    return Dispute(
        id=row.pk.removeprefix("DIS#"),
        provider=row.provider,
        ref=row.ref,
        order_id=row.order_id,
        payment_id=row.payment_id,
        merchant_id=row.merchant_id,
        amount=Money(int(row.amount), row.currency),
        state=DisputeState(row.state),
        reason=row.reason,
        created_at=parse(row.created_at),
        evidence_until=parse_or_none(row.evidence_until),
        withdrawn=bool(row.withdrawn),
        reinstated=bool(row.reinstated),
        parts=json.loads(row.parts),
        covered=int(row.covered or 0),
        version=int(row.version),
    )
