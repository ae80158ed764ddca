"""What coupons refuse."""

from collections.abc import Mapping
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Invalid, TooMany
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


class NotByCode(Conflict):
    code = "campaign-not-by-code"
    title = Text("This campaign has no codes", "该活动不使用兑换码")
    detail = Text("Open one whose limits.access is code.", "请创建 limits.access 为 code 的活动。")


class NotByScan(Conflict):
    code = "campaign-not-by-scan"
    title = Text("This campaign is not claimed by scanning", "该活动不支持扫码领取")
    detail = Text("Open one of a shop whose limits.access is scan.", "请为店铺创建 limits.access 为 scan 的活动。")


class BatchNotReady(Conflict):
    code = "code-batch-not-ready"
    title = Text("The codes cannot be exported", "兑换码无法导出")
    detail = Text(
        "Codes are exported once, when all are made; the state is {state}.",
        "兑换码全部生成后仅可导出一次，当前状态为 {state}。",
    )


class WrongCode(Invalid):
    """Mistyped, made up, or taken back: nobody is told which."""

    code = "coupon-code-wrong"
    title = Text("That is not a code of ours", "兑换码无效")
    detail = Text("Look at every letter, and type it again.", "请核对每个字符后重新输入。")


class CodeUsed(Conflict):
    code = "coupon-code-used"
    title = Text("This code was used", "兑换码已被使用")
    detail = Text("Each code is good once, and somebody has used this one.", "每个兑换码仅可使用一次，该码已被使用。")


class TooManyTries(TooMany):
    code = "coupon-code-tries"
    title = Text("Too many codes", "尝试次数过多")
    detail = Text("Wait, and try again then.", "请稍候再试。")


class ScanOver(Invalid):
    code = "coupon-scan-over"
    title = Text("This code is no longer good", "二维码已失效")
    detail = Text("Scan the code that the shop shows now.", "请扫描店铺当前展示的二维码。")


class ScanUsedUp(TooMany):
    code = "coupon-scan-used-up"
    title = Text("Others were faster with this code", "该二维码领取人数已满")
    detail = Text("Scan the next one; a poster's is good again tomorrow.", "请扫描下一个二维码；海报二维码次日恢复。")


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


class NotToJoin(Conflict):
    code = "campaign-not-to-join"
    title = Text("The shop cannot join this campaign", "商铺无法参加该活动")
    detail = Text(
        "It is over, for other shops or another currency, or the platform pays for all of it.",
        "活动已结束、不面向该商铺或该货币，或全部由平台承担。",
    )


class Misfit(StrEnum):
    """Why a coupon that is good is not for an order, or does not go into it."""

    OTHER_SHOP = "other-shop"
    NOT_JOINED = "shop-not-joined"
    OTHER_CATEGORY = "other-category"
    OTHER_CURRENCY = "other-currency"
    NO_LINE = "no-line-fits"
    MINIMUM = "minimum-not-reached"
    NOTHING = "nothing-to-take-off"
    NOT_FIRST = "not-the-first-order"
    FIRST_ELSEWHERE = "first-order-coupon-in-use"
    NOT_NEW = "not-a-new-customer"
    ALONE = "not-with-others"
    SAME_CLASS = "one-of-its-kind"
    OWN_SHOP = "own-shop"
    WORKS_THERE = "works-there"
    NOT_YET = "not-yet-valid"
    SPENT = "budget-spent"
    LESS = "saves-less"


WORDS: Mapping[Misfit, Text] = {
    Misfit.OTHER_SHOP: Text("It is for another shop.", "仅限其他商铺使用。"),
    Misfit.NOT_JOINED: Text("The shop does not take part in its campaign.", "该商铺未参加此活动。"),
    Misfit.OTHER_CATEGORY: Text("It is for shops of another kind.", "不适用于该类商铺。"),
    Misfit.OTHER_CURRENCY: Text("It is for orders in another currency.", "不适用于该货币的订单。"),
    Misfit.NO_LINE: Text("It is for other services, or for visits at another time.", "不适用于所选项目或到店时间。"),
    Misfit.MINIMUM: Text("Too little is bought for it.", "未达到最低消费金额。"),
    Misfit.NOTHING: Text("There is nothing that it could take off.", "没有可优惠的金额。"),
    Misfit.NOT_FIRST: Text("It is for a first order.", "仅限首单使用。"),
    Misfit.FIRST_ELSEWHERE: Text(
        "A coupon for a first order is in another order already.", "首单优惠券已用于另一笔订单。"
    ),
    Misfit.NOT_NEW: Text("It is for new customers.", "仅限新客使用。"),
    Misfit.ALONE: Text("It does not go together with other coupons.", "不可与其他优惠券同时使用。"),
    Misfit.SAME_CLASS: Text("One coupon of its kind is used already.", "同类优惠券仅可使用一张。"),
    Misfit.OWN_SHOP: Text("It is not for what one buys in one's own shop.", "不可在自己的商铺使用。"),
    Misfit.WORKS_THERE: Text(
        "The platform pays for it, and not where one works oneself.", "平台承担的优惠券不可在自己任职的商铺使用。"
    ),
    Misfit.NOT_YET: Text("It is not valid yet.", "尚未到使用时间。"),
    Misfit.SPENT: Text("Its campaign's budget is spent.", "该活动的优惠额度已用完。"),
    Misfit.LESS: Text("Other coupons save more.", "其他优惠券更划算。"),
}


class CouponDoesNotFit(Invalid):
    """The coupon is good, but not for this order.

    Args:
        misfit: why.
        coupon_id: which, where there are several.
    """

    code = "coupon-does-not-fit"
    title = Text("The coupon is not for this order", "优惠券不适用于该订单")
    detail = Text("The reason says why.", "原因见 reason。")

    def __init__(self, misfit: Misfit, coupon_id: str | None = None) -> None:
        self.misfit = misfit
        self.coupon_id = coupon_id
        self.detail = WORDS[misfit]  # type: ignore[misc] # each reason has its own words
        super().__init__()

    def members(self) -> Mapping[str, str]:
        """Say why for programs."""
        return {"reason": self.misfit} | ({"coupon_id": self.coupon_id} if self.coupon_id else {})


class CouponWhereOneWorks(CouponDoesNotFit):
    """The platform pays for it, and its holder works for who sells: they would take the platform's money together."""

    code = "coupon-where-one-works"
    title = Text("You work for this shop", "您是该商铺的工作人员")


def does_not_fit(misfit: Misfit, coupon_id: str | None = None) -> CouponDoesNotFit:
    """Return the refusal of a coupon that does not fit."""
    of_whom = CouponWhereOneWorks if misfit == Misfit.WORKS_THERE else CouponDoesNotFit
    return of_whom(misfit, coupon_id)
