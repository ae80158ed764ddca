"""Terms in the rows of campaigns and coupons. What asks for nothing is not written; rows from before there were
conditions, tiers and shares have none of them.
"""

from collections.abc import Iterable
from datetime import time
from typing import Any

from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.coupons.rules import Conditions, FirstOf, Returned, Terms, Tier
from chalicelib.kit.dynamo import Row


class TierMap(MapAttribute[str, Any]):
    spend = NumberAttribute()
    off = NumberAttribute()


class ConditionsMap(MapAttribute[str, Any]):
    shop_ids: ListAttribute[str] = ListAttribute(null=True)
    categories: ListAttribute[str] = ListAttribute(null=True)
    offering_ids: ListAttribute[str] = ListAttribute(null=True)
    weekdays: ListAttribute[int] = ListAttribute(null=True)
    from_time = UnicodeAttribute(null=True)
    until_time = UnicodeAttribute(null=True)
    first_of = UnicodeAttribute(null=True)
    new_for_days = NumberAttribute(null=True)


class TermsRow(Row):
    """Base of the rows that have terms."""

    currency = UnicodeAttribute()
    minimum_spend = NumberAttribute()
    amount_off = NumberAttribute(null=True)
    percent_bps = NumberAttribute(null=True)
    cap = NumberAttribute(null=True)
    tiers = ListAttribute(of=TierMap, null=True)
    conditions = ConditionsMap(null=True)  # type: ignore[no-untyped-call] # untyped there
    stacks_as = UnicodeAttribute(null=True)
    returned = UnicodeAttribute(null=True)
    platform_bps = NumberAttribute(null=True)


def fields_of(terms: Terms) -> dict[str, Any]:
    """Return the attributes of terms."""
    asked = terms.conditions
    return {
        "currency": terms.currency,
        "minimum_spend": terms.minimum_spend,
        "amount_off": terms.amount_off,
        "percent_bps": terms.percent_bps,
        "cap": terms.cap,
        "tiers": [TierMap(spend=tier.spend, off=tier.off) for tier in terms.tiers] or None,  # type: ignore[no-untyped-call] # untyped there
        "conditions": None if asked == Conditions() else _conditions_map(asked),
        "stacks_as": terms.stacks_as,
        "returned": None if terms.returned == Returned.IN_TIME else terms.returned,
        "platform_bps": terms.platform_bps,
    }


def _conditions_map(asked: Conditions) -> ConditionsMap:
    return ConditionsMap(  # type: ignore[no-untyped-call] # as above
        shop_ids=list(asked.shop_ids) or None,
        categories=list(asked.categories) or None,
        offering_ids=list(asked.offering_ids) or None,
        weekdays=list(asked.weekdays) or None,
        from_time=_clock(asked.from_time),
        until_time=_clock(asked.until_time),
        first_of=asked.first_of,
        new_for_days=asked.new_for_days,
    )


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat("minutes")


def terms_of(row: TermsRow) -> Terms:
    """Return the terms in a row."""
    return Terms(
        currency=row.currency,
        minimum_spend=int(row.minimum_spend),
        amount_off=_whole(row.amount_off),
        percent_bps=_whole(row.percent_bps),
        cap=_whole(row.cap),
        tiers=tuple(Tier(int(tier.spend), int(tier.off)) for tier in row.tiers or ()),
        conditions=Conditions() if row.conditions is None else _conditions(row.conditions),
        stacks_as=row.stacks_as,
        returned=Returned.IN_TIME if row.returned is None else Returned(row.returned),
        platform_bps=_whole(row.platform_bps),
    )


def _conditions(row: ConditionsMap) -> Conditions:
    return Conditions(
        shop_ids=_texts(row.shop_ids),
        categories=_texts(row.categories),
        offering_ids=_texts(row.offering_ids),
        weekdays=tuple(int(day) for day in row.weekdays or ()),
        from_time=time.fromisoformat(row.from_time) if row.from_time else None,
        until_time=time.fromisoformat(row.until_time) if row.until_time else None,
        first_of=FirstOf(row.first_of) if row.first_of else None,
        new_for_days=_whole(row.new_for_days),
    )


def _texts(found: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(found or ())


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
