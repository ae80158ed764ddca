"""What the API document says beside what the schemas say."""

from collections.abc import Mapping
from typing import Any

TITLE = "Linli API"
DESCRIPTION = """\
Find a shop near you, book a time, pay, get it done, review it; run a shop and get paid.

- **Sign in** with a code sent to your phone; send the access token as `Authorization: Bearer ...`.
- **Money** is an integer of minor units with an ISO 4217 currency. **Times** are RFC 3339 in UTC.
- **Idempotency-Key**: required where an operation says so. Repeat a request with the same key as often as you like.
- **Lists** go on by `cursor`: hand `next_cursor` back until it is null.
- **Problems** are `application/problem+json` (RFC 9457) with a stable `code`; title and detail follow Accept-Language.
- Any request can be answered 5xx by the gateway when this service does not answer in time: repeat it.
"""

TAGS: Mapping[str, str] = {
    "webhooks": "Events told to merchants' and partners' own systems.",
    "health": "Is it up.",
    "regions": "Where accounts live.",
    "accounts": "Sign in, profile, roles.",
    "shops": "Shops, their offerings, their staff.",
    "search": "Shops near a point.",
    "booking": "Free times and booked ones.",
    "calendars": "Bookings as calendars elsewhere, and busy times from there.",
    "orders": "What a customer buys, held until it is paid.",
    "payments": "Paying for an order, money given back, disputes.",
    "settlement": "What merchants are owed, and the terms of it.",
    "payouts": "Money that leaves for merchants.",
    "ledger": "The books.",
    "privacy": "What people agree to, a copy of what is known of them, and their erasure.",
    "reconciliation": "The books against the providers and the orders.",
    "vetting": "Applications to become a merchant, their review, blocked names.",
    "risk": "Odd payments, limits and freezes.",
    "audit": "Who did what, and why.",
    "moderation": "Reviews that somebody looks at, decisions, appeals.",
    "claims": "Money asked back of what was bought.",
    "team": "Who works for a merchant.",
    "support": "Acting for a customer, with a reason and a trace.",
    "coupons": "Campaigns, claims, coupons.",
    "outreach": "Customers' tags, and what merchants write to those who want to hear.",
    "reviews": "Reviews and ratings.",
    "queueing": "Queues at the door: numbers, and calling them.",
    "notifications": "What somebody was told.",
    "profiles": "One's own addresses, favourites, history, notices and blocks.",
    "openapi": "This document.",
}

