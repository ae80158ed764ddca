"""What payments refuse, and what goes wrong with them."""

from chalicelib.kit.errors import Conflict, Invalid, Malformed
from chalicelib.kit.i18n import Text


class BadSignature(Malformed):
    code = "bad-signature"
    title = Text("The signature does not match", "签名不匹配")
    detail = Text("The event was not signed by the provider, or too long ago.", "事件签名无效或已过期。")


class PaymentRefused(Conflict):
    code = "payment-refused"
    title = Text("The payment provider refused", "支付渠道拒绝了请求")
    detail = Text("Choose another way to pay. ({reason})", "请选择其他支付方式。（{reason}）")


class WayUnknown(Invalid):
    code = "no-such-way-to-pay"
    title = Text("This cannot be paid that way", "不支持该支付方式")
    detail = Text("{method} cannot be used as {scene} here.", "此处不支持以 {scene} 方式使用 {method}。")


class NothingToRepeat(Conflict):
    code = "refund-not-failed"
    title = Text("This refund has not failed", "该退款并未失败")
    detail = Text("Only a refund that failed can be tried again, once.", "只有失败的退款可以重试一次。")


class AmountMismatch(Exception):  # noqa: N818 - for people, not for clients: it ends in the dead-letter queue
    """The provider received another amount than the payment asks for: nobody may decide this but a person."""


class NotYetKnown(Exception):  # noqa: N818 - the queue's retry is the answer
    """An event is about something that our own rows do not show yet."""


class Moved(Exception):  # noqa: N818 - an answer, not an error
    """Somebody else has moved it on: there is nothing left to do."""
