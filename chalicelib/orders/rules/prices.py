"""What a line costs, and what goes back of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.coupons.ports import Part
from chalicelib.kit.money import fee, payable_step, split
from chalicelib.orders.rules.order import MOST_MONEY, Line
from chalicelib.orders.rules.problems import SeveralShops, TooDear
from chalicelib.settlement.ports import Share

_ALL = 10_000  # basis points


def priced(lines: Sequence[Line], discounts: Mapping[str, tuple[Part, ...]], share: Share) -> tuple[Line, ...]:
    """Return the lines with what is frozen when they are sold: discounts by line id, the platform's share, what is paid
    at once.

    Raises:
        SeveralShops: they are not of one shop. TooDear: they cost more than can be paid at once.
    """
    if len({(line.shop_id, line.merchant_id, line.price.currency) for line in lines}) != 1:
        raise SeveralShops
    if sum(line.gross for line in lines) > MOST_MONEY:
        raise TooDear(limit=MOST_MONEY)
    return tuple(_priced(line, discounts.get(line.id, ()), share) for line in lines)


def _priced(line: Line, discounts: tuple[Part, ...], share: Share) -> Line:
    sold = replace(
        line,
        discounts=discounts,
        commission_bps=share.commission_bps,
        fixed_fee=share.fixed_fee,
        tax_bps=share.tax_bps,
        tax_included=share.tax_included,
    )
    if line.deposit_bps == _ALL:
        return sold
    return replace(sold, prepaid=in_steps(fee(sold.net, line.deposit_bps), sold))


def refund_of(line: Line, now: datetime, *, in_full: bool) -> int:
    """Return what goes back of a confirmed line that is cancelled now, minor units: what was prepaid, less the fee; the
    fee is rounded down to what can be paid in the currency.
    """
    if in_full or is_free(line, now):
        return in_steps(line.kept, line)
    return _less(line, line.policy.late_fee_bps)


def no_show_refund(line: Line) -> int:
    """Return what goes back to a customer who did not come, likewise."""
    return _less(line, line.policy.no_show_fee_bps)


def is_free(line: Line, now: datetime) -> bool:
    """Whether the customer can cancel or move a line at no cost."""
    notice = timedelta(minutes=line.policy.free_until_minutes_before)
    return line.starts_at is None or now <= line.starts_at - notice


def has_started(line: Line, now: datetime) -> bool:
    """Whether a line's time has begun."""
    return line.starts_at is not None and line.starts_at <= now


def _less(line: Line, fee_bps: int) -> int:
    return in_steps(max(0, line.kept - in_steps(fee(line.net, fee_bps), line)), line)


def within_price(line: Line) -> Line:
    """Return a line of another price with discounts that are not more than it costs: each coupon gives up in
    proportion, and so does who bears it; one that has nothing left of it is no longer among them.
    """
    if line.discount <= line.gross:
        return line
    amounts = split(line.gross, [part.amount for part in line.discounts])
    cut = [
        replace(part, amount=amount, platform=part.platform * amount // part.amount)
        for part, amount in zip(line.discounts, amounts, strict=True)
        if amount
    ]
    return replace(line, discounts=tuple(cut))


def in_steps(amount: int, line: Line) -> int:
    """Return what of an amount (minor units) can be paid in a line's currency. Of what a bank took, which need not be
    whole steps, the odd rest stays.
    """
    return amount - amount % payable_step(line.price.currency)
