"""Campaigns: coupons that people can claim."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.coupons.rules.terms import PaidBy, Terms
from chalicelib.kit.errors import invalid


@dataclass(frozen=True)
class CampaignDraft:
    """What is said to open a campaign; see `Campaign` for the fields."""

    title: str
    terms: Terms
    number: int
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class Campaign(CampaignDraft):
    """Coupons that people can claim, one each.

    Attributes:
        id: `cmp_...`.
        shop_id: where its coupons are good; None: in every shop, paid by the platform.
        title: what customers read.
        number: how many coupons there are.
        claimed: how many of them are taken.
        valid_from, valid_until: when its coupons can be claimed and used.
    """

    id: str = ""
    shop_id: str | None = None
    claimed: int = 0
    created_at: datetime = field(kw_only=True)

    @property
    def paid_by(self) -> PaidBy:
        """Who bears the discount."""
        return PaidBy.PLATFORM if self.shop_id is None else PaidBy.MERCHANT


def opened(
    draft: CampaignDraft, campaign_id: str, shop_id: str | None, shop_currency: str | None, now: datetime
) -> Campaign:
    """Return a new campaign.

    Raises:
        Invalid: the terms make no sense; names the field.
    """
    terms = draft.terms
    if (terms.amount_off is None) == (terms.percent_bps is None):
        raise invalid("terms", "say either amount_off or percent_bps")
    if terms.cap is not None and terms.percent_bps is None:
        raise invalid("terms.cap", "only a percentage has a cap")
    if shop_currency is not None and terms.currency != shop_currency:
        raise invalid("terms.currency", f"the shop sells in {shop_currency}")
    if draft.valid_until <= max(draft.valid_from, now):
        raise invalid("valid_until", "must lie after valid_from and in the future")
    return Campaign(
        title=draft.title,
        terms=terms,
        number=draft.number,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        id=campaign_id,
        shop_id=shop_id,
        created_at=now,
    )


def claimable_spans(campaigns: Iterable[Campaign], now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return from when until when any of some campaigns has coupons to claim, in order, those that meet as one."""
    spans: list[tuple[datetime, datetime]] = []
    for one in sorted(campaigns, key=lambda campaign: campaign.valid_from):
        if one.valid_until <= now or one.claimed >= one.number:
            continue
        if spans and one.valid_from <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], one.valid_until)
        else:
            spans.append((one.valid_from, one.valid_until))
    return tuple(spans)
