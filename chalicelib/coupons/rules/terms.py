"""What a coupon takes off, of what, with which others, and who bears it; frozen on it when it is claimed."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from chalicelib.kit.errors import Invalid, invalid
from chalicelib.kit.money import fee

ALL = 10_000  # basis points


class PaidBy(StrEnum):
    """Who bears a coupon's discount."""

    PLATFORM = "platform"
    MERCHANT = "merchant"
    SHARED = "shared"

    @staticmethod
    def of(platform_bps: int) -> "PaidBy":
        """Return who bears it where the platform has so many basis points of it."""
        if platform_bps in {0, ALL}:
            return PaidBy.PLATFORM if platform_bps else PaidBy.MERCHANT
        return PaidBy.SHARED


class FirstOf(StrEnum):
    """Whose first order a customer's order has to be."""

    PLATFORM = "platform"
    SHOP = "shop"


class Returned(StrEnum):
    """Whether a used coupon comes back when all of its order is called off. What the shop calls off, and an order that
    was never paid, give it back always.
    """

    IN_TIME = "in_time"  # when the customer cancels while that costs nothing
    ALWAYS = "always"
    NEVER = "never"


class Ending(StrEnum):
    """How an order came to an end of which nothing was delivered."""

    UNPAID = "unpaid"  # let go, run out, or paid too late
    BY_SHOP = "by_shop"
    IN_TIME = "in_time"  # by the customer, at no cost
    LATE = "late"  # by the customer, and something was kept, or would have been


@dataclass(frozen=True)
class Tier:
    """One step of spend and save: from `spend` on `off` is taken off; minor units."""

    spend: int
    off: int


@dataclass(frozen=True)
class Conditions:
    """Which orders, and which of their lines, a coupon is for. What is empty or None asks for nothing.

    Attributes:
        shop_ids: in one of these shops.
        categories: in a shop that has one of these.
        offering_ids: for lines of one of these.
        weekdays: for visits on these days of the shop's week, 1 (Monday) to 7.
        from_time, until_time: for visits that begin in between by the shop's clock, the end excluded; past midnight
            where the end is not after the beginning. Both or none.
        first_of: for the customer's first order there.
        new_for_days: for customers whose account is at most so many days old.
    """

    shop_ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    offering_ids: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_time: time | None = None
    until_time: time | None = None
    first_of: FirstOf | None = None
    new_for_days: int | None = None

    @property
    def asks_for_time(self) -> bool:
        """Whether it depends on when the visit is."""
        return bool(self.weekdays) or self.from_time is not None


@dataclass(frozen=True)
class Terms:
    """What a coupon takes off: one of `amount_off`, `percent_bps` and `tiers`.

    Attributes:
        currency: of the orders that it fits, and of all amounts here.
        minimum_spend: the least that the lines that it is for must cost together, minor units.
        amount_off: minor units.
        percent_bps: basis points of the price.
        cap: the most that a percentage takes off, minor units.
        tiers: spend and save, the lowest first; the highest that is reached counts.
        conditions: what it is for.
        stacks_as: it goes together with coupons of other names, one of each; None: with no other.
        returned: whether it comes back when the order is called off.
        platform_bps: so much of the discount is borne by the platform, the rest by the merchant; None in what was
            written before discounts were shared, see `Coupon.platform_bps`.
    """

    currency: str
    minimum_spend: int = 0
    amount_off: int | None = None
    percent_bps: int | None = None
    cap: int | None = None
    tiers: tuple[Tier, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)
    stacks_as: str | None = None
    returned: Returned = Returned.IN_TIME
    platform_bps: int | None = None

    @property
    def least(self) -> int:
        """The least to spend, minor units."""
        return max(self.minimum_spend, self.tiers[0].spend if self.tiers else 0)

    @property
    def largest(self) -> int | None:
        """The most that they take off one order, minor units; None where that grows with the price."""
        return self.tiers[-1].off if self.tiers else self.amount_off or self.cap

    def off(self, price: int) -> int:
        """Return what they take off a price, minor units; never more than the price, and of a higher price never
        less.
        """
        if self.tiers:
            return min(price, max((tier.off for tier in self.tiers if tier.spend <= price), default=0))
        if self.amount_off is not None:
            return min(self.amount_off, price)
        part = fee(price, self.percent_bps or 0)
        return min(part, price if self.cap is None else self.cap)


def comes_back(terms: Terms, ending: Ending) -> bool:
    """Return whether a coupon comes back when its order ends so; see `Returned`."""
    if ending in {Ending.UNPAID, Ending.BY_SHOP} or terms.returned == Returned.ALWAYS:
        return True
    return ending == Ending.IN_TIME and terms.returned == Returned.IN_TIME


def check(terms: Terms, *, of_shop: bool) -> None:
    """Let terms pass that make sense.

    Raises:
        Invalid: they do not, or a shop's say what only the platform's can; names the field.
    """
    wrong = _of_amount(terms) or _of_tiers(terms.tiers) or _of_conditions(terms.conditions)
    if wrong is None and of_shop:
        wrong = _of_shop(terms)
    if wrong is not None:
        raise wrong


def _of_amount(terms: Terms) -> Invalid | None:
    said = [terms.amount_off is not None, terms.percent_bps is not None, bool(terms.tiers)]
    if sum(said) != 1:
        return invalid("terms", "say one of amount_off, percent_bps and tiers")
    if terms.cap is not None and terms.percent_bps is None:
        return invalid("terms.cap", "only a percentage has a cap")
    return None


def _of_tiers(tiers: tuple[Tier, ...]) -> Invalid | None:
    for number, tier in enumerate(tiers):
        if tier.off > tier.spend:
            return invalid(f"terms.tiers.{number}.off", "must not be more than what is spent")
        if number and not (tiers[number - 1].spend < tier.spend and tiers[number - 1].off < tier.off):
            return invalid(f"terms.tiers.{number}", "must ask for more and take off more than the one before")
    return None


def _of_conditions(conditions: Conditions) -> Invalid | None:
    if (conditions.from_time is None) != (conditions.until_time is None):
        return invalid("terms.conditions.from_time", "say both from_time and until_time, or neither")
    if conditions.from_time is not None and conditions.from_time == conditions.until_time:
        return invalid("terms.conditions.until_time", "must differ from from_time")
    return None


def _of_shop(terms: Terms) -> Invalid | None:
    if terms.platform_bps:
        return invalid("terms.platform_bps", "a shop's campaign is paid by the shop alone")
    if terms.conditions.shop_ids or terms.conditions.categories:
        return invalid("terms.conditions", "a shop's campaign is for that shop: name neither shops nor categories")
    return None
