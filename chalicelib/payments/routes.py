"""Paying an order, money given back, disputes, and the providers' notices."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Conflict, NotFound, Unavailable
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.ledger.ports import Overdrawn
from chalicelib.orders.ports import HoldRanOut, NotPossible
from chalicelib.payments import schemas, use_cases
from chalicelib.payments.rules import (
    ALIPAY,
    STRIPE,
    WECHAT,
    BadSignature,
    EvidenceTooLate,
    NothingToRepeat,
    Notice,
    PaymentRefused,
    WayUnknown,
)
from chalicelib.risk.ports import Frozen, PaymentVelocity

bp = Blueprint(__name__)
_PAYMENTS = "/v1/orders/{order_id}/payments"
_LARGEST_EVENT = 256 * 1024  # bytes


@endpoint(
    bp, "POST", _PAYMENTS, summary="Begin to pay a held order", tag="payments", needs=Permission.ORDER_PAY,
    body=schemas.NewPayment, returns=schemas.Payment, status=201, idempotent=True,
    errors=(
        Conflict, Frozen, HoldRanOut, NotPossible, Overdrawn, PaymentRefused, PaymentVelocity, Unavailable, WayUnknown,
    ),
)  # fmt: skip
def pay(call: Call, order_id: str) -> schemas.Payment:
    body: schemas.NewPayment = call.body
    device = call.headers.get("x-device-id")
    wish = use_cases.PayWish(body.method, body.return_url, body.scene, body.payer, call.source_ip, device)
    return schemas.Payment.of(
        use_cases.pay(wiring.payments(), call.actor, order_id, wish, call.once(schemas.Payment.of))
    )


@endpoint(
    bp, "GET", _PAYMENTS + "/{payment_id}", summary="How a payment stands now", tag="payments",
    needs=Permission.PAYMENT_READ,
    returns=schemas.Payment, errors=(Unavailable,),
)  # fmt: skip
def look(call: Call, order_id: str, payment_id: str) -> schemas.Payment:
    return schemas.Payment.of(use_cases.look(wiring.payments(), call.actor, order_id, payment_id))


@endpoint(
    bp, "GET", "/v1/me/money", summary="What I have on my balance", tag="payments", needs=Permission.MONEY_OWN,
    returns=schemas.Amounts,
)  # fmt: skip
def my_money(call: Call) -> schemas.Amounts:
    return schemas.Amounts.of(use_cases.balances(wiring.payments(), call.actor))


@endpoint(
    bp, "POST", "/v1/admin/customers/{customer_id}/gifts", summary="Give a customer a balance to pay with",
    tag="payments", needs=Permission.GIFT_GIVE, body=schemas.NewGift, returns=schemas.Gift, status=201, idempotent=True,
)  # fmt: skip
def give(call: Call, customer_id: str) -> schemas.Gift:
    why = Why(call.body.reason, call.source_ip)
    once = call.once(lambda amount: schemas.Gift.of(customer_id, amount))
    amount = use_cases.give(wiring.payments(), call.actor, customer_id, call.body.amount.money(), why, once)
    return schemas.Gift.of(customer_id, amount)


@endpoint(
    bp, "GET", "/v1/admin/orders/{order_id}/money", summary="An order's payments and refunds", tag="payments",
    needs=Permission.BOOKS_READ, returns=schemas.OrderMoney,
)  # fmt: skip
def of_order(_call: Call, order_id: str) -> schemas.OrderMoney:
    return schemas.OrderMoney.of(*use_cases.of_order(wiring.payments(), order_id))


@endpoint(
    bp, "POST", "/v1/admin/refunds/{refund_id}/again", summary="Try a refund that failed once more", tag="payments",
    needs=Permission.REFUND_REPEAT, body=schemas.Reason, returns=schemas.Refund, status=201, idempotent=True,
    errors=(NothingToRepeat, PaymentRefused, Unavailable),
)  # fmt: skip
def again(call: Call, refund_id: str) -> schemas.Refund:
    why, once = Why(call.body.reason, call.source_ip), call.once(schemas.Refund.of)
    return schemas.Refund.of(use_cases.again(wiring.payments(), call.actor, refund_id, why, once))


@endpoint(
    bp, "GET", "/v1/me/disputes", summary="What my customers' banks ask back, newest first", tag="payments",
    needs=Permission.DISPUTE_ANSWER, query=PageQuery, returns=schemas.Disputes,
)  # fmt: skip
def disputes(call: Call) -> schemas.Disputes:
    scope, cursors = f"disputes|{call.actor.merchant_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.disputes_of(wiring.payments(), call.actor, after, call.query.limit)
    items = [schemas.Dispute.of(one) for one in page.items]
    return schemas.Disputes(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", "/v1/disputes/{dispute_id}", summary="A dispute", tag="payments", needs=Permission.DISPUTE_ANSWER,
    returns=schemas.Dispute,
)  # fmt: skip
def dispute(call: Call, dispute_id: str) -> schemas.Dispute:
    return schemas.Dispute.of(use_cases.dispute(wiring.payments(), call.actor, dispute_id))


@endpoint(
    bp, "PUT", "/v1/disputes/{dispute_id}/evidence", summary="Give the bank what speaks for the merchant",
    tag="payments", needs=Permission.DISPUTE_ANSWER, body=schemas.Evidence, returns=schemas.Dispute,
    errors=(EvidenceTooLate, PaymentRefused, Unavailable),
)  # fmt: skip
def give_evidence(call: Call, dispute_id: str) -> schemas.Dispute:
    told = use_cases.Evidence(call.body.text)
    return schemas.Dispute.of(use_cases.give_evidence(wiring.payments(), call.actor, dispute_id, told))


@endpoint(
    bp, "POST", "/v1/webhooks/stripe", summary="Notices from Stripe, signed", tag="payments", needs=PUBLIC,
    returns=schemas.Received, errors=(BadSignature, NotFound), max_body=_LARGEST_EVENT,
)  # fmt: skip
def stripe_notice(call: Call) -> schemas.Received:
    _take(call, STRIPE)
    return schemas.Received()


@endpoint(
    bp, "POST", "/v1/webhooks/wechat", summary="Notices from WeChat Pay, signed and sealed", tag="payments",
    needs=PUBLIC, returns=schemas.Taken, errors=(BadSignature, NotFound), max_body=_LARGEST_EVENT,
)  # fmt: skip
def wechat_notice(call: Call) -> schemas.Taken:
    _take(call, WECHAT)
    return schemas.Taken()


@endpoint(
    bp, "POST", "/v1/webhooks/alipay", summary="Notices from Alipay, signed forms; answered with `success`",
    tag="payments", needs=PUBLIC, errors=(BadSignature, NotFound), max_body=_LARGEST_EVENT, media="text/plain",
    accepts="application/x-www-form-urlencoded",
)  # fmt: skip
def alipay_notice(call: Call) -> Reply:
    _take(call, ALIPAY)
    return Reply("success", content_type="text/plain")


def _take(call: Call, provider: str) -> None:
    ports = wiring.payments()
    if provider not in ports.providers:
        raise NotFound
    headers = {name.lower(): value for name, value in call.headers.items()}
    use_cases.acknowledge(ports, provider, Notice(call.raw_body, headers))
