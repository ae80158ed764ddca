"""Risk, vetting, privacy. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from types import ModuleType

    from chalicelib.kit.personal import PersonalData
    from chalicelib.kit.seal import SealedField
    from chalicelib.moderation.ports import Classifier, JudgePorts, ModerationPorts
    from chalicelib.moderation.ports import SweepPorts as ModerationSweepPorts
    from chalicelib.privacy.ports import ConsentPorts
    from chalicelib.privacy.request_ports import RequestPorts
    from chalicelib.privacy.reseal_ports import ResealPorts
    from chalicelib.risk.ports import FreezingPorts, Locator, RiskPorts, SignInPorts
    from chalicelib.vetting.ports import SweepPorts, VettingPorts


@cache
def risk() -> "RiskPorts":
    """Return what risk needs. Its index needs the pepper alone: no data key, so no call to KMS."""
    from chalicelib.kit.seal import Sealer
    from chalicelib.risk.ports import RiskPorts
    from chalicelib.risk.store import RiskTable

    index = Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())
    return RiskPorts(
        store=RiskTable(index.blind),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
    )


@cache
def sign_ins() -> "SignInPorts":
    """Return what accounts ask risk about sign-ins. Places are sealed: a key is asked for with the first of them."""
    from chalicelib.kit.seal import Sealer
    from chalicelib.risk.ports import SignInPolicy, SignInPorts
    from chalicelib.risk.store import SignInTable

    index = Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())
    bounds = SignInPolicy()
    return SignInPorts(
        **vars(wiring.risk()),
        sign_ins=SignInTable(index.blind, wiring.sealer, bounds.guesses.size),
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

    return SweepPorts(store=ModerationTable(), committer=wiring.committer(), outbox=wiring.outbox())


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


def _parts() -> "tuple[PersonalData, ...]":
    """Return what each domain holds about people; the account itself is first, see `privacy.use_cases.erasure`."""
    from functools import partial

    from chalicelib.accounts import personal as of_accounts
    from chalicelib.booking import personal as of_booking
    from chalicelib.calendars import personal as of_calendars
    from chalicelib.claims import personal as of_claims
    from chalicelib.coupons import personal as of_coupons
    from chalicelib.kit.personal import Part
    from chalicelib.moderation import personal as of_moderation
    from chalicelib.notifications import personal as of_notifications
    from chalicelib.orders import personal as of_orders
    from chalicelib.outreach import personal as of_outreach
    from chalicelib.payments import personal as of_payments
    from chalicelib.payouts import personal as of_payouts
    from chalicelib.privacy import personal as of_privacy
    from chalicelib.profiles.use_cases import privacy as of_profiles
    from chalicelib.queueing import personal as of_queueing
    from chalicelib.reach import personal as of_reach
    from chalicelib.reviews import personal as of_reviews
    from chalicelib.risk import personal as of_risk
    from chalicelib.settlement import personal as of_settlement
    from chalicelib.shops import personal as of_shops
    from chalicelib.team import personal as of_team
    from chalicelib.vetting import personal as of_vetting
    from chalicelib.webhooks import personal as of_webhooks

    def part(name: str, module: "ModuleType", ports: object) -> Part:
        names = ("personal_data", "open_matters", "erase")
        return Part(name, **{one: partial(getattr(module, one), ports) for one in names if hasattr(module, one)})

    return (
        part("accounts", of_accounts, wiring.factors()),
        part("orders", of_orders, wiring.orders()),
        part("booking", of_booking, wiring.waiting()),
        part("queueing", of_queueing, wiring.queueing()),
        part("reviews", of_reviews, wiring.reviews()),
        part("moderation", of_moderation, wiring.moderation()),
        part("claims", of_claims, wiring.claims()),
        part("coupons", of_coupons, wiring.coupons()),
        part("payments", of_payments, wiring.payments()),
        part("payouts", of_payouts, wiring.payouts()),
        part("settlement", of_settlement, wiring.settlement()),
        part("shops", of_shops, wiring.shops()),
        part("notifications", of_notifications, wiring.notifications()),
        part("reach", of_reach, wiring.reach()),
        part("calendars", of_calendars, wiring.feeds()),
        part("outreach", of_outreach, wiring.outreach()),
        part("risk", of_risk, wiring.sign_ins()),
        part("profiles", of_profiles, wiring.profiles()),
        part("team", of_team, wiring.team()),
        part("vetting", of_vetting, wiring.vetting()),
        part("webhooks", of_webhooks, wiring.webhooks()),
        part("privacy", of_privacy, wiring.consents()),
    )


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
