"""Campaigns: coupons that people can claim."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.coupons.rules.limits import Access, Limits, bucket_count, purse_count
from chalicelib.coupons.rules.problems import NotToJoin
from chalicelib.coupons.rules.terms import ALL, PaidBy, Terms, check
from chalicelib.kit.errors import invalid


@dataclass(frozen=True)
class CampaignDraft:
    """What is said to open a campaign; see `Campaign` for the fields."""

    title: str
    terms: Terms
    number: int | None
    valid_from: datetime
    valid_until: datetime
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Campaign(CampaignDraft):
    """Coupons that people can claim.

    Attributes:
        id: `cmp_...`.
        shop_id: where its coupons are good; None: in every shop, or where the merchant pays a part in every shop that
            joined; opened by the platform.
        title: what customers read.
        number: how many coupons there are; None: as many as are asked for, until the money is spent.
        claimed: how many are taken; None where it has several buckets, and whoever read it has not counted them.
        valid_from, valid_until: when its coupons can be claimed and used.
        buckets: into how many rows the number is split; with one it is counted on the campaign's own.
        empty: those of several buckets that have no coupon left; nothing is ever put back into one.
        purses: into how many rows `limits.money` is split; 0 where there is none.
        money_left: what its coupons can still take off together; None where that has no limit, or whoever read it has
            not looked.
    """

    id: str = ""
    shop_id: str | None = None
    claimed: int | None = 0
    buckets: int = 1
    empty: frozenset[int] = frozenset()
    purses: int = 0
    money_left: int | None = None
    created_at: datetime = field(kw_only=True)

    @property
    def paid_by(self) -> PaidBy:
        """Who bears the discount."""
        return PaidBy.of(self.platform_bps)

    @property
    def platform_bps(self) -> int:
        """So much of the discount is borne by the platform, basis points."""
        if self.terms.platform_bps is None:
            return ALL if self.shop_id is None else 0
        return self.terms.platform_bps

    @property
    def wants_shops(self) -> bool:
        """Whether shops take part only when they join: the platform spends nobody else's money."""
        return self.shop_id is None and self.platform_bps < ALL

    @property
    def is_sold_out(self) -> bool:
        """Whether no coupon is left. Its own row tells, exactly."""
        if self.number is None:
            return False
        return len(self.empty) == self.buckets if self.buckets > 1 else (self.claimed or 0) >= self.number

    @property
    def left(self) -> int | None:
        """How many can still be claimed; None where that has no limit, or `claimed` does not tell."""
        return None if self.number is None or self.claimed is None else self.number - self.claimed


def opened(
    draft: CampaignDraft, campaign_id: str, shop_id: str | None, shop_currency: str | None, now: datetime
) -> Campaign:
    """Return a new campaign.

    Raises:
        Invalid: the terms make no sense; names the field.
    """
    terms = draft.terms
    check(terms, of_shop=shop_id is not None)
    if terms.platform_bps is None:
        terms = replace(terms, platform_bps=ALL if shop_id is None else 0)
    if shop_currency is not None and terms.currency != shop_currency:
        raise invalid("terms.currency", f"the shop sells in {shop_currency}")
    limits, largest = draft.limits, terms.largest
    limits.check(draft.number, largest)
    if limits.access == Access.SCAN and shop_id is None:
        raise invalid("limits.access", "only what is a shop's is scanned there")
    if draft.valid_until <= max(draft.valid_from, now):
        raise invalid("valid_until", "must lie after valid_from and in the future")
    return Campaign(
        title=draft.title,
        terms=terms,
        number=draft.number,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        limits=limits,
        buckets=bucket_count(draft.number, limits.rush),
        purses=purse_count(limits.money, draft.number, limits.rush, largest),
        money_left=limits.money,
        id=campaign_id,
        shop_id=shop_id,
        created_at=now,
    )


def check_joins(campaign: Campaign, shop_id: str, currency: str, now: datetime) -> None:
    """Let a shop pass that can take part in a campaign; see `Campaign.wants_shops`.

    Raises:
        NotToJoin: it has nothing to join, or may not.
    """
    named = campaign.terms.conditions.shop_ids
    is_for_it = campaign.wants_shops and campaign.terms.currency == currency and (not named or shop_id in named)
    if not is_for_it or campaign.valid_until <= now:
        raise NotToJoin


def claimable_spans(campaigns: Iterable[Campaign], now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return from when until when any of some campaigns has coupons to claim, in order, those that meet as one."""
    spans: list[tuple[datetime, datetime]] = []
    for one in sorted(campaigns, key=lambda campaign: campaign.valid_from):
        if one.valid_until <= now or one.is_sold_out:
            continue
        if spans and one.valid_from <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], one.valid_until)
        else:
            spans.append((one.valid_from, one.valid_until))
    return tuple(spans)
