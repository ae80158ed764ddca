"""Every operation about paying merchants once, so that it succeeds: by transfer, by bank, with two people's consent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib import wiring
from chalicelib.kit.auth import Role
from infra.importing.inside import inside
from tests.e2e.town import Json, Person, Town, soon

Good = Callable[..., Any]
ZONE = ZoneInfo("Asia/Shanghai")
WHY = {"reason": "演练"}
PDF = {"Accept": "application/pdf"}
WATCHED = "AUD"  # no limit is known for it, so that two people agree to whatever leaves
BY_TRANSFER = {"route": "connect", "connect_account": "acct_walk"}
BY_BANK = {
    "route": "bank",
    "bank": {"holder": "邻里理发有限公司", "number": "6222020200012345678", "bank": "102290024433", "country": "CN"},
}


class PayoutWalk:
    """Merchants who have served a customer each, and are paid in one way each; `ids` are of path parameters."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.admin, self.second = town.person(Role.ADMIN), town.person(Role.ADMIN)
        self.agrees = town.person(Role.ADMIN)  # who names an account agrees to nothing that goes there
        self.ids: dict[str, str] = {}

    def go(self) -> None:
        """Do everything."""
        linked, banked, declined = self._earner(BY_TRANSFER), self._earner(BY_BANK), self._earner(BY_BANK)
        watched = self._earner(BY_BANK, WATCHED)
        self.town.schedule("settlement-run", datetime.now(ZONE) + timedelta(days=3))
        self._by_transfer(linked)
        self._statements(linked)
        self._declined(declined)
        self._by_bank(banked)
        self._approved(watched)
        self.town.schedule("payouts-run", datetime.now(ZONE))
        self._invoice()

    def _earner(self, wish: Json, currency: str = "CNY") -> Person:
        """Return a merchant on these terms, who has served somebody."""
        merchant, customer = self.town.person(Role.MERCHANT), self.town.person()
        self._agree(merchant, wish)
        shop = self.town.open_shop(merchant, currency=currency)
        path = f"/shops/{shop['id']}/offerings/{shop['offering_id']}/times"
        first = self.town.get(path, date=datetime.now(ZONE).date(), days=2, first=1)["times"][0]["start"]
        order = self.town.hold(customer, shop, datetime.fromisoformat(first))
        self.town.pay(customer, order)
        self.town.becomes(customer, order["id"], "confirmed")
        at = {"booking_id": order["lines"][0]["ref"]}
        code = {"code": self.good("booking_booking", customer, **at)["code"]}
        self.good("booking_check_in", merchant, code, headers=self.fresh(), **at)
        self.good("booking_complete", merchant, headers=self.fresh(), **at)
        self.town.becomes(customer, order["id"], "completed")
        return merchant

    def _agree(self, merchant: Person, wish: Json) -> None:
        stands = self.good("settlement_terms", self.admin, merchant_id=merchant.id)
        for told in ("subscribed", "bank_since"):
            del stands[told]  # told, not set
        self.good("settlement_set_terms", self.agrees, stands | wish | WHY, merchant_id=merchant.id)
        if "bank" in wish:
            self._as_if_long_ago(merchant)

    def _as_if_long_ago(self, merchant: Person) -> None:
        """Let the day pass for which nothing is paid to a bank account that was named."""
        with inside(self.town.stack.target):
            settlement = wiring.settlement()
            terms = settlement.store.terms(merchant.id)
            assert terms is not None
            assert terms.bank_named is not None
            named = replace(terms.bank_named, at=terms.bank_named.at - settlement.cooling)
            older = replace(terms, bank_named=named, version=terms.version + 1)
            settlement.committer.commit([settlement.store.put_terms(merchant.id, older)])

    def _payout(self, merchant: Person, state: str) -> Json:
        """Return a merchant's only payout as soon as it stands so."""

        def states() -> list[str]:
            return [one["state"] for one in self.good("payouts_my_payouts", merchant)["items"]]

        soon(lambda: states() == [state])
        found: Json = self.good("payouts_my_payouts", merchant)["items"][0]
        return found

    def _by_transfer(self, merchant: Person) -> None:
        paid = self._payout(merchant, "paid")
        assert paid["amount"]["amount"] > 0
        in_full = self.good("payouts_my_payout", merchant, payout_id=paid["id"])
        assert [leg["state"] for leg in in_full["legs"]] == ["sent"]
        assert sum(leg["amount"] for leg in in_full["legs"]) == paid["amount"]["amount"]
        listed = self.good("payouts_payouts", self.admin, query={"state": "paid"})["items"]
        assert paid["id"] in {one["id"] for one in listed}
        assert self.good("payouts_payout", self.admin, payout_id=paid["id"])["payout"]["id"] == paid["id"]

    def _statements(self, merchant: Person) -> None:
        [settlement] = self.good("settlement_settlements", merchant)["items"]
        at = {"settlement_id": settlement["id"]}
        assert settlement["currency"] in self.good("payouts_statement_as_csv", merchant, **at)
        assert self.good("payouts_statement_as_pdf", merchant, headers=PDF, **at).startswith(b"%PDF-")

    def _declined(self, merchant: Person) -> None:
        ready = self._payout(merchant, "ready")
        self.good("payouts_decline", self.admin, WHY, headers=self.fresh(), payout_id=ready["id"])
        assert self._payout(merchant, "failed")["returned"] == ready["amount"]["amount"]

    def _by_bank(self, merchant: Person) -> None:
        ready = self._payout(merchant, "ready")
        wish = {"currency": "CNY", "format": "csv"}
        batch = self.good("payouts_gather", self.admin, wish, headers=self.fresh())
        self.ids["batch_id"] = batch["id"]
        assert self.good("payouts_batch", self.admin, batch_id=batch["id"])["state"] == "closed"
        assert ready["id"] in self.good("payouts_bank_file", self.admin, batch_id=batch["id"])
        told = {"outcome": "paid", "reference": "回单 0001"}
        self.good("payouts_settled", self.admin, told, headers=self.fresh(), payout_id=ready["id"])
        self._payout(merchant, "paid")

    def _approved(self, merchant: Person) -> None:
        at = {"payout_id": self._payout(merchant, "approval")["id"]}
        self.good("payouts_approve", self.admin, WHY, headers=self.fresh(), **at)
        agreed = self.good("payouts_approve", self.second, WHY, headers=self.fresh(), **at)
        assert (agreed["state"], len(agreed["approvers"])) == ("ready", 2)
        self.ids |= at

    def _invoice(self) -> None:
        """Of last month, to somebody who has paid a subscription since then: in the API's time nobody has had one for
        longer than this run, so that this one is written as it would have been a month ago.
        """
        merchant = self.town.person(Role.MERCHANT)
        self._agree(merchant, {"subscription": {"CNY": 9_900}, "tax_bps": 600, "delay_days": 0})
        first = datetime.now(ZONE).replace(day=1, hour=12)
        month = f"{first - timedelta(days=1):%Y-%m}"
        with inside(self.town.stack.target):
            settlement = wiring.settlement()
            terms = settlement.store.terms(merchant.id)
            assert terms is not None
            since = replace(terms, subscribed={"CNY": month}, version=terms.version + 1)
            settlement.committer.commit([settlement.store.put_terms(merchant.id, since)])
        self.town.schedule("settlement-run", first)
        self.ids |= {"month": month, "currency": "CNY"}
        made = self.good("payouts_invoice", merchant, headers=PDF, month=month, currency="CNY")
        assert made.startswith(b"%PDF-")
