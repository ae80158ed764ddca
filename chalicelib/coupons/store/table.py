"""Reads and writes of campaigns and coupons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.coupons.ports import Counted
from chalicelib.coupons.rules import Campaign, Coupon
from chalicelib.coupons.rules.limits import size_of
from chalicelib.coupons.store.rows import (
    CAMPAIGN,
    COUPON,
    JOINED,
    SHARDS,
    CampaignRow,
    CouponRow,
    JoinedRow,
    campaign_of,
    campaign_row,
    coupon_of,
    coupon_row,
    end_of,
)
from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Row, TableMeta, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action, Contention

_BUCKET, _TOLD = "BUCKET", "EXPIRING"


class TakenRow(Row):
    """How many were taken from a bucket."""

    class Meta(TableMeta):
        table = "coupons"

    taken = NumberAttribute()


class ToldRow(Row):
    """Up to where in a shard owners were told that their coupons end."""

    class Meta(TableMeta):
        table = "coupons"

    until = UnicodeAttribute()


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

    def with_claimed(self, campaign: Campaign) -> Campaign:
        if campaign.buckets == 1:
            return campaign
        sizes = {n: size_of(campaign.number or 0, campaign.buckets, n) for n in range(campaign.buckets)}
        keys = {n: (_bucket_pk(campaign.id, n), _BUCKET) for n in sizes if n not in campaign.empty}
        rows = _found(list(keys.values()), consistent=False) if keys else {}
        taken = [_taken(rows.get(keys[n])) if n in keys else size for n, size in sizes.items()]
        return replace(campaign, claimed=sum(taken))

    def claimant(self, campaign_id: str, coupon_id: str) -> tuple[Campaign | None, Coupon | None]:
        found = _found([(campaign_id, CAMPAIGN), (coupon_id, COUPON)])
        campaign, coupon = found.get((campaign_id, CAMPAIGN)), found.get((coupon_id, COUPON))
        return (
            campaign_of(CampaignRow.from_raw_data(campaign)) if campaign else None,
            coupon_of(CouponRow.from_raw_data(coupon)) if coupon else None,
        )

    def counted(self, campaign: Campaign, buckets: Sequence[int], coupon_ids: Sequence[str]) -> Counted:
        keys = [(_bucket_pk(campaign.id, n), _BUCKET) for n in buckets]
        found = _found([*keys, *((coupon_id, COUPON) for coupon_id in coupon_ids)])
        taken = {n: _taken(found.get(key)) for n, key in zip(buckets, keys, strict=True)}
        return Counted(taken, frozenset(pk for pk, sk in found if sk == COUPON))

    def issue(self, coupon: Coupon) -> Action:
        return put(coupon_row(coupon), CouponRow.pk.does_not_exist())

    def count(self, campaign: Campaign, bucket: int, *, is_last: bool) -> Sequence[Action]:
        row, size = CampaignRow(campaign.id, CAMPAIGN), size_of(campaign.number or 0, campaign.buckets, bucket)
        if campaign.buckets == 1:
            return [update(row, [CampaignRow.claimed.add(1)], _fits(CampaignRow.claimed, size, is_last))]
        # A bucket that nobody has taken from has no row; the last of a single one has none before it either.
        fits = _fits(TakenRow.taken, size, is_last)
        free = fits if is_last and size > 1 else TakenRow.taken.does_not_exist() | fits
        counted = update(TakenRow(_bucket_pk(campaign.id, bucket), _BUCKET), [TakenRow.taken.add(1)], free)
        return [counted, update(row, [CampaignRow.empty.add({bucket})])] if is_last else [counted]

    def replace(self, coupon: Coupon) -> Action:
        return put(coupon_row(coupon), CouponRow.version == coupon.version - 1)

    def campaigns(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
        rows = CampaignRow.of_shop.query(f"SHOP#{shop_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, campaign_of)

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
        rows = CouponRow.of_customer.query(f"CUSTOMER#{customer_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, coupon_of)

    def over(self, shard: int, before: datetime, limit: int, after: Coupon | None = None) -> Sequence[Coupon]:
        since = end_of(after) if after else None
        end = CouponRow.gsi2sk < iso(before) if since is None else CouponRow.gsi2sk.between(since, iso(before))
        return self._ends(shard, end, limit, since)

    def ending(self, shard: int, after: str, until: datetime, limit: int) -> Sequence[Coupon]:
        return self._ends(shard, CouponRow.gsi2sk.between(after, f"{iso(until)}~"), limit, after)

    def _ends(self, shard: int, end: Condition, limit: int, but: str | None) -> Sequence[Coupon]:
        rows = CouponRow.ending.query(f"ENDS#{shard}", end, limit=limit + 1)  # both ends of a range are in it
        return [coupon_of(row) for row in rows if row.gsi2sk != but][:limit]

    def end_of(self, coupon: Coupon) -> str:
        return end_of(coupon)

    def told_until(self, shard: int) -> str | None:
        try:
            return ToldRow.get(_TOLD, str(shard), consistent_read=True).until
        except ToldRow.DoesNotExist:
            return None

    def tell_until(self, shard: int, reached: str, before: str | None) -> Action:
        stands = ToldRow.pk.does_not_exist() if before is None else ToldRow.until == before
        return put(ToldRow(_TOLD, str(shard), until=reached), stands)

    def join(self, campaign_id: str, shop_id: str, at: datetime) -> Action:
        row = JoinedRow(campaign_id, _joined(shop_id), joined_at=iso(at))
        return put(row, JoinedRow.pk.does_not_exist())

    def joined(self, campaign_ids: Sequence[str], shop_id: str) -> Collection[str]:
        keys = [(campaign_id, _joined(shop_id)) for campaign_id in campaign_ids]
        return {row.pk for row in JoinedRow.batch_get(keys, consistent_read=True)}


def _joined(shop_id: str) -> str:
    return f"{JOINED}#{shop_id}"


def _fits(taken: NumberAttribute, size: int, is_last: bool) -> Condition:  # noqa: FBT001 - as its caller has it
    return taken == size - 1 if is_last else taken < size - 1


def _bucket_pk(campaign_id: str, bucket: int) -> str:
    return f"{campaign_id}#BUCKET{bucket}"


def _taken(raw: Mapping[str, Any] | None) -> int:
    return int(raw["taken"]["N"]) if raw else 0


def _found(keys: Sequence[tuple[str, str]], *, consistent: bool = True) -> dict[tuple[str, str], Any]:
    """Return those raw rows of several classes that exist, in one request.

    Raises:
        Contention: the database is too busy to answer.
    """
    # PynamoDB's models cannot ask for rows of two classes; its own type of keys is wrong.
    connection: Any = CampaignRow._get_connection()  # noqa: SLF001
    answer = connection.batch_get_item([{"pk": pk, "sk": sk} for pk, sk in keys], consistent_read=consistent)
    if answer.get("UnprocessedKeys"):
        raise Contention
    return {(one["pk"]["S"], one["sk"]["S"]): one for rows in answer["Responses"].values() for one in rows}
