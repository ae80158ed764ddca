"""What of a coupon's discount the lines of an order still earn after others went, or became something else. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.coupons.rules.coupon import Coupon
from chalicelib.coupons.rules.fitting import Item, still_for
from chalicelib.kit.money import payable_step

_ALL = 10_000  # basis points


@dataclass(frozen=True)
class Earned:
    """What a coupon's terms give for some lines, minor units.

    Attributes:
        most: of all of them together: nothing where they cost less than the least to spend.
        of_line: of each by itself; nothing of one that the coupon is not for.
    """

    most: int
    of_line: Mapping[str, int]


@dataclass(frozen=True)
class Applied:
    """A coupon that an order has used.

    Attributes:
        coupon: as it stands; its terms are as they were when it was claimed.
        zone: of the shop's clock, IANA; any where the coupon does not ask for the time.
    """

    coupon: Coupon
    zone: str

    def earns(
        self, items: Sequence[Item], left: Mapping[str, int], currency: str, anyway: Collection[str] = ()
    ) -> Earned:
        """Return what the coupon gives for lines of which `left` is left by those before it, minor units; lines that
        are there `anyway` count whatever they are. For lines that stay as they were this is never less than they had,
        as long as the least to spend is reached: rounding a percentage may have given a line a step more.
        """
        terms, step = self.coupon.terms, payable_step(currency)
        ours = [one for one in items if one.id in anyway or still_for(self.coupon, one, self.zone)]
        price = sum(left[one.id] for one in ours)
        off = terms.off(price) if terms.tiers else price
        of_line = dict.fromkeys((one.id for one in items), 0)
        for one in ours:
            of_line[one.id] = left[one.id]
            if terms.percent_bps is not None:
                of_line[one.id] = -(-left[one.id] * terms.percent_bps // (_ALL * step)) * step
        return Earned(0 if price < terms.least else off // step * step, of_line)
