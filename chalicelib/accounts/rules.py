"""Accounts: types, and the rules of codes, budgets, sessions and roles. No I/O."""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.kit.auth import Role
from chalicelib.kit.errors import FieldError, Invalid, Unauthorized, Unavailable, invalid
from chalicelib.kit.i18n import Language, Text

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
BUDGET_WINDOW = timedelta(hours=1)
CODES_PER_PHONE = 5  # in each window
CODES_PER_ADDRESS = 30  # in each window; an office or a café shares one
SESSION_LIFE = timedelta(days=30)  # since the last refresh
GRACE = timedelta(seconds=20)  # in which the refresh token just replaced is still answered

CODE_TEXT = Text(
    "Linli: your sign-in code is {code}. It is good for 5 minutes. Never pass it on.",
    "【邻里】登录验证码 {code}，5 分钟内有效，请勿告诉他人。",
)


@dataclass(frozen=True)
class Account:
    """Somebody who signed in at least once, or whom an operator gave a role.

    Attributes:
        id: `acc_...`.
        phone: E.164.
        name: as they call themselves.
        language: of what we send them.
        roles: what they may be.
        version: rises with each change.
        created_at: when.
        epoch: sessions of an earlier epoch are over.
    """

    id: str
    phone: str = field(repr=False)
    name: str | None = field(repr=False)
    language: Language
    roles: frozenset[Role]
    version: int
    created_at: datetime
    epoch: int = 0


@dataclass(frozen=True)
class Contact:
    """How to reach an account.

    Attributes:
        account_id: whom.
        phone: E.164.
        name: as they call themselves.
        language: to write in.
    """

    account_id: str
    phone: str = field(repr=False)
    name: str | None = field(repr=False)
    language: Language


@dataclass(frozen=True)
class Session:
    """One signed-in device; each refresh is a generation.

    Attributes:
        account_id: whose.
        id: `ses_...`.
        epoch: the account's when it was opened.
        generation: of the refresh token that is good now.
        refreshed_at: when that was issued.
    """

    account_id: str
    id: str
    epoch: int
    generation: int
    refreshed_at: datetime


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


class SessionOver(Unauthorized):
    code = "session-over"
    title = Text("The session is over", "会话已结束")
    detail = Text("Sign in again.", "请重新登录。")


class Superseded(Exception):  # noqa: N818 - a state of affairs: what it means is the use case's to decide
    """A refresh token is not the one that is good now.

    Attributes:
        standing: the session as it stands, None where there is none.
    """

    def __init__(self, standing: Session | None) -> None:
        super().__init__("not the present refresh token")
        self.standing = standing


def normal_phone(text: str) -> str:
    """Return a mobile number in E.164; it must come with its country code.

    Raises:
        Invalid: not a number that could receive a message.
    """
    import phonenumbers  # 50 ms, and only signing in needs it

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise invalid("phone", "not a phone number with country code, such as +8613800138000") from error
    reachable = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in reachable:
        raise invalid("phone", "not a mobile number")
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**6):06d}"


def network(address: str) -> str:
    """Return what a budget counts for a source address: an IPv4 address, or the /64 that one IPv6 client owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


def window(now: datetime) -> tuple[int, int]:
    """Return the number of the budget window that a moment lies in, and the seconds until the next one.

    Windows are aligned to the hour, so that a counter is one row: at its edge twice the budget can pass in short time.
    """
    length = int(BUDGET_WINDOW.total_seconds())
    number, gone = divmod(int(now.timestamp()), length)
    return number, length - gone


def first_language(phone: str) -> Language:
    """Return the language for somebody who has not chosen one."""
    return "zh-CN" if phone.startswith("+86") else "en"


def same(one: str, other: str) -> bool:
    """Say whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


@dataclass(frozen=True)
class RefreshTokens:
    """Makes and reads refresh tokens: `key id.account.session.generation.MAC`.

    A token is a function of its session and generation: clients that refresh at the same time with the same token are
    all given the same next one, and nothing that is stored could be used as a token.

    Args:
        keys: every key that is still accepted, by id.
        current: the id of the key that signs.
    """

    keys: Mapping[str, str] = field(repr=False)
    current: str

    def issue(self, account_id: str, session_id: str, generation: int) -> str:
        """Return the token of one generation of a session."""
        body = f"{self.current}.{account_id}.{session_id}.{generation}"
        return f"{body}.{self._mac(self.current, body)}"

    def read(self, token: str) -> tuple[str, str, int]:
        """Return account id, session id and generation.

        Raises:
            SessionOver: not a token of ours.
        """
        body, _, mac = token.rpartition(".")
        key_id = body.partition(".")[0]
        if key_id not in self.keys or not token.isascii() or not same(mac, self._mac(key_id, body)):
            raise SessionOver
        _, account_id, session_id, generation = body.split(".")
        return account_id, session_id, int(generation)

    def _mac(self, key_id: str, body: str) -> str:
        # The prefix keeps these MACs apart from anything else that is signed with the key.
        return hmac.digest(self.keys[key_id].encode(), f"refresh|{body}".encode(), hashlib.sha256).hex()


def within_grace(standing: Session, generation: int, now: datetime) -> bool:
    """Say whether a superseded token was replaced just now: an honest client that refreshed twice at once."""
    return standing.generation == generation + 1 and now - standing.refreshed_at <= GRACE
