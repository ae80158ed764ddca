"""Coupons over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.coupons import rules, schemas, use_cases
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery

bp = Blueprint(__name__)


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/campaigns", summary="Open a campaign that the shop pays for", tag="coupons",
    needs=Permission.COUPON_MANAGE, body=schemas.CampaignIn, returns=schemas.Campaign, status=201, idempotent=True,
    errors=(NotFound, Busy),
)  # fmt: skip
def open_of_shop(call: Call, shop_id: str) -> schemas.Campaign:
    once = call.once(schemas.Campaign.of)
    draft, why = call.body.draft(), Why("", call.source_ip)
    return schemas.Campaign.of(use_cases.open_campaign(wiring.coupons(), call.actor, shop_id, draft, once, why))


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/campaigns", summary="A shop's campaigns, newest first", tag="coupons",
    needs=PUBLIC, query=PageQuery, returns=schemas.Campaigns,
)  # fmt: skip
def of_shop(call: Call, shop_id: str) -> schemas.Campaigns:
    scope, cursors = f"campaigns|{shop_id}", wiring.cursors()
    page = use_cases.campaigns(wiring.coupons(), shop_id, cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Campaigns.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", "/v1/admin/campaigns", summary="Open a campaign for all shops that the platform pays for",
    tag="coupons",
    needs=Permission.CAMPAIGN_MANAGE, body=schemas.CampaignIn, returns=schemas.Campaign, status=201, idempotent=True,
    errors=(Busy,),
)  # fmt: skip
def open_of_platform(call: Call) -> schemas.Campaign:
    once = call.once(schemas.Campaign.of)
    draft, why = call.body.draft(), Why("", call.source_ip)
    return schemas.Campaign.of(use_cases.open_campaign(wiring.coupons(), call.actor, None, draft, once, why))


@endpoint(
    bp, "POST", "/v1/campaigns/{campaign_id}/claims", summary="Claim a coupon", tag="coupons",
    needs=Permission.COUPON_OWN,
    returns=schemas.Coupon, status=201, idempotent=True,
    errors=(NotFound, rules.CampaignNotOpen, rules.SoldOut, NotAvailable, Busy),
)  # fmt: skip
def claim(call: Call, campaign_id: str) -> schemas.Coupon:
    now = wiring.clock().now()
    once = call.once(lambda coupon: schemas.Coupon.of(coupon, now))
    return schemas.Coupon.of(use_cases.claim(wiring.coupons(), call.actor, campaign_id, once), now)


@endpoint(
    bp, "GET", "/v1/me/coupons", summary="My coupons, the last claimed first", tag="coupons",
    needs=Permission.COUPON_OWN,
    query=PageQuery, returns=schemas.Coupons,
)  # fmt: skip
def mine(call: Call) -> schemas.Coupons:
    scope, cursors = f"coupons|{call.actor.account_id}", wiring.cursors()
    page = use_cases.mine(wiring.coupons(), call.actor, cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Coupons.of(page, cursors.pack(scope, page.next), wiring.clock().now())
