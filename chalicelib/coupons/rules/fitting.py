"""What a coupon takes off which lines of an order, and why it does not fit. No I/O.

Rounding, all in minor units and exact: what a coupon takes off an order is rounded down so that what is left can be
paid in the currency, and split over the lines that it is for by largest remainder, in proportion to what is left of
each. Of that the platform bears its basis points, rounded half up once for the whole order and split over the lines
likewise; the merchant bears the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.coupons.rules.coupon import Coupon
from chalicelib.coupons.rules.problems import Misfit, does_not_fit
from chalicelib.coupons.rules.terms import ALL, Conditions, FirstOf
from chalicelib.kit.money import fee, payable_step, split


@dataclass(frozen=True)
class Item:
    """One line of an order as coupons see it.

    Attributes:
        id: of the line.
        price: of all of it, minor units.
        offering_id: what is bought.
        starts_at: when the visit is; None where it is at no time.
    """

    id: str
    price: int
    offering_id: str | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True)
class Purchase:
    """What a customer buys at once in one shop, as coupons see it.

    Attributes:
        shop_id, currency, items: of the order.
        at: when it is bought.
        categories: of the shop.
        zone: of the shop's clock, IANA.
        first_of: whose first order it is.
        in_use: for whose first order the customer uses a coupon in another order already.
        customer_since: when the customer's account was opened; None where nobody knows.
        joined: the campaigns that the shop takes part in with its own money.
        works_there: the customer works for who sells: nothing of the platform's money is for them.
    """

    shop_id: str
    currency: str
    items: tuple[Item, ...]
    at: datetime
    categories: tuple[str, ...] = ()
    zone: str = "UTC"
    first_of: frozenset[FirstOf] = frozenset()
    in_use: frozenset[FirstOf] = frozenset()
    customer_since: datetime | None = None
    joined: frozenset[str] = frozenset()
    works_there: bool = False

    @property
    def prices(self) -> dict[str, int]:
        """What each line costs, minor units."""
        return {item.id: item.price for item in self.items}


@dataclass(frozen=True)
class Part:
    """What a coupon takes off one line, minor units, and what of that the platform bears."""

    coupon_id: str
    amount: int
    platform: int = 0

    @property
    def merchant(self) -> int:
        """What the merchant bears."""
        return self.amount - self.platform


def misfit(coupon: Coupon, purchase: Purchase) -> Misfit | None:
    """Return why a coupon is not for an order whatever its prices; None where it is."""
    wrong = _of_shop(coupon, purchase)
    if wrong is not None:
        return wrong
    if coupon.terms.currency != purchase.currency:
        return Misfit.OTHER_CURRENCY
    conditions = coupon.terms.conditions
    if not any(_is_for(conditions, item, purchase.zone) for item in purchase.items):
        return Misfit.NO_LINE
    return _of_customer(conditions, purchase)


def _of_shop(coupon: Coupon, purchase: Purchase) -> Misfit | None:
    conditions = coupon.terms.conditions
    is_elsewhere = conditions.shop_ids and purchase.shop_id not in conditions.shop_ids
    if coupon.shop_id not in {None, purchase.shop_id} or is_elsewhere:
        return Misfit.OTHER_SHOP
    if conditions.categories and not set(conditions.categories) & set(purchase.categories):
        return Misfit.OTHER_CATEGORY
    if wants_shops(coupon) and coupon.campaign_id not in purchase.joined:
        return Misfit.NOT_JOINED
    return Misfit.WORKS_THERE if purchase.works_there and coupon.platform_bps else None


def wants_shops(coupon: Coupon) -> bool:
    """Whether a coupon is good only in shops that joined its campaign; see `Campaign.wants_shops`."""
    return coupon.shop_id is None and coupon.platform_bps < ALL


def _of_customer(conditions: Conditions, purchase: Purchase) -> Misfit | None:
    if conditions.first_of is not None and conditions.first_of not in purchase.first_of:
        return Misfit.NOT_FIRST
    if conditions.first_of is not None and conditions.first_of in purchase.in_use:
        return Misfit.FIRST_ELSEWHERE
    if conditions.new_for_days is not None:
        limit = timedelta(days=conditions.new_for_days)
        if purchase.customer_since is None or purchase.at - purchase.customer_since > limit:
            return Misfit.NOT_NEW
    return None


def still_for(coupon: Coupon, item: Item, zone: str) -> bool:
    """Return whether a line that a coupon was used for is still one that it is for: it may have become another."""
    return _is_for(coupon.terms.conditions, item, zone)


def _is_for(conditions: Conditions, item: Item, zone: str) -> bool:
    """Whether a line is one that a coupon is for."""
    if conditions.offering_ids and item.offering_id not in conditions.offering_ids:
        return False
    if not conditions.asks_for_time:
        return True
    if item.starts_at is None:
        return False
    local = item.starts_at.astimezone(ZoneInfo(zone))
    if conditions.weekdays and local.isoweekday() not in conditions.weekdays:
        return False
    since, until, at = conditions.from_time, conditions.until_time, local.time()
    if since is None or until is None:
        return True
    return since <= at < until if since < until else at >= since or at < until


def takes(coupon: Coupon, purchase: Purchase, left: Mapping[str, int]) -> dict[str, Part]:
    """Return what a coupon takes off each line of which `left` is left, minor units; lines that it leaves alone are not
    among them.

    Raises:
        CouponDoesNotFit: says why.
    """
    wrong = misfit(coupon, purchase)
    if wrong is not None:
        raise does_not_fit(wrong, coupon.id)
    parts = amounts(coupon, purchase, left)
    if isinstance(parts, Misfit):
        raise does_not_fit(parts, coupon.id)
    off = sum(parts.values())
    shares = split(fee(off, coupon.platform_bps), list(parts.values()))
    made = zip(parts.items(), shares, strict=True)
    return {line: Part(coupon.id, amount, platform) for (line, amount), platform in made if amount}


def amounts(coupon: Coupon, purchase: Purchase, left: Mapping[str, int]) -> dict[str, int] | Misfit:
    """Return what a coupon that is for an order takes off its lines, minor units, or why it takes nothing."""
    terms, step = coupon.terms, payable_step(purchase.currency)
    lines = [item.id for item in purchase.items if _is_for(terms.conditions, item, purchase.zone)]
    price = sum(left[line] for line in lines)
    if price < terms.least:
        return Misfit.MINIMUM
    most = [left[line] // step for line in lines]
    whole = min(terms.off(price) // step, sum(most))
    if not whole:
        return Misfit.NOTHING
    return {line: part * step for line, part in zip(lines, split(whole, most), strict=True)}
