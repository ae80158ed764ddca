"""Codes that are sent to somebody."""

import hmac
import secrets
from datetime import timedelta

from chalicelib.kit.errors import FieldError, Invalid, Unavailable
from chalicelib.kit.i18n import Text

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5

CODE_TITLE = Text("Your sign-in code", "您的登录验证码")
CODE_TEXT = Text(
    "Linli: your sign-in code is {code}. It is good for 5 minutes. Never pass it on.",
    "【邻里】登录验证码 {code}，5 分钟内有效，请勿告诉他人。",
)
LINK_TEXT = Text(
    "Linli: {code} lets somebody sign in to an account by this phone or address. If that is not you, never pass it on.",
    "【邻里】绑定验证码 {code}，5 分钟内有效。他人获得后可用本号码或邮箱登录其账号，非本人操作请勿告诉他人。",
)


class CodeNotAccepted(Invalid):
    """Wrong, run out, used, or tried too often: nobody is told which."""

    code = "code-not-accepted"
    title = Text("The code is not accepted", "验证码无效")
    detail = Text("Check it, or ask for a new one.", "请检查验证码，或重新获取。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("code", "not accepted")])


class CodeNotSent(Unavailable):
    code = "code-not-sent"
    title = Text("The code could not be sent", "验证码发送失败")
    detail = Text("Ask for another one in a moment.", "请稍后重新获取。")


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**6):06d}"


def same(one: str, other: str) -> bool:
    """Say whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)
