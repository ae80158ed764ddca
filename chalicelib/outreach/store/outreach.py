"""What is sent to many, and to whom it went. See the package."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import check, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.outreach.rules.outreach import Outcome, Outreach, Report, Started, State
from chalicelib.outreach.rules.problems import NotSending
from chalicelib.outreach.store.rows import OUTREACH, STARTED, TO, OutreachRow, StartedRow, ToRow

SHARDS = 4
KEPT = timedelta(days=90)
"""How long it is kept to whom something was sent."""
_COUNTS = ("sent", "delivered", "read", "unsubscribed", "buyers", "orders", "coupons_used", "revenue")


class OutreachTable:
    """See `outreach.ports.OutreachStore`."""

    shards = SHARDS

    def outreach(self, merchant_id: str, outreach_id: str) -> Outreach | None:
        try:
            return _outreach(OutreachRow.get(*_place(merchant_id, outreach_id), consistent_read=True))
        except OutreachRow.DoesNotExist:
            return None

    def create(self, outreach: Outreach) -> Action:
        return put(_row(outreach), OutreachRow.pk.does_not_exist())

    def replace(self, outreach: Outreach) -> Action:
        return put(_row(outreach), OutreachRow.version == outreach.version - 1)

    def check_sending(self, outreach: Outreach) -> Action:
        row = OutreachRow(*_place(outreach.merchant_id, outreach.id))
        return check(row, OutreachRow.state == State.SENDING.value, lambda _row: NotSending(state="over"), rank=-1)

    def list_of(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Outreach]:
        rows = OutreachRow.query(
            f"MERCHANT#{merchant_id}",
            OutreachRow.sk.startswith(OUTREACH),
            scan_index_forward=False,
            **paged(after, limit),
        )
        return page_of(rows, _outreach)

    def due(self, shard: int, now: datetime, limit: int) -> Sequence[Outreach]:
        rows = OutreachRow.by_due.query(
            f"DUE#{shard}", OutreachRow.gsi1sk < f"{iso(now)}$", limit=limit
        )  # `$` is after `#`
        return [_outreach(row) for row in rows]

    def sent_to(self, outreach_id: str, customer_id: str, at: datetime) -> Action:
        row = ToRow(
            f"OUTREACH#{outreach_id}", f"{TO}{customer_id}", at=iso(at), expires_at=int((at + KEPT).timestamp())
        )
        return put(row, ToRow.pk.does_not_exist())

    def recipients(self, outreach_id: str) -> Sequence[tuple[str, datetime]]:
        rows = ToRow.query(f"OUTREACH#{outreach_id}", ToRow.sk.startswith(TO))
        return [(row.sk.removeprefix(TO), parse(row.at)) for row in rows]

    def started(self, merchant_id: str) -> Started:
        try:
            row = StartedRow.get(f"MERCHANT#{merchant_id}", STARTED, consistent_read=True)
        except StartedRow.DoesNotExist:
            return Started(merchant_id)
        return Started(merchant_id, tuple(map(parse, row.times)), int(row.version))

    def put_started(self, started: Started) -> Action:
        row = StartedRow(
            f"MERCHANT#{started.merchant_id}", STARTED, times=[*map(iso, started.times)], version=started.version
        )
        first = started.version == 1
        return put(row, StartedRow.pk.does_not_exist() if first else StartedRow.version == started.version - 1)


def _place(merchant_id: str, outreach_id: str) -> tuple[str, str]:
    return f"MERCHANT#{merchant_id}", f"{OUTREACH}{outreach_id}"


def _row(outreach: Outreach) -> OutreachRow:
    at, report = outreach.next_at, outreach.report
    return OutreachRow(
        *_place(outreach.merchant_id, outreach.id),
        shop_id=outreach.shop_id,
        zone=outreach.zone,
        currency=outreach.currency,
        name=outreach.name,
        tags=list(outreach.tags),
        text=dict(outreach.text),
        coupon_campaign=outreach.coupon_campaign,
        signed=dict(outreach.signed) if outreach.signed else None,
        coupon=outreach.coupon,
        coupon_until=iso_or_none(outreach.coupon_until),
        starts_at=iso(outreach.starts_at),
        per_hour=outreach.per_hour,
        created_at=iso(outreach.created_at),
        state=outreach.state.value,
        position=outreach.position,
        outcomes={one.value: number for one, number in outreach.outcomes.items()},
        ended_at=iso_or_none(outreach.ended_at),
        next_at=iso_or_none(at),
        report=report and {"at": iso(report.at), **{name: getattr(report, name) for name in _COUNTS}},
        offset=outreach.offset,
        version=outreach.version,
        gsi1pk=f"DUE#{zlib.crc32(outreach.id.encode()) % SHARDS}" if at else None,
        gsi1sk=f"{iso(at)}#{outreach.id}" if at else None,
    )


def _outreach(row: OutreachRow) -> Outreach:
    return Outreach(
        id=row.sk.removeprefix(OUTREACH),
        merchant_id=row.pk.removeprefix("MERCHANT#"),
        shop_id=row.shop_id,
        zone=row.zone,
        currency=row.currency,
        name=row.name,
        tags=tuple(row.tags),
        text=row.text,
        coupon_campaign=row.coupon_campaign,
        signed=row.signed,
        coupon=row.coupon,
        coupon_until=parse_or_none(row.coupon_until),
        starts_at=parse(row.starts_at),
        per_hour=int(row.per_hour),
        created_at=parse(row.created_at),
        state=State(row.state),
        position=row.position,
        outcomes={Outcome(name): int(number) for name, number in row.outcomes.items()},
        ended_at=parse_or_none(row.ended_at),
        next_at=parse_or_none(row.next_at),
        report=_report(row.report) if row.report else None,
        offset=int(row.offset),
        version=int(row.version),
    )


def _report(told: Mapping[str, Any]) -> Report:
    return Report(at=parse(told["at"]), **{name: int(told.get(name, 0)) for name in _COUNTS})
