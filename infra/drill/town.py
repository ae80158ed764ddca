"""Life in a stage before its loss, and after: what people did, and that they can go on."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from rich.console import Console

from infra.demo.journey import Journey
from infra.demo.stage import Stage, UnexpectedError
from infra.local.addresses import Addresses
from infra.targets import Target

_SECONDS = 30.0


class Town:
    """People of a running local stack.

    Attributes:
        journeys: the ways that they went (`make demo`): found, booked, paid, refunded, settled.
        waiting: an order that was cancelled when nothing relayed: its refund waits in the outbox.
    """

    def __init__(self, addresses: Addresses, target: Target) -> None:
        self.target = target
        self.stage = Stage(addresses, Console(file=io.StringIO()))
        self.journeys: list[Journey] = []
        self.waiting: dict[str, Any] = {}

    def live(self, journeys: int) -> int:
        """Let some people go their way, one after the other, and seal the audit log of the day; return the steps."""
        for _ in range(journeys):
            journey = Journey(self.stage)
            journey.walk()
            self.journeys.append(journey)
        self.stage.invoke("audit-seal", datetime.now(UTC) + timedelta(days=1))
        return len(self.stage.steps)

    def leave_a_message(self) -> None:
        """Stop the relay and have somebody cancel: what must follow waits in the outbox."""
        journey = self.journeys[-1]
        order = journey.book_and_pay("card")
        self._relay(on=False)
        wish = {"reason": "我临时有事"}
        self.waiting = self.stage.api("POST", f"/orders/{order['id']}/cancel", journey.customer, wish, status=200)

    def _relay(self, *, on: bool) -> None:
        client = self.target.client("lambda")
        name = f"{self.target.prefix}-outbox-relay"
        for one in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=one["UUID"], Enabled=on)

    def is_down(self) -> int:
        """Return with which status the lost stage answers who asks for a shop.

        Raises:
            UnexpectedError: it answers as if nothing had happened.
        """
        shop = self.journeys[0].shop["id"]
        answer = requests.get(f"{self.stage.addresses.api}/v1/shops/{shop}", timeout=_SECONDS)
        if answer.ok:
            raise UnexpectedError(f"the tables are gone and GET /shops answers {answer.status_code}")
        return answer.status_code

    def catch_up(self) -> str:
        """Have the sweep send what waited, and wait for what follows of it; return the order's state."""
        self._relay(on=True)
        self.stage.invoke("outbox-sweep", datetime.now(UTC) + timedelta(minutes=2))
        customer = self.journeys[-1].customer

        def refunded() -> str | None:
            order = self.stage.api("GET", f"/orders/{self.waiting['id']}", customer, status=200)
            return str(order["state"]) if order["state"] == "refunded" else None

        return self.stage.until(refunded, "the refund that waited")

    def go_on(self) -> None:
        """Everybody who was there signs in by phone, is who they were, sees their orders, and books and pays again."""
        for journey in self.journeys:
            customer, before = journey.customer, journey.customer.account_id
            journey.sign_in(customer)
            self.stage.expect(customer.account_id, before, "the account behind the phone")
            me = self.stage.api("GET", "/me", customer, status=200)
            self.stage.expect(me["name"], "王小明", "the name that was sealed")
            orders = self.stage.api("GET", "/orders", customer, status=200)["items"]
            if not orders:
                raise UnexpectedError("somebody who bought has no orders")
            journey.search()
            journey.book_and_pay("card")
