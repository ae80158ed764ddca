"""What may be wrong with what somebody wants of a review."""

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text


class AlreadyReviewed(Conflict):
    code = "already-reviewed"
    title = Text("This was reviewed before", "该项目已评价")
    detail = Text("A completed line can be reviewed once.", "每个已完成的项目只能评价一次。")


class WritingOver(Conflict):
    code = "review-writing-over"
    title = Text("The time for this review is over", "评价时间已过")
    detail = Text(
        "The other side has reviewed you and its review can be read: you cannot write yours any more.",
        "对方的评价已经公开，您不能再写评价。",
    )


class EditingOver(Conflict):
    code = "review-editing-over"
    title = Text("This review cannot be changed any more", "该评价已不能修改")
    detail = Text(
        "A review can be changed for 48 hours, and until both sides can read each other's.",
        "评价发布后48小时内、且双方评价互相公开之前可以修改。",
    )


class ReplyNotPossible(Conflict):
    code = "review-reply-not-possible"
    title = Text("No reply is possible", "无法回复")
    detail = Text(
        "A review that everybody can read has one reply, which can be changed for 48 hours unless it was removed.",
        "公开的评价可以回复一次，回复在48小时内、且未被移除时可以修改。",
    )


class OwnReview(Conflict):
    code = "own-review"
    title = Text("Not of your own review", "不能对自己的评价操作")
    detail = Text(
        "Who wrote a review, and those who run its shop, do not say that it is helpful.",
        "评价的作者和店铺人员不能点“有用”。",
    )


class NotInState(Conflict):
    code = "review-state"
    title = Text("Not in the state of this review", "评价当前状态不支持该操作")
    detail = Text("The review is in a state in which this cannot be done.", "该评价目前的状态不允许此操作。")
