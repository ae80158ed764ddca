"""What coupons refuse."""

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text


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
