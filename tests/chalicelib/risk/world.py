"""A policy that is easy to count in, and payments to count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.risk.history import Policy, RefundLimit
from chalicelib.risk.ports import Attempt, Paid, Refunded
from chalicelib.risk.rules import Kind, Limit, Outcome, Window

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)
ADMIN = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_4", methods=("sms", "otp"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SMALL = Policy(
    limits={
        Kind.ACCOUNT: Limit((Window(HOUR, 3), Window(DAY, 5)), Outcome.REFUSE, {"CNY": 10_000}),
        Kind.DEVICE: Limit((Window(HOUR, 4),), Outcome.REFUSE),
        Kind.IP: Limit((Window(HOUR, 6),), Outcome.REVIEW),
        Kind.SHOP: Limit((Window(HOUR, 5),), Outcome.REVIEW),
        Kind.PAYER: Limit((Window(HOUR, 3),), Outcome.REVIEW, {"CNY": 10_000}),
    },
    accounts_of_a_payer=2,
    refunds=RefundLimit(days=30, number=3, share_bps=5_000, freezes=True),
)


def ports(policy=SMALL):
    return replace(wiring.risk(), policy=policy)


def asked(**other):
    told = {
        "account_id": "acc_1",
        "shop_id": "shp_1",
        "device": "device-1",
        "ip": "203.0.113.7",
        "amount": 100,
        "currency": "CNY",
        "order_id": "ord_1",
    }
    return Attempt(**{**told, **other})


def arrived(number, **other):
    told = {
        "payment_id": f"pay_{number}",
        "order_id": f"ord_{number}",
        "account_id": "acc_1",
        "shop_id": "shp_1",
        "payer": "fingerprint-of-a-card",
        "amount": 100 + number,
        "currency": "CNY",
    }
    return Paid(**{**told, **other})


def gone(number, **other):
    told = {
        "refund_id": f"ref_{number}",
        "payment_id": f"pay_{number}",
        "order_id": f"ord_{number}",
        "account_id": "acc_1",
    }
    return Refunded(**{**told, **other})


def once():
    """A request with an answer that costs two units."""
    return Once("scope", new_id("key"), "print", lambda _: Answer(200, "{}"))
