"""A merchant's server that is told what happens, over the whole walk; and a partner's."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit.auth import Role
from tests.e2e.town import Person, Town, soon
from tests.fakes.receivers import Receiver, receiving

Good = Callable[..., Any]
TYPES = ["order.confirmed", "order.completed", "order.cancelled"]


class WebhookWalk:
    """A receiver of the walk's merchant, which verifies all that it gets; `ids` are added to."""

    def __init__(
        self, town: Town, good: Good, fresh: Callable[[], dict[str, str]], merchant: Person, ids: dict[str, str]
    ) -> None:
        self.town, self.good, self.fresh, self.merchant, self.ids = town, good, fresh, merchant, ids
        self.receiver = Receiver("")
        self._open = ExitStack()
        self.endpoint_id = ""

    def begin(self) -> None:
        """The merchant's server is there before anything is sold."""
        self.receiver = self._open.enter_context(receiving())
        self.endpoint_id = self.made(self.merchant, self.receiver, TYPES)

    def made(self, owner: Person, receiver: Receiver, types: list[str]) -> str:
        """Return the id of an endpoint that has answered its challenge."""
        wish = {"url": receiver.url, "types": types, "description": "till"}
        endpoint_id: str = self.good("webhooks_create", owner, wish, headers=self.fresh())["id"]
        receiver.secret = self.good("webhooks_rotate", owner, {}, endpoint_id=endpoint_id)["secret"]
        assert self.good("webhooks_challenge", owner, endpoint_id=endpoint_id)["state"] == "active"
        return endpoint_id

    def end(self) -> None:
        """What was sold has come, verified; it is looked up, sent again, and the rest is done once."""
        at = {"endpoint_id": self.endpoint_id}
        soon(lambda: "order.confirmed" in self.receiver.types())
        self._again(at)
        self._change(at)
        self._partner()
        self.ids["endpoint_id"], self.ids["event_id"] = self.endpoint_id, self.receiver.ids()[0]
        self._open.close()

    def _again(self, at: dict[str, str]) -> None:
        event_id = self.good("webhooks_send_test", self.merchant, headers=self.fresh(), **at)["event_id"]
        soon(lambda: event_id in self.receiver.ids())

        def state() -> str:
            found: str = self.good("webhooks_delivery", self.merchant, event_id=event_id, **at)["state"]
            return found

        soon(lambda: state() == "delivered")
        listed = self.good("webhooks_log", self.merchant, query={"limit": 50}, **at)["items"]
        assert event_id in {one["event_id"] for one in listed}
        self.good("webhooks_replay", self.merchant, {"event_id": event_id}, headers=self.fresh(), **at)
        self.town.schedule("webhooks-retry", datetime.now(UTC))
        soon(lambda: self.receiver.ids().count(event_id) == 2)

    def _change(self, at: dict[str, str]) -> None:
        self.good("webhooks_event_types")
        self.good("webhooks_change", self.merchant, {"description": "till 2"}, **at)
        assert [one["id"] for one in self.good("webhooks_of_owner", self.merchant)["items"]] == [self.endpoint_id]
        assert self.good("webhooks_read", self.merchant, **at)["description"] == "till 2"
        spare = {"url": "https://till.example.com/", "types": TYPES}
        gone = self.good("webhooks_create", self.merchant, spare, headers=self.fresh())["id"]
        self.good("webhooks_remove", self.merchant, endpoint_id=gone)

    def _partner(self) -> None:
        """One hears of this merchant for a while, with an endpoint that is its own."""
        admin, partner = self.town.person(Role.ADMIN), self.town.person()
        wish = {"name": "ERP", "merchants": [self.merchant.id], "reason": "Contract."}
        self.good("webhooks_set_partner", admin, wish, account_id=partner.id)
        spare = {"url": "https://erp.example.com/", "types": TYPES}
        made = self.town.make("/webhook-endpoints", partner, spare)
        assert [one["account_id"] for one in self.good("webhooks_partners", admin)["items"]] == [partner.id]
        removed = self.town.call("DELETE", f"/webhook-endpoints/{made['id']}", partner)
        assert removed.status == 204, removed.text
        self.good("webhooks_end_partner", admin, account_id=partner.id)
