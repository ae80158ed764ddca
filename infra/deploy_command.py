"""`make deploy STAGE=prod REGION=ap-southeast-1`: the operator's command."""

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from infra import canary
from infra.backups import DAYS
from infra.changes import DeployError
from infra.deploy import Outputs, deploy, preview
from infra.plan import plan
from infra.targets import Target
from infra.wallets import given

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1):[0-9]{1,5}")
_COUNTRIES = re.compile(r"\*|[A-Z]{2}(,[A-Z]{2})*")
_APP_ORIGIN = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_OPTIONS = {
    "table_prefix": "point the app at tables that were restored under this prefix",
    "cors_origins": "the origins of pages that may call the API, with commas between (default: none)",
    "webauthn_rp_id": "the domain that passkeys belong to, for ever (default: none, they are not offered)",
    "webauthn_origins": "the origins of pages and Android apps that may use them, with commas between",
    "commission_bps": "the platform's commission in basis points (default: 800)",
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
    "sms_countries": "whose phones get codes: ISO 3166 with commas between, or * (default: see the operator's guide)",
    "sms_daily_cap": "what codes by text message may cost in a UTC date, in US dollars (default: 100)",
    "backup_region": "where copies of backups go, and what opens them (default: nowhere)",
    "backup_days": "how many days a nightly backup is kept: 1 to 35, the default; each is a whole copy",
    "backup_months": "how many months the monthly backup of the books is kept (default: 13)",
    "backup_lock_days": "no backup can be deleted before it is so many days old (default: 0)",
    "secrets_from": "region/stage whose place a first deployment takes: its secrets are kept in this region",
    "architecture": "arm64 (default) or x86_64",
    "log_level": "of the functions (default: INFO)",
}
"""Options that become fields of the target, with what they are for."""
_CHOICES = {
    "architecture": (("arm64", "x86_64"), "is no architecture"),
    "wallets": (("direct", "stripe"), "takes no wallets"),
    "geocoder": (("amap", "amazon"), "knows no addresses"),
    "audit_lock": (("governance", "compliance"), "locks nothing"),
    "waf": (("on", "off"), "says nothing of a firewall"),
    "alarms": (("on", "off"), "says nothing of alarms"),
    "dashboard": (("on", "off"), "says nothing of a dashboard"),
}
_MOST_MONTHS = 120
_NUMBERS = {
    "commission_bps": "commission: basis points",
    "audit_lock_days": "time to lock: days",
    "sms_daily_cap": "cap: US dollars",
    "backup_days": "time to keep backups: days",
    "backup_months": "time to keep backups: months",
    "backup_lock_days": "time to lock backups: days",
    "canary_minutes": "time of a trial: minutes",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy", description="Deploy a stage to AWS, in one region.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; part of every name")
    parser.add_argument("--region", required=True, help="for example ap-southeast-1")
    parser.add_argument("--plan", action="store_true", help="check and show what would change, change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask (also: YES=1)")
    for name, about in _OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", help=about)
    return parser


def target_of(options: argparse.Namespace) -> Target:
    """Return the target that the command line describes; DeployError when it cannot be one."""
    if not _STAGE.fullmatch(options.stage) or options.stage == "local":
        raise DeployError(f"'{options.stage}' is no stage: small letters, digits and dashes, at most 20, not 'local'")
    changes: dict[str, Any] = {name: getattr(options, name) for name in _OPTIONS if getattr(options, name) is not None}
    for name, (known, lacking) in _CHOICES.items():
        if changes.get(name, known[0]) not in known:
            raise DeployError(f"'{changes[name]}' {lacking}: {known[0]} or {known[1]}")
    if "public_url" in changes and not _ADDRESS.fullmatch(changes["public_url"]):
        raise DeployError(f"'{changes['public_url']}' is no public address: https, no query, no slash at its end")
    if not _COUNTRIES.fullmatch(changes.get("sms_countries", "*")):
        raise DeployError(f"'{changes['sms_countries']}' is no list of countries: CN,HK,SG or *")
    changes |= {name: changes[name] == "on" for name in ("waf", "alarms", "dashboard") if name in changes}
    if "cors_origins" in changes:
        changes["cors_origins"] = _origins(changes["cors_origins"])
    changes |= _numbers(changes) | _passkeys(changes)
    _copies(changes, options.region)
    if changes.get("canary_minutes", 0) not in canary.MINUTES:
        minutes = ", ".join(map(str, canary.MINUTES))
        raise DeployError(f"{changes['canary_minutes']} minutes are no time of a trial: {minutes}")
    target = Target.aws(stage=options.stage, region=options.region, **changes)
    try:
        _ = target.partition
    except BotoCoreError as error:
        raise DeployError(f"AWS has no region '{options.region}'") from error
    return target


def _numbers(changes: Mapping[str, Any]) -> dict[str, int]:
    """Return the options that are whole numbers."""
    for name, what in _NUMBERS.items():
        if name in changes and not changes[name].isdigit():
            raise DeployError(f"'{changes[name]}' is no {what}, a whole number")
    return {name: int(changes[name]) for name in _NUMBERS if name in changes}


def _copies(changes: Mapping[str, Any], region: str) -> None:
    """Refuse what cannot be done about backups."""
    if changes.get("backup_region") == region:
        raise DeployError(f"copies of backups would stay in {region}: --backup-region is another one, or left out")
    if not 1 <= changes.get("backup_months", 1) <= _MOST_MONTHS:
        raise DeployError(f"backups of the books are kept 1 to {_MOST_MONTHS} months")
    days = changes.get("backup_days", DAYS)
    if not 1 <= days <= DAYS:
        raise DeployError(
            f"nightly backups are kept 1 to {DAYS} days: whoever was erased must be gone from them by then"
        )
    if changes.get("backup_lock_days", 0) > days:
        raise DeployError(f"nightly backups live {days} days and cannot be locked for longer")
    if "/" not in changes.get("secrets_from", "/"):
        raise DeployError(f"'{changes['secrets_from']}' says not whose secrets: region/stage")


def _origins(text: str) -> tuple[str, ...]:
    """Return a list of origins as browsers write them; there is no wildcard, answers are somebody's own."""
    origins = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in origins:
        if not _ORIGIN.fullmatch(one) or one.endswith(":443"):
            raise DeployError(f"'{one}' is no origin: https://host or https://host:port in small letters, nothing more")
    return origins


def _passkeys(changes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return who may use passkeys; browsers give a domain's to pages of it and of what lies below it alone."""
    domain = changes.get("webauthn_rp_id", "")
    given = tuple(one.strip() for one in changes.get("webauthn_origins", "").split(",") if one.strip())
    if bool(domain) != bool(given) or (domain and not _DOMAIN.fullmatch(domain)):
        raise DeployError("passkeys need both: --webauthn-rp-id, a domain, and --webauthn-origins")
    pages = _origins(",".join(one for one in given if not _APP_ORIGIN.fullmatch(one)))
    for host in (urlsplit(one).hostname or "" for one in pages):
        if host != domain and not host.endswith(f".{domain}"):
            raise DeployError(f"'{host}' does not lie in '{domain}', which the passkeys are to belong to")
    return {"webauthn_origins": given} if given else {}


def _account(target: Target) -> str:
    """Return the account that the credentials belong to; DeployError when there are none or they are not taken."""
    try:
        identity: dict[str, str] = target.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())
        raise DeployError(f"no AWS credentials that work ({reason}); run 'aws configure' or set AWS_PROFILE") from error
    return identity["Account"]


def _run(options: argparse.Namespace, console: Console, environ: Mapping[str, str]) -> None:
    target = target_of(options)
    given(environ)
    try:
        account = _account(target)
    except DeployError as error:
        if not options.plan:
            raise
        plan(target, console)
        console.print(f"[yellow]Lint and preflight are clean; what would change is not known: {error}[/yellow]")
        return
    console.print(f"Stage {target.stage} in {target.region}, account {account}")
    if options.plan:
        preview(target, console)
        return
    _show(console, deploy(target, console, yes=options.yes or environ.get("YES") == "1"))


def _show(console: Console, outputs: Outputs) -> None:
    table = Table(title=f"linli {outputs.stage} in {outputs.region}", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("API", f"{outputs.api}/v1")
    table.add_row("API page", f"{outputs.api}/v1/docs")
    table.add_row("Alarms", outputs.app["AlarmsTopicArn"])
    for name, url in outputs.queues.items():
        table.add_row(f"queue {name}", url)
    console.print(table)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Run the command; exits with 1 and one line when it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        _run(options, Console(), environ)
    except DeployError as error:
        sys.exit(f"deploy: {error}")
    except ClientError as error:
        sys.exit(f"deploy: AWS refuses: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit("deploy: stopped; CloudFormation finishes or rolls back what it has begun")
