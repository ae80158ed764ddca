"""The only place where stores and gateways are made. Works without `app.py`: event handlers come here directly.

Everything is made when first asked for, and imported then: a function pays only for the domains that it uses.
"""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib.kit import aws
from chalicelib.kit.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from types import ModuleType

    from chalicelib.accounts.elsewhere_ports import ElsewherePorts
    from chalicelib.accounts.factor_ports import FactorPorts
    from chalicelib.accounts.ports import AccountPorts, CodeSender, Kind
    from chalicelib.accounts.use_cases import StandingSessions
    from chalicelib.audit.ports import AuditPorts, SealingPorts
    from chalicelib.booking.lines import BookingLines
    from chalicelib.booking.ports import BookingPorts
    from chalicelib.booking.rules.tickets import Tickets
    from chalicelib.booking.seats import SeatLines
    from chalicelib.booking.wait_ports import WaitPorts
    from chalicelib.calendars.ports import CalendarPorts, FeedPorts
    from chalicelib.claims.ports import ClaimsPorts
    from chalicelib.coupons.ports import ClaimablePorts, CouponsPorts
    from chalicelib.kit.auth import Actor, SigningKey, Tokens
    from chalicelib.kit.dynamo import DynamoCommitter
    from chalicelib.kit.files import Files
    from chalicelib.kit.idempotency_store import IdempotencyStore
    from chalicelib.kit.lazy import Lazy
    from chalicelib.kit.pagination import Cursors
    from chalicelib.kit.personal import PersonalData
    from chalicelib.kit.seal import SealedField, Sealer
    from chalicelib.ledger.ports import LedgerPorts
    from chalicelib.notifications.ports import NotificationPorts, Sender
    from chalicelib.orders.ports import OrdersPorts
    from chalicelib.outbox.ports import OutboxPorts
    from chalicelib.outbox.store import OutboxStore
    from chalicelib.payments.gateways.alipay import AlipayProvider
    from chalicelib.payments.gateways.stripe import StripeProvider
    from chalicelib.payments.gateways.wechat import WechatProvider
    from chalicelib.payments.ports import PaymentPorts, PaymentProvider
    from chalicelib.payments.rules import Method
    from chalicelib.payouts.documents_ports import BankFiles, Documents
    from chalicelib.payouts.ports import PayoutPorts, SendingPorts
    from chalicelib.payouts.rules.documents import Party
    from chalicelib.privacy.ports import ConsentPorts
    from chalicelib.privacy.request_ports import RequestPorts
    from chalicelib.privacy.reseal_ports import ResealPorts
    from chalicelib.profiles.dealings import Blocks
    from chalicelib.profiles.ports import ChoicePorts, Geocoder, ProfilePorts
    from chalicelib.queueing.ports import QueueingPorts
    from chalicelib.reconciliation.ports import ReconciliationPorts
    from chalicelib.reviews.ports import RatingPorts, ReviewPorts
    from chalicelib.risk.ports import FreezingPorts, Locator, RiskPorts, SignInPorts
    from chalicelib.search.free_ports import FreePorts, MapPorts
    from chalicelib.search.pages import PagePorts, ViewPorts
    from chalicelib.search.ports import IndexPorts, SearchPorts
    from chalicelib.search.store import SearchStore
    from chalicelib.search.store.free import FreeStore
    from chalicelib.search.use_cases.recommend import RecommendPorts
    from chalicelib.settlement.ports import SettlementPorts
    from chalicelib.shops.ports import ShopPorts
    from chalicelib.support.ports import SupportPorts
    from chalicelib.team.ports import TeamPorts
    from chalicelib.vetting.ports import SweepPorts, VettingPorts

_clock: Clock = SystemClock()


def clock() -> Clock:
    """Return the clock; tests put their own with `use_clock`."""
    return _clock


