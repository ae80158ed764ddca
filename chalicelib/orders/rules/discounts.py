"""What becomes of an order's discounts when lines of it go or become something else. No I/O.

A coupon was given for what the order was. So its terms hold for what the order still is:

- What the *customer* calls off takes its share of the coupon along. Where what stays no longer reaches the least to
  spend, or only a lower tier, the lines that stay lose what is too much: it is kept of what goes back, as a payment for
  them, and never more than goes back; of a line that is paid at the shop in part it is paid there.
- What the *shop* calls off or changes costs the customer nothing: lines that stay keep their share, and a line that
  becomes cheaper keeps it in proportion, or what the terms give for it now where that is more. Of that the platform
  bears its part of what the terms give, the shop the rest.

Discount that is taken back moves to the lines that go, and as much of what was paid for these to the lines that stay:
so all sums of the order remain what they were.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from chalicelib.coupons.ports import Applied, Earned, Item, Part
from chalicelib.kit.money import fee, payable_step, split
from chalicelib.orders.rules.order import ENDED, Line, LineState, Order
from chalicelib.orders.rules.prices import in_steps

_ALL = 10_000  # basis points
_LOSES = frozenset({LineState.CONFIRMED, LineState.COMPLETED})  # who did not come has nothing cheaper than it should be


def stays(line: Line) -> bool:
    """Whether a line counts to what is spent: it is to come, was delivered, or is paid in full although nobody came."""
    if line.state != LineState.NO_SHOW:
        return line.state in _LOSES
    return line.policy.no_show_fee_bps >= _ALL and line.kept > 0 and not line.at_shop


def _of_shop(line: Line) -> bool:
    """Whether a line went by the shop's doing, now or before."""
    return line.altered and not stays(line)


def item_of(line: Line) -> Item:
    """Return a line as coupons see it."""
    return Item(line.id, line.gross, line.offering_id, line.starts_at)


def after_going(
    before: Sequence[Line], lines: Sequence[Line], turn: int, used: Sequence[Applied], *, by_customer: bool
) -> tuple[Line, ...]:
    """Return an order's lines of which some were called off, or nobody came to, with the discounts that the rest earns.

    Args:
        before, lines: as they were; as they are, but for the discounts.
        turn: the refund that brings back what is not kept of them.
        used: the order's coupons, in the order in which they were applied.
        by_customer: they want it so; what the shop had altered is the shop's doing in any case.
    """
    after = tuple(lines)
    if by_customer:
        for number in range(len(used)):
            after = _taken_back(after, turn, used[: number + 1])
    if any(_of_shop(line) or _as_sold(line) != line for line in after):
        after = shop_bears(after, used)
    return corrected(before, after)


def _taken_back(lines: tuple[Line, ...], turn: int, used: Sequence[Applied]) -> tuple[Line, ...]:
    """Return the lines after those that stay lost what the last of some coupons does not give for them; those that went
    by the shop's doing, now or before, count as if they had stayed, those that it made cheaper as before; nothing is
    kept of what goes back of these.
    """
    coupon_id, counted = used[-1].coupon.id, [_as_sold(line) for line in lines if stays(line) or _of_shop(line)]
    excess = _excess(used, counted)
    could = {line.id: _could_lose(line, coupon_id) for line in lines if line.state in _LOSES}
    if min(excess, sum(could.values())) <= 0:
        return lines
    step = payable_step(lines[0].price.currency)
    loses = _shared(min(excess, sum(could.values())), could, step)
    at_shop = {line.id for line in lines if line.state == LineState.CONFIRMED and line.at_shop}
    own = [line for line in lines if line.refund_round == turn and line.refund and not _of_shop(line)]
    goes_back = {line.id: line.refund for line in _not_at_no_cost(used, counted, own)}
    in_money = {one: part for one, part in loses.items() if one not in at_shop}
    in_money = _shared(min(sum(in_money.values()), sum(goes_back.values())), in_money, step)
    moved = sum(in_money.values())
    after = {line.id: line for line in lines}
    platform = 0
    for one, part in {**loses, **in_money}.items():
        old = after[one]
        after[one] = _lowered(old, coupon_id, _part(old, coupon_id).amount - part)
        if one in in_money:
            after[one] = _paid_more(after[one], old, part)
        after[one] = _added_to_less(after[one], old, coupon_id, could[one] - part)
        platform += old.by_platform - after[one].by_platform if one in in_money else 0
    parts = _shared(moved, goes_back, step)
    platforms = split(min(platform, moved), list(parts.values())) if moved else [0] * len(parts)
    for (one, part), borne in zip(parts.items(), platforms, strict=True):
        after[one] = _gone_with(after[one], Part(coupon_id, part, borne))
    return tuple(after.values())


