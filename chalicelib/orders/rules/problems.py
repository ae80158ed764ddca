"""What an order refuses."""

from chalicelib.kit.errors import Conflict, Invalid, TooMany
from chalicelib.kit.i18n import Text


class NotPossible(Conflict):
    """The order's state does not allow it; says what it does allow."""

    code = "order-state"
    title = Text("Not possible in the order's present state", "订单当前状态不允许此操作")
    detail = Text("The order is {state}. Possible now: {possible}.", "订单状态为 {state}，当前可执行：{possible}。")


class HoldRanOut(Conflict):
    code = "hold-ran-out"
    title = Text("The hold has run out", "预留已过期")
    detail = Text("Order again: what is still free can be held anew.", "请重新下单；仍可预订的项目可再次预留。")


class NothingLeft(Conflict):
    code = "nothing-left"
    title = Text("So much is not left of what was paid", "可退金额不足")
    detail = Text("At most {left} can be given back.", "最多可退 {left}。")


class TooLateToChange(Conflict):
    code = "too-late-to-change"
    title = Text("It is too late to change it", "已超过可改期时间")
    detail = Text(
        "It could be changed until {minutes} minutes before its start. It can still be cancelled.",
        "开始前 {minutes} 分钟内不可改期，仍可取消。",
    )


class CouponBound(Conflict):
    code = "coupon-bound"
    title = Text("A coupon was used for it", "该项目已使用优惠券")
    detail = Text(
        "It cannot become something cheaper, or what the coupon is not for: cancel it and book anew.",
        "不能改为价格更低或优惠券不适用的项目或时间，请取消后重新预订。",
    )


class PaidInAdvance(Conflict):
    code = "paid-in-advance"
    title = Text("That has to be paid in advance", "该项目需提前支付")
    detail = Text("More than was paid for this: cancel it and book anew.", "其预付金额高于已付金额，请取消后重新预订。")


class AlreadyExtended(Conflict):
    code = "already-extended"
    title = Text("The hold was made longer already", "预留已延长过")
    detail = Text("It can be made longer once.", "预留只能延长一次。")


class AlreadyStarted(Conflict):
    code = "already-started"
    title = Text("It has started already", "服务已开始")
    detail = Text("Only the shop can cancel it now.", "现在只能由商家取消。")


class TooManyHolds(TooMany):
    code = "too-many-holds"
    title = Text("Too many unpaid orders", "待支付订单过多")
    detail = Text(
        "Pay or cancel one of your {limit} unpaid orders first.", "请先支付或取消 {limit} 个待支付订单中的一个。"
    )


class SeveralShops(Invalid):
    code = "several-shops"
    title = Text("One order is for one shop", "一个订单只能包含一家商铺")
    detail = Text("Order the lines of each shop by themselves.", "请为每家商铺分别下单。")


class TooDear(Invalid):
    code = "too-dear"
    title = Text("The order is too dear", "订单金额过大")
    detail = Text("At most {limit} minor units can be paid at once.", "单次最多支付 {limit}（最小货币单位）。")
