"""What somebody was told, read; the addresses that support looks at; and the way out of a mail: once, so that it succeeds."""

from collections.abc import Callable
from typing import Any

from tests.e2e.town import Person, Town

Good = Callable[..., Any]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NoticeWalk:
    """A customer who was told of something; `ids`, the values of path parameters, are added to."""

    def __init__(self, town: Town, good: Good, customer: Person, admin: Person, ids: dict[str, str]) -> None:
        self.town, self.good = town, good
        self.customer, self.admin, self.ids = customer, admin, ids

    def go(self) -> None:
        """Do everything; one notice stays that is read."""
        told = self.good("notifications_notices", self.customer, query={"limit": 100})["items"]
        one = next(item for item in told if item["state"] == "sent")
        assert (one["read"], one["channel"]) == (False, "sms")
        left = self.good("notifications_read", self.customer, notice_id=one["id"])["unread"]
        assert left >= len(told) - 1  # more may have come
        self.good("notifications_read_all", self.customer)
        now = self.good("notifications_notices", self.customer, query={"limit": 100})
        known = {item["id"] for item in told}
        assert all(item["read"] for item in now["items"] if item["id"] in known)
        assert self.good("notifications_unread", self.customer)["unread"] <= len(now["items"]) - len(told)
        self.ids["notice_id"] = one["id"]
        self._addresses()
        self._way_out()

    def _addresses(self) -> None:
        at = {"account_id": self.customer.id}
        [way, *_] = self.good("notifications_address_book", self.admin, **at)["items"]
        assert (way["channel"], way["suspended_at"]) == ("sms", None)
        self.good("notifications_lift", self.admin, {"reason": "They called."}, **at)

    def _way_out(self) -> None:
        person, kind = self.town.person(), "order.completed.customer"
        link = self.town.way_out(person, kind)
        assert "<form" in self.good("notifications_ask", link=link)
        self.good("notifications_stop", raw=b"List-Unsubscribe=One-Click", headers=FORM, link=link)
        choices = self.good("profiles_choices", person)["notices"]
        assert {one["kind"] for one in choices if not one["on"]} == {kind}
        self.ids["link"] = link
