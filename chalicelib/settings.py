"""The environment, typed: read once, when first asked for, never at import."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from chalicelib.kit import aws
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.regions import Region, Regions

_SMS_COUNTRIES = "CN,HK,MO,TW,SG,MY,JP,KR,US,CA,GB,IE,FR,DE,ES,IT,NL,AU,NZ"

_PLATFORMS = ("apns", "apns_sandbox", "fcm")


@dataclass(frozen=True)
class Settings:
    """What a deployment fixes for its functions.

    Attributes:
        app: first part of every resource's name.
        stage: `local`, `dev`, `prod` ...
        region: the AWS region that all of this stack lives in.
        table_prefix: tables are `<table_prefix>-<name>`; another prefix points a stack at restored tables.
        queue_prefix: queues are `<queue_prefix>-<name>`.
        secrets_path: SSM path below which the secrets lie, with a trailing slash.
        seal_key_id: the KMS key that wraps the data keys of sealed fields.
        documents_bucket: the private bucket of people's documents.
        audit_bucket: where the seals of the audit log are kept apart from its table.
        stripe_api_base: where Stripe's API is; None means Stripe's own.
        wechat_pay_api_base: where WeChat Pay's API is; None means WeChat's own.
        alipay_gateway: where Alipay's gateway is; None means Alipay's own.
        wechat_login_api_base: where WeChat is asked who signs in; None means WeChat's own.
        wallets: `direct` where the operator has accounts of their own at WeChat Pay and Alipay, `stripe` to have Stripe
            take them all the same.
        geocoder: who knows addresses: `amap`, `amazon`, or None for nobody.
        amap_api_base: where Amap's API is; None means Amap's own.
        inbox_url: a development inbox that catches SMS and mail; None means the real senders.
        currency: what a shop sells in that says nothing else (ISO 4217).
        zone: the wall clock of whoever says nothing else (IANA).
        tax_name: what the tax on commission and fees is called here.
        tax_bps: it, in basis points, for merchants with whom nothing else was agreed.
        is_tax_included: what is agreed on as commission and fees has the tax in it.
        has_stripe: Stripe takes what nobody takes directly.
        commission_bps: the platform's commission in basis points, frozen on each order line when it is sold.
        mail_from: whom mail with codes comes from; None where none is sent.
        texts: who sends text messages: `sns`, `alibaba` or `tencent`.
        sms_sender_id: what texts by SNS come from where the country allows a name; None for a number.
        sms_max_price: what one text by SNS may cost in US dollars; None for SNS's own limit.
        mail_set: SES's configuration set, which tells what became of mail; None for none.
        push: ARNs of SNS's platform applications by platform: `apns`, `apns_sandbox`, `fcm`.
        feedback_topic: ARN of the topic that tells what became of mail and push; empty for none.
        sms_countries: whose phones get codes (ISO 3166), or `*`: see `accounts.rules.COUNTRIES`.
        sms_daily_cap: what codes by text message may cost in a UTC date, in US dollars.
        notice_daily_cap: what notices of one kind may cost in a UTC date, in US dollars.
        notice_caps: likewise, of kinds that have a cap of their own, or all that begin so.
        app_link: what a notice's path in the app is appended to (`https://app.example.com/`); None where there is none.
        geoip_database: a database of where addresses are: a file below `geoip/` in the documents' bucket, or with a
            leading slash one that lies beside the code; None means that nobody knows.
        classifiers: what Amazon looks at of reviews beside rules and people: `images`, `words`, both or nothing.
        webauthn_rp_id: the domain that passkeys belong to, for ever; None means that they are not offered.
        webhooks_loopback: endpoints of webhooks on this machine are called: for a local stack that says so.
        webauthn_origins: of the pages (`https://...`) and Android apps (`android:apk-key-hash:...`) that may use them.
    """

    app: str
    stage: str
    region: str
    table_prefix: str
    queue_prefix: str
    secrets_path: str
    seal_key_id: str
    documents_bucket: str
    audit_bucket: str
    stripe_api_base: str | None
    wechat_pay_api_base: str | None
    alipay_gateway: str | None
    wechat_login_api_base: str | None
    wallets: str
    geocoder: str | None
    amap_api_base: str | None
    inbox_url: str | None
    currency: str
    zone: str
    tax_name: Text
    tax_bps: int
    is_tax_included: bool
    has_stripe: bool
    commission_bps: int
    mail_from: str | None
    texts: str
    sms_sender_id: str | None
    sms_max_price: str | None
    mail_set: str | None
    push: Mapping[str, str]
    feedback_topic: str
    sms_countries: frozenset[str]
    sms_daily_cap: int
    notice_daily_cap: int
    notice_caps: Mapping[str, int]
    app_link: str | None
    geoip_database: str | None
    classifiers: frozenset[str]
    webauthn_rp_id: str | None
    webauthn_origins: tuple[str, ...]
    webhooks_loopback: bool


@cache
def settings() -> Settings:
    """Return this process's settings. What may be None is what the variable of its name says, in capitals.

    Raises:
        KeyError: names the variable that the deployment forgot.
    """
    env = os.environ
    app, stage = env.get("APP", "linli"), env["STAGE"]
    tax = json.loads(env.get("TAX") or '{"name": {"en": "Tax", "zh": "税费"}, "bps": 0, "included": false}')
    optional = {one.name: env.get(one.name.upper()) or None for one in fields(Settings) if one.type == (str | None)}
    return Settings(
        **optional,
        app=app,
        stage=stage,
        region=env["AWS_REGION"],
        table_prefix=env["TABLE_PREFIX"],
        queue_prefix=env.get("QUEUE_PREFIX", f"{app}-{stage}"),
        secrets_path=env.get("SECRETS_PATH", f"/{app}/{stage}/"),
        seal_key_id=env.get("SEAL_KEY_ID", f"alias/{app}-{stage}-seal"),
        documents_bucket=env.get("DOCUMENTS_BUCKET", f"{app}-{stage}-documents"),
        audit_bucket=env.get("AUDIT_BUCKET", f"{app}-{stage}-audit"),
        wallets=env.get("WALLETS") or "direct",
        currency=env.get("CURRENCY") or "CNY",
        zone=env.get("ZONE") or "Asia/Shanghai",
        tax_name=Text(**tax["name"]),
        tax_bps=tax["bps"],
        is_tax_included=tax["included"],
        has_stripe=env.get("STRIPE", "on") == "on",
        commission_bps=int(env.get("COMMISSION_BPS", "800")),
        texts=env.get("TEXTS") or "sns",
        push={one: env[f"PUSH_{one.upper()}"] for one in _PLATFORMS if env.get(f"PUSH_{one.upper()}")},
        feedback_topic=env.get("FEEDBACK_TOPIC", ""),
        sms_countries=frozenset((env.get("SMS_COUNTRIES") or _SMS_COUNTRIES).split(",")),
        sms_daily_cap=int(env.get("SMS_DAILY_CAP", "100")),
        notice_daily_cap=int(env.get("NOTICE_DAILY_CAP", "50")),
        notice_caps={kind: int(cap) for kind, cap in (one.split("=") for one in _listed("NOTICE_CAPS"))},
        classifiers=frozenset(_listed("CLASSIFIERS")),
        webauthn_origins=tuple(_listed("WEBAUTHN_ORIGINS")),
        webhooks_loopback=env.get("WEBHOOKS_LOOPBACK") == "on",
    )


def _listed(variable: str) -> list[str]:
    return [one for one in os.environ.get(variable, "").split(",") if one]


@cache
def cors_origins() -> tuple[str, ...]:
    """Return the origins whose pages may read the answers. Apart from the rest: a function that lacks something else
    still answers in a form that its own pages can read.
    """
    return tuple(_listed("CORS_ORIGINS"))


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages that people are answered in, the one that is used where nobody asks for another first. Apart
    from the rest likewise.
    """
    told = os.environ.get("LANGUAGES") or "en,zh-CN"
    return tuple("zh-CN" if one == "zh-CN" else "en" for one in told.split(","))