def _excess(used: Sequence[Applied], counted: Sequence[Line]) -> int:
    """What some lines have of the last of some coupons beyond what its terms give."""
    coupon_id = used[-1].coupon.id
    had = [line for line in counted if _part(line, coupon_id).amount]
    earned = _earned(used, counted, anyway=[line for line in had if line.altered])
    return sum(_part(line, coupon_id).amount for line in had) - earned.most


def _not_at_no_cost(used: Sequence[Applied], counted: Sequence[Line], gone: Sequence[Line]) -> list[Line]:
    """Return the lines of whose money something can be kept: who calls off several at once pays no more for it than who
    first calls off those that can go at no cost, which are left out: of all choices of these that of which most goes
    back.
    """
    first: list[Line] = []
    for number in range(1, len(gone)):
        for some in map(list, combinations(gone, number)):
            staying = [*counted, *(_as_sold(line) for line in gone if line not in some)]
            gains = sum(line.refund for line in some) > sum(line.refund for line in first)
            if gains and _excess(used, staying) <= 0:
                first = some
    return [line for line in gone if line not in first]


def _as_sold(line: Line) -> Line:
    """Return a line that the shop made cheaper at the price that it had."""
    price = max(line.sold_at or 0, line.gross)
    return line if price == line.gross else replace(line, price=replace(line.price, amount=price), quantity=1)


