"""The coupons table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| campaign | campaign id | `CAMPAIGN` | `SHOP#<id>`, `<created at>#<campaign>` (not of the platform's) | |
| coupon | coupon id | `COUPON` | `CUSTOMER#<id>`, `<claimed at>#<coupon>` | `ENDS#<shard>`, `<valid until>#<coupon>` |

A coupon's id follows from campaign and customer: the row itself is what keeps anybody from a second one. It leaves the
second index, which the sweep reads, when it is used or expired.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| read a coupon or a campaign | 1 GetItem, consistent | 1 read |
| open | part of the transaction | 3 write (the platform's: 2), and 3 for its message |
| issue (claim) | part of the transaction | 4 + 3 write; of a shop 2 for who blocks whom, its last ten 3 for a message |
| replace: reserve, use, free, expire | part of the transaction | 4 write |
| a shop's campaigns, a customer's coupons | 1 Query | 0.5 read per 4 KB |
| over | 1 Query a shard, of 8 | 0.5 read per 4 KB |
| coupons (sweep) | 1 BatchGetItem | 1 read each |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.coupons.rules import Campaign, Coupon, CouponState, PaidBy, SoldOut, Terms
from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action

SHARDS = 8
_CAMPAIGN, _COUPON = "CAMPAIGN", "COUPON"


class CampaignRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    shop_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    currency = UnicodeAttribute()
    minimum_spend = NumberAttribute()
    amount_off = NumberAttribute(null=True)
    percent_bps = NumberAttribute(null=True)
    cap = NumberAttribute(null=True)
    number = NumberAttribute()
    claimed = NumberAttribute()
    valid_from = UnicodeAttribute()
    valid_until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_shop = Gsi1()


class CouponRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    campaign_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    shop_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    currency = UnicodeAttribute()
    minimum_spend = NumberAttribute()
    amount_off = NumberAttribute(null=True)
    percent_bps = NumberAttribute(null=True)
    cap = NumberAttribute(null=True)
    paid_by = UnicodeAttribute()
    valid_from = UnicodeAttribute()
    valid_until = UnicodeAttribute()
    claimed_at = UnicodeAttribute()
    state = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    hold_until = UnicodeAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_customer = Gsi1()
    ending = Gsi2()


def _sold_out(_row: object) -> Exception:
    return SoldOut()


class CouponStore:
    """See `coupons.ports.CouponStore`."""

    shards = SHARDS

    def campaign(self, campaign_id: str) -> Campaign | None:
        try:
            return _campaign(CampaignRow.get(campaign_id, _CAMPAIGN, consistent_read=True))
        except CampaignRow.DoesNotExist:
            return None

    def coupon(self, coupon_id: str) -> Coupon | None:
        try:
            return _coupon(CouponRow.get(coupon_id, _COUPON, consistent_read=True))
        except CouponRow.DoesNotExist:
            return None

    def coupons(self, coupon_ids: Sequence[str]) -> Sequence[Coupon]:
        keys = [(coupon_id, _COUPON) for coupon_id in coupon_ids]
        return [_coupon(row) for row in CouponRow.batch_get(keys, consistent_read=True)]

    def open(self, campaign: Campaign) -> Action:
        terms = campaign.terms
        row = CampaignRow(
            campaign.id,
            _CAMPAIGN,
            shop_id=campaign.shop_id,
            title=campaign.title,
            currency=terms.currency,
            minimum_spend=terms.minimum_spend,
            amount_off=terms.amount_off,
            percent_bps=terms.percent_bps,
            cap=terms.cap,
            number=campaign.number,
            claimed=campaign.claimed,
            valid_from=iso(campaign.valid_from),
            valid_until=iso(campaign.valid_until),
            created_at=iso(campaign.created_at),
            gsi1pk=campaign.shop_id and f"SHOP#{campaign.shop_id}",
            gsi1sk=campaign.shop_id and f"{iso(campaign.created_at)}#{campaign.id}",
        )
        return put(row, CampaignRow.pk.does_not_exist())

    def issue(self, coupon: Coupon, campaign: Campaign) -> Sequence[Action]:
        counted = update(
            CampaignRow(campaign.id, _CAMPAIGN),
            [CampaignRow.claimed.add(1)],
            CampaignRow.claimed < CampaignRow.number,
            _sold_out,
        )
        return [put(_row(coupon), CouponRow.pk.does_not_exist()), counted]

    def replace(self, coupon: Coupon) -> Action:
        return put(_row(coupon), CouponRow.version == coupon.version - 1)

    def campaigns(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
        rows = CampaignRow.of_shop.query(
            f"SHOP#{shop_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_campaign(row) for row in rows), rows.last_evaluated_key)

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
        rows = CouponRow.of_customer.query(
            f"CUSTOMER#{customer_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_coupon(row) for row in rows), rows.last_evaluated_key)

    def over(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        rows = CouponRow.ending.query(f"ENDS#{shard}", CouponRow.gsi2sk < iso(before), limit=limit)
        return (row.pk for row in rows)


def _row(coupon: Coupon) -> CouponRow:
    terms, valid_until = coupon.terms, iso(coupon.valid_until)
    has_ended = coupon.state in {CouponState.USED, CouponState.EXPIRED}
    return CouponRow(
        coupon.id,
        _COUPON,
        campaign_id=coupon.campaign_id,
        customer_id=coupon.customer_id,
        shop_id=coupon.shop_id,
        title=coupon.title,
        currency=terms.currency,
        minimum_spend=terms.minimum_spend,
        amount_off=terms.amount_off,
        percent_bps=terms.percent_bps,
        cap=terms.cap,
        paid_by=coupon.paid_by,
        valid_from=iso(coupon.valid_from),
        valid_until=valid_until,
        claimed_at=iso(coupon.claimed_at),
        state=coupon.state,
        order_id=coupon.order_id,
        hold_until=coupon.hold_until and iso(coupon.hold_until),
        version=coupon.version,
        gsi1pk=f"CUSTOMER#{coupon.customer_id}",
        gsi1sk=f"{iso(coupon.claimed_at)}#{coupon.id}",
        gsi2pk=None if has_ended else f"ENDS#{zlib.crc32(coupon.id.encode()) % SHARDS}",
        gsi2sk=None if has_ended else f"{valid_until}#{coupon.id}",
    )


def _terms(row: CampaignRow | CouponRow) -> Terms:
    return Terms(
        currency=row.currency,
        minimum_spend=int(row.minimum_spend),
        amount_off=None if row.amount_off is None else int(row.amount_off),
        percent_bps=None if row.percent_bps is None else int(row.percent_bps),
        cap=None if row.cap is None else int(row.cap),
    )


def _campaign(row: CampaignRow) -> Campaign:
    return Campaign(
        id=row.pk,
        shop_id=row.shop_id,
        title=row.title,
        terms=_terms(row),
        number=int(row.number),
        claimed=int(row.claimed),
        valid_from=parse(row.valid_from),
        valid_until=parse(row.valid_until),
        created_at=parse(row.created_at),
    )


def _coupon(row: CouponRow) -> Coupon:
    return Coupon(
        id=row.pk,
        campaign_id=row.campaign_id,
        customer_id=row.customer_id,
        shop_id=row.shop_id,
        title=row.title,
        terms=_terms(row),
        paid_by=PaidBy(row.paid_by),
        valid_from=parse(row.valid_from),
        valid_until=parse(row.valid_until),
        claimed_at=parse(row.claimed_at),
        state=CouponState(row.state),
        order_id=row.order_id,
        hold_until=parse_or_none(row.hold_until),
        version=int(row.version),
    )
