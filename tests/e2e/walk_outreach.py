"""A customer who is reminded of a visit, and a merchant who writes to those who bought, once, so that it succeeds."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.town import Person, Town, slot, soon

ZONE = ZoneInfo("Asia/Shanghai")
Good = Callable[..., Any]
TEXT = {"en": "Colour and cut for the price of a cut, all of May.", "zh": "五月染发送剪发，欢迎老顾客到店。"}


class OutreachWalk:
    """Somebody's shop, and a customer who bought there; `ids`, the values of path parameters, are added to."""

    def __init__(
        self, town: Town, good: Good, fresh: Callable[[], dict[str, str]], merchant: Person, ids: dict[str, str]
    ) -> None:
        self.town, self.good, self.fresh, self.merchant, self.ids = town, good, fresh, merchant, ids
        self.customer = town.person()

    def go(self) -> None:
        """Do everything."""
        order = self._remind()
        self._tag(order)
        self._write()

    def _remind(self) -> str:
        """A visit that is paid is told of two hours before, as soon as it has been planned."""
        shop = {"id": self.ids["shop_id"], "offering_id": self.ids["offering_id"]}
        start = slot(8)  # noon in Shanghai
        order: str = self.town.hold(self.customer, shop, start)["id"]
        self.town.pay(self.customer, {"id": order})
        self.town.becomes(self.customer, order, "confirmed")

        def told() -> bool:
            self.town.schedule("reminders-sweep", start - timedelta(hours=1))
            return bool(self.town.notices(self.customer, "visit.soon.customer"))

        soon(told)
        return order

    def _tag(self, order_id: str) -> None:
        body, whom = {"add": ["regular", "烫染"], "order_id": order_id}, {"customer_id": self.customer.id}
        self.good("outreach_change_tags", self.merchant, body, **whom)
        self.good("outreach_forget_tags", self.merchant, **whom)
        assert self.good("outreach_change_tags", self.merchant, body, **whom)["tags"] == ["regular", "烫染"]
        listed = self.good("outreach_tagged", self.merchant, query={"tag": "regular"})
        assert (len(listed["items"]), listed["customers"]) == (1, 1)
        at = {"shop_id": self.ids["shop_id"]}
        self.good("outreach_say_offers", self.customer, {"wanted": True}, **at)
        assert len(self.good("outreach_offers", self.customer)["items"]) == 1

    def _write(self) -> None:
        """One text is stopped, the other goes out tomorrow at eleven by the shop's clock."""
        at, wish = {"shop_id": self.ids["shop_id"]}, {"name": "五月", "tags": ["regular"], "text": TEXT}
        gone = self.good("outreach_begin", self.merchant, wish, headers=self.fresh(), **at)["id"]
        self.good("outreach_stop", self.merchant, outreach_id=gone)
        begun = self.good("outreach_begin", self.merchant, wish, headers=self.fresh(), **at)["id"]
        tomorrow = datetime.now(ZONE).date() + timedelta(days=1)
        eleven = datetime.combine(tomorrow, time(11), ZONE).astimezone(UTC)
        assert self.town.schedule("outreach-run", eleven)["sent"] == 1
        soon(lambda: bool(self.town.notices(self.customer, "outreach.offer.customer")))
        assert self.town.schedule("outreach-run", eleven + timedelta(hours=2))["failed"] == 0
        report = self.good("outreach_report", self.merchant, outreach_id=begun)
        assert (report["outreach"]["state"], report["outreach"]["sent"], report["read"]) == ("done", None, None)
        assert report["counted_at"] is not None
        self.good("outreach_mine", self.merchant)
        self.ids["outreach_id"] = begun
