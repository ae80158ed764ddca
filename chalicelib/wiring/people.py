"""Accounts and what is about the people who have them. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.accounts.elsewhere_ports import ElsewherePorts
    from chalicelib.accounts.factor_ports import FactorPorts
    from chalicelib.accounts.ports import AccountPorts, CodeSender, Kind, Receiver
    from chalicelib.accounts.use_cases import StandingSessions
    from chalicelib.kit.auth import Actor
    from chalicelib.profiles.dealings import Blocks
    from chalicelib.profiles.ports import ChoicePorts, Geocoder, ProfilePorts
    from chalicelib.support.ports import SupportPorts
    from chalicelib.team.ports import TeamPorts


@cache
def sessions() -> "StandingSessions":
    """Return what says whether a session stands, and ends it."""
    from chalicelib.accounts.use_cases import StandingSessions

    return StandingSessions(wiring.accounts())


@cache
def accounts() -> "AccountPorts":
    from chalicelib.accounts.gateways.argon2 import Argon2Passwords
    from chalicelib.accounts.ports import AccountPorts, SmsPolicy
    from chalicelib.accounts.rules import RefreshTokens
    from chalicelib.accounts.store import AccountsTable
    from chalicelib.privacy.agreements import Agreements

    return AccountPorts(
        store=AccountsTable(wiring.sealer()),
        senders=_code_senders(),
        sms=SmsPolicy(_settings.settings().sms_countries, _settings.settings().sms_daily_cap),
        tokens=wiring.tokens(),
        refresh_tokens=RefreshTokens({"1": _settings.secrets()["token-key"]}, "1"),
        audit=wiring.audit(),
        sign_ins=wiring.sign_ins(),
        agreements=Agreements(wiring.consents()),
        passwords=Argon2Passwords(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        regions=_settings.regions(),
        languages=_settings.languages(),
        arrives=_arrives,
    )


def _arrives(receiver: "Receiver") -> None:
    """Send notices to a receiver again where a code has arrived. Hardly any is suspended: what lifts that is imported
    where one is, for people wait.
    """
    from chalicelib.accounts.ports import Kind
    from chalicelib.notifications.store import AddressTable
    from chalicelib.profiles.ports import Channel

    channel = Channel.SMS if receiver.kind == Kind.PHONE else Channel.EMAIL
    gone = AddressTable(wiring.sealer)
    if not gone.suspensions([(channel, receiver.subject)]):
        return
    from chalicelib.notifications import use_cases as notifications
    from chalicelib.notifications.ports import AddressPorts
    from chalicelib.reach import use_cases as reach

    if notifications.arrives(AddressPorts(gone, wiring.clock(), wiring.committer()), channel, receiver.subject):
        reach.arrives(wiring.feedback(), channel, receiver.subject)


@cache
def elsewhere() -> "ElsewherePorts":
    """Return what signing in at others needs; the secrets' form is that of `infra.logins`."""
    import json

    from chalicelib.accounts.elsewhere_ports import ElsewherePorts
    from chalicelib.accounts.gateways.oidc import OidcGateway, Provider
    from chalicelib.accounts.gateways.wechat import API, PAGES, WechatApp, WechatGateway
    from chalicelib.accounts.rules import AppKind

    secrets, base = _settings.secrets(), _settings.settings().wechat_login_api_base
    apps = json.loads(secrets.get("wechat-login", "{}"))
    providers = json.loads(secrets.get("oidc-providers", "[]"))
    return ElsewherePorts(
        accounts=wiring.accounts(),
        wechat=WechatGateway(
            {appid: WechatApp(**told | {"kind": AppKind(told["kind"])}) for appid, told in apps.items()},
            base or API,
            base or PAGES,
        ),
        oidc=OidcGateway({told.pop("name"): Provider(**told) for told in providers}),
    )


@cache
def factors() -> "FactorPorts":
    """Return what second factors need."""
    from chalicelib.accounts.factor_ports import FactorPorts
    from chalicelib.accounts.rules.passkeys import Site
    from chalicelib.accounts.store import FactorRows

    rp_id, origins = _settings.settings().webauthn_rp_id, _settings.settings().webauthn_origins
    site = Site(rp_id, frozenset(origins)) if rp_id and origins else None
    return FactorPorts(**vars(wiring.accounts()), factors=FactorRows(wiring.sealer()), site=site)


