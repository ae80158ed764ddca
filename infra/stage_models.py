"""What `infra/stages.toml` may say, as types: a stage, its regions, and what a region settles.

Every field is optional: what is left out is the target's own default. Each refuses by one sentence that begins with
what was written, so that `infra.stages` can put the place before it.
"""

import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from chalicelib.kit.i18n import Language
from chalicelib.profiles.ports import KINDS
from chalicelib.shops.currencies import CURRENCIES

LOG_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes as a retention."""
EVERYWHERE = "*"
"""Instead of countries: all of them, or all that no other region names."""

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
_APP_LINK = re.compile(r"[a-z][a-z0-9+.-]*://([A-Za-z0-9._~:-]+/)*")
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1):[0-9]{1,5}")
_APP_ORIGIN = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{3,60}")
_MAIL = re.compile(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_SENDER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,10}")
_PRICE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")
_FILE = re.compile(r"[A-Za-z0-9._-]+\.mmdb")
_CERTIFICATE = re.compile(r"arn:(aws[a-z-]*):acm:([a-z0-9-]+):\d{12}:certificate/[0-9a-f-]{36}")
_HOSTED_ZONE = re.compile(r"Z[A-Z0-9]{4,31}")
_PLACE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d/[a-z][a-z0-9-]{0,19}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def _fits(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not pattern.fullmatch(value):
            raise ValueError(f"'{value}' is no {what}")
        return value

    return AfterValidator(check)


def _one_of(words: tuple[object, ...], lacking: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value not in words or isinstance(value, bool):
            raise ValueError(f"'{value}' {lacking}: {' or '.join(str(word) for word in words if word)}")
        return value

    return BeforeValidator(check)


def _whole(what: str, least: int, most: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"'{value}' is no {what}, a whole number from {least} to {most}")
        return value

    return BeforeValidator(check)


def _switch(what: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value is not True and value is not False:
            raise ValueError(f"'{value}' says nothing of {what}: true or false (on or off on the command line)")
        return value

    return BeforeValidator(check)


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"'{code}' is no currency of ISO 4217")
    return code


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:  # a name may be a folder, or no name at all
        raise ValueError(f"'{name}' is no IANA time zone") from error


def _different(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError(f"'{', '.join(values)}' says something twice")
    return values


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text) or text.endswith(":443"):
        raise ValueError(f"'{text}' is no origin: https://host or https://host:port in small letters, nothing more")
    return text


def _passkey_origin(text: str) -> str:
    return text if _APP_ORIGIN.fullmatch(text) else _origin(text)


def _country(code: str) -> str:
    if code != EVERYWHERE and code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"'{code}' is no country of ISO 3166 (CN, HK, SG) and not '*'")
    return code


def _countries(codes: list[str]) -> list[str]:
    if EVERYWHERE in codes and len(codes) > 1:
        raise ValueError(f"'{', '.join(codes)}' is no list of countries: CN,HK,SG or *")
    return _different(codes)


def _mail_identity(text: str) -> str:
    if text and not (_DOMAIN.fullmatch(text) or _MAIL.fullmatch(text)):
        raise ValueError(f"'{text}' is no identity at SES: a domain or an address")
    return text


StageName = Annotated[str, _fits(_STAGE, "stage: small letters, digits and dashes, at most 20")]
RegionName = Annotated[str, _fits(_REGION, "region of AWS")]
Bps = Annotated[int, _whole("share: basis points", 0, 10_000)]
_LOOKS = ("images", "words", "images,words", "")
Looks = Annotated[Literal["images", "words", "images,words", ""], _one_of(_LOOKS, "looks at nothing")]
Countries = Annotated[list[Annotated[str, AfterValidator(_country)]], AfterValidator(_countries)]


class Model(BaseModel):
    """Base of all that the file says: strict, and what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class Words(Model):
    """What people read, in both languages."""

    en: str = Field(min_length=1, max_length=60)
    zh: str = Field(min_length=1, max_length=60)


