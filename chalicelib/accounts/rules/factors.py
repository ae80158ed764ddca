"""Second factors: codes of an authenticator app (RFC 6238), passkeys, and codes for when both are lost. No I/O."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.kit.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.kit.i18n import Text

OTP, RECOVERY = "otp", "recovery"
"""How a session says that a one-time code (RFC 8176) or a recovery code was shown; a passkey: `kit.auth.PASSKEY`."""
ISSUER = "Linli"
OFFER_LIFE = timedelta(minutes=15)  # in which a new secret is confirmed by a first code
FACTOR_TRIES = 5  # wrong ones of an account in each window, from wherever: only who has the first proof gets here
FACTOR_TRIES_A_DAY = 15
MOST_PASSKEYS = 10
RECOVERY_CODES = 10
_WINDOW = 1  # codes before and after the present one that are taken: clocks differ
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
_GROUP, _GROUPS = 6, 4  # 24 letters are 118 bits: with 112 an HMAC keeps them as well as a slow hash (ASVS 6.5.2)


@dataclass(frozen=True)
class Totp:
    """A secret that an authenticator app shares with us.

    Attributes:
        secret: base32.
        counter: of the last code that was taken; none of it or before is taken again.
        offered_at: when it was made; tells it from others before and after it.
        confirmed_at: when a first code showed that the app has it; until then it is no factor.
    """

    secret: str = field(repr=False)
    counter: int
    offered_at: datetime
    confirmed_at: datetime | None = None


@dataclass(frozen=True)
class Passkey:
    """A key of an authenticator's that signs for us alone.

    Attributes:
        id: the blind index of `credential_id`.
        credential_id: as the authenticator names it.
        public_key: in COSE (RFC 9052).
        name: as its owner calls it.
        counter: of its signatures; 0 where the authenticator does not count.
        is_synced: it may be copied to other devices of its owner's (the flag BE; never changes).
        is_backed_up: it has been (the flag BS).
        created_at: when it was registered.
        used_at: when it signed in last.
    """

    id: str
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    name: str = field(repr=False)
    counter: int
    is_synced: bool
    is_backed_up: bool
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True)
class Factors:
    """All that an account has beside its first proof.

    Attributes:
        totp: also one that is not confirmed.
        passkeys: oldest first.
        codes_left: recovery codes that were not used.
    """

    totp: Totp | None = None
    passkeys: tuple[Passkey, ...] = ()
    codes_left: int = 0

    @property
    def confirmed(self) -> Totp | None:
        """The app's secret where it is a factor."""
        return self.totp if self.totp and self.totp.confirmed_at else None

    @property
    def are_any(self) -> bool:
        """Whether a sign-in can be asked for one. Recovery codes alone are none."""
        return self.confirmed is not None or bool(self.passkeys)


class FactorNotAccepted(Invalid):
    """Wrong, used, run out, or not of this account: nobody is told which."""

    code = "factor-not-accepted"
    title = Text("The second factor is not accepted", "二次验证未通过")
    detail = Text("Check it, or use another one.", "请检查后重试，或使用其他验证方式。")

    def __init__(self, field: str = "credential") -> None:
        super().__init__(errors=[FieldError(field, "not accepted")])


class TotpExists(Conflict):
    code = "totp-exists"
    title = Text("An authenticator app is enrolled", "已绑定验证器应用")
    detail = Text("Remove it first.", "请先解除绑定。")


class TooManyPasskeys(Conflict):
    code = "too-many-passkeys"
    title = Text("There are too many passkeys", "通行密钥数量已达上限")
    detail = Text("At most {most}; remove one first.", "最多 {most} 个，请先移除其中一个。")


class PasskeyTaken(Conflict):
    code = "passkey-taken"
    title = Text("The passkey is registered already", "该通行密钥已被注册")
    detail = Text("Make a new one.", "请创建新的通行密钥。")


class NoFactor(Conflict):
    code = "no-second-factor"
    title = Text("There is no second factor", "尚未设置二次验证")
    detail = Text("Enrol an authenticator app or a passkey first.", "请先绑定验证器应用或通行密钥。")


class PasskeysOff(NotFound):
    """This stage was deployed without a site that passkeys are for."""

    code = "passkeys-not-offered"
    title = Text("Passkeys are not offered here", "暂不支持通行密钥")
    detail = Text("Sign in another way.", "请使用其他登录方式。")


def new_secret() -> str:
    """Return a new secret for an authenticator app: 160 bits in base32."""
    import pyotp  # few requests need it

    return pyotp.random_base32()


def provisioning_uri(secret: str, label: str) -> str:
    """Return what an authenticator app reads from a QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)


def matching(totp: Totp, code: str, now: datetime) -> int | None:
    """Return the counter of the code if it is one of now, or next to it, that was not taken yet."""
    import pyotp

    app = pyotp.TOTP(totp.secret)
    present = app.timecode(now)
    near = range(present - _WINDOW, present + _WINDOW + 1)
    # All are compared, so that the time tells nothing.
    right = [counter for counter in near if hmac.compare_digest(app.generate_otp(counter).encode(), code.encode())]
    return next((counter for counter in right if counter > totp.counter), None)


def new_recovery_codes() -> tuple[str, ...]:
    """Return a set of recovery codes, each of 118 bits."""
    made = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP * _GROUPS)) for _ in range(RECOVERY_CODES))
    return tuple(normal_recovery_code(one) for one in made)


def normal_recovery_code(text: str) -> str:
    """Return a recovery code as it was made, however it was typed."""
    letters = "".join(one for one in text.lower() if one.isalnum())
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
