"""What webhooks refuse, in two languages."""

from chalicelib.kit.errors import Conflict, Invalid, TooMany
from chalicelib.kit.i18n import Text


class NotInThisState(Conflict):
    code = "webhook-state"
    title = Text("Not possible in the endpoint's present state", "回调地址当前状态不允许此操作")
    detail = Text(
        "It is {state}. An endpoint becomes active by answering a challenge.",
        "当前状态为 {state}。回调地址需通过验证后才能启用。",
    )


class NoSecret(Conflict):
    code = "webhook-secret-missing"
    title = Text("The endpoint has no secret yet", "回调地址尚未生成密钥")
    detail = Text("Make one first (PUT .../secret).", "请先生成密钥（PUT .../secret）。")


class TooManyEndpoints(Conflict):
    code = "too-many-webhook-endpoints"
    title = Text("There are as many endpoints as there may be", "回调地址数量已达上限")
    detail = Text("At most {limit}; remove one first.", "最多 {limit} 个，请先删除不用的地址。")


class TooSoon(TooMany):
    code = "webhook-challenged-lately"
    title = Text("A challenge was sent a moment ago", "刚刚已发送过验证请求")


class TooManyTests(TooMany):
    code = "webhook-tested-often"
    title = Text("Tests were sent a moment ago", "刚刚已多次发送测试事件")


class ChallengeFailed(Invalid):
    """The endpoint did not answer, or not as it should; says which."""

    code = "webhook-challenge-failed"
    title = Text("The endpoint did not answer the challenge", "回调地址未通过验证")
    detail = Text("What came back: {answer}.", "返回结果：{answer}。")


class NothingToReplay(Conflict):
    code = "nothing-to-replay"
    title = Text("Nothing to send again", "没有可重新发送的事件")
    detail = Text(
        "No delivery of this endpoint fits that has ended and is still kept.",
        "该地址没有符合条件且仍在保留期内的已结束推送。",
    )