def _code_senders() -> "Mapping[Kind, CodeSender]":
    """Return who brings codes to phones and to e-mail addresses; mail needs an address to come from."""
    from chalicelib.accounts.ports import Kind

    inbox_url, mail_from = _settings.settings().inbox_url, _settings.settings().mail_from
    if inbox_url:
        from chalicelib.accounts.gateways.inbox import InboxCodeSender

        return {Kind.PHONE: InboxCodeSender(inbox_url, "sms"), Kind.EMAIL: InboxCodeSender(inbox_url, "email")}
    from chalicelib.accounts.gateways.ses import SesCodeSender
    from chalicelib.accounts.gateways.sns import SnsCodeSender

    by_mail = {Kind.EMAIL: SesCodeSender(mail_from)} if mail_from else {}
    by_form = wiring.text_provider()
    if by_form is None:
        return {Kind.PHONE: SnsCodeSender(wiring.sns_texts()), **by_mail}
    from chalicelib.accounts.gateways.forms import FormCodeSender

    return {Kind.PHONE: FormCodeSender(*by_form), **by_mail}


@cache
def team() -> "TeamPorts":
    """Return what merchants' teams need."""
    from chalicelib.team.ports import TeamPorts
    from chalicelib.team.store import TeamTable

    return TeamPorts(
        store=TeamTable(wiring.sealer()),
        accounts=wiring.accounts(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
    )


@cache
def support() -> "SupportPorts":
    """Return what acting for a customer needs."""
    from chalicelib.support.ports import SupportPorts

    return SupportPorts(
        accounts=wiring.accounts(),
        audit=wiring.audit(),
        tokens=wiring.tokens(),
        clock=wiring.clock(),
        committer=wiring.committer(),
    )


def disband(actor: "Actor", merchant_id: str, source_ip: str) -> None:
    """Let go who works for somebody that is no merchant any more; accounts know no teams."""
    from chalicelib.team.use_cases import disband

    disband(wiring.team(), actor, merchant_id, source_ip)


def trace(actor: "Actor", what: str, request_id: str, source_ip: str) -> None:
    """Write down what somebody does who acts as a customer."""
    from chalicelib.support.use_cases import trace

    trace(wiring.support(), actor, what, request_id, source_ip)


@cache
def profiles() -> "ProfilePorts":
    from chalicelib.profiles.ports import ProfilePorts
    from chalicelib.profiles.store import AddressTable, ShelfTable, WholeTable

    return ProfilePorts(
        choices=wiring.choosing().choices,
        blocks=wiring.dealings().ports.blocks,
        addresses=AddressTable(wiring.sealer),
        shelf=ShelfTable(),
        whole=WholeTable(),
        geocoder=_geocoder(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
        audit=wiring.audit(),
        shops=wiring.shops(),
    )


@cache
def choosing() -> "ChoicePorts":
    """Return what looking up somebody's choices needs."""
    from chalicelib.profiles.ports import ChoicePorts
    from chalicelib.profiles.store import ChoiceTable

    return ChoicePorts(choices=ChoiceTable(), committer=wiring.committer())


@cache
def dealings() -> "Blocks":
    """Return who says whether two accounts may begin something; it needs no key."""
    from chalicelib.profiles.dealings import Blocks
    from chalicelib.profiles.ports import DealingPorts
    from chalicelib.profiles.store import BlockTable

    return Blocks(DealingPorts(blocks=BlockTable(wiring.sealer)))


@cache
def _amap() -> "Geocoder":
    from chalicelib.profiles.gateways.amap import BASE_URL, AmapGeocoder

    return AmapGeocoder(_settings.secrets()["amap-key"], _settings.settings().amap_api_base or BASE_URL)


@cache
def _amazon() -> "Geocoder":
    from chalicelib.profiles.gateways.amazon import AmazonGeocoder

    return AmazonGeocoder()


def _geocoder() -> "Callable[[], Geocoder] | None":
    """Return what makes the geocoder that the settings name; None where they name none.

    Raises:
        KeyError: they name one that nobody knows.
    """
    name = _settings.settings().geocoder
    return {"amap": _amap, "amazon": _amazon}[name] if name else None