def use_clock(new: Clock) -> None:
    """Replace the clock of everything that is wired from now on."""
    global _clock  # noqa: PLW0603 - one process, one clock
    _clock = new
    reset()


@cache
def committer() -> "DynamoCommitter":
    from chalicelib.kit.dynamo import DynamoCommitter

    return DynamoCommitter()


@cache
def idempotency() -> "IdempotencyStore":
    from chalicelib.kit.idempotency_store import IdempotencyStore

    return IdempotencyStore(clock())


@cache
def outbox() -> "OutboxStore":
    from chalicelib.outbox.store import OutboxStore

    return OutboxStore()


@cache
def files() -> "Files":
    from chalicelib.kit.files_s3 import S3Files

    return S3Files(_settings.settings().documents_bucket)


@cache
def tokens() -> "Tokens":
    from chalicelib.kit.auth import Tokens

    return Tokens(_access_keys, _settings.settings().stage)


def _access_keys(again: bool) -> "tuple[SigningKey, ...]":  # noqa: FBT001 - as `Tokens` asks
    """Return the keys of access tokens (secrets `access-key-<number>`), the newest last."""
    import base64

    from chalicelib.kit.auth import SigningKey

    told = _settings.secrets_again() if again else _settings.secrets()
    names = sorted((name for name in told if name.startswith("access-key-")), key=lambda name: int(name.split("-")[2]))
    return tuple(SigningKey(name.split("-")[2], base64.urlsafe_b64decode(told[name] + "=")) for name in names)


@cache
def sessions() -> "StandingSessions":
    """Return what says whether a session stands, and ends it."""
    from chalicelib.accounts.use_cases import StandingSessions

    return StandingSessions(accounts())


@cache
def cursors() -> "Cursors":
    from chalicelib.kit.pagination import Cursors

    return Cursors(_settings.secrets()["cursor-key"])


@cache
def sealer() -> "Sealer":
    from chalicelib.kit.seal import Sealer

    keys, pepper = _data_keys(_settings.secrets()), _settings.secrets()["pepper"]
    return Sealer(keys, max(keys), pepper.encode(), lambda: _data_keys(_settings.read_secrets_again()))


def _data_keys(secrets: "Mapping[str, str]") -> dict[int, bytes]:
    """Return the data keys (secrets `seal-key-<version>`: base64 of KMS ciphertext) by version."""
    names = [name for name in secrets if name.startswith("seal-key-")]
    return {int(name.removeprefix("seal-key-")): _unwrapped(secrets[name]) for name in names}


@cache
def _unwrapped(wrapped: str) -> bytes:
    """Return a data key: one call of KMS for each in a container's life, however often secrets are read."""
    import base64

    key_id = _settings.settings().seal_key_id
    plain: bytes = aws.client("kms").decrypt(CiphertextBlob=base64.b64decode(wrapped), KeyId=key_id)["Plaintext"]
    return plain


