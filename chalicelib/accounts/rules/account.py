"""Who somebody is here, and by what they are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from chalicelib.kit.errors import Conflict, NotFound, invalid
from chalicelib.kit.i18n import LANGUAGES, Language, Text
from chalicelib.kit.permissions import Role

MOST_IDENTITIES = 10
FORMER_LIFE = timedelta(days=7)  # in which a phone that is replaced is still told what becomes of the account
MOST_FORMER = 3
MOST_MEMBERSHIPS = 20  # an access token carries them


class Kind(StrEnum):
    """What somebody can be known by."""

    PHONE = "phone"  # E.164
    EMAIL = "email"  # in lower case
    WECHAT = "wechat"  # a unionid, or appid and openid
    OIDC = "oidc"  # issuer and subject


@dataclass(frozen=True)
class Identity:
    """Something that is somebody's alone, and that they sign in by.

    Attributes:
        kind: what it is.
        subject: as the kind has it, in its one normal form.
        linked_at: since when it leads to the account.
    """

    kind: Kind
    subject: str = field(repr=False)
    linked_at: datetime

    def is_same(self, other: "Identity") -> bool:
        return (self.kind, self.subject) == (other.kind, other.subject)


@dataclass(frozen=True)
class Account:
    """Somebody who signed in at least once, or whom an operator gave a role.

    Attributes:
        id: `acc_...`.
        identities: what they are known by, at least one; of phones and of e-mail addresses one each.
        name: as they call themselves.
        language: of what we send them.
        roles: what they may be.
        version: rises with each change.
        created_at: when.
        epoch: sessions of an earlier epoch are over.
        has_factor: they have enrolled a second factor: signing in without it is half a sign-in.
        memberships: merchant -> manager or staff there.
        secured_at: when how they sign in was changed last; None where it never was.
        former: phones that led here lately, and since when they do no more.
    """

    id: str
    identities: tuple[Identity, ...]
    name: str | None = field(repr=False)
    language: Language
    roles: frozenset[Role]
    version: int
    created_at: datetime
    epoch: int = 0
    has_factor: bool = False
    memberships: Mapping[str, Role] = field(default_factory=dict, hash=False)
    secured_at: datetime | None = None
    former: tuple[Identity, ...] = ()

    @property
    def is_erased(self) -> bool:
        """Say whether an erasure has emptied it: it stands for nobody any more."""
        return not self.identities

    @property
    def phone(self) -> str | None:
        """Where text messages reach them, in E.164."""
        return self._subject(Kind.PHONE)

    @property
    def email(self) -> str | None:
        """Where mail reaches them."""
        return self._subject(Kind.EMAIL)

    def _subject(self, kind: Kind) -> str | None:
        return next((one.subject for one in self.identities if one.kind == kind), None)


@dataclass(frozen=True)
class Contact:
    """How to reach an account.

    Attributes:
        account_id: whom.
        phone: E.164; None where they have told none.
        name: as they call themselves.
        language: to write in.
        email: likewise.
        wechat: `<appid>/<openid>` of each app of ours at WeChat that they signed in to, the last one first.
        since: when they told, by the kind of sign-in that it is.
        former: phones that they had until lately, `linked_at` says until when: who took the account over may have its
            new one.
    """

    account_id: str
    phone: str | None = field(repr=False)
    name: str | None = field(repr=False)
    language: Language
    email: str | None = field(repr=False, default=None)
    former: tuple[Identity, ...] = field(repr=False, default=())
    wechat: tuple[str, ...] = field(repr=False, default=())
    since: Mapping[Kind, datetime] = field(default_factory=dict)


class IdentityTaken(Conflict):
    code = "identity-taken"
    title = Text("It belongs to another account", "已绑定其他账号")
    detail = Text("Sign in with it, or use another one.", "请使用该方式登录，或更换其他方式。")


class LastIdentity(Conflict):
    code = "last-identity"
    title = Text("It is your only way to sign in", "这是您唯一的登录方式")
    detail = Text("Link another one first.", "请先绑定其他登录方式。")


class TooManyJobs(Conflict):
    code = "too-many-jobs"
    title = Text("You work for many merchants already", "您已加入的商户过多")
    detail = Text("At most {most}; leave one first.", "最多 {most} 个，请先退出其中一个。")


class FactorKept(Conflict):
    """Whoever took the first proof could enrol a second one of their own, and be one of the operator's people."""

    code = "factor-kept"
    title = Text("Your role needs a second factor", "您的角色必须保留第二重验证")
    detail = Text("Enrol another one first.", "请先绑定另一种验证方式。")


class FactorFirst(Conflict):
    code = "factor-first"
    title = Text("They have no second factor yet", "该账号尚未启用第二重验证")
    detail = Text(
        "Have them enrol an authenticator app or a passkey, then give the role.",
        "请其先绑定验证器或通行密钥，再授予该角色。",
    )


class NotALogin(NotFound):
    """The account is not known by it."""

    def __init__(self) -> None:
        super().__init__("identity")


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


def country_of(phone: str) -> str:
    """Return the country that a number in E.164 belongs to (ISO 3166), or nothing where it is of none."""
    import phonenumbers  # as above

    found = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
    return found if found and found.isalpha() else ""


def first_language(phone: str, offered: Sequence[Language] = LANGUAGES) -> Language:
    """Return the language for somebody who has not chosen one: that of their country where it is offered."""
    if "zh-CN" in offered and phone.startswith("+86"):
        return "zh-CN"
    return offered[0]


def former_phones(before: Account, identities: tuple[Identity, ...], now: datetime) -> tuple[Identity, ...]:
    """Return the phones that an account has lost lately, with these identities or before. The first ones stay: who
    changes the phone again and again does not make us forget whose it was.
    """
    kept = tuple(one for one in before.former if now - one.linked_at < FORMER_LIFE)
    known = {one.subject for one in (*kept, *identities)}
    lost = {one.subject for one in before.identities if one.kind is Kind.PHONE} - known
    return (*kept, *(Identity(Kind.PHONE, one, now) for one in lost))[:MOST_FORMER]


def way(identity: Identity) -> tuple[Kind, str]:
    """Return what tells one way to sign in from another: WeChat is one, whatever it calls somebody in each app."""
    return identity.kind, "" if identity.kind is Kind.WECHAT else identity.subject


def shown(identity: Identity) -> str:
    """Return an identity as its owner is shown it: to be recognised, and of no use to who looks over their shoulder."""
    if identity.kind is Kind.PHONE:
        return f"{identity.subject[:-8]}****{identity.subject[-4:]}"
    if identity.kind is Kind.EMAIL:
        local, _, domain = identity.subject.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if identity.kind is Kind.OIDC:
        return urlsplit(identity.subject.partition(" ")[0]).netloc
    return "WeChat"
