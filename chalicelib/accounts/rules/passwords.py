"""Which passwords are good enough, and in which form they are kept. No I/O.

Length counts and nothing else is asked for: no kinds of letters, no change after some months (NIST SP 800-63B 5.1.1.2,
OWASP ASVS 5.0 6.2). What everybody tries first is refused: the commonest passwords, and what names the account or us.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.accounts.rules.account import Account
from chalicelib.kit.errors import FieldError, Invalid
from chalicelib.kit.i18n import Text

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128  # characters
_OURS = ("linli", "邻里")
_NAMING = 4  # letters of a name or an address that are enough to name somebody; two where each says more
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Password:
    """What is kept of an account's password.

    Attributes:
        phc: parameters, salt and hash of argon2id as one text.
        version: of the account when it was set.
        set_at: when.
    """

    phc: str = field(repr=False)
    version: int
    set_at: datetime


class PasswordRefused(Invalid):
    """It is not good enough."""

    code = "password-refused"
    title = Text("Choose another password", "请更换密码")
    detail = Text(
        "It takes 8 to 128 characters, is not one of the commonest, and does not hold your name, address or number.",
        "密码须为 8 至 128 个字符，不能是常见密码，也不能包含您的姓名、邮箱或手机号。",
    )

    def __init__(self, message: str) -> None:
        super().__init__(errors=[FieldError("password", message)])


class PasswordNotAccepted(Invalid):
    """Wrong, or there is no such account, or it has no password: nobody is told which."""

    code = "password-not-accepted"
    title = Text("That is not the account's password", "账号或密码不正确")
    detail = Text("Check both, or sign in with a code.", "请检查账号和密码，或使用验证码登录。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("password", "not accepted")])


def normal_password(text: str) -> str:
    """Return a password in the form that is hashed: the same letters typed on different devices are the same."""
    return unicodedata.normalize("NFKC", text)


def check_password(password: str, account: Account) -> None:
    """Let a new password, in its normal form, pass for an account.

    Raises:
        PasswordRefused: too short, too long, or it names the account or us.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordRefused("8 to 128 characters")
    folded = password.casefold()
    if any(word in folded for word in _words(account)):
        raise PasswordRefused("holds a name, an address or a number of the account's, or ours")


def _words(account: Account) -> list[str]:
    local, _, domain = (account.email or "").partition("@")
    told = [account.name or "", local, *_WORDS.findall(local), *_WORDS.findall(account.name or "")]
    # A phone is typed with its country code or without: its last digits are in both.
    words = [*told, domain.rpartition(".")[0], (account.phone or "")[-8:], *_OURS]
    return [
        word
        for word in (unicodedata.normalize("NFKC", one).casefold().strip() for one in words)
        if len(word) >= (_NAMING if word.isascii() else _NAMING // 2)
    ]