@cache
def regions() -> Regions:
    """Return the regions of this stage, of which this is one; this one alone where no others are told of."""
    told = json.loads(os.environ.get("REGIONS") or '{"homes": [], "keeps": []}')
    listed = (
        Region(one["region"], Text(one["en"], one["zh"]), one["api"], tuple(one["codes"])) for one in told["homes"]
    )
    return Regions(os.environ["AWS_REGION"], tuple(listed), frozenset(told["keeps"]))


@cache
def secrets() -> Mapping[str, str]:
    """Return the stage's secrets by their last path segment: one read per container."""
    path = settings().secrets_path
    pages = aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    return {row["Name"].removeprefix(path): row["Value"] for page in pages for row in page["Parameters"]}


def read_secrets_again() -> Mapping[str, str]:
    """Return the secrets as they are now, for whoever learns that one has been added."""
    secrets.cache_clear()
    return secrets()


_AGAIN_SECONDS = 60.0
_asked_at = float("-inf")


def secrets_again() -> Mapping[str, str]:
    """Return the secrets read anew, once a minute at most, for a key that is younger than this container: whoever makes
    such names up must not make a request each.
    """
    global _asked_at  # noqa: PLW0603 - one process, one reading
    if time.monotonic() - _asked_at >= _AGAIN_SECONDS:
        _asked_at = time.monotonic()
        return read_secrets_again()
    return secrets()


def reset() -> None:
    """Forget what was read: for tests and commands that work on several stages."""
    global _asked_at  # noqa: PLW0603 - likewise
    _asked_at = float("-inf")
    settings.cache_clear()
    cors_origins.cache_clear()
    languages.cache_clear()
    regions.cache_clear()
    secrets.cache_clear()
