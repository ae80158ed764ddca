"""What can go wrong, as classes: each has a stable code, an HTTP status and its words in two languages.

A domain's own problems subclass these in its `rules.py`. Rendered as RFC 9457 problem details by `kit.http`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from chalicelib.kit.i18n import Text


@dataclass(frozen=True)
class FieldError:
    """One field at fault: its path (`lines.0.start`) and what is wrong with it."""

    field: str
    message: str


class Problem(Exception):  # noqa: N818 - RFC 9457's own term
    """A refusal that a client can act on.

    Args:
        errors: the fields at fault.
        retry_after: seconds after which a retry makes sense.
        parameters: what the title and the detail interpolate.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[Text] = Text("Something went wrong on our side", "服务器内部错误")
    detail: ClassVar[Text] = Text("Please try again later.", "请稍后再试。")

    def __init__(
        self, *, errors: Sequence[FieldError] = (), retry_after: int | None = None, **parameters: object
    ) -> None:
        super().__init__(self.detail.render("en", **parameters))
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.parameters: Mapping[str, object] = parameters

    def members(self) -> Mapping[str, str]:
        """Return what programs are told beside the words (RFC 9457, 3.2)."""
        return {}


class Malformed(Problem):
    status = 400
    code = "malformed-request"
    title = Text("The request cannot be read", "请求无法解析")
    detail = Text("{reason}", "{reason}")


class Invalid(Problem):
    """The request can be read, but what it says cannot be accepted."""

    status = 422
    code = "invalid-request"
    title = Text("The request is not valid", "请求参数无效")
    detail = Text("Correct the fields listed under errors and send it again.", "请更正 errors 中列出的字段后重试。")


def invalid(field: str, message: str) -> Invalid:
    """Return the problem of one field."""
    return Invalid(errors=[FieldError(field, message)])


class Unauthorized(Problem):
    status = 401
    code = "unauthorized"
    title = Text("Sign in first", "请先登录")
    detail = Text("The access token is missing, has run out or is not valid.", "访问令牌缺失、过期或无效。")


class SessionOver(Unauthorized):
    code = "session-over"
    title = Text("The session is over", "会话已结束")
    detail = Text("Sign in again.", "请重新登录。")


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title = Text("Not allowed", "没有权限")
    detail = Text("Your account may not do this.", "您的账号无权执行此操作。")


class SecondFactorNeeded(Forbidden):
    """The account may, but not in a session that was opened with one proof alone."""

    code = "second-factor-needed"
    title = Text("A second factor is needed", "需要二次验证")
    detail = Text(
        "Give it with POST /v1/auth/second-factor; enrol one first if you have none.",
        "请通过 POST /v1/auth/second-factor 完成验证；尚未设置时请先设置。",
    )


class SignInAgain(Forbidden):
    """The account may, but they proved who they are too long ago for this."""

    code = "sign-in-again"
    title = Text("Sign in again first", "请重新验证身份")
    detail = Text("You signed in too long ago for this.", "距上次登录时间过长，请重新登录后再试。")


class NotFound(Problem):
    """Nothing is there, or it is not yours to see: the two are told apart by nobody outside."""

    status = 404
    code = "not-found"
    title = Text("Not found", "未找到")
    detail = Text("There is no such {what}.", "{what} 不存在。")

    def __init__(self, what: str = "resource") -> None:
        super().__init__(what=what)


class MethodNotAllowed(Problem):
    status = 405
    code = "method-not-allowed"
    title = Text("This address does not take that method", "该地址不支持此方法")
    detail = Text("The header Allow lists those that it takes.", "可用的方法见响应头 Allow。")


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = Text("Not possible in the present state", "当前状态不允许此操作")
    detail = Text("The state has changed; read it again.", "状态已变化，请重新读取。")


class Busy(Problem):
    """Contention that did not resolve within the retries: nothing was written; the client may repeat."""

    status = 409
    code = "busy"
    title = Text("Too many people at once", "请求过于集中")
    detail = Text("Nothing was changed. Try again in a moment.", "未做任何更改，请稍后重试。")


class TooLarge(Problem):
    status = 413
    code = "too-large"
    title = Text("The request is too large", "请求内容过大")
    detail = Text("At most {limit} bytes are accepted.", "最多接受 {limit} 字节。")


class UnsupportedMediaType(Problem):
    status = 415
    code = "unsupported-media-type"
    title = Text("Unsupported media type", "不支持的媒体类型")
    detail = Text("Send application/json.", "请使用 application/json。")


class TooMany(Problem):
    status = 429
    code = "too-many-requests"
    title = Text("Too many requests", "请求过于频繁")
    detail = Text("Wait and try again.", "请稍候再试。")


class Unavailable(Problem):
    """A provider that we need did not answer; nothing was lost, a repeat with the same key is safe."""

    status = 503
    code = "provider-unavailable"
    title = Text("A partner service is not reachable", "合作服务暂不可用")
    detail = Text("Repeat the request with the same Idempotency-Key.", "请使用相同的 Idempotency-Key 重试。")


class TemporarilyUnavailable(Problem):
    """A part of AWS that we need is too busy or does not answer: it passes."""

    status = 503
    code = "temporarily-unavailable"
    title = Text("Not available at the moment", "服务暂时不可用")
    detail = Text(
        "Repeat the request in a moment, with the same Idempotency-Key where it has one.",
        "请稍后重试；如请求带有 Idempotency-Key，请使用相同的 key。",
    )


class OutcomeUnknown(Problem):
    """The database did not answer in time: what was asked for may have been done or not."""

    status = 503
    code = "outcome-unknown"
    title = Text("No answer in time", "系统响应超时")
    detail = Text(
        "It may have been done or not. Repeat the request with the same Idempotency-Key to find out.",
        "操作可能已完成，也可能未完成。请使用相同的 Idempotency-Key 重试。",
    )
