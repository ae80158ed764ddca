"""What a deployment is told on the command line, in the place of what the file of stages says."""

import argparse
from pathlib import Path
from typing import Any

from infra import stages
from infra.targets import Target

_OPTIONS = {
    "table_prefix": "point the app at tables that were restored under this prefix",
    "cors_origins": "the origins of pages that may call the API, with commas between (default: none)",
    "webauthn_rp_id": "the domain that passkeys belong to, for ever (default: none, they are not offered)",
    "webauthn_origins": "the origins of pages and Android apps that may use them, with commas between",
    "commission_bps": "the platform's commission in basis points (default: 800)",
    "classifiers": "what Amazon looks at of reviews: images, words or images,words (default: none)",
    "geoip_database": "the database of where addresses are, below geoip/ in the documents' bucket (default: none)",
    "audit_lock": "governance (default), or compliance: then nobody at all deletes a seal before its time",
    "audit_lock_days": "how long a seal of the audit log is locked (default: 3650)",
    "wallets": "direct (default): by the accounts of WECHAT_PAY_CONFIG and ALIPAY_CONFIG; or stripe",
    "geocoder": "who knows addresses: amap (with AMAP_API_KEY), or amazon; default: nobody",
    "public_url": "the API's address under a domain of your own, without /v1; wallets call it",
    "waf": "on or off: a firewall before the API (default: on, but for dev and test)",
    "canary_minutes": "how long a tenth of requests tries a new version of the API: 0, 5, 10, 15 or 30 (default: 5)",
    "alarms": "on or off: whatever calls people (default: on, but for dev and test)",
    "dashboard": "on or off: a dashboard in CloudWatch (default: on, but for dev and test)",
    "alarm_email": "who is told of alarms",
    "mail_identity": "the SES identity that mail is sent from",
    "texts": "who sends text messages: sns (default), alibaba or tencent (with TEXTS_CONFIG)",
    "sms_sender_id": "what texts by SNS come from where the country allows a name (default: a number)",
    "sms_max_price": "what one text by SNS may cost in US dollars, as 0.50 (default: SNS's own limit)",
    "sms_countries": "whose phones get codes: ISO 3166 with commas between, or * (default: see the operator's guide)",
    "sms_daily_cap": "what codes by text message may cost in a UTC date, in US dollars (default: 100)",
    "notice_daily_cap": "what notices of one kind may cost in a UTC date, in US dollars (default: 50)",
    "app_link": "the app's address, which links in notices begin with, with a slash at its end (default: none)",
    "backup_region": "where copies of backups go, and what opens them (default: nowhere)",
    "backup_days": "how many days a nightly backup is kept: 1 to 35, the default; each is a whole copy",
    "backup_months": "how many months the monthly backup of the books is kept (default: 13)",
    "backup_lock_days": "no backup can be deleted before it is so many days old (default: 0)",
    "secrets_from": "region/stage whose place a first deployment takes: its secrets are kept in this region",
    "architecture": "arm64 (default) or x86_64",
    "log_level": "of the functions (default: INFO)",
}
"""Options that stand in the place of what the file of stages says, with what they are for."""
_LISTS = ("cors_origins", "webauthn_origins", "sms_countries")
_NUMBERS = (
    "commission_bps",
    "audit_lock_days",
    "sms_daily_cap",
    "notice_daily_cap",
    "backup_days",
    "backup_months",
    "backup_lock_days",
    "canary_minutes",
)
_SWITCHES = {"on": True, "off": False}


def parser(prog: str = "deploy", about: str = "Deploys a stage in one region.") -> argparse.ArgumentParser:
    """Return the command line of what is told all that a deployment is."""
    made = argparse.ArgumentParser(prog=prog, description=about)
    made.add_argument("--stage", required=True, help="prod, dev, ...; part of every name")
    made.add_argument("--region", required=True, help="for example ap-southeast-1")
    made.add_argument("--plan", action="store_true", help="check and show what would change, change nothing")
    made.add_argument("--lose", help="tables, buckets and keys that may be replaced or removed, by their ids")
    made.add_argument("--yes", action="store_true", help="do not ask (also: YES=1)")
    made.add_argument("--stages", default=str(stages.FILE), help="the file of stages (default: infra/stages.toml)")
    for name, says in _OPTIONS.items():
        made.add_argument(f"--{name.replace('_', '-')}", help=says)
    return made


def target_of(options: argparse.Namespace) -> Target:
    """Return the target that the file of stages and the command line describe; DeployError when it cannot be one."""
    told = vars(options)
    said = {name: _read(name, told[name]) for name in _OPTIONS if told.get(name) is not None}
    return stages.target_of(options.stage, options.region, said, Path(told.get("stages", stages.FILE)))


def _read(name: str, text: str) -> Any:
    """Return an option as the file of stages would say it; what is no number or switch is refused there as it is."""
    if name in _LISTS:
        return [one.strip() for one in text.split(",") if one.strip()]
    if name in _NUMBERS and text.isascii() and text.isdigit():
        return int(text)
    return _SWITCHES.get(text, text) if name in {"waf", "alarms", "dashboard"} else text
