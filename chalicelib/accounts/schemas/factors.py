"""What second factors say over the wire. What goes to an authenticator and comes from it has the names of WebAuthn's
JSON (level 3), so that a page hands it on as it is: `parseCreationOptionsFromJSON`, `toJSON`.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from chalicelib.accounts.rules import Factors as DomainFactors
from chalicelib.accounts.rules import Passkey as DomainPasskey
from chalicelib.accounts.schemas.accounts import TokenPair
from chalicelib.accounts.use_cases import Enrolled as DomainEnrolled
from chalicelib.accounts.use_cases import Shown
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment, left_out

_BYTES = "base64url without padding."
_LONGEST = 16_384  # characters of anything that an authenticator says
Base64 = Annotated[
    str, Field(pattern="^[A-Za-z0-9_-]+$", min_length=1, max_length=_LONGEST, description=_BYTES, examples=["bGlubGk"])
]
CredentialId = Annotated[
    str, Field(pattern="^[A-Za-z0-9_-]+$", min_length=1, max_length=1_364, description=_BYTES, examples=["bGlubGk"])
]
KeyName = Annotated[Line, Field(min_length=1, max_length=60, description="For its owner.", examples=["我的手机"])]
Code = Annotated[str, Field(pattern="^[0-9]{6}$", description="Six digits of the app.", examples=["046213"])]


class _Browsers(Wire):
    """Something of WebAuthn's: what a newer browser adds is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class TotpOffer(Wire):
    """A secret for an authenticator app; it is told once."""

    secret: str = Field(description="Base32, to be typed.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(description="`otpauth://...`, to be opened.", examples=["otpauth://totp/Linli:me?secret=JBSW"])
    qr: str = Field(description="The same as a QR code: SVG.", examples=["<svg></svg>"])


class TotpConfirmation(Wire):
    """A first code of the app."""

    code: Code


class Enrolment(Wire):
    """A factor is enrolled."""

    recovery_codes: list[str] | None = Field(
        description="With the first factor; they are told once, and null otherwise.",
        examples=[["2a3b4c-5d6e7f-8g9h2j-k3m4n5"]],
    )
    tokens: TokenPair = Field(description="In the place of those that the request was sent with.")

    @classmethod
    def of(cls, enrolled: DomainEnrolled) -> "Enrolment":
        codes = list(enrolled.recovery_codes) or None
        return cls(recovery_codes=codes, tokens=TokenPair.of(enrolled.signed_in))


class Passkey(Wire):
    """A passkey of one's own."""

    id: str = Field(examples=["7d1c0f5e2a9b48c3a6f1e0d2c4b5a69788776655"])
    name: KeyName
    synced: bool = Field(description="It may be on several devices of its owner's.")
    backed_up: bool = Field(description="It is.")
    created_at: Moment
    used_at: Moment | None

    @classmethod
    def of(cls, passkey: DomainPasskey) -> "Passkey":
        return cls(
            id=passkey.id,
            name=passkey.name,
            synced=passkey.is_synced,
            backed_up=passkey.is_backed_up,
            created_at=passkey.created_at,
            used_at=passkey.used_at,
        )


class PasskeyEnrolment(Enrolment):
    """A passkey is registered."""

    passkey: Passkey


class App(Wire):
    """An authenticator app."""

    enrolled_at: Moment


class Factors(Wire):
    """How one proves who one is beside the first way."""

    totp: App | None
    passkeys: list[Passkey]
    recovery_codes_left: int

    @classmethod
    def of(cls, factors: DomainFactors) -> "Factors":
        app = factors.confirmed
        return cls(
            totp=App(enrolled_at=app.confirmed_at) if app and app.confirmed_at else None,
            passkeys=[Passkey.of(one) for one in factors.passkeys],
            recovery_codes_left=factors.codes_left,
        )


class RecoveryCodes(Wire):
    """New recovery codes, each good once; those before are no more. They are told once."""

    codes: list[str] = Field(examples=[["2a3b4c-5d6e7f-8g9h2j-k3m4n5"]])


class PasskeyName(Wire):
    """What to call a passkey."""

    name: KeyName


class Party(Wire):
    """Us."""

    id: str = Field(examples=["linli.example"])
    name: str = Field(examples=["linli.example"])


class User(Wire):
    """Whose the passkey is to be, as the authenticator shows it."""

    id: Base64
    name: str = Field(examples=["+8613800138000"])
    displayName: str = Field(examples=["王小明"])  # noqa: N815 - WebAuthn's own


class Algorithm(Wire):
    """A kind of key."""

    type: Literal["public-key"]
    alg: int = Field(description="A COSE algorithm.", examples=[-8])


class Descriptor(Wire):
    """A passkey that is known already."""

    type: Literal["public-key"]
    id: CredentialId


class Selection(Wire):
    """What the authenticator must be able to do."""

    residentKey: Literal["required"]  # noqa: N815
    requireResidentKey: Literal[True]  # noqa: N815
    userVerification: Literal["required"]  # noqa: N815


class CreationOptions(Wire):
    """`PublicKeyCredentialCreationOptionsJSON`."""

    rp: Party
    user: User
    challenge: Base64
    pubKeyCredParams: list[Algorithm]  # noqa: N815
    timeout: int = Field(description="Milliseconds.", examples=[300_000])
    excludeCredentials: list[Descriptor]  # noqa: N815
    authenticatorSelection: Selection  # noqa: N815
    attestation: Literal["none"]


class RequestOptions(Wire):
    """`PublicKeyCredentialRequestOptionsJSON`."""

    challenge: Base64
    timeout: int = Field(description="Milliseconds.", examples=[300_000])
    rpId: str = Field(examples=["linli.example"])  # noqa: N815
    allowCredentials: list[Descriptor]  # noqa: N815
    userVerification: Literal["required"]  # noqa: N815


class AttestationResponse(_Browsers):
    """What the authenticator has made."""

    clientDataJSON: Base64  # noqa: N815
    attestationObject: Base64  # noqa: N815


class Registration(_Browsers):
    """`RegistrationResponseJSON`."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AttestationResponse


class NewPasskey(Wire):
    """A passkey that the authenticator has made."""

    name: KeyName
    credential: Registration


class AssertionResponse(_Browsers):
    """What the authenticator has signed."""

    clientDataJSON: Base64  # noqa: N815
    authenticatorData: Base64  # noqa: N815
    signature: Base64
    userHandle: Base64 | None = None  # noqa: N815


class Assertion(_Browsers):
    """`AuthenticationResponseJSON`."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AssertionResponse


class PasskeySignIn(Wire):
    """What a passkey has signed."""

    credential: Assertion


class SecondFactor(Wire):
    """One of these."""

    totp: Code = Field(default_factory=left_out)
    recovery_code: str = Field(
        default_factory=left_out,
        min_length=24,
        max_length=40,
        description="As it was told.",
        examples=["2a3b4c-5d6e7f-8g9h2j-k3m4n5"],
    )
    credential: Assertion = Field(default_factory=left_out, description="What a passkey has signed.")

    @model_validator(mode="after")
    def _one(self) -> "SecondFactor":
        if len(self.model_fields_set) != 1:
            raise ValueError("one of totp, recovery_code and credential")
        return self

    def shown(self) -> Shown:
        """Return it as the use case takes it."""
        credential = self.credential.model_dump() if self.credential else None
        return Shown(self.totp, self.recovery_code, credential)
