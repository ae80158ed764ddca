"""Campaigns over HTTP."""

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.coupons import rules, schemas, use_cases
from chalicelib.coupons.routes.blueprint import bp
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery


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
    bp, "POST", "/v1/admin/campaigns", tag="coupons",
    summary="Open a campaign for all shops, or some, of which the platform pays all or a part",
    needs=Permission.CAMPAIGN_MANAGE, body=schemas.CampaignIn, returns=schemas.Campaign, status=201, idempotent=True,
    errors=(Busy,),
)  # fmt: skip
def open_of_platform(call: Call) -> schemas.Campaign:
    once = call.once(schemas.Campaign.of)
    draft, why = call.body.draft(), Why("", call.source_ip)
    return schemas.Campaign.of(use_cases.open_campaign(wiring.coupons(), call.actor, None, draft, once, why))


@endpoint(
    bp, "GET", "/v1/campaigns/{campaign_id}", summary="A campaign", tag="coupons",
    needs=PUBLIC, returns=schemas.Campaign, errors=(NotFound,),
)  # fmt: skip
def campaign(_call: Call, campaign_id: str) -> schemas.Campaign:
    return schemas.Campaign.of(use_cases.campaign(wiring.coupons(), campaign_id))


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/campaigns/{campaign_id}/join",
    summary="Take part in a campaign of the platform of which the shop pays its part", tag="coupons",
    needs=Permission.COUPON_MANAGE, returns=schemas.Joined, status=201, idempotent=True,
    errors=(NotFound, rules.NotToJoin, Busy),
)  # fmt: skip
def join(call: Call, shop_id: str, campaign_id: str) -> schemas.Joined:
    once, why = call.once(schemas.Joined.of), Why("", call.source_ip)
    return schemas.Joined.of(use_cases.join(wiring.coupons(), call.actor, shop_id, campaign_id, why, once))
