"""A coupon, and the states that it goes through."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.coupons.rules.terms import ALL, PaidBy, Terms
from chalicelib.kit.ids import derived_id


class CouponState(StrEnum):
    """Where a coupon stands."""

    ISSUED = "issued"
    RESERVED = "reserved"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Coupon:
    """One customer's coupon.

    Attributes:
        id: `cpn_...`; follows from campaign and customer, and which of theirs it is: see `coupon_id`.
        shop_id: where it is good; None: in every shop.
        state: as written; see `standing` for what it means now.
        order_id: the order that reserved or used it.
        hold_until: the reservation's end.
        purses: into how many rows the money of its campaign is split; 0 where that has no such budget.
        version: rises with every change.
    """

    id: str
    campaign_id: str
    customer_id: str
    shop_id: str | None
    title: str
    terms: Terms
    paid_by: PaidBy
    valid_from: datetime
    valid_until: datetime
    claimed_at: datetime
    state: CouponState = CouponState.ISSUED
    order_id: str | None = None
    hold_until: datetime | None = None
    version: int = 1
    purses: int = 0

    @property
    def platform_bps(self) -> int:
        """So much of its discount is borne by the platform, basis points."""
        if self.terms.platform_bps is None:
            return ALL if self.paid_by == PaidBy.PLATFORM else 0
        return self.terms.platform_bps

    def is_reserved(self, now: datetime) -> bool:
        """Whether an order holds it at this moment."""
        return self.state == CouponState.RESERVED and self.hold_until is not None and now < self.hold_until

    def standing(self, now: datetime) -> CouponState:
        """Return the state that it is in at this moment: reservations and validity run out by themselves."""
        if self.state in {CouponState.USED, CouponState.EXPIRED} or self.is_reserved(now):
            return self.state
        return CouponState.EXPIRED if self.valid_until <= now else CouponState.ISSUED

    def next(self, state: CouponState, order_id: str | None, hold_until: datetime | None) -> "Coupon":
        """Return its next version."""
        return replace(self, state=state, order_id=order_id, hold_until=hold_until, version=self.version + 1)


def coupon_id(campaign_id: str, customer_id: str, place: int = 0) -> str:
    """Return the id of a customer's coupon of a campaign, the first one at place 0. That it follows from whose it is
    keeps anybody from more than they may have: there are no other ids.
    """
    which = (str(place),) if place else ()
    return derived_id("cpn", campaign_id, customer_id, *which)