@cache
def accounts() -> "AccountPorts":
    from chalicelib.accounts.gateways.argon2 import Argon2Passwords
    from chalicelib.accounts.ports import AccountPorts, SmsPolicy
    from chalicelib.accounts.rules import RefreshTokens
    from chalicelib.accounts.store import AccountsTable
    from chalicelib.privacy.agreements import Agreements

    return AccountPorts(
        store=AccountsTable(sealer()),
        senders=_code_senders(),
        sms=SmsPolicy(_settings.settings().sms_countries, _settings.settings().sms_daily_cap),
        tokens=tokens(),
        refresh_tokens=RefreshTokens({"1": _settings.secrets()["token-key"]}, "1"),
        audit=audit(),
        sign_ins=sign_ins(),
        agreements=Agreements(consents()),
        passwords=Argon2Passwords(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
    )


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
        accounts=accounts(),
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
    return FactorPorts(**vars(accounts()), factors=FactorRows(sealer()), site=site)


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
    return {Kind.PHONE: SnsCodeSender(), **by_mail}


@cache
def team() -> "TeamPorts":
    """Return what merchants' teams need."""
    from chalicelib.team.ports import TeamPorts
    from chalicelib.team.store import TeamTable

    return TeamPorts(
        store=TeamTable(sealer()),
        accounts=accounts(),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
    )


@cache
def support() -> "SupportPorts":
    """Return what acting for a customer needs."""
    from chalicelib.support.ports import SupportPorts

    return SupportPorts(accounts=accounts(), audit=audit(), tokens=tokens(), clock=clock(), committer=committer())


def disband(actor: "Actor", merchant_id: str, source_ip: str) -> None:
    """Let go who works for somebody that is no merchant any more; accounts know no teams."""
    from chalicelib.team.use_cases import disband

    disband(team(), actor, merchant_id, source_ip)


def trace(actor: "Actor", what: str, request_id: str, source_ip: str) -> None:
    """Write down what somebody does who acts as a customer."""
    from chalicelib.support.use_cases import trace

    trace(support(), actor, what, request_id, source_ip)


@cache
def shops() -> "ShopPorts":
    from chalicelib.shops.ports import ShopPorts
    from chalicelib.shops.store import ShopsTable

    return ShopPorts(
        store=ShopsTable(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        audit=audit(),
    )


@cache
def ledger() -> "LedgerPorts":
    from chalicelib.ledger.ports import LedgerPorts
    from chalicelib.ledger.store import LedgerStore

    return LedgerPorts(store=LedgerStore(), clock=clock(), committer=committer())


@cache
def settlement() -> "SettlementPorts":
    from chalicelib.settlement.ports import SettlementPorts, Terms
    from chalicelib.settlement.store import SettlementTable

    return SettlementPorts(
        store=SettlementTable(sealer),
        ledger=ledger(),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        standard=Terms(commission_bps=_settings.settings().commission_bps),
    )


@cache
def stripe() -> "StripeProvider":
    from chalicelib.payments.gateways.stripe import StripeProvider

    secrets = _settings.secrets()
    return StripeProvider(
        secrets["stripe-api-key"],
        tuple(secrets["stripe-webhook-secret"].split(",")),
        _settings.settings().stripe_api_base,
    )


@cache
def wechat() -> "WechatProvider":
    """Return the operator's own account at WeChat Pay; the secret's form is that of `infra.wallets`."""
    import json

    from chalicelib.payments.gateways.wechat import WechatAccount, WechatProvider
    from chalicelib.payments.gateways.wechat.provider import BASE_URL

    told = json.loads(_settings.secrets()["wechat-pay"])
    description = told.pop("description")
    return WechatProvider(
        WechatAccount(**told | {"api_v3_key": told["api_v3_key"].encode()}),
        clock(),
        notify_url=_webhook("wechat"),
        description=description,
        base_url=_settings.settings().wechat_pay_api_base or BASE_URL,
    )


@cache
def alipay() -> "AlipayProvider":
    """Return the operator's own account at Alipay, likewise."""
    import json

    from chalicelib.payments.gateways.alipay import AlipayProvider

    told = json.loads(_settings.secrets()["alipay"])
    gateway, notify_url = _settings.settings().alipay_gateway, _webhook("alipay")
    keys = (told["private_key"], told["public_keys"])
    return AlipayProvider(told["app_id"], told["seller_id"], *keys, notify_url, gateway, clock())


def _webhook(provider: str) -> str:
    return f"{_settings.secrets()['public-url']}/v1/webhooks/{provider}"


def _providers() -> "Lazy[PaymentProvider]":
    """Return who moves money here. Each is made, and its code imported, when it is first asked for."""
    from chalicelib.kit.lazy import Lazy
    from chalicelib.payments.rules import ALIPAY, STRIPE, WECHAT

    secrets, makers = _settings.secrets(), dict[str, "Callable[[], PaymentProvider]"]({STRIPE: stripe})
    if "wechat-pay" in secrets:
        makers[WECHAT] = wechat
    if "alipay" in secrets:
        makers[ALIPAY] = alipay
    return Lazy(makers)


def _via(providers: "Container[str]") -> "dict[Method, str]":
    """Return who takes which method here: Stripe what nobody takes directly."""
    from chalicelib.payments.rules import ALIPAY, BALANCE, STRIPE, WECHAT, Method

    is_direct = _settings.settings().wallets != "stripe"
    return {
        Method.CARD: STRIPE,
        Method.UNIONPAY: STRIPE,
        Method.ALIPAY: ALIPAY if is_direct and ALIPAY in providers else STRIPE,
        Method.WECHAT_PAY: WECHAT if is_direct and WECHAT in providers else STRIPE,
        Method.BALANCE: BALANCE,
    }


@cache
def payments() -> "PaymentPorts":
    from chalicelib.kit.lazy import Lazy
    from chalicelib.payments.ports import PaymentPorts
    from chalicelib.payments.store import PaymentStore

    providers = _providers()
    return PaymentPorts(
        store=PaymentStore(clock()),
        providers=providers,
        via=_via(providers),
        disputes=Lazy({"stripe": stripe}),
        orders=orders(),
        ledger=ledger(),
        audit=audit(),
        risk=risk(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
    )


@cache
def payouts() -> "PayoutPorts":
    """Return what looking at payouts and deciding about them needs."""
    from chalicelib.payouts.ports import PayoutPorts
    from chalicelib.payouts.store import PayoutTable

    return PayoutPorts(
        store=PayoutTable(sealer),
        settlement=settlement(),
        ledger=ledger(),
        risk=risk(),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        bank_files=_bank_files(),
    )


@cache
def sending() -> "SendingPorts":
    """Return what sending merchants their money needs."""
    from chalicelib.payouts.ports import SendingPorts

    return SendingPorts(**vars(payouts()), payments=payments(), transfers=stripe())


def _bank_files() -> "BankFiles | None":
    """Return what writes orders to the operator's bank; the secret is a bank account as settlement's terms have it."""
    told = _settings.secrets().get("payout-bank")
    if told is None:
        return None
    import json

    from chalicelib.payouts.gateways.pain001 import Pain001
    from chalicelib.settlement.ports import BankAccount

    return Pain001(BankAccount(**json.loads(told)))


@cache
def documents() -> "Documents":
    from chalicelib.payouts.gateways.pdf import PdfDocuments

    return PdfDocuments(operator().name)


@cache
def operator() -> "Party":
    """Return who runs the platform, as invoices say it (the secret `operator`: name, address lines, tax id)."""
    import json

    from chalicelib.payouts.rules.documents import Party

    told = json.loads(_settings.secrets().get("operator", '{"name": "Linli 邻里"}'))
    return Party(told["name"], tuple(told.get("address", ())), told.get("tax_id"))


@cache
def relay() -> "OutboxPorts":
    from chalicelib.outbox.gateways.sqs import SqsQueues
    from chalicelib.outbox.ports import OutboxPorts

    return OutboxPorts(pending=outbox(), queues=SqsQueues(_settings.settings().queue_prefix))


@cache
def search() -> "SearchPorts":
    """Return what searching needs; what is kept in memory lives as long as the container."""
    from chalicelib.search.hot import Hot
    from chalicelib.search.ports import SearchPorts
    from chalicelib.search.store import PackStore

    store = _search_store()
    return SearchPorts(places=store, memory=Hot(PackStore(clock()), clock()), areas=store, clock=clock())


@cache
def search_index() -> "IndexPorts":
    """Return what keeping the search index true needs."""
    from chalicelib.search.ports import IndexPorts
    from chalicelib.search.store import PackStore

    store = _search_store()
    return IndexPorts(
        places=store,
        index=store,
        packs=PackStore(clock()),
        shops=shops(),
        reviews=ratings(),
        coupons=claimable(),
        clock=clock(),
    )


@cache
def _search_store() -> "SearchStore":
    from chalicelib.search.store import SearchStore

    return SearchStore(committer(), clock())


@cache
def _free_store() -> "FreeStore":
    from chalicelib.search.store.free import FreeStore

    return FreeStore(_search_store(), committer())


@cache
def search_free() -> "FreePorts":
    """Return what searching for free times needs."""
    from chalicelib.search.free_ports import FreePorts

    return FreePorts(places=_free_store(), cards=_free_store(), clock=clock())


@cache
def free_maps() -> "MapPorts":
    """Return what keeping free maps true needs."""
    from chalicelib.search.free_ports import MapPorts

    return MapPorts(maps=_free_store(), places=_search_store(), shops=shops(), booking=booking(), clock=clock())


@cache
def pages() -> "PagePorts":
    """Return what keeping shops' pages true needs."""
    from chalicelib.search.pages import PagePorts
    from chalicelib.search.store.pages import PageStore

    return PagePorts(pages=PageStore(committer()), shops=shops(), reviews=ratings())


@cache
def shop_page() -> "ViewPorts":
    """Return what looking at a shop's page needs."""
    from chalicelib.search.pages import ViewPorts

    return ViewPorts(**vars(pages()), booking=booking(), clock=clock())


@cache
def recommending() -> "RecommendPorts":
    from chalicelib.search.use_cases.recommend import RecommendPorts

    return RecommendPorts(search=search(), index=_search_store(), orders=orders(), clock=clock())


@cache
def ratings() -> "RatingPorts":
    from chalicelib.reviews.ports import RatingPorts
    from chalicelib.reviews.store import ReviewStore

    return RatingPorts(store=ReviewStore())


@cache
def reviews() -> "ReviewPorts":
    from chalicelib.reviews.ports import ReviewPorts
    from chalicelib.reviews.store import ReviewStore

    return ReviewPorts(
        store=ReviewStore(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        accounts=accounts(),
        shops=shops(),
        orders=orders(),
    )


@cache
def notifications() -> "NotificationPorts":
    from chalicelib.notifications.ports import Channel, NotificationPorts
    from chalicelib.notifications.store import NotificationStore

    return NotificationPorts(
        store=NotificationStore(),
        senders={Channel.SMS: _sms()},
        clock=clock(),
        accounts=accounts(),
        shops=shops(),
        orders=orders(),
        profiles=choosing(),
    )


def _sms() -> "Sender":
    inbox = _settings.settings().inbox_url
    if inbox is not None:
        from chalicelib.notifications.gateways.inbox import InboxSender

        return InboxSender(inbox)
    from chalicelib.notifications.gateways.sns import SnsSender

    return SnsSender()


@cache
def booking_lines() -> "BookingLines":
    """Return what sells bookings as lines of an order."""
    from chalicelib.booking.lines import BookingLines
    from chalicelib.booking.store import BookingTable

    return BookingLines(store=BookingTable(), shops=shops(), outbox=outbox())


@cache
def tickets() -> "Tickets":
    """Return what signs tickets."""
    from chalicelib.booking.rules.tickets import Tickets

    return Tickets(lambda: _settings.secrets()["ticket-key"], _settings.settings().stage)


@cache
def seat_lines() -> "SeatLines":
    """Return what sells seats as lines of an order."""
    from chalicelib.booking.seats import SeatLines
    from chalicelib.booking.store import SessionTable

    return SeatLines(store=booking_lines().store, sessions=SessionTable(), shops=shops())


@cache
def booking() -> "BookingPorts":
    from chalicelib.booking.ports import BookingPorts
    from chalicelib.booking.store import BlockTable

    return BookingPorts(
        store=booking_lines().store,
        sessions=seat_lines().sessions,
        blocks=BlockTable(),
        tickets=tickets(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        shops=shops(),
        orders=orders(),
    )


@cache
def waiting() -> "WaitPorts":
    """Return what waiting for a time needs."""
    from chalicelib.booking.store import WaitTable
    from chalicelib.booking.wait_ports import WaitPorts

    return WaitPorts(**vars(booking()), waits=WaitTable(), dealings=dealings())


@cache
def queueing() -> "QueueingPorts":
    from chalicelib.queueing.ports import QueueingPorts
    from chalicelib.queueing.store import QueueingTable

    return QueueingPorts(
        store=QueueingTable(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        shops=shops(),
        dealings=dealings(),
    )


@cache
def feeds() -> "FeedPorts":
    """Return what bookings as calendars need: no keys, so that reading one waits for none."""
    from chalicelib.calendars.ports import FeedPorts
    from chalicelib.calendars.store import FeedTable

    return FeedPorts(feeds=FeedTable(), clock=clock(), committer=committer(), booking=booking(), shops=shops())


@cache
def calendars() -> "CalendarPorts":
    """Return what calendars from elsewhere need."""
    from chalicelib.calendars.gateways.https import HttpsFetcher
    from chalicelib.calendars.ports import CalendarPorts
    from chalicelib.calendars.store import CalendarTable

    return CalendarPorts(
        calendars=CalendarTable(sealer()),
        fetcher=HttpsFetcher(),
        clock=clock(),
        committer=committer(),
        idempotency=idempotency(),
        booking=booking(),
        shops=shops(),
    )


@cache
def claimable() -> "ClaimablePorts":
    from chalicelib.coupons.ports import ClaimablePorts
    from chalicelib.coupons.store import CouponStore

    return ClaimablePorts(store=CouponStore())


@cache
def coupons() -> "CouponsPorts":
    from chalicelib.coupons.ports import CouponsPorts
    from chalicelib.coupons.store import CouponStore

    return CouponsPorts(
        store=CouponStore(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        audit=audit(),
        shops=shops(),
        dealings=dealings(),
    )


@cache
def orders() -> "OrdersPorts":
    from chalicelib.orders.ports import OrdersPorts
    from chalicelib.orders.store import OrderStore
    from chalicelib.settlement.shares import Shares

    return OrdersPorts(
        store=OrderStore(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        coupons=coupons(),
        settlement=settlement(),
        audit=audit(),
        kinds={"booking": booking_lines(), "seat": seat_lines()},
        shares=Shares(settlement()),
        dealings=dealings(),
    )


@cache
def claims() -> "ClaimsPorts":
    from chalicelib.claims.ports import ClaimsPorts
    from chalicelib.claims.store import ClaimsTable

    return ClaimsPorts(
        store=ClaimsTable(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        orders=orders(),
        audit=audit(),
    )


@cache
def audit() -> "AuditPorts":
    from chalicelib.audit.ports import AuditPorts
    from chalicelib.audit.store import AuditTable

    return AuditPorts(store=AuditTable(clock()))


@cache
def audit_sealing() -> "SealingPorts":
    """Return what sealing and verifying the audit log needs."""
    from chalicelib.audit.gateways.s3 import S3Vault
    from chalicelib.audit.ports import SealingPorts
    from chalicelib.audit.store import SealTable

    return SealingPorts(store=SealTable(), vault=S3Vault(_settings.settings().audit_bucket), clock=clock())


@cache
def risk() -> "RiskPorts":
    """Return what risk needs. Its index needs the pepper alone: no data key, so no call to KMS."""
    from chalicelib.kit.seal import Sealer
    from chalicelib.risk.ports import RiskPorts
    from chalicelib.risk.store import RiskTable

    index = Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())
    return RiskPorts(
        store=RiskTable(index.blind),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        idempotency=idempotency(),
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
        **vars(risk()),
        sign_ins=SignInTable(index.blind, sealer, bounds.guesses.size),
        locator=_locator(),
        outbox=outbox(),
        bounds=bounds,
    )


def _locator() -> "Locator":
    """Return who knows where addresses are: CloudFront, where the secret `edge-secret` says that it stands in front."""
    from pathlib import Path

    from chalicelib.risk.gateways.geoip import DatabaseLocator, NullLocator, from_bucket

    locator: Locator = NullLocator()
    named = _settings.settings().geoip_database
    if named is not None and named.startswith("/"):
        beside = Path(__file__).parent.parent / named.removeprefix("/")
        locator = DatabaseLocator(lambda: beside)
    elif named is not None:
        locator = DatabaseLocator(from_bucket(_settings.settings().documents_bucket, f"geoip/{named}"))
    secret = _settings.secrets().get("edge-secret")
    if secret is None:
        return locator
    from chalicelib.risk.gateways.cloudfront import CloudFrontLocator

    return CloudFrontLocator(secret, locator)


@cache
def freezing() -> "FreezingPorts":
    """Return what freezing needs on top of the rest of risk."""
    from chalicelib.risk.ports import FreezingPorts

    return FreezingPorts(**vars(risk()), sessions=sessions())


@cache
def vetting() -> "VettingPorts":
    from chalicelib.vetting.ports import VettingPorts
    from chalicelib.vetting.store import VettingTable

    return VettingPorts(
        store=VettingTable(sealer),
        files=files(),
        accounts=accounts(),
        risk=risk(),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
    )


@cache
def vetting_sweep() -> "SweepPorts":
    """Return what looking after licences needs: no key, for it opens nothing that is sealed."""
    from chalicelib.vetting.ports import SweepPorts
    from chalicelib.vetting.store import VettingTable

    return SweepPorts(
        store=VettingTable(sealer),
        files=files(),
        risk=risk(),
        audit=audit(),
        committer=committer(),
        outbox=outbox(),
    )


@cache
def reconciliation() -> "ReconciliationPorts":
    from chalicelib.reconciliation.ports import ReconciliationPorts
    from chalicelib.reconciliation.store import ReconciliationTable

    return ReconciliationPorts(
        store=ReconciliationTable(),
        payments=payments(),
        orders=orders(),
        ledger=ledger(),
        settlement=settlement(),
        audit=audit(),
        clock=clock(),
        committer=committer(),
        idempotency=idempotency(),
    )


def sealed_fields() -> "tuple[SealedField, ...]":
    """Return all that any store seals."""
    from chalicelib.accounts.store import SEALED as ACCOUNTS
    from chalicelib.calendars.store import SEALED as CALENDARS
    from chalicelib.payouts.store import SEALED as PAYOUTS
    from chalicelib.profiles.store import SEALED as PROFILES
    from chalicelib.risk.store import SEALED as RISK
    from chalicelib.settlement.store import SEALED as SETTLEMENT
    from chalicelib.team.store import SEALED as TEAM
    from chalicelib.vetting.store import SEALED as VETTING

    return (*ACCOUNTS, *CALENDARS, *PAYOUTS, *PROFILES, *RISK, *SETTLEMENT, *TEAM, *VETTING)


@cache
def consents() -> "ConsentPorts":
    """Return what people's agreements need."""
    from chalicelib.privacy.gateways.texts import PackagedTexts
    from chalicelib.privacy.ports import ConsentPorts
    from chalicelib.privacy.store import ConsentTable

    return ConsentPorts(store=ConsentTable(), texts=PackagedTexts(), clock=clock(), committer=committer())


def _parts() -> "tuple[PersonalData, ...]":
    """Return what each domain holds about people; the account itself is first, see `privacy.use_cases.erasure`."""
    from functools import partial

    from chalicelib.accounts import personal as of_accounts
    from chalicelib.booking import personal as of_booking
    from chalicelib.calendars import personal as of_calendars
    from chalicelib.claims import personal as of_claims
    from chalicelib.coupons import personal as of_coupons
    from chalicelib.kit.personal import Part
    from chalicelib.notifications import personal as of_notifications
    from chalicelib.orders import personal as of_orders
    from chalicelib.payments import personal as of_payments
    from chalicelib.payouts import personal as of_payouts
    from chalicelib.privacy import personal as of_privacy
    from chalicelib.profiles.use_cases import privacy as of_profiles
    from chalicelib.queueing import personal as of_queueing
    from chalicelib.reviews import personal as of_reviews
    from chalicelib.risk import personal as of_risk
    from chalicelib.settlement import personal as of_settlement
    from chalicelib.shops import personal as of_shops
    from chalicelib.team import personal as of_team
    from chalicelib.vetting import personal as of_vetting

    def part(name: str, module: "ModuleType", ports: object) -> Part:
        names = ("personal_data", "open_matters", "erase")
        return Part(name, **{one: partial(getattr(module, one), ports) for one in names if hasattr(module, one)})

    return (
        part("accounts", of_accounts, factors()),
        part("orders", of_orders, orders()),
        part("booking", of_booking, waiting()),
        part("queueing", of_queueing, queueing()),
        part("reviews", of_reviews, reviews()),
        part("claims", of_claims, claims()),
        part("coupons", of_coupons, coupons()),
        part("payments", of_payments, payments()),
        part("payouts", of_payouts, payouts()),
        part("settlement", of_settlement, settlement()),
        part("shops", of_shops, shops()),
        part("notifications", of_notifications, notifications()),
        part("calendars", of_calendars, feeds()),
        part("risk", of_risk, sign_ins()),
        part("profiles", of_profiles, profiles()),
        part("team", of_team, team()),
        part("vetting", of_vetting, vetting()),
        part("privacy", of_privacy, consents()),
    )


@cache
def privacy() -> "RequestPorts":
    """Return what copies and erasures need: all domains."""
    from chalicelib.privacy.request_ports import RequestPorts
    from chalicelib.privacy.store import RequestTable

    return RequestPorts(
        store=RequestTable(),
        parts=_parts(),
        files=files(),
        clock=clock(),
        committer=committer(),
        outbox=outbox(),
        idempotency=idempotency(),
        audit=audit(),
    )


@cache
def resealing() -> "ResealPorts":
    """Return what sealing fields anew needs."""
    from chalicelib.privacy.reseal_ports import ResealPorts
    from chalicelib.privacy.store.sealed import SealedTables

    return ResealPorts(rows=SealedTables(), fields=sealed_fields(), sealer=sealer())


@cache
def profiles() -> "ProfilePorts":
    from chalicelib.profiles.ports import ProfilePorts
    from chalicelib.profiles.store import AddressTable, ShelfTable, WholeTable

    return ProfilePorts(
        choices=choosing().choices,
        blocks=dealings().ports.blocks,
        addresses=AddressTable(sealer),
        shelf=ShelfTable(),
        whole=WholeTable(),
        geocoder=_geocoder(),
        clock=clock(),
        committer=committer(),
        idempotency=idempotency(),
        audit=audit(),
        shops=shops(),
    )


@cache
def choosing() -> "ChoicePorts":
    """Return what looking up somebody's choices needs."""
    from chalicelib.profiles.ports import ChoicePorts
    from chalicelib.profiles.store import ChoiceTable

    return ChoicePorts(choices=ChoiceTable())


@cache
def dealings() -> "Blocks":
    """Return who says whether two accounts may begin something; it needs no key."""
    from chalicelib.profiles.dealings import Blocks
    from chalicelib.profiles.ports import DealingPorts
    from chalicelib.profiles.store import BlockTable

    return Blocks(DealingPorts(blocks=BlockTable(sealer)))


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


def reset() -> None:
    """Forget everything that was made: for tests."""
    for made in list(globals().values()):
        if hasattr(made, "cache_clear"):
            made.cache_clear()
