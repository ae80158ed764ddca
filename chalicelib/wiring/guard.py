"""Risk, vetting, privacy. See the package."""

from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.kit.personal import PersonalData
    from chalicelib.kit.seal import SealedField, Sealer
    from chalicelib.moderation.ports import Classifier, JudgePorts, ModerationPorts
    from chalicelib.moderation.ports import SweepPorts as ModerationSweepPorts
    from chalicelib.privacy.ports import ConsentPorts
    from chalicelib.privacy.request_ports import RequestPorts
    from chalicelib.privacy.reseal_ports import ResealPorts
    from chalicelib.risk.ports import FreezingPorts, Locator, RiskPorts, SignInPorts
    from chalicelib.vetting.ports import SweepPorts, VettingPorts


@cache
def _index() -> "Sealer":
    """Return what finds somebody in risk's tables: it needs the pepper alone, no data key, so no call to KMS."""
    from chalicelib.kit.seal import Sealer

    return Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())


@cache
def risk() -> "RiskPorts":
    """Return what risk needs."""
    from chalicelib.risk.ports import RiskPorts
    from chalicelib.risk.store import RiskTable

    return RiskPorts(
        store=RiskTable(_index().blind),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
    )


@cache
def sign_ins() -> "SignInPorts":
    """Return what accounts ask risk about sign-ins. Places are sealed: a key is asked for with the first of them."""
    from chalicelib.risk.ports import SignInPolicy, SignInPorts
    from chalicelib.risk.store import SignInTable

    bounds = SignInPolicy()
    return SignInPorts(
        **vars(wiring.risk()),
        sign_ins=SignInTable(_index().blind, wiring.sealer, bounds.guesses.size),
        locator=_locator(),
        outbox=wiring.outbox(),
        bounds=bounds,
    )


def _locator() -> "Locator":
    """Return who knows where addresses are: CloudFront, where the secret `edge-secret` says that it stands in front."""
    from pathlib import Path

    from chalicelib.risk.gateways.geoip import DatabaseLocator, NullLocator, from_bucket

    locator: Locator = NullLocator()
    named = _settings.settings().geoip_database
    if named is not None and named.startswith("/"):
        beside = Path(__file__).parents[2] / named.removeprefix("/")
        locator = DatabaseLocator(lambda: beside)
    elif named is not None:
        locator = DatabaseLocator(from_bucket(_settings.settings().documents_bucket, f"geoip/{named}"))
    secret = wiring.edge_secret()
    if secret is None:
        return locator
    from chalicelib.risk.gateways.cloudfront import CloudFrontLocator

    return CloudFrontLocator(secret, locator)


@cache
def freezing() -> "FreezingPorts":
    """Return what freezing needs on top of the rest of risk."""
    from chalicelib.risk.ports import FreezingPorts

    return FreezingPorts(**vars(wiring.risk()), sessions=wiring.sessions())


