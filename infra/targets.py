"""Where a deployment goes: everything that differs between a laptop and an operator's AWS account, in one value."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import boto3
from botocore.config import Config

from chalicelib.kit.i18n import Language
from infra.stage_models import Domain, Edge, Push, Tax

APP = "linli"
ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: where app.py, chalicelib, .chalice and requirements.txt are."""

SANDBOX_STRIPE_KEY = "sk_test_sandbox"
"""The API key that the Stripe sandbox on loopback takes; not a secret."""
SANDBOX_AMAP_KEY = "amap_sandbox"
"""The key that the geocoder sandbox on loopback takes, likewise."""

DEVELOPMENT_ORIGINS = ("http://localhost:3000", "http://localhost:5173")
"""Where the usual tools serve a page that is being worked on."""

Architecture = Literal["x86_64", "arm64"]


def host_architecture() -> Architecture:
    """Return this machine's architecture in Lambda's words."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


UNSET_IDENTITY = "unset.invalid"


@dataclass(frozen=True)
class Home:
    """A region as people choose it.

    Attributes:
        region: of AWS.
        en, zh: its name.
        api: the API's address there, without `/v1`.
        codes: calling codes of the countries whose phones have their accounts there; `*` is all others.
    """

    region: str
    en: str
    zh: str
    api: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """One stage in one region.

    Attributes:
        stage: `local`, `dev`, `prod` ...; part of every resource's name.
        region: the AWS region.
        endpoint_url: where the AWS APIs are; None means AWS itself.
        account: of AWS; credentials of another are refused. Empty means any.
        emulated: an emulator on this machine: fixed credentials, no questions asked, what it drops is put back.
        architecture: of the Lambda functions; locally it has to be the machine's.
        table_prefix: tables are `<table_prefix>-<name>`. Another prefix than the default points the app at tables
            that were restored under new names; the data stack keeps its own.
        stripe_api_base: where Stripe's API is; empty means Stripe's own.
        wechat_pay_api_base: where WeChat Pay's API is; empty means WeChat's own.
        alipay_gateway: where Alipay's gateway is; empty means Alipay's own.
        wechat_login_api_base: where WeChat is asked who signs in; empty means WeChat's own.
        wallets: `direct` where accounts at WeChat Pay and Alipay are stored, or `stripe`.
        public_url: the API's address under a domain of the operator's; empty means API Gateway's own.
        geocoder: who knows addresses: `amap`, `amazon`, or empty for nobody.
        amap_api_base: where Amap's API is; empty means Amap's own.
        inbox_url: the inbox that catches SMS and mail; empty means SNS and SES.
        cors_origins: the origins of the pages that may call the API, as browsers send them; nobody else's may.
        currency: what a shop sells in that says nothing else (ISO 4217).
        zone: the wall clock of whoever says nothing else (IANA).
        languages: that people are answered in, the one that is used where nobody asks for another first.
        tax: on commission and fees.
        stripe: whether Stripe is used at all.
        commission_bps: the platform's commission in basis points.
        classifiers: what Amazon looks at of reviews: `images`, `words`, both with a comma between; empty for nothing.
        geoip_database: where addresses are: a file below `geoip/` in the documents' bucket; empty where nobody knows.
        webhooks_loopback: webhooks go to this machine too; an emulator's functions alone can be told so.
        webauthn_rp_id: the domain that passkeys belong to; empty where they are not offered.
        webauthn_origins: of the pages and apps that may use them, see `docs/operators-guide.md`.
        waf: a firewall stands before the API; it costs by the month.
        canary_minutes: how long a tenth of the requests tries a new version of the API before it gets all; 0: no trial.
        edge: how much the API takes at all; None means the default of `infra.edge`.
        domain: the API's own name; None means API Gateway's.
        homes: the stage's regions, where it has several: an account lives in one of them.
        keeps: calling codes whose phones sign in here, although new accounts of theirs are made in another region.
        audit_lock: `governance`, or `compliance`: then nobody, not the account's root either, deletes a seal before its
            time is over, or shortens it.
        audit_lock_days: how long a seal of the audit log is locked.
        protect: tables and key survive the deletion of their stack and refuse to be deleted.
        log_level: of the functions.
        alarms: the stage calls people; they cost by the month. What takes a new version back is there in any case.
        dashboard: the stage has a dashboard; it costs by the month.
        access_logs: API Gateway writes a line for each request, see `access_logs`.
        log_days: how long the functions' logs are kept, in days (a value that CloudWatch Logs knows).
        alarm_email: who is told of alarms; empty means nobody but the topic's subscribers.
        mail_identity: the SES identity (a domain or an address) that mail is sent from.
        texts: who sends text messages: `sns`, `alibaba` or `tencent`.
        sms_sender_id: what texts by SNS come from where the country allows a name; empty for a number of the account's.
        sms_max_price: what one text by SNS may cost in US dollars; empty for SNS's own limit.
        push: the operator's platform applications at SNS.
        sms_countries: whose phones get codes (ISO 3166), or `*`; empty means the code's own list.
        sms_daily_cap: what codes by text message may cost in a UTC date, in US dollars.
        notice_daily_cap: what notices of one kind may cost in a UTC date, likewise.
        notice_caps: likewise, of kinds that have a cap of their own: by kind, or by what stands before its first dot.
        app_link: the app's address, which links in notices begin with; empty where they have none.
        backup_region: where copies of the nightly backups go, and what opens them; empty means nowhere.
        backup_days: how many days a nightly copy is kept, 35 at most; each is a whole copy, and paid as one.
        backup_months: how many months the monthly copy of the books is kept.
        backup_lock_days: how long no backup can be deleted before its time, in days; 0: whoever may delete, does.
        secrets_from: `region/stage` whose kept secrets a first deployment begins with, see `infra.kept_secrets`.
        said: fields that the file of stages or the command line named, see `infra.forgotten`; of this machine all are.
        home: where packages and downloads are cached.
        project: folder of the app that is deployed.
    """

    stage: str
    region: str
    endpoint_url: str | None = None
    account: str = ""
    emulated: bool = False
    architecture: Architecture = "arm64"
    table_prefix: str = ""
    stripe_api_base: str = ""
    wechat_pay_api_base: str = ""
    alipay_gateway: str = ""
    wechat_login_api_base: str = ""
    wallets: str = "direct"
    public_url: str = ""
    geocoder: str = ""
    amap_api_base: str = ""
    inbox_url: str = ""
    cors_origins: tuple[str, ...] = ()
    currency: str = "CNY"
    zone: str = "Asia/Shanghai"
    languages: tuple[Language, ...] = ("en", "zh-CN")
    tax: Tax = field(default_factory=Tax)
    stripe: bool = True
    commission_bps: int = 800
    classifiers: str = ""
    geoip_database: str = ""
    webhooks_loopback: bool = False
    webauthn_rp_id: str = ""
    webauthn_origins: tuple[str, ...] = ()
    waf: bool = False
    canary_minutes: int = 5
    edge: Edge | None = None
    domain: Domain | None = None
    homes: tuple[Home, ...] = ()
    keeps: tuple[str, ...] = ()
    audit_lock: str = "governance"
    audit_lock_days: int = 3650
    protect: bool = True
    log_level: str = "INFO"
    alarms: bool = True
    dashboard: bool = True
    access_logs: bool = True
    log_days: int = 90
    alarm_email: str = ""
    mail_identity: str = UNSET_IDENTITY
    texts: str = "sns"
    sms_sender_id: str = ""
    sms_max_price: str = ""
    push: Push = field(default_factory=Push)
    sms_countries: tuple[str, ...] = ()
    sms_daily_cap: int = 100
    notice_daily_cap: int = 50
    notice_caps: Mapping[str, int] = field(default_factory=dict, hash=False)
    app_link: str = ""
    backup_region: str = ""
    backup_days: int = 35
    backup_months: int = 13
    backup_lock_days: int = 0
    secrets_from: str = ""
    said: frozenset[str] = field(default=frozenset(), compare=False)
    home: Path = field(default=ROOT / ".local", compare=False)
    project: Path = field(default=ROOT, compare=False)

    def __post_init__(self) -> None:
        """Fill in the default prefix of the tables, and the address that a domain makes."""
        if not self.table_prefix:
            object.__setattr__(self, "table_prefix", self.prefix)
        if self.domain and not self.emulated:
            object.__setattr__(self, "public_url", f"https://{self.domain.name}")

    @classmethod
    def local(
        cls,
        *,
        port: int = 4566,
        sandbox_port: int = 12111,
        inbox_port: int = 12112,
        wechat_port: int = 12113,
        alipay_port: int = 12114,
        geocoder_port: int = 12115,
        logins_port: int = 12116,
        stage: str = "local",
        region: str = "ap-southeast-1",
        **changes: Any,
    ) -> Self:
        """Return the target of an emulator on 127.0.0.1; `changes` replace any other field."""
        values: dict[str, Any] = {
            "stage": stage,
            "region": region,
            "endpoint_url": f"http://127.0.0.1:{port}",
            "emulated": True,
            "architecture": host_architecture(),
            "stripe_api_base": f"http://127.0.0.1:{sandbox_port}",
            "wechat_pay_api_base": f"http://127.0.0.1:{wechat_port}",
            "alipay_gateway": f"http://127.0.0.1:{alipay_port}/gateway.do",
            "wechat_login_api_base": f"http://127.0.0.1:{logins_port}",
            "geocoder": "amap",
            "amap_api_base": f"http://127.0.0.1:{geocoder_port}",
            "inbox_url": f"http://127.0.0.1:{inbox_port}",
            "cors_origins": DEVELOPMENT_ORIGINS,
            "webauthn_rp_id": "localhost",
            "webauthn_origins": DEVELOPMENT_ORIGINS,
            "audit_lock_days": 1,
            "protect": False,
            "access_logs": False,
            "log_days": 7,
            "said": frozenset(cls.__dataclass_fields__),
        }
        return cls(**(values | changes))

    @classmethod
    def aws(cls, *, stage: str, region: str, **changes: Any) -> Self:
        """Return the target of a stage in the operator's account; stages `dev` and `test` are not protected, and have
        neither firewall nor trial of a new version unless it is asked for.
        """
        is_real = stage not in {"dev", "test"}
        values: dict[str, Any] = {"stage": stage, "region": region, "protect": is_real}
        values |= {"waf": is_real, "alarms": is_real, "dashboard": is_real}
        if not is_real:
            values |= {"audit_lock_days": 1, "canary_minutes": 0}
        return cls(**(values | changes))

    @property
    def mail_from(self) -> str:
        """Whom mail comes from; empty where there is no identity to send from."""
        if self.mail_identity == UNSET_IDENTITY:
            return ""
        return self.mail_identity if "@" in self.mail_identity else f"no-reply@{self.mail_identity}"

    @property
    def prefix(self) -> str:
        """What every resource's name starts with."""
        return f"{APP}-{self.stage}"

    @property
    def data_stack(self) -> str:
        """Name of the stack of what must last."""
        return f"{self.prefix}-data"

    @property
    def app_stack(self) -> str:
        """Name of the stack of what is replaced at every deployment."""
        return f"{self.prefix}-app"

    @property
    def secrets_path(self) -> str:
        """SSM path below which the stage's secrets lie."""
        return f"/{APP}/{self.stage}/"

    @property
    def partition(self) -> str:
        """First part of ARNs in the target's region."""
        return partition_of(self.region)

    def client(self, service: str) -> Any:
        """Return the boto3 client of `service`, one per target and service."""
        return _client(self, service)


@cache
def partition_of(region: str) -> str:
    """Return the first part of ARNs in a region of AWS.

    Raises:
        BotoCoreError: there is no such region.
    """
    return _session().get_partition_for_region(region)


@cache
def _session() -> boto3.Session:
    return boto3.Session(region_name="us-east-1")


@cache
def _client(target: Target, service: str) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=60)
    if target.emulated:
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=target.region,
            endpoint_url=target.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's root key, the same on every machine
            config=config,
        )
    return boto3.client(service, region_name=target.region, endpoint_url=target.endpoint_url, config=config)  # type: ignore[call-overload]