def _could_lose(line: Line, coupon_id: str) -> int:
    """What of a coupon on a line can be taken back: not of what went back already."""
    part = _part(line, coupon_id).amount
    return in_steps(part * line.kept // line.paid if line.paid else part, line)


def _paid_more(line: Line, before: Line, part: int) -> Line:
    """Return a line that lost a part of its discount, for which that much more was paid."""
    return line if line.prepaid is None else replace(line, prepaid=before.paid + part)


def less_taken_back(before: Order, after: Order, used: Sequence[Applied]) -> tuple[Order, int]:
    """Return an order of which a bank gave money again that goes on to the customer with its last refund, because lines
    were called off while the bank had it: less what the lines that stay do not earn of the coupons that were `used`.
    And what still goes on; nothing: there is no such refund.
    """
    coming = [_coming(old, new, after.rounds) for old, new in zip(before.lines, after.lines, strict=True)]
    taken = tuple(coming)
    for number in range(len(used)):
        taken = _taken_back(taken, after.rounds, used[: number + 1])
    lines = [_went_on(old, new, after.rounds) for old, new in zip(after.lines, taken, strict=True)]
    held = corrected(after.lines, shop_bears(lines, used) if any(map(_of_shop, lines)) else lines)
    goes_on = sum(old.missed - one.missed for old, one in zip(before.lines, after.lines, strict=True))
    goes_on -= sum(one.given_back - new.given_back for one, new in zip(after.lines, held, strict=True))
    refunds = after if goes_on else before
    discount = sum(line.discount for line in held)
    return replace(after, lines=held, discount=discount, rounds=refunds.rounds, open=refunds.open), goes_on


def _coming(before: Line, line: Line, turn: int) -> Line:
    """Return a line that was called off as if what goes on of it came by being called off now."""
    part = 0 if stays(line) else before.missed - line.missed
    return replace(line, refund=part, refund_round=turn, given_back=line.given_back - part) if part else line


def _went_on(line: Line, less: Line, turn: int) -> Line:
    """Return a line as it was, of which as much goes on as came by being called off now."""
    part = less.refund if less.refund_round == turn else 0
    return replace(
        less, state=line.state, refund=line.refund, refund_round=line.refund_round, given_back=less.given_back + part
    )


def _added_to_less(line: Line, before: Line, coupon_id: str, left: int) -> Line:
    """Return a line of which some money had gone back, after a coupon lost a part on it and `left` of that can still be
    taken back: the platform adds in proportion to `left`. What went back took its discounts along, and these stay on
    the line: nothing is added for them, though more of the line is kept now.
    """
    could = _could_lose(before, coupon_id)
    if not before.given_back or not line.kept or left == could:
        return line
    for part in before.discounts:
        of, whole = (left, could) if part.coupon_id == coupon_id else (1, 1)
        adds = part.platform * of * before.kept * line.paid // (whole * before.paid * line.kept)
        line = _borne(line, part.coupon_id, min(_part(line, part.coupon_id).platform, adds))
    return line


def _gone_with(line: Line, part: Part) -> Line:
    """Return a line that was called off with more of a coupon: that much less goes back of it."""
    if not part.amount:
        return line
    old = _part(line, part.coupon_id)
    both = Part(part.coupon_id, old.amount + part.amount, old.platform + part.platform)
    parts = tuple(both if one == old else one for one in line.discounts) if old.amount else (*line.discounts, both)
    prepaid, refund = line.paid - part.amount, line.refund - part.amount
    line = replace(line, discounts=parts, refund=refund, prepaid=None if line.prepaid is None else prepaid)
    if refund:
        return line
    return replace(line, state=line.state if line.state == LineState.NO_SHOW else LineState.CANCELLED, refund_round=0)


def kept_by_shops_change(lines: Sequence[Line], old: Line, new: Line, used: Sequence[Applied]) -> Line:
    """Return what a line becomes by the shop's doing, with the discounts that it keeps.

    Args:
        lines: all of the order, as they were.
        old, new: the line; its new discounts are not more than it costs.
        used: the order's coupons, in the order in which they were applied.
    """
    for number, one in enumerate(used):
        coupon_id, part = one.coupon.id, _part(new, one.coupon.id).amount
        if not part:
            continue
        staying = [new if line.id == new.id else line for line in lines if stays(line)]
        earned = _earned(used[: number + 1], staying)
        too_much = max(0, sum(_part(line, coupon_id).amount for line in staying) - earned.most)
        by_terms = min(part - too_much, earned.of_line[new.id])
        in_proportion = in_steps(_part(old, coupon_id).amount * min(old.gross, new.gross) // old.gross, new)
        new = _lowered(new, coupon_id, min(part, max(by_terms, in_proportion)))
        keeps = _part(new, coupon_id)
        if earned.of_line[new.id] < keeps.amount:
            new = _borne(new, coupon_id, keeps.platform * earned.of_line[new.id] // keeps.amount)
    return new


def shop_bears(lines: Sequence[Line], used: Sequence[Applied]) -> tuple[Line, ...]:
    """Return the lines with the platform's part of each coupon as much as its terms give for those that stay; where
    they have more, the shop bears that.
    """
    after = {line.id: line for line in lines}
    for number, one in enumerate(used):
        staying = [line for line in after.values() if stays(line)]
        earned, coupon_id = _earned(used[: number + 1], staying), one.coupon.id
        borne = {line.id: _part(line, coupon_id).platform for line in staying if earned.of_line[line.id]}
        had = sum(_part(after[line_id], coupon_id).amount for line_id in borne)
        allowed = fee(earned.most, one.coupon.platform_bps) if earned.most < had else sum(borne.values())
        if allowed < sum(borne.values()):
            borne = _shared(allowed, borne, 1)
        for line in staying:
            after[line.id] = _borne(line, coupon_id, borne.get(line.id, 0))
    return tuple(after.values())


def taken_back(before: Order, after: Order) -> dict[str, int]:
    """Return what coupons took off lines that stay and do no longer, by coupon, minor units."""
    lines = [(old, new) for old, new in zip(before.lines, after.lines, strict=True) if stays(new)]
    lost = {
        one: sum(_part(old, one).amount - _part(new, one).amount for old, new in lines) for one in before.coupon_ids
    }
    return {one: amount for one, amount in lost.items() if amount}


def corrected(before: Iterable[Line], after: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines, those counted whose money is another after it had fallen due; see `Line.corrections`."""
    return tuple(
        replace(new, corrections=new.corrections + 1)
        if old.state in ENDED and (old.kept, old.subsidy) != (new.kept, new.subsidy)
        else new
        for old, new in zip(before, after, strict=True)
    )


def _part(line: Line, coupon_id: str) -> Part:
    return next((part for part in line.discounts if part.coupon_id == coupon_id), Part(coupon_id, 0))


def _earned(used: Sequence[Applied], lines: Sequence[Line], anyway: Sequence[Line] = ()) -> Earned:
    """What the last of some coupons gives for what those before it leave of some lines."""
    *earlier, coupon = used
    ids = {one.coupon.id for one in earlier}
    taken = {line.id: sum(part.amount for part in line.discounts if part.coupon_id in ids) for line in lines}
    left = {line.id: line.gross - taken[line.id] for line in lines}
    return coupon.earns(
        [item_of(line) for line in lines], left, coupon.coupon.terms.currency, [one.id for one in anyway]
    )


def _lowered(line: Line, coupon_id: str, amount: int) -> Line:
    """Return a line of which a coupon takes no more than an amount; who bears it gives up in proportion."""
    parts = (
        part if part.coupon_id != coupon_id else Part(coupon_id, amount, part.platform * amount // part.amount)
        for part in line.discounts
    )
    return replace(line, discounts=tuple(part for part in parts if part.amount))


def _borne(line: Line, coupon_id: str, platform: int) -> Line:
    parts = (part if part.coupon_id != coupon_id else replace(part, platform=platform) for part in line.discounts)
    return replace(line, discounts=tuple(parts))


def _shared(amount: int, parts: Mapping[str, int], step: int) -> dict[str, int]:
    """Split an amount by what each can have at most, in whole steps."""
    most = [part // step for part in parts.values()]
    if not sum(most):
        return dict.fromkeys(parts, 0)
    shares = split(min(amount // step, sum(most)), most)
    return {one: share * step for one, share in zip(parts, shares, strict=True)}
