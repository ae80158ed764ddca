"""What a merchant is told of what it wrote to many, so that it tells of none of them. No I/O.

The rule is the "10-5 rule" of official statistics: what is about fewer than ten people is not told, all else in fives
(Office for National Statistics, "Comparison of post-tabular statistical disclosure control methods"). Rounded the usual
way it would still tell of one person to who writes to the same people with and without them: 12 is 10, 13 is 15. So
each text rounds from a begin of its own, by lot, which nobody is told (random rounding to base 5, as Statistics Canada
does): a person more or less changes what is told in one case of five, nobody knows in which; on average it is right.

- One begin for all numbers of a text, for good: what is a part of something is never more than it, nothing falls, and
  who looks again learns nothing by that. How many were tagged alone, which it knows, is rounded the usual way.
- Tagged, sent and left out add up to what the merchant knows, whom it gave the tags. None of them is told as if it
  could be all: else each of them would be told of.
- While it is sent, those who were looked at last are known, for they come in the order of the merchant's own list. So
  who was left out is told when it is over, and what was sent with the count of the hour; a turn sends to ten at least.
- Somebody who orders ten times is one person: what was ordered, and for how much, is told of ten who ordered; and twice
  at most, two days after the end and at the last count: each hour it would tell of who ordered in that hour, whom the
  merchant sees in its shop.

It does not help against who has ten customers of their own making, all but one: each of them has to buy first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.outreach.rules.outreach import BASE, HOURLY_FOR, LEAST, NEAREST, Outcome, Outreach, State

_FIGURES = 2


@dataclass(frozen=True)
class Told:
    """What is told; None is not: of fewer than `LEAST`, or not yet.

    Attributes:
        tagged: customers who were meant.
        sent: who got it.
        left_out: who did not, by why.
        delivered, read, unsubscribed: see `Report`.
        buyers: customers who ordered afterwards.
        orders, coupons_used, revenue: see `Report`; the last one in two figures, rounded down.
        is_counted: when that was may be told.
    """

    tagged: int | None = None
    sent: int | None = None
    left_out: Mapping[Outcome, int] | None = None
    delivered: int | None = None
    read: int | None = None
    unsubscribed: int | None = None
    buyers: int | None = None
    orders: int | None = None
    coupons_used: int | None = None
    revenue: int | None = None
    is_counted: bool = False


def told(standing: Outreach) -> Told:
    """Return what its merchant is told of a text that stands as it does."""
    report, is_over = standing.report, standing.state is not State.SENDING
    sent = standing.sent if is_over else report.sent if report else 0
    most = BASE * max(0, (standing.tagged - 1) // BASE)

    def shown(number: int) -> int:
        return min(most, fives(number, standing.offset))

    found = Told(is_counted=is_over)
    if is_over and standing.tagged >= LEAST:
        reasons: list[Outcome] = [one for one in Outcome if one is not Outcome.SENT]
        left_out = {one: shown(standing.outcomes.get(one, 0)) for one in reasons}
        # Whom it tagged the merchant knows: told from the lot it would tell the lot. Where it stopped it does not know.
        begin = NEAREST if standing.state is State.DONE else standing.offset
        found = Told(tagged=fives(standing.tagged, begin), sent=shown(sent), left_out=left_out, is_counted=True)
    if report is None or min(report.sent, sent) < LEAST:
        return found
    is_told = standing.ended_at is not None and report.at >= standing.ended_at + HOURLY_FOR
    bought = is_told and report.buyers >= LEAST
    return Told(
        tagged=found.tagged,
        sent=shown(sent),
        left_out=found.left_out,
        delivered=shown(report.delivered),
        read=shown(report.read),
        unsubscribed=shown(report.unsubscribed),
        buyers=shown(report.buyers) if is_told else None,
        orders=fives(report.orders, standing.offset) if bought else None,
        coupons_used=fives(report.coupons_used, standing.offset) if bought else None,
        revenue=rounded(report.revenue) if bought else None,
        is_counted=True,
    )


def fives(number: int, offset: int) -> int:
    """Return a multiple of `BASE` near a number: less than `BASE` away, higher the higher `offset` (0 to 4) is. Over
    all of them it is the number on average.
    """
    return BASE * ((number + offset) // BASE)


def rounded(amount: int) -> int:
    """Return an amount of money in two figures, rounded down: an exact sum would say which orders make it up."""
    step: int = 10 ** max(0, len(str(amount)) - _FIGURES)
    return amount // step * step
