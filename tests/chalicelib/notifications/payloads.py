"""What a message of each kind carries: an example by a message's type, or by what stands before its first dot."""

from datetime import UTC, datetime

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from tests.api import CUSTOMER, MERCHANT

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
PAYLOADS = {
    "privacy": {"customer_id": CUSTOMER.account_id, "export_id": "exp_1"},
    "order": {"order_id": "ord_1", "customer_id": CUSTOMER.account_id, "merchant_id": MERCHANT.account_id},
    "team": {"customer_id": CUSTOMER.account_id, "merchant_id": MERCHANT.account_id, "role": "staff"},
    "factor": {"customer_id": CUSTOMER.account_id, "what": "totp", "left": 9},
    "coupon": {
        "coupon_id": "cpn_1",
        "customer_id": CUSTOMER.account_id,
        "title": "满100减20",
        "until": "2030-05-04T16:00:00Z",
    },
    "settlement": {"merchant_id": MERCHANT.account_id, "currency": "CNY", "payable": 92000, "lines": 10},
    "payout": {"merchant_id": MERCHANT.account_id, "currency": "CNY", "amount": 92000, "returned": 500},
    "webhook": {
        "endpoint_id": "whe_1",
        "merchant_id": MERCHANT.account_id,
        "host": "till.example.com",
        "reason": "failing",
    },
    "digest": {
        "merchant_id": MERCHANT.account_id,
        "numbers": {"order.confirmed.merchant": 12, "review.posted.merchant": 1},
    },
    "dispute": {
        "order_id": "ord_1",
        "merchant_id": MERCHANT.account_id,
        "currency": "CNY",
        "amount": 128000,
        "evidence_until": "2030-05-08T16:00:00Z",
    },
    "vetting": {"merchant_id": MERCHANT.account_id, "until": "2036-05-31"},
    "moderation": {
        "review_id": "rev_1",
        "shop_id": "shp_1",
        "customer_id": CUSTOMER.account_id,
        "merchant_id": MERCHANT.account_id,
        "code": "advertising",
        "reason": {"en": "it advertises", "zh-CN": "含有广告内容"},
    },
    "review": {
        "review_id": "rev_1",
        "order_id": "ord_1",
        "shop_id": "shp_1",
        "customer_id": CUSTOMER.account_id,
        "merchant_id": MERCHANT.account_id,
        "stars": 4,
        "until": "2030-05-15T09:30:00Z",
    },
    "queue": {
        "ticket_id": "tkt_1",
        "shop_id": "shp_1",
        "customer_id": CUSTOMER.account_id,
        "number": "A012",
        "ahead": 2,
    },
    "claim": {
        "claim_id": "clm_1",
        "order_id": "ord_1",
        "line_id": "lin_1",
        "customer_id": CUSTOMER.account_id,
        "merchant_id": MERCHANT.account_id,
        "amount": 5_000,
        "given": 2_000,
        "currency": "CNY",
    },
    "account": {
        "merchant_id": MERCHANT.account_id,
        "end": "3000",
        "held_until": "2030-05-02T09:30:00Z",
        "zone": "Asia/Shanghai",
    },
    "login": {
        "customer_id": CUSTOMER.account_id,
        "device": "iPhone",
        "place": {"en": "China", "zh-CN": "中国"},
        "at": "2030-05-01T09:30:00Z",
    },
    "identity": {"customer_id": CUSTOMER.account_id, "kind": "wechat"},
    "wait": {"order_id": "ord_1", "customer_id": CUSTOMER.account_id, "until": "2030-05-01T09:40:00Z"},
    "outreach": {
        "outreach_id": "otr_1",
        "shop_id": "shp_1",
        "shop": {"en": "Nanxiang Bun Shop", "zh": "南翔馒头店"},
        "customer_id": CUSTOMER.account_id,
        "text": {"en": "Colour and cut for the price of a cut, all of May.", "zh": "五月染发送剪发，欢迎老顾客到店。"},
        "coupon": "满100减20",
        "about": f"{MERCHANT.account_id}/otr_1",
        "until": "2030-05-31T16:00:00Z",
    },
    "visit": {
        "order_id": "ord_1",
        "line_ids": ["lin_1"],
        "customer_id": CUSTOMER.account_id,
        "shop_id": "shp_1",
        "starts_at": "2030-05-02T09:30:00.000000Z",
        "until": "2030-05-02T07:30:00.000000Z",
    },
}


def message(kind):
    """Return a message of a type, new each time."""
    payload = PAYLOADS.get(kind) or PAYLOADS[kind.partition(".")[0]]
    return Message(kind, (NOTIFICATIONS,), payload, AT)
