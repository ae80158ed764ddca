"""Claiming coupons over HTTP."""

from chalicelib import wiring
from chalicelib.coupons import rules, schemas, use_cases
from chalicelib.coupons.routes.blueprint import bp
from chalicelib.coupons.rules.problems import CodeUsed, ScanOver, ScanUsedUp, TooManyTries, WrongCode
from chalicelib.kit.auth import Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, NotFound, invalid
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.risk.ports import Frozen

CLAIMING = (
    NotFound, rules.CampaignNotOpen, rules.SoldOut, rules.OtherwiseClaimed, rules.DeviceLimit, rules.DeviceUnknown,
    Frozen, NotAvailable, Busy,
)  # fmt: skip
"""What any claim may be refused with."""


@endpoint(
    bp, "POST", "/v1/campaigns/{campaign_id}/claims", summary="Claim a coupon", tag="coupons",
    needs=Permission.COUPON_OWN,
    returns=schemas.Coupon, status=201, idempotent=True,
    errors=(*CLAIMING, rules.PersonLimit),
)  # fmt: skip
def claim(call: Call, campaign_id: str) -> schemas.Coupon:
    now = wiring.clock().now()
    once = call.once(lambda coupon: schemas.Coupon.of(coupon, now))
    return schemas.Coupon.of(use_cases.claim(wiring.claiming(), call.actor, campaign_id, once), now)


@endpoint(
    bp, "POST", "/v1/me/coupons", summary="Claim a coupon with a code, or with what was scanned at the shop",
    tag="coupons",
    needs=Permission.COUPON_OWN, body=schemas.ProofIn, returns=schemas.Coupon, status=201, idempotent=True,
    errors=(*CLAIMING, rules.PersonLimit, WrongCode, CodeUsed, TooManyTries, ScanOver, ScanUsedUp),
)  # fmt: skip
def claim_with(call: Call) -> schemas.Coupon:
    now, ports, body = wiring.clock().now(), wiring.claiming(), call.body
    once = call.once(lambda coupon: schemas.Coupon.of(coupon, now))
    if (body.code is None) == (body.scanned is None):
        raise invalid("code", "say either a code or what was scanned")
    if body.code is not None:
        return schemas.Coupon.of(use_cases.redeem_code(ports, call.actor, body.code, call.source_ip, once), now)
    return schemas.Coupon.of(use_cases.claim_scanned(ports, call.actor, body.scanned, once), now)


@endpoint(
    bp, "GET", "/v1/me/coupons", summary="My coupons, the last claimed first", tag="coupons",
    needs=Permission.COUPON_OWN,
    query=PageQuery, returns=schemas.Coupons,
)  # fmt: skip
def mine(call: Call) -> schemas.Coupons:
    scope, cursors = f"coupons|{call.actor.account_id}", wiring.cursors()
    page = use_cases.mine(wiring.coupons(), call.actor, cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Coupons.of(page, cursors.pack(scope, page.next), wiring.clock().now())
