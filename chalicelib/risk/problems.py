"""What risk refuses, in two languages. It says nothing of how near a limit is: that would help to stay below it."""

from chalicelib.kit.errors import Conflict, Forbidden, TooMany
from chalicelib.kit.i18n import Text


class Frozen(Forbidden):
    """The account may not begin to pay until somebody has looked at it."""

    code = "account-frozen"
    title = Text("Paying is suspended for your account", "您的账号已暂停付款")
    detail = Text("We are reviewing it. Please contact support.", "账号正在审核中，请联系客服。")


class PaymentVelocity(TooMany):
    """More payments, or more money, than one account or device begins within a time."""

    code = "payment-velocity"
    title = Text("Too many payments in a short time", "短时间内付款次数或金额过多")
    detail = Text("Nothing was charged. Wait, or pay less at once.", "未产生扣款，请稍候再试，或减少单次付款金额。")


class SignInFrozen(Forbidden):
    """The account cannot be signed in to until somebody has looked at it."""

    code = "sign-in-frozen"
    title = Text("Signing in is suspended for this account", "该账号已暂停登录")
    detail = Text("We are reviewing it. Please contact support.", "账号正在审核中，请联系客服。")


class SlowDown(TooMany):
    """More tries than one account is given from one place within a time; from elsewhere it can be signed in to."""

    code = "too-many-tries"
    title = Text("Too many tries", "尝试次数过多")
    detail = Text("Wait, or sign in another way.", "请稍候再试，或使用其他方式登录。")


class AlertClosed(Conflict):
    code = "alert-closed"
    title = Text("The alert is closed", "该告警已关闭")
    detail = Text("{by} closed it.", "已由 {by} 关闭。")
