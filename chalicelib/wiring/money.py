"""Payments, books, settlement, payouts. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from chalicelib.kit.lazy import Lazy
    from chalicelib.ledger.ports import LedgerPorts
    from chalicelib.payments.gateways.alipay import AlipayProvider
    from chalicelib.payments.gateways.stripe import StripeProvider
    from chalicelib.payments.gateways.wechat import WechatProvider
    from chalicelib.payments.ports import PaymentPorts, PaymentProvider
    from chalicelib.payments.rules import Method
    from chalicelib.payouts.documents_ports import BankFiles, Documents
    from chalicelib.payouts.ports import PayoutPorts, SendingPorts
    from chalicelib.payouts.rules.documents import Party
    from chalicelib.reconciliation.ports import ReconciliationPorts
    from chalicelib.settlement.ports import SettlementPorts


@cache
def ledger() -> "LedgerPorts":
    from chalicelib.ledger.ports import LedgerPorts
    from chalicelib.ledger.store import LedgerStore

    return LedgerPorts(store=LedgerStore(), clock=wiring.clock(), committer=wiring.committer())


@cache
def settlement() -> "SettlementPorts":
    from chalicelib.settlement.ports import SettlementPorts, Terms
    from chalicelib.settlement.store import SettlementTable

    here = _settings.settings()
    return SettlementPorts(
        store=SettlementTable(wiring.sealer),
        ledger=wiring.ledger(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        standard=Terms(
            zone=here.zone,
            commission_bps=here.commission_bps,
            tax_bps=here.tax_bps,
            tax_included=here.is_tax_included,
        ),
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
        wiring.clock(),
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
    return AlipayProvider(told["app_id"], told["seller_id"], *keys, notify_url, gateway, wiring.clock())


def _webhook(provider: str) -> str:
    return f"{wiring.public_url()}/v1/webhooks/{provider}"


def _providers() -> "Lazy[PaymentProvider]":
    """Return who moves money here. Each is made, and its code imported, when it is first asked for."""
    from chalicelib.kit.lazy import Lazy
    from chalicelib.payments.rules import ALIPAY, STRIPE, WECHAT

    secrets, makers = _settings.secrets(), dict[str, "Callable[[], PaymentProvider]"]()
    if "stripe-api-key" in secrets:
        makers[STRIPE] = wiring.stripe
    if "wechat-pay" in secrets:
        makers[WECHAT] = wiring.wechat
    if "alipay" in secrets:
        makers[ALIPAY] = wiring.alipay
    return Lazy(makers)


def _via(providers: "Container[str]") -> "dict[Method, str]":
    """Return who takes which method here: Stripe what nobody takes directly, or nobody does."""
    from chalicelib.payments.rules import ALIPAY, BALANCE, STRIPE, WECHAT, Method

    here = _settings.settings()
    via = dict.fromkeys((Method.CARD, Method.UNIONPAY, Method.ALIPAY, Method.WECHAT_PAY), STRIPE)
    if here.wallets != "stripe":
        own = {Method.ALIPAY: ALIPAY, Method.WECHAT_PAY: WECHAT}
        via |= {method: provider for method, provider in own.items() if provider in providers}
    if not here.has_stripe:
        via = {method: provider for method, provider in via.items() if provider != STRIPE}
    return {**via, Method.BALANCE: BALANCE}


@cache
def payments() -> "PaymentPorts":
    from chalicelib.kit.lazy import Lazy
    from chalicelib.payments.ports import PaymentPorts
    from chalicelib.payments.store import PaymentStore

    providers = _providers()
    return PaymentPorts(
        store=PaymentStore(wiring.clock()),
        providers=providers,
        via=_via(providers),
        disputes=Lazy({"stripe": wiring.stripe}),
        orders=wiring.orders(),
        ledger=wiring.ledger(),
        audit=wiring.audit(),
        risk=wiring.risk(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
    )


@cache
def payouts() -> "PayoutPorts":
    """Return what looking at payouts and deciding about them needs."""
    from chalicelib.payouts.ports import PayoutPorts
    from chalicelib.payouts.store import PayoutTable

    return PayoutPorts(
        store=PayoutTable(wiring.sealer),
        settlement=wiring.settlement(),
        ledger=wiring.ledger(),
        risk=wiring.risk(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        bank_files=_bank_files(),
    )


@cache
def sending() -> "SendingPorts":
    """Return what sending merchants their money needs."""
    from chalicelib.payouts.gateways.nobody import NoTransfers
    from chalicelib.payouts.ports import SendingPorts

    payments = wiring.payments()
    # Also where it is switched off: what it has sent may have to come back.
    transfers = wiring.stripe() if "stripe" in payments.providers else NoTransfers()
    return SendingPorts(**vars(wiring.payouts()), payments=payments, transfers=transfers)


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

    return PdfDocuments(wiring.operator().name, _settings.settings().tax_name)


@cache
def operator() -> "Party":
    """Return who runs the platform, as invoices say it (the secret `operator`: name, address lines, tax id)."""
    import json

    from chalicelib.payouts.rules.documents import Party

    told = json.loads(_settings.secrets().get("operator", '{"name": "Linli 邻里"}'))
    return Party(told["name"], tuple(told.get("address", ())), told.get("tax_id"))


@cache
def reconciliation() -> "ReconciliationPorts":
    from chalicelib.reconciliation.ports import ReconciliationPorts
    from chalicelib.reconciliation.store import ReconciliationTable

    return ReconciliationPorts(
        store=ReconciliationTable(),
        payments=wiring.payments(),
        orders=wiring.orders(),
        ledger=wiring.ledger(),
        settlement=wiring.settlement(),
        audit=wiring.audit(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
    )
