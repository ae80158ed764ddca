"""Coupons: campaigns, what a coupon takes off, and the states that it goes through. No I/O.

A coupon is claimed from a campaign, reserved by an order while that is unpaid, and used when it is paid. A reservation
that ran out is nobody's: the next writer overwrites it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Invalid, invalid
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import fee, payable_step, split


class PaidBy(StrEnum):
    """Who bears a coupon's discount."""

    PLATFORM = "platform"
    MERCHANT = "merchant"


class CouponState(StrEnum):
    """Where a coupon stands."""

    ISSUED = "issued"
    RESERVED = "reserved"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Terms:
    """What a coupon takes off; frozen on it when it is claimed.

    Attributes:
        currency: of the orders that it fits, and of all amounts here.
        minimum_spend: the least that the lines must cost together, minor units.
        amount_off: minor units; None where `percent_bps` is set.
        percent_bps: basis points of the price; None where `amount_off` is set.
        cap: the most that a percentage takes off, minor units.
    """

    currency: str
    minimum_spend: int = 0
    amount_off: int | None = None
    percent_bps: int | None = None
    cap: int | None = None

    def off(self, price: int) -> int:
        """Return what they take off a price, minor units; never more than the price."""
        if self.amount_off is not None:
            return min(self.amount_off, price)
        part = fee(price, self.percent_bps or 0)
        return min(part, price if self.cap is None else self.cap)


@dataclass(frozen=True)
class CampaignDraft:
    """What is said to open a campaign; see `Campaign` for the fields."""

    title: str
    terms: Terms
    number: int
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class Campaign(CampaignDraft):
    """Coupons that people can claim, one each.

    Attributes:
        id: `cmp_...`.
        shop_id: where its coupons are good; None: in every shop, paid by the platform.
        title: what customers read.
        number: how many coupons there are.
        claimed: how many of them are taken.
        valid_from, valid_until: when its coupons can be claimed and used.
    """

    id: str = ""
    shop_id: str | None = None
    claimed: int = 0
    created_at: datetime = field(kw_only=True)

    @property
    def paid_by(self) -> PaidBy:
        """Who bears the discount."""
        return PaidBy.PLATFORM if self.shop_id is None else PaidBy.MERCHANT


@dataclass(frozen=True)
class Coupon:
    """One customer's coupon.

    Attributes:
        id: `cpn_...`; follows from campaign and customer: nobody has two of a campaign.
        shop_id: where it is good; None: in every shop.
        state: as written; see `standing` for what it means now.
        order_id: the order that reserved or used it.
        hold_until: the reservation's end.
        version: rises with every change.
    """

    id: str
    campaign_id: str
    customer_id: str
    shop_id: str | None
    title: str
    terms: Terms
    paid_by: PaidBy
    valid_from: datetime
    valid_until: datetime
    claimed_at: datetime
    state: CouponState = CouponState.ISSUED
    order_id: str | None = None
    hold_until: datetime | None = None
    version: int = 1

    def is_reserved(self, now: datetime) -> bool:
        """Whether an order holds it at this moment."""
        return self.state == CouponState.RESERVED and self.hold_until is not None and now < self.hold_until

    def standing(self, now: datetime) -> CouponState:
        """Return the state that it is in at this moment: reservations and validity run out by themselves."""
        if self.state in {CouponState.USED, CouponState.EXPIRED} or self.is_reserved(now):
            return self.state
        return CouponState.EXPIRED if self.valid_until <= now else CouponState.ISSUED


class SoldOut(Conflict):
    code = "campaign-sold-out"
    title = Text("All coupons are taken", "优惠券已领完")
    detail = Text("No coupon of this campaign is left.", "该活动的优惠券已全部领完。")


class CampaignNotOpen(Conflict):
    code = "campaign-not-open"
    title = Text("The campaign is not open", "活动未开放")
    detail = Text("It runs from {valid_from} to {valid_until}.", "活动时间为 {valid_from} 至 {valid_until}。")


class CouponUnavailable(Conflict):
    """Used, expired, not yet good, or in another order."""

    code = "coupon-unavailable"
    title = Text("The coupon cannot be used now", "优惠券当前不可用")
    detail = Text("Its state is {state}.", "优惠券状态为 {state}。")


class CouponDoesNotFit(Invalid):
    """The coupon is good, but not for this order."""

    code = "coupon-does-not-fit"
    title = Text("The coupon is not for this order", "优惠券不适用于该订单")
    detail = Text("{reason}", "{reason}")


def opened(
    draft: CampaignDraft, campaign_id: str, shop_id: str | None, shop_currency: str | None, now: datetime
) -> Campaign:
    """Return a new campaign.

    Raises:
        Invalid: the terms make no sense; names the field.
    """
    terms = draft.terms
    if (terms.amount_off is None) == (terms.percent_bps is None):
        raise invalid("terms", "say either amount_off or percent_bps")
    if terms.cap is not None and terms.percent_bps is None:
        raise invalid("terms.cap", "only a percentage has a cap")
    if shop_currency is not None and terms.currency != shop_currency:
        raise invalid("terms.currency", f"the shop sells in {shop_currency}")
    if draft.valid_until <= max(draft.valid_from, now):
        raise invalid("valid_until", "must lie after valid_from and in the future")
    return Campaign(
        title=draft.title,
        terms=terms,
        number=draft.number,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        id=campaign_id,
        shop_id=shop_id,
        created_at=now,
    )


def claimable_spans(campaigns: Iterable[Campaign], now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return from when until when any of some campaigns has coupons to claim, in order, those that meet as one."""
    spans: list[tuple[datetime, datetime]] = []
    for one in sorted(campaigns, key=lambda campaign: campaign.valid_from):
        if one.valid_until <= now or one.claimed >= one.number:
            continue
        if spans and one.valid_from <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], one.valid_until)
        else:
            spans.append((one.valid_from, one.valid_until))
    return tuple(spans)


def discounts(coupon: Coupon, shop_id: str, net_by_line: Mapping[str, int], currency: str) -> dict[str, int]:
    """Return what a coupon takes off each line of an order, minor units; rounded down so that what is left can be paid
    in the currency.

    Raises:
        CouponDoesNotFit: another shop or currency, or the lines cost too little.
    """
    terms, price = coupon.terms, sum(net_by_line.values())
    if coupon.shop_id not in {None, shop_id}:
        raise CouponDoesNotFit(reason="It is for another shop.")
    if terms.currency != currency:
        raise CouponDoesNotFit(reason=f"It is for orders in {terms.currency}.")
    step = payable_step(currency)
    most = [net // step for net in net_by_line.values()]
    if price < terms.minimum_spend or not any(most):
        raise CouponDoesNotFit(reason=f"The least to spend is {terms.minimum_spend} minor units.")
    parts = split(min(terms.off(price) // step, sum(most)), most)
    return {line_id: part * step for line_id, part in zip(net_by_line, parts, strict=True)}
