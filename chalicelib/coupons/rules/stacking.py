"""Several coupons on one order, and the best of those that a customer has. No I/O.

A coupon goes together with others only when its terms name what it stacks as, with at most one of each name and at most
`MOST_TOGETHER` in all. They are applied one after the other, each to what those before have left: those of the shop
before those that the platform opened, so that the merchant's own price is what the platform adds to; of each those that
take an amount off before percentages, which keeps a percentage from being taken of money that nobody pays; then by the
name that they stack as, of which each is there once: which of two coupons with the same terms is used changes nothing.
A least to spend counts what is left at that point.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.coupons.rules.coupon import Coupon
from chalicelib.coupons.rules.fitting import Part, Purchase, amounts, misfit, takes
from chalicelib.coupons.rules.problems import CouponDoesNotFit, Misfit

MOST_TOGETHER = 3  # on one order; with `MOST_LOOKED_AT` it bounds the search to 20,875 combinations
MOST_LOOKED_AT = 50  # coupons among which the best are looked for


@dataclass(frozen=True)
class Taken:
    """What one coupon of several takes off, by line."""

    coupon: Coupon
    parts: Mapping[str, Part]

    @property
    def amount(self) -> int:
        """All that it takes off, minor units."""
        return sum(part.amount for part in self.parts.values())


@dataclass(frozen=True)
class Best:
    """The coupons that save the most together, and why each other is not among them."""

    taken: tuple[Taken, ...]
    left_out: Mapping[str, Misfit]


def in_turn(coupons: Iterable[Coupon]) -> list[Coupon]:
    """Return coupons in the order in which they are applied."""

    def place(one: Coupon) -> tuple[bool, bool, str, str]:
        return one.shop_id is None, one.terms.percent_bps is not None, one.terms.stacks_as or "", one.id

    return sorted(coupons, key=place)


def together(coupons: Sequence[Coupon], purchase: Purchase) -> tuple[Taken, ...]:
    """Return what some coupons take off an order, in the order in which they are applied.

    Raises:
        CouponDoesNotFit: one of them does not, or they do not go together; says which and why.
    """
    for number, one in enumerate(coupons):
        wrong = _clash(one, coupons[:number])
        if wrong is not None:
            raise CouponDoesNotFit(wrong, one.id)
    left, taken = purchase.prices, []
    for one in in_turn(coupons):
        parts = takes(one, purchase, left)
        taken.append(Taken(one, parts))
        left = {line: rest - (parts[line].amount if line in parts else 0) for line, rest in left.items()}
    return tuple(taken)


def _clash(coupon: Coupon, others: Sequence[Coupon]) -> Misfit | None:
    """Return why a coupon does not go with others."""
    if not others:
        return None
    stacks_as = [one.terms.stacks_as for one in others]
    if coupon.terms.stacks_as is None or None in stacks_as or len(others) >= MOST_TOGETHER:
        return Misfit.ALONE
    return Misfit.SAME_CLASS if coupon.terms.stacks_as in stacks_as else None


def best(coupons: Sequence[Coupon], purchase: Purchase) -> Best:
    """Return the combination that takes the most off; of several that do the one of the fewest coupons, and of coupons
    with the same terms the one that ends first. Of more than `MOST_LOOKED_AT` those that take the most by themselves.

    Exact: what a coupon takes off never grows when less is left, so what it takes alone bounds what it adds to any
    combination, and only combinations that cannot beat the best so far are left out of the search.
    """
    wrong: dict[str, Misfit] = {}
    alone: dict[str, int] = {}
    for one in coupons:
        parts = misfit(one, purchase) or amounts(one, purchase, purchase.prices)
        if isinstance(parts, Misfit):
            wrong[one.id] = parts
        else:
            alone[one.id] = sum(parts.values())
    good = [one for one in in_turn(coupons) if one.id in alone]
    considered = sorted(_distinct(good), key=lambda one: -alone[one.id])[:MOST_LOOKED_AT]
    found = _Search(in_turn(considered), alone, purchase).run()
    taken = together(found, purchase)
    ids = {one.coupon.id for one in taken}
    for one in good:
        if one.id not in ids:
            wrong[one.id] = _why_not(one, taken, purchase)
    return Best(taken, wrong)


def _distinct(coupons: Iterable[Coupon]) -> list[Coupon]:
    """Leave out coupons that do the same as one that ends before them; they would not go together."""
    first: dict[object, Coupon] = {}
    for one in coupons:
        same = (one.terms, one.shop_id, one.platform_bps, one.terms.stacks_as)
        known = first.get(same)
        if known is None or (one.valid_until, one.id) < (known.valid_until, known.id):
            first[same] = one
    return in_turn(first.values())


def _why_not(coupon: Coupon, taken: Sequence[Taken], purchase: Purchase) -> Misfit:
    """Return why a coupon that would fit by itself is not used beside the best."""
    chosen = [one.coupon for one in taken]
    if len(chosen) == MOST_TOGETHER and coupon.terms.stacks_as is not None:
        return Misfit.LESS
    wrong = _clash(coupon, chosen)
    if wrong is not None:
        return wrong
    try:
        together([*chosen, coupon], purchase)
    except CouponDoesNotFit as error:
        return error.misfit if error.coupon_id == coupon.id else Misfit.LESS
    return Misfit.LESS


@dataclass
class _Search:
    """Looks through combinations by their number of coupons, so that of equals the smallest is found first.

    Attributes:
        coupons: those that fit by themselves, in the order in which they are applied.
        alone: what each takes off by itself.
        purchase: the order.
        most, chosen: the most found yet, and of which coupons.
    """

    coupons: Sequence[Coupon]
    alone: Mapping[str, int]
    purchase: Purchase
    most: int = 0
    chosen: tuple[Coupon, ...] = ()
    _ahead: list[list[int]] = field(default_factory=list)

    def run(self) -> tuple[Coupon, ...]:
        for one in self.coupons:
            if self.alone[one.id] > self.most:
                self.most, self.chosen = self.alone[one.id], (one,)
        self.coupons = [one for one in self.coupons if one.terms.stacks_as is not None]
        self._ahead = [self._bounds(start) for start in range(len(self.coupons) + 1)]
        for size in range(2, MOST_TOGETHER + 1):
            self._add(0, size, (), self.purchase.prices, 0)
        return self.chosen

    def _bounds(self, start: int) -> list[int]:
        """The most that 0, 1, 2, ... more coupons can take off, from one on: one of each name."""
        by_name: dict[str | None, int] = {}
        for one in self.coupons[start:]:
            by_name[one.terms.stacks_as] = max(by_name.get(one.terms.stacks_as, 0), self.alone[one.id])
        sums = [0]
        for amount in sorted(by_name.values(), reverse=True)[:MOST_TOGETHER]:
            sums.append(sums[-1] + amount)
        return sums + [sums[-1]] * (MOST_TOGETHER + 1 - len(sums))

    def _add(self, start: int, size: int, picked: tuple[Coupon, ...], left: Mapping[str, int], got: int) -> None:
        if len(picked) == size:
            if got > self.most:
                self.most, self.chosen = got, picked
            return
        names = {one.terms.stacks_as for one in picked}
        for place in range(start, len(self.coupons)):
            if got + self._ahead[place][size - len(picked)] <= self.most:
                return  # from here on less and less can be added
            one = self.coupons[place]
            if one.terms.stacks_as in names:
                continue
            off = amounts(one, self.purchase, left)
            if isinstance(off, Misfit):
                continue
            rest = {line: amount - off.get(line, 0) for line, amount in left.items()}
            self._add(place + 1, size, (*picked, one), rest, got + sum(off.values()))
