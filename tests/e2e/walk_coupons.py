"""What is done with coupons, once, so that it succeeds: campaigns, claims, and which coupons save the most."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kit.wire import rfc3339
from tests.e2e.town import Person, Town, slot

Good = Callable[..., Any]


class CouponWalk:
    """A merchant, the operator and a customer; `ids`, the values of path parameters, are added to."""

    def __init__(
        self,
        town: Town,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        people: tuple[Person, Person, Person],
        ids: dict[str, str],
    ) -> None:
        self.town, self.good, self.fresh, self.ids = town, good, fresh, ids
        self.merchant, self.admin, self.customer = people

    def go(self) -> None:
        """Do everything."""
        at = self.ids["shop_id"]
        wish = _campaign(amount_off=2_000, stacks_as="shop")
        campaign = self.good("coupons_open_of_shop", self.merchant, wish, headers=self.fresh(), shop_id=at)
        self.ids["campaign_id"] = campaign["id"]
        wish = _campaign(percent_bps=1_000, stacks_as="season", platform_bps=5_000)
        shared = self.good("coupons_open_of_platform", self.admin, wish, headers=self.fresh())
        joining = {"shop_id": at, "campaign_id": shared["id"]}
        self.good("coupons_join", self.merchant, headers=self.fresh(), **joining)
        self.good("coupons_campaign", campaign_id=campaign["id"])
        self.good("coupons_of_shop", shop_id=at)
        for one in (shared, campaign):
            self.good("coupons_claim", self.customer, headers=self.fresh(), campaign_id=one["id"])
        self.good("coupons_mine", self.customer)
        plan = {"plan": {"terms": {"currency": "CNY", "amount_off": 2_000}}}
        self.good("coupons_simulate_of_shop", self.merchant, plan, headers=self.fresh(), shop_id=at)
        self.good("coupons_simulate_of_platform", self.admin, plan, headers=self.fresh())
        shop = {"id": at, "offering_id": self.ids["offering_id"]}
        quote = self.good("orders_quote", self.customer, self.town.wish(shop, slot(7)))
        assert len(quote["coupon_ids"]) == len([shared, campaign]), quote


def _campaign(**terms: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "title": "新客立减 20 元",
        "terms": {"currency": "CNY", **terms},
        "number": 1000,
        "valid_from": rfc3339(now - timedelta(minutes=1)),
        "valid_until": rfc3339(now + timedelta(days=1)),
    }
