"""The rows of the coupons table, and what they are as objects."""

import zlib

from pynamodb.attributes import NumberAttribute, NumberSetAttribute, UnicodeAttribute

from chalicelib.coupons.rules import Access, Campaign, Coupon, CouponState, Limits, PaidBy
from chalicelib.coupons.store.terms import TermsRow, fields_of, terms_of
from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta

SHARDS = 8
CAMPAIGN, COUPON, JOINED = "CAMPAIGN", "COUPON", "JOINED"


class CampaignRow(TermsRow):
    class Meta(TableMeta):
        table = "coupons"

    shop_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    number = NumberAttribute(null=True)
    claimed = NumberAttribute()
    buckets = NumberAttribute(null=True)
    empty = NumberSetAttribute(null=True)
    codes = NumberAttribute(null=True)
    purses = NumberAttribute(null=True)
    money = NumberAttribute(null=True)
    rush = NumberAttribute(null=True)
    per_person = NumberAttribute(null=True)
    per_device = NumberAttribute(null=True)
    access = UnicodeAttribute(null=True)
    valid_from = UnicodeAttribute()
    valid_until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_shop = Gsi1()


class CouponRow(TermsRow):
    class Meta(TableMeta):
        table = "coupons"

    campaign_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    shop_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    paid_by = UnicodeAttribute()
    valid_from = UnicodeAttribute()
    valid_until = UnicodeAttribute()
    claimed_at = UnicodeAttribute()
    state = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    hold_until = UnicodeAttribute(null=True)
    purses = NumberAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_customer = Gsi1()
    ending = Gsi2()


class JoinedRow(Row):
    class Meta(TableMeta):
        table = "coupons"

    joined_at = UnicodeAttribute()


def campaign_row(campaign: Campaign) -> CampaignRow:
    limits = campaign.limits
    return CampaignRow(
        campaign.id,
        CAMPAIGN,
        shop_id=campaign.shop_id,
        title=campaign.title,
        **fields_of(campaign.terms),
        number=campaign.number,
        claimed=campaign.claimed or 0,
        buckets=campaign.buckets,
        empty=set(campaign.empty) or None,
        purses=campaign.purses or None,
        money=limits.money,
        rush=limits.rush,
        per_person=limits.per_person,
        per_device=limits.per_device,
        access=limits.access,
        valid_from=iso(campaign.valid_from),
        valid_until=iso(campaign.valid_until),
        created_at=iso(campaign.created_at),
        gsi1pk=campaign.shop_id and f"SHOP#{campaign.shop_id}",
        gsi1sk=campaign.shop_id and f"{iso(campaign.created_at)}#{campaign.id}",
    )


def end_of(coupon: Coupon) -> str:
    """Return where a coupon stands among those of its shard that end."""
    return f"{iso(coupon.valid_until)}#{coupon.id}"


def coupon_row(coupon: Coupon) -> CouponRow:
    has_ended = coupon.state in {CouponState.USED, CouponState.EXPIRED}
    return CouponRow(
        coupon.id,
        COUPON,
        campaign_id=coupon.campaign_id,
        customer_id=coupon.customer_id,
        shop_id=coupon.shop_id,
        title=coupon.title,
        **fields_of(coupon.terms),
        paid_by=coupon.paid_by,
        valid_from=iso(coupon.valid_from),
        valid_until=iso(coupon.valid_until),
        claimed_at=iso(coupon.claimed_at),
        state=coupon.state,
        order_id=coupon.order_id,
        hold_until=coupon.hold_until and iso(coupon.hold_until),
        purses=coupon.purses or None,
        version=coupon.version,
        gsi1pk=f"CUSTOMER#{coupon.customer_id}",
        gsi1sk=f"{iso(coupon.claimed_at)}#{coupon.id}",
        gsi2pk=None if has_ended else f"ENDS#{zlib.crc32(coupon.id.encode()) % SHARDS}",
        gsi2sk=None if has_ended else end_of(coupon),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def campaign_of(row: CampaignRow) -> Campaign:
    return Campaign(
        id=row.pk,
        shop_id=row.shop_id,
        title=row.title,
        terms=terms_of(row),
        number=_whole(row.number),
        claimed=int(row.claimed) if int(row.buckets or 1) == 1 else None,
        buckets=int(row.buckets or 1),
        empty=frozenset(int(one) for one in row.empty or ()),
        purses=int(row.purses or 0),
        limits=Limits(
            money=_whole(row.money),
            rush=_whole(row.rush),
            per_person=int(row.per_person or 1),
            per_device=_whole(row.per_device),
            access=Access(row.access or Access.OPEN),
        ),
        valid_from=parse(row.valid_from),
        valid_until=parse(row.valid_until),
        created_at=parse(row.created_at),
    )


def coupon_of(row: CouponRow) -> Coupon:
    return Coupon(
        id=row.pk,
        campaign_id=row.campaign_id,
        customer_id=row.customer_id,
        shop_id=row.shop_id,
        title=row.title,
        terms=terms_of(row),
        paid_by=PaidBy(row.paid_by),
        valid_from=parse(row.valid_from),
        valid_until=parse(row.valid_until),
        claimed_at=parse(row.claimed_at),
        state=CouponState(row.state),
        order_id=row.order_id,
        hold_until=parse_or_none(row.hold_until),
        version=int(row.version),
        purses=int(row.purses or 0),
    )
