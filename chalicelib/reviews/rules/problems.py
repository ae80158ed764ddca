"""What may be wrong with what somebody wants of a review."""

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text


class AlreadyReviewed(Conflict):
    code = "already-reviewed"
    title = Text("This was reviewed before", "该项目已评价")
    detail = Text("A completed line can be reviewed once.", "每个已完成的项目只能评价一次。")


class NotInState(Conflict):
    code = "review-state"
    title = Text("Not in the state of this review", "评价当前状态不支持该操作")
    detail = Text("The review is in a state in which this cannot be done.", "该评价目前的状态不允许此操作。")
