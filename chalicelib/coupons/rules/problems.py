"""What coupons refuse."""

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text


class SoldOut(Conflict):
    code = "campaign-sold-out"
    title = Text("All coupons are taken", "优惠券已领完")
    detail = Text("No coupon of this campaign is left.", "该活动的优惠券已全部领完。")


class PersonLimit(Conflict):
    code = "campaign-person-limit"
    title = Text("You have all that you can have", "您已领取上限")
    detail = Text("One person gets {most} of this campaign.", "该活动每人限领 {most} 张。")


class DeviceLimit(Conflict):
    code = "campaign-device-limit"
    title = Text("This device has had all that it can have", "该设备已达领取上限")
    detail = Text("On one device {most} are claimed, by whomever.", "该活动每台设备限领 {most} 张。")


class DeviceUnknown(Conflict):
    """The campaign counts devices, and the session does not know its own."""

    code = "device-unknown"
    title = Text("Your device is not known", "无法识别您的设备")
    detail = Text(
        "Sign in again with the header X-Device-Id, yourself.", "请由本人携带 X-Device-Id 请求头重新登录后再试。"
    )


class OtherwiseClaimed(Conflict):
    code = "campaign-claimed-otherwise"
    title = Text("This campaign is claimed in another way", "该活动需以其他方式领取")
    detail = Text("It takes: {access}.", "领取方式：{access}。")


class CampaignNotOpen(Conflict):
    code = "campaign-not-open"
    title = Text("The campaign is not open", "活动未开放")
    detail = Text("It runs from {valid_from} to {valid_until}.", "活动时间为 {valid_from} 至 {valid_until}。")


class CouponUnavailable(Conflict):
    """Used, expired, not yet good, or in another order."""

    code = "coupon-unavailable"
    title = Text("The coupon cannot be used now", "优惠券当前不可用")
    detail = Text("Its state is {state}.", "优惠券状态为 {state}。")


class BudgetSpent(CouponUnavailable):
    """What the campaign may take off all orders together is spent, or reserved for others."""

    code = "campaign-budget-spent"
    detail = Text("The campaign's budget is spent.", "该活动的优惠额度已用完。")


class CouponDoesNotFit(Invalid):
    """The coupon is good, but not for this order."""

    code = "coupon-does-not-fit"
    title = Text("The coupon is not for this order", "优惠券不适用于该订单")
    detail = Text("{reason}", "{reason}")