@cache
def vetting() -> "VettingPorts":
    from chalicelib.vetting.ports import VettingPorts
    from chalicelib.vetting.store import VettingTable

    return VettingPorts(
        store=VettingTable(wiring.sealer),
        files=wiring.files(),
        accounts=wiring.accounts(),
        risk=wiring.risk(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
    )


@cache
def vetting_sweep() -> "SweepPorts":
    """Return what looking after licences needs: no key, for it opens nothing that is sealed."""
    from chalicelib.vetting.ports import SweepPorts
    from chalicelib.vetting.store import VettingTable

    return SweepPorts(
        store=VettingTable(wiring.sealer),
        files=wiring.files(),
        risk=wiring.risk(),
        audit=wiring.audit(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
    )


@cache
def moderation() -> "ModerationPorts":
    """Return what people's work on reviews needs."""
    from chalicelib.moderation.ports import ModerationPorts
    from chalicelib.moderation.store import ModerationTable

    return ModerationPorts(
        store=ModerationTable(),
        reviews=wiring.review_media(),
        files=wiring.files(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
    )


@cache
def judging() -> "JudgePorts":
    """Return what judging reviews needs."""
    from chalicelib.moderation.ports import JudgePorts, Policy

    return JudgePorts(
        **vars(wiring.moderation()),
        accounts=wiring.accounts(),
        shops=wiring.shops(),
        orders=wiring.orders(),
        team=wiring.team(),
        risk=wiring.sign_ins(),
        classifier=_reader(),
        policy=Policy(),
    )


def _reader() -> "Classifier":
    from chalicelib.moderation.gateways.comprehend import ComprehendClassifier, NobodyReads

    return ComprehendClassifier() if "words" in _settings.settings().classifiers else NobodyReads()


@cache
def moderation_sweep() -> "ModerationSweepPorts":
    """Return what the look at waiting cases needs."""
    from chalicelib.moderation.ports import SweepPorts
    from chalicelib.moderation.store import ModerationTable
    from chalicelib.reviews.ports import AgainPorts
    from chalicelib.reviews.store import MediaTable

    committer, outbox = wiring.committer(), wiring.outbox()
    media = AgainPorts(media=MediaTable(), committer=committer, outbox=outbox)
    return SweepPorts(store=ModerationTable(), media=media, committer=committer, outbox=outbox)


def sealed_fields() -> "tuple[SealedField, ...]":
    """Return all that any store seals."""
    from chalicelib.accounts.store import SEALED as ACCOUNTS
    from chalicelib.calendars.store import SEALED as CALENDARS
    from chalicelib.coupons.store import SEALED as COUPONS
    from chalicelib.payouts.store import SEALED as PAYOUTS
    from chalicelib.profiles.store import SEALED as PROFILES
    from chalicelib.risk.store import SEALED as RISK
    from chalicelib.settlement.store import SEALED as SETTLEMENT
    from chalicelib.team.store import SEALED as TEAM
    from chalicelib.vetting.store import SEALED as VETTING
    from chalicelib.webhooks.store import SEALED as WEBHOOKS

    every = (ACCOUNTS, CALENDARS, COUPONS, PAYOUTS, PROFILES, RISK, SETTLEMENT, TEAM, VETTING, WEBHOOKS)
    return tuple(one for fields in every for one in fields)


@cache
def consents() -> "ConsentPorts":
    """Return what people's agreements need."""
    from chalicelib.privacy.gateways.texts import PackagedTexts
    from chalicelib.privacy.ports import ConsentPorts
    from chalicelib.privacy.store import ConsentTable

    return ConsentPorts(store=ConsentTable(), texts=PackagedTexts(), clock=wiring.clock(), committer=wiring.committer())


_HOLDERS = {
    "accounts": "factors",
    "orders": "orders",
    "booking": "waiting",
    "queueing": "queueing",
    "reviews": "reviews",
    "moderation": "moderation",
    "claims": "claims",
    "coupons": "coupons",
    "payments": "payments",
    "payouts": "payouts",
    "settlement": "settlement",
    "shops": "shops",
    "notifications": "notifications",
    "reach": "reach",
    "calendars": "feeds",
    "outreach": "outreach",
    "risk": "sign_ins",
    "profiles": "profiles",
    "team": "team",
    "vetting": "vetting",
    "webhooks": "webhooks",
    "privacy": "consents",
}
"""The domains that hold something about people, and the factory here of what their module `personal` is given. The
account itself is first, see `privacy.use_cases.erasure`.
"""


def _parts() -> "tuple[PersonalData, ...]":
    return tuple(_part(domain, getattr(wiring, factory)()) for domain, factory in _HOLDERS.items())


def _part(domain: str, ports: object) -> "PersonalData":
    """Return what a domain's module `personal` does, with what it needs in hand; what it does not do is left out."""
    from chalicelib.kit.personal import Part

    module = import_module(f"chalicelib.{domain}.personal")
    names = ("personal_data", "open_matters", "erase")
    return Part(domain, **{name: partial(getattr(module, name), ports) for name in names if hasattr(module, name)})


@cache
def privacy() -> "RequestPorts":
    """Return what copies and erasures need: all domains."""
    from chalicelib.privacy.request_ports import RequestPorts
    from chalicelib.privacy.store import RequestTable

    return RequestPorts(
        store=RequestTable(),
        parts=_parts(),
        files=wiring.files(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        audit=wiring.audit(),
    )


@cache
def resealing() -> "ResealPorts":
    """Return what sealing fields anew needs."""
    from chalicelib.privacy.reseal_ports import ResealPorts
    from chalicelib.privacy.store.sealed import SealedTables

    return ResealPorts(rows=SealedTables(), fields=wiring.sealed_fields(), sealer=wiring.sealer())