_TAIL = "01jd8x2n7v4k9x3c6z0b8d1f2g"

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "account_id": ("An account.", f"acc_{_TAIL}"),
    "endpoint_id": ("An endpoint for events.", f"whe_{_TAIL}"),
    "event_id": ("An event.", f"evt_{_TAIL}"),
    "shop_id": ("A shop.", f"shp_{_TAIL}"),
    "code_batch_id": ("A batch of codes.", f"cdb_{_TAIL}"),
    "poster_id": ("A printed code.", f"pst_{_TAIL}"),
    "offering_id": ("An offering of the shop.", f"off_{_TAIL}"),
    "staff_id": ("Somebody who works in the shop.", f"stf_{_TAIL}"),
    "block_id": ("Time that is kept free.", f"blk_{_TAIL}"),
    "passkey_id": ("One of your passkeys.", "7d1c0f5e2a9b48c3a6f1e0d2c4b5a69788776655"),
    "sign_in_id": ("One of your sign-ins.", f"ses_{_TAIL}"),
    "invitation_id": ("An invitation to work for a merchant.", f"inv_{_TAIL}"),
    "session_id": ("A session of an offering with seats.", f"ses_{_TAIL}"),
    "identity_id": ("A way to sign in.", "idn_0f3a9c2e7b1d4f6a8c0e2b4d6f8a1c3e"),
    "provider": ("An OpenID provider, by the name that the operator gave it.", "corp"),
    "resource_id": ("A room or a thing of the shop.", f"res_{_TAIL}"),
    "booking_id": ("A booking.", f"bkg_{_TAIL}"),
    "queue_id": ("A queue of the shop.", f"que_{_TAIL}"),
    "wait_id": ("A wait for a time.", f"wai_{_TAIL}"),
    "ticket_id": ("A number in a queue.", f"tkt_{_TAIL}_20300501_12"),
    "calendar_id": ("A calendar from elsewhere.", f"cal_{_TAIL}"),
    "token": ("The secret part of a feed's address.", f"cfd_{_TAIL}.{_TAIL}"),
    "outreach_id": ("A text to many customers.", f"otr_{_TAIL}"),
    "order_id": ("An order.", f"ord_{_TAIL}"),
    "document": ("`terms` or `privacy`.", "privacy"),
    "purpose": ("`terms`, `privacy`, `marketing`, `personalisation` or `history`.", "marketing"),
    "export_id": ("A copy of what is known of somebody.", f"exp_{_TAIL}"),
    "line_id": ("A line of the order.", f"lin_{_TAIL}"),
    "payment_id": ("A payment of the order.", f"pay_{_TAIL}"),
    "review_id": ("A review.", f"rev_{_TAIL}"),
    "link": ("What the address in a mail ends with.", "Jq3Vd0yX8b1kLw5rT2nZ9aWNjXzAx"),
    "notice_id": ("Something that you were told.", "ntc_5h1w8q2n7v4k9x3c6z0b8d1f2g"),
    "medium_id": ("A photograph or film of a review.", f"med_{_TAIL}"),
    "claim_id": ("A claim.", f"clm_{_TAIL}_{_TAIL}_1"),
    "campaign_id": ("A campaign.", f"cmp_{_TAIL}"),
    "settlement_id": ("A settlement.", "set_20261123_cny"),
    "merchant_id": ("A merchant's account.", f"acc_{_TAIL}"),
    "customer_id": ("A customer's account.", f"acc_{_TAIL}"),
    "address_id": ("An address of yours.", f"adr_{_TAIL}"),
    "refund_id": ("A refund.", f"ref_{_TAIL}"),
    "dispute_id": ("A dispute.", f"dis_{_TAIL}"),
    "payout_id": ("A payout.", f"po_{_TAIL}"),
    "batch_id": ("A batch of payouts for the bank.", f"bat_{_TAIL}"),
    "case_id": ("A difference that somebody looks into.", f"cas_{_TAIL}"),
    "document_id": ("An uploaded document.", f"doc_{_TAIL}"),
    "device_id": ("A phone that is pushed to.", f"dev_{_TAIL}"),
    "receipt_key": ("The secret part of the address that a text provider was given.", f"{_TAIL}{_TAIL}"),
    "name_id": ("A blocked name.", f"bln_{_TAIL}"),
    "alert_id": ("Something odd.", f"alr_{_TAIL}"),
    "day": ("A UTC date.", "2026-11-23"),
    "month": ("A calendar month.", "2026-11"),
    "currency": ("ISO 4217 code of a currency.", "CNY"),
    "transaction_id": ("A transaction of the ledger.", f"trx_{_TAIL}"),
}
"""Path parameters: what they name, and an example."""

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Decide by `code`, show `title` and `detail`.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {
            "type": "string",
            "description": "A URI of the kind of problem.",
            "examples": ["urn:linli:problem:busy"],
        },
        "title": {"type": "string", "description": "What it is, in your language."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What you can do, in your language."},
        "code": {"type": "string", "description": "Stable name of the kind of problem.", "examples": ["busy"]},
        "request_id": {"type": "string", "description": "Names the request; say it when you ask for help."},
        "region": {"type": "string", "description": "Where to go on: the region.", "examples": ["eu-central-1"]},
        "api": {
            "type": "string",
            "description": "Where to go on: the API's address there.",
            "examples": ["https://eu.api.example.com/v1"],
        },
        "reason": {
            "type": "string",
            "description": "Why a coupon does not fit, for programs.",
            "examples": ["minimum-not-reached"],
        },
        "coupon_id": {"type": "string", "description": "Which of the coupons does not fit."},
        "errors": {
            "type": "array",
            "description": "The fields at fault.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "examples": ["lines.0.start"]},
                    "message": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
