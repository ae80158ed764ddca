"""Every operation about reconciliation once, so that it succeeds: a day that is over, and what it left to people."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.kit.auth import Role
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import BANK, SUSPENSE, moved
from infra.importing.inside import inside
from tests.e2e.town import Json, Town

Good = Callable[..., Any]
WHY = {"reason": "演练：订单已不存在"}


class NightWalk:
    """Admins and the newest day that can be run; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.admin = town.person(Role.ADMIN)
        # A day can be run an hour after its end.
        self.now = datetime.now(UTC) - timedelta(hours=1)
        self.day = self.now.date() - timedelta(days=1)
        self.ids = {"day": str(self.day)}

    def go(self) -> None:
        """Do everything."""
        lost = [self._lost_order() for _ in range(2)]
        self.town.schedule("reconciliation-run", self.now)
        ran = self.good("reconciliation_run", self.admin, {"day": str(self.day)})
        assert {part["part"] for part in ran["parts"] if part["done"]} >= {"stripe", "orders", "books"}
        assert self.good("reconciliation_report", self.admin, day=str(self.day))["day"] == str(self.day)
        assert str(self.day) in {one["day"] for one in self.good("reconciliation_reports", self.admin)["items"]}
        kept, ended = (self._case(ref) for ref in lost)
        for one in (kept, ended):
            wish = {"owner": self.admin.id, "note": "先查日志"}
            self.good("reconciliation_assign", self.admin, wish, headers=self.fresh(), case_id=one["id"])
        wish = WHY | {"resolution": "explained"}
        closed = self.good("reconciliation_close", self.admin, wish, headers=self.fresh(), case_id=ended["id"])
        assert closed["state"] == "closed"
        self.ids["case_id"] = kept["id"]

    def _lost_order(self) -> str:
        """Return the id of an order that only the books know of, since the day: nothing that this run itself does is
        of a day that is over.
        """
        order_id, at = f"ord_{uuid.uuid4().hex}", datetime.combine(self.day, datetime.min.time(), UTC)
        posted = moved(f"suspense:{order_id}", Money(1, "CNY"), at, debit=SUSPENSE, credit=BANK, order_id=order_id)
        with inside(self.town.stack.target):
            assert ledger.book(wiring.ledger(), posted)
        return order_id

    def _case(self, order_id: str) -> Json:
        found = self.good("reconciliation_cases", self.admin, query={"state": "open", "limit": 100})["items"]
        [case] = [one for one in found if one["order_id"] == order_id]
        assert case["kind"] == "order_differs"
        return dict(case)
