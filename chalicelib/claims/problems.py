"""What a claim refuses, in two languages."""

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text


class NotPossible(Conflict):
    """The claim's state, or the time, does not allow it; says what they do allow."""

    code = "claim-state"
    title = Text("Not possible in the claim's present state", "售后申请当前状态不允许此操作")
    detail = Text("The claim is {state}. Possible now: {possible}.", "售后申请状态为 {state}，当前可执行：{possible}。")


class AlreadyOpen(Conflict):
    """The line has a claim that is not over."""

    code = "claim-open"
    title = Text("There is an open claim for it", "该项目已有进行中的售后申请")
    detail = Text("It is {claim_id}: escalate it, or withdraw it.", "申请编号 {claim_id}，请升级或撤回该申请。")


class ClaimedEnough(Conflict):
    code = "claimed-enough"
    title = Text("It was claimed for often enough", "售后申请次数已达上限")
    detail = Text("At most {limit} claims for one thing.", "每个项目最多可申请 {limit} 次。")


class TooLateToClaim(Conflict):
    code = "too-late-to-claim"
    title = Text("It is too late to ask", "已超过售后申请期限")
    detail = Text("Money can be asked for until {days} days after the end.", "可在结束后 {days} 天内申请。")
