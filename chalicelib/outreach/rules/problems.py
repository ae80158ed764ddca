"""What outreach refuses, in two languages."""

from chalicelib.kit.errors import Conflict, Invalid, TooMany
from chalicelib.kit.i18n import Text


class TooManyTags(Conflict):
    code = "too-many-tags"
    title = Text("There are too many tags", "标签数量已达上限")
    detail = Text("At most {limit}. Remove one of them.", "最多 {limit} 个标签，请先移除部分标签。")


class TooManyTagged(Conflict):
    code = "too-many-tagged"
    title = Text("Too many customers have tags", "已打标签的顾客数量已达上限")
    detail = Text("At most {limit}. Remove the tags of some.", "最多 {limit} 位顾客，请先移除部分顾客的标签。")


class NotAllowedText(Invalid):
    """A text that no customer may be sent; the fields say why."""

    code = "text-not-allowed"
    title = Text("This text cannot be sent", "该文案不能发送")
    detail = Text("Correct what is listed under errors.", "请更正 errors 中列出的内容。")


class SentEnough(TooMany):
    """The merchant has written to its customers as often as it may."""

    code = "outreach-limit"
    title = Text("You have written to your customers often enough", "群发次数已达上限")
    detail = Text("At most {limit} times in {days} days.", "{days} 天内最多群发 {limit} 次。")


class NotSending(Conflict):
    code = "outreach-state"
    title = Text("It is not being sent any more", "群发已结束")
    detail = Text("It is {state}.", "当前状态为 {state}。")
