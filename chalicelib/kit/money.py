"""Money: whole minor units of one ISO 4217 currency; never a float."""

from collections.abc import Sequence
from dataclasses import dataclass

# ISO 4217 table A.1: currencies whose minor unit is not 1/100.
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


# Of these nobody pays single minor units: the networks take three-decimal currencies in tens, the ariary in whole ones
# (docs.stripe.com/currencies: three-decimal and zero-decimal currencies).
_STEPS = {**dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10), "MGA": 100}


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units (fen, cents, yen) and its currency."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount


def exponent(currency: str) -> int:
    """Return how many decimal places the currency's minor unit has."""
    return _EXPONENTS.get(currency, 2)


def payable_step(currency: str) -> int:
    """Return the minor units that whatever people pay, or get back, must be a multiple of."""
    return _STEPS.get(currency, 1)


def fee(amount: int, bps: int) -> int:
    """Return `bps` basis points of a non-negative `amount`, half up, in minor units."""
    return (amount * bps + 5000) // 10000


def tax_within(amount: int, bps: int) -> int:
    """Return the tax of `bps` basis points that is in a non-negative `amount` already, half up, in minor units."""
    whole = 10_000 + bps
    return (2 * amount * bps + whole) // (2 * whole)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` by non-negative `weights`: parts are whole, add up exactly, and differ from their share by
    less than one unit (largest remainder; ties go to the earlier part).

    Raises:
        ValueError: no weight is positive.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("a split needs weights that are not negative, and one above zero")
    shares = [divmod(amount * weight, total) for weight in weights]
    left = amount - sum(whole for whole, _ in shares)
    winners = set(sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))[:left])
    return [whole + (i in winners) for i, (whole, _) in enumerate(shares)]
