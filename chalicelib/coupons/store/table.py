"""Reads and writes of campaigns and coupons."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.coupons.rules import Campaign, Coupon, SoldOut
from chalicelib.coupons.store.rows import (
    CAMPAIGN,
    COUPON,
    SHARDS,
    CampaignRow,
    CouponRow,
    campaign_of,
    campaign_row,
    coupon_of,
    coupon_row,
)
from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action


def _sold_out(_row: object) -> Exception:
    return SoldOut()


class CouponStore:
    """See `coupons.ports.CouponStore`."""

    shards = SHARDS

    def campaign(self, campaign_id: str) -> Campaign | None:
        try:
            return campaign_of(CampaignRow.get(campaign_id, CAMPAIGN, consistent_read=True))
        except CampaignRow.DoesNotExist:
            return None

    def coupon(self, coupon_id: str) -> Coupon | None:
        try:
            return coupon_of(CouponRow.get(coupon_id, COUPON, consistent_read=True))
        except CouponRow.DoesNotExist:
            return None

    def coupons(self, coupon_ids: Sequence[str]) -> Sequence[Coupon]:
        keys = [(coupon_id, COUPON) for coupon_id in coupon_ids]
        return [coupon_of(row) for row in CouponRow.batch_get(keys, consistent_read=True)]

    def open(self, campaign: Campaign) -> Action:
        return put(campaign_row(campaign), CampaignRow.pk.does_not_exist())

    def issue(self, coupon: Coupon, campaign: Campaign) -> Sequence[Action]:
        counted = update(
            CampaignRow(campaign.id, CAMPAIGN),
            [CampaignRow.claimed.add(1)],
            CampaignRow.claimed < CampaignRow.number,
            _sold_out,
        )
        return [put(coupon_row(coupon), CouponRow.pk.does_not_exist()), counted]

    def replace(self, coupon: Coupon) -> Action:
        return put(coupon_row(coupon), CouponRow.version == coupon.version - 1)

    def campaigns(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
        rows = CampaignRow.of_shop.query(
            f"SHOP#{shop_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(campaign_of(row) for row in rows), rows.last_evaluated_key)

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
        rows = CouponRow.of_customer.query(
            f"CUSTOMER#{customer_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(coupon_of(row) for row in rows), rows.last_evaluated_key)

    def over(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        rows = CouponRow.ending.query(f"ENDS#{shard}", CouponRow.gsi2sk < iso(before), limit=limit)
        return (row.pk for row in rows)