class Tax(Model):
    """The tax on what the platform takes of merchants; what customers pay is the merchants' price and theirs to tax.

    Attributes:
        name: as documents call it: GST, VAT, 增值税.
        bps: of commission and fees, where nothing else was agreed with a merchant.
        included: commission and fees that are agreed on have it in them; otherwise it is added.
    """

    name: Words = Words(en="Tax", zh="税费")
    bps: Bps = 0
    included: StrictBool = False


class Domain(Model):
    """The API's own name.

    Attributes:
        name: `api.example.com`.
        certificate: the ARN of its ACM certificate, in the stack's own region.
        hosted_zone: the Route 53 zone that the name is put into; without one the operator points the name himself.
        only: the API is not reached under API Gateway's own name any more.
    """

    name: Annotated[str, Field(max_length=253), _fits(re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+"), "domain")]
    certificate: Annotated[str, _fits(_CERTIFICATE, "ARN of a certificate in ACM")]
    hosted_zone: Annotated[str, _fits(_HOSTED_ZONE, "hosted zone of Route 53")] = ""
    only: StrictBool = False

    @property
    def lies_in(self) -> tuple[str, str]:
        """Partition and region of the certificate."""
        _, partition, _, region, _ = self.certificate.split(":", 4)
        return partition, region


PushName = Annotated[str, Field(max_length=256), _fits(re.compile(r"[A-Za-z0-9_.-]+"), "name of a push application")]
_PUSH_KINDS = {"apns": "APNS", "apns_sandbox": "APNS_SANDBOX", "fcm": "GCM"}


class Push(Model):
    """The operator's platform applications at SNS, by their names; empty where there is none."""

    apns: PushName = ""
    apns_sandbox: PushName = ""
    fcm: PushName = ""

    def names(self) -> dict[str, str]:
        """Return those that there are, by platform."""
        return {platform: name for platform, name in self.model_dump().items() if name}

    @staticmethod
    def kind(platform: str) -> str:
        """Return what SNS calls a platform."""
        return _PUSH_KINDS[platform]


class Edge(Model):
    """What the API takes at all, whoever asks: requests a second, and at once."""

    rate: Annotated[int, _whole("rate of requests", 1, 10_000)]
    burst: Annotated[int, _whole("burst of requests", 1, 5_000)]


def _noticed(name: str) -> str:
    if name not in KINDS and name not in {kind.partition(".")[0] for kind in KINDS}:
        raise ValueError(f"'{name}' is no kind of notice, nor what stands before the first dot of one")
    return name


NoticeCaps = Annotated[
    dict[Annotated[str, AfterValidator(_noticed)], Annotated[int, _whole("cap: US dollars", 0, 1_000_000)]],
    Field(max_length=20),
]
"""What notices of some kinds may cost; a function's whole environment has 4 KB."""


class Settings(Model):
    """What may differ between stages, and between the regions of one; see `Target` for what each is."""

    account: Annotated[str, _fits(_ACCOUNT, "account of AWS: twelve digits")] | None = None
    currency: Annotated[str, AfterValidator(_currency)] | None = None
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    languages: Annotated[list[Language], Field(min_length=1), AfterValidator(_different)] | None = None
    tax: Tax | None = None
    commission_bps: Annotated[int, _whole("commission: basis points", 0, 10_000)] | None = None
    stripe: Annotated[bool, _switch("Stripe")] | None = None
    wallets: Annotated[Literal["direct", "stripe"], _one_of(("direct", "stripe"), "takes no wallets")] | None = None
    geocoder: Annotated[Literal["amap", "amazon", ""], _one_of(("amap", "amazon", ""), "knows no addresses")] | None = (
        None
    )
    texts: (
        Annotated[Literal["sns", "alibaba", "tencent"], _one_of(("sns", "alibaba", "tencent"), "sends no texts")] | None
    ) = None
    sms_sender_id: Annotated[str, _fits(_SENDER, "sender of texts: 11 letters and digits at most")] | None = None
    sms_max_price: Annotated[str, _fits(_PRICE, "price in US dollars: 0.50")] | None = None
    push: Push | None = None
    sms_countries: Countries | None = None
    sms_daily_cap: Annotated[int, _whole("cap: US dollars", 0, 1_000_000)] | None = None
    notice_daily_cap: Annotated[int, _whole("cap: US dollars", 0, 1_000_000)] | None = None
    notice_caps: NoticeCaps | None = None
    app_link: (
        Annotated[str, _fits(_APP_LINK, "address of an app: https or its own scheme, a slash at its end")] | None
    ) = None
    classifiers: Looks | None = None
    geoip_database: Annotated[str, _fits(_FILE, "database of addresses: a .mmdb file below geoip/")] | None = None
    cors_origins: Annotated[list[Annotated[str, AfterValidator(_origin)]], AfterValidator(_different)] | None = None
    webauthn_rp_id: Annotated[str, _fits(_DOMAIN, "domain that passkeys can belong to")] | None = None
    webauthn_origins: list[Annotated[str, AfterValidator(_passkey_origin)]] | None = None
    mail_identity: Annotated[str, AfterValidator(_mail_identity)] | None = None
    alarm_email: Annotated[str, _fits(_MAIL, "e-mail address")] | None = None
    architecture: Annotated[Literal["arm64", "x86_64"], _one_of(("arm64", "x86_64"), "is no architecture")] | None = (
        None
    )
    log_level: (
        Annotated[
            Literal["DEBUG", "INFO", "WARNING", "ERROR"],
            _one_of(("DEBUG", "INFO", "WARNING", "ERROR"), "is no level of logs"),
        ]
        | None
    ) = None
    log_days: Annotated[int, _one_of(LOG_DAYS, "is no time that CloudWatch keeps logs for, in days")] | None = None
    waf: Annotated[bool, _switch("a firewall")] | None = None
    alarms: Annotated[bool, _switch("alarms")] | None = None
    dashboard: Annotated[bool, _switch("a dashboard")] | None = None
    audit_lock: (
        Annotated[Literal["governance", "compliance"], _one_of(("governance", "compliance"), "locks nothing")] | None
    ) = None
    audit_lock_days: Annotated[int, _whole("time to lock: days", 1, 36_500)] | None = None
    table_prefix: Annotated[str, _fits(_PREFIX, "prefix of tables")] | None = None
    canary_minutes: Annotated[int, _whole("time of a trial: minutes", 0, 60)] | None = None
    backup_region: RegionName | None = None
    backup_days: Annotated[int, _whole("time to keep backups: days", 1, 35)] | None = None
    backup_months: Annotated[int, _whole("time to keep backups: months", 1, 120)] | None = None
    backup_lock_days: Annotated[int, _whole("time to lock backups: days", 0, 36_500)] | None = None
    secrets_from: Annotated[str, _fits(_PLACE, "place whose secrets are kept: region/stage")] | None = None
    public_url: Annotated[str, _fits(_ADDRESS, "public address: https, no query, no slash at its end")] | None = None
    domain: Domain | None = None
    edge: Edge | None = None


class Region(Settings):
    """A stage in one region: what differs there, and who lives there.

    Attributes:
        name: as people choose it.
        countries: whose phones have their accounts there; `*` is whoever no other region names.
        keeps: countries whose phones may still sign in, although new accounts of theirs are made elsewhere.
    """

    name: Words | None = None
    countries: Countries | None = None
    keeps: Annotated[list[Annotated[str, AfterValidator(_country)]], AfterValidator(_different)] | None = None


class Stage(Settings):
    """A stage: what holds in all of its regions, and the regions."""

    regions: dict[RegionName, Region] = Field(default_factory=dict)
