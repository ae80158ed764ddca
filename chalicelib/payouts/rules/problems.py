"""What payouts refuse, and what has happened already."""

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text


class ApprovalNeeded(Conflict):
    code = "approval-needed"
    title = Text("Somebody else has to agree", "需要另一人批准")
    detail = Text("Two different people approve a payout of this size.", "该金额的打款需由两位不同人员批准。")


class NamedByYou(Conflict):
    code = "named-by-you"
    title = Text("Somebody else has to agree", "需由他人批准")
    detail = Text(
        "You named or changed the account that it goes to.", "该打款的收款账户由您设置或更改，须由其他人员批准。"
    )


class WrongState(Conflict):
    code = "payout-state"
    title = Text("The payout does not stand so", "打款当前状态不允许此操作")
    detail = Text("It is {state}.", "当前状态为 {state}。")


class NothingToPay(Conflict):
    code = "nothing-to-pay"
    title = Text("No payout is waiting", "没有待打款项")
    detail = Text("No payout by bank in {currency} is ready.", "没有待处理的 {currency} 银行打款。")


class NoBankKnown(Conflict):
    code = "no-bank-account"
    title = Text("The operator's own bank account is not known", "平台银行账户未配置")
    detail = Text("Set the secret `payout-bank`, or choose csv.", "请配置密钥 `payout-bank`，或选择 csv。")


class NotClosed(Conflict):
    code = "batch-open"
    title = Text("The batch is still being gathered", "批次仍在汇集")
    detail = Text("Repeat the request that makes it, or wait for an hour.", "请重复创建请求，或等待一小时。")


class NotYetFinal(Conflict):
    code = "not-yet-final"
    title = Text("Not final yet", "尚未出账")
    detail = Text("Something may still be added. Ask again when it is posted.", "仍可能有新增明细，请在入账后重试。")


class TooManyLines(Conflict):
    code = "too-many-lines"
    title = Text("Too many lines for one document", "明细过多，无法生成单个文件")
    detail = Text(
        "It is made of {lines} lines, at most {limit} fit. Read the settlement page by page instead.",
        "共 {lines} 条明细，最多支持 {limit} 条。请改为分页读取结算明细。",
    )


class Made(Exception):  # noqa: N818 - an answer, not an error
    """The row is there already: somebody was here before."""
