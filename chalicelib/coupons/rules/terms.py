"""What a coupon takes off, and who bears it."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit.money import fee


class PaidBy(StrEnum):
    """Who bears a coupon's discount."""

    PLATFORM = "platform"
    MERCHANT = "merchant"


@dataclass(frozen=True)
class Terms:
    """What a coupon takes off; frozen on it when it is claimed.

    Attributes:
        currency: of the orders that it fits, and of all amounts here.
        minimum_spend: the least that the lines must cost together, minor units.
        amount_off: minor units; None where `percent_bps` is set.
        percent_bps: basis points of the price; None where `amount_off` is set.
        cap: the most that a percentage takes off, minor units.
    """

    currency: str
    minimum_spend: int = 0
    amount_off: int | None = None
    percent_bps: int | None = None
    cap: int | None = None

    def off(self, price: int) -> int:
        """Return what they take off a price, minor units; never more than the price."""
        if self.amount_off is not None:
            return min(self.amount_off, price)
        part = fee(price, self.percent_bps or 0)
        return min(part, price if self.cap is None else self.cap)
