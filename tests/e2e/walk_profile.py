"""What somebody keeps for themselves, once, so that it succeeds: addresses, favourites, history, choices and blocks."""

from collections.abc import Callable
from typing import Any

from infra import demo_city
from tests.e2e.town import Person

Good = Callable[..., Any]


class ProfileWalk:
    """Somebody who is a customer of a shop; `ids`, the values of path parameters, are added to."""

    def __init__(
        self,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        merchant: Person,
        customer: Person,
        ids: dict[str, str],
    ) -> None:
        self.good, self.fresh = good, fresh
        self.merchant, self.customer, self.ids = merchant, customer, ids

    def go(self) -> None:
        """Do everything; no block stands in the end."""
        self._addresses()
        self._shelf()
        self._choices()
        self._blocks()

    def _addresses(self) -> None:
        """One that the sandbox's geocoder knows is filled in, over HTTP; it stays, another goes."""
        shop = next(iter(demo_city.shops(1))).draft
        place = {"lat": shop.position.lat, "lon": shop.position.lon}
        wish = {"text": shop.name, "near": place}
        [first, *_] = self.good("profiles_suggest_address", self.customer, wish)["items"]
        found = self.good("profiles_address_at", self.customer, {"position": first["address"]["position"]})
        assert (first["title"], found["lines"]) == (shop.name, [shop.address])
        address = {"label": "家", "recipient": "王小明", "phone": "+8613800138000", **found}
        made, gone = (
            self.good("profiles_add_address", self.customer, address, headers=self.fresh())["id"] for _ in range(2)
        )
        change = {"version": 1, "label": "公司", "default": True}
        self.good("profiles_change_address", self.customer, change, address_id=gone)
        self.good("profiles_remove_address", self.customer, address_id=gone)
        [kept] = self.good("profiles_addresses", self.customer)["items"]
        assert (kept["id"], kept["default"]) == (made, True)
        self.ids["address_id"] = made

    def _shelf(self) -> None:
        at = {"shop_id": self.ids["shop_id"]}
        self.good("profiles_keep_favourite", self.customer, **at)
        self.good("profiles_favourites", self.customer)
        self.good("profiles_drop_favourite", self.customer, **at)
        self.good("profiles_saw", self.customer, **at)
        self.good("profiles_history", self.customer)
        self.good("profiles_clear_history", self.customer)
        self.good("profiles_keep_history", self.customer, {"kept": False})

    def _choices(self) -> None:
        self.good("profiles_choices", self.customer)
        hours = {"from_time": "22:00", "until_time": "08:00", "zone": "Asia/Shanghai"}
        switches = [{"kind": "order.completed.customer", "channel": "sms", "on": False}]
        self.good("profiles_change_choices", self.customer, {"switches": switches, "quiet_hours": hours})

    def _blocks(self) -> None:
        at = {"shop_id": self.ids["shop_id"]}
        self.good("profiles_block_shop", self.customer, **at)
        assert len(self.good("profiles_blocked_shops", self.customer)["items"]) == 1
        self.good("profiles_unblock_shop", self.customer, **at)
        whom = at | {"customer_id": self.customer.id}
        self.good("profiles_block_customer", self.merchant, {"reason": "多次未到店"}, **whom)
        assert len(self.good("profiles_blocked_customers", self.merchant, **at)["items"]) == 1
        self.good("profiles_unblock_customer", self.merchant, **whom)
