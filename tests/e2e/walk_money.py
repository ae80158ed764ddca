"""Every operation about money once, so that it succeeds: beside what selling and cancelling asks for (`walk.py`)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalicelib.kit.auth import Role
from chalicelib.kit.wire import rfc3339
from infra.sandbox.alipay import keys as alipay
from infra.sandbox.alipay.notices import FORM
from infra.sandbox.wechat.keys import Keys as WechatKeys
from tests.e2e.town import Json, Town, slot, soon

Good = Callable[..., Any]
WHY = {"reason": "演练"}


class MoneyWalk:
    """A shop of its own, whose customers pay, get back and dispute; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.customer, self.merchant = town.person(), town.person(Role.MERCHANT)
        self.admin, self.second = town.person(Role.ADMIN), town.person(Role.ADMIN)
        self.shop = town.open_shop(self.merchant)
        self.ids: dict[str, str] = {}
        self._numbers = iter(range(4, 40))

    def go(self) -> None:
        """Do everything."""
        self._terms()
        self._balance()
        self._refunds()
        self._claims()
        self._dispute()
        self._risk()
        self._notices()
        self._books()

    def _sold(self, method: str = "card") -> tuple[Json, Json]:
        """Return an order that was paid, and its payment."""
        order = self.town.hold(self.customer, self.shop, slot(next(self._numbers)))
        payment = self.town.pay(self.customer, order, method)
        return self.town.becomes(self.customer, order["id"], "confirmed"), payment

    def _terms(self) -> None:
        self.ids["merchant_id"] = self.merchant.id
        stands = self.good("settlement_my_terms", self.merchant)
        for told in ("subscribed", "bank_since"):
            del stands[told]  # told, not set
        wish = stands | {"commission_bps": 700, "tax_bps": 600, "reason": "首月优惠"}
        self.good("settlement_set_terms", self.admin, wish, merchant_id=self.merchant.id)
        assert self.good("settlement_terms", self.admin, merchant_id=self.merchant.id)["version"] == 1

    def _balance(self) -> None:
        """A gift pays an order."""
        self.ids["customer_id"] = self.customer.id
        gift = {"amount": {"amount": 50_000, "currency": "CNY"}, "reason": "新年礼"}
        self.good("payments_give", self.admin, gift, headers=self.fresh(), customer_id=self.customer.id)
        order = self.town.hold(self.customer, self.shop, slot(next(self._numbers)))
        path = f"/orders/{order['id']}/payments"
        assert self.town.make(path, self.customer, {"method": "balance"})["state"] == "succeeded"
        self.town.becomes(self.customer, order["id"], "confirmed")
        left = 50_000 - order["total"]["amount"]
        assert self.good("payments_my_money", self.customer)["items"] == [{"amount": left, "currency": "CNY"}]

    def _refunds(self) -> None:
        """Some of a line goes back; a refund that fails is tried again."""
        order, _ = self._sold()
        back = {"lines": [{"line_id": order["lines"][0]["id"], "amount": 1_000}], "reason": "迟到十分钟"}
        self.good("orders_give_back", self.merchant, back, headers=self.fresh(), order_id=order["id"])
        soon(lambda: self.town.order(self.customer, order["id"])["refunded"]["amount"] == 1_000)
        self.town.sandbox("POST", "/refunds/outcome", {"outcome": "failed"})
        back["lines"][0]["amount"] = 2_000
        self.town.make(f"/orders/{order['id']}/refunds", self.merchant, back)
        soon(lambda: "failed" in self._refund_states(order["id"]))
        self.town.sandbox("POST", "/refunds/outcome", {"outcome": "auto"})
        failed = next(one for one in self._money(order["id"])["refunds"] if one["state"] == "failed")
        self.ids |= {"order_id": order["id"], "refund_id": failed["id"]}
        self.good("payments_again", self.admin, WHY, headers=self.fresh(), refund_id=failed["id"])
        soon(lambda: self._refund_states(order["id"]).count("succeeded") == 2)

    def _claims(self) -> None:
        """What a customer asks back: withdrawn, agreed to in part, declined and decided by the platform."""
        order, _ = self._sold()
        at, line = {"order_id": order["id"]}, order["lines"][0]["id"]
        wish = {"line_id": line, "amount": 1_000, "reason_code": "late", "text": "迟到半小时"}
        gone = self.good("claims_ask", self.customer, wish, headers=self.fresh(), **at)
        self.good("claims_withdraw", self.customer, headers=self.fresh(), claim_id=gone["id"])
        part = self.good("claims_ask", self.customer, wish, headers=self.fresh(), **at)
        self.good("claims_agree", self.merchant, {"amount": 600}, headers=self.fresh(), claim_id=part["id"])
        up = self.good("claims_ask", self.customer, wish, headers=self.fresh(), **at)
        self.ids["claim_id"] = up["id"]
        self.good("claims_decline", self.merchant, {"reason": "已按约定完成"}, headers=self.fresh(), claim_id=up["id"])
        self.good("claims_escalate", self.customer, {"text": "请平台裁定"}, headers=self.fresh(), claim_id=up["id"])
        soon(lambda: bool(self.good("claims_escalated", self.admin)["items"]))
        verdict = {"outcome": "agreed", "amount": 500, "reason": "已核实"}
        self.good("claims_decide", self.admin, verdict, headers=self.fresh(), claim_id=up["id"])
        assert self.good("claims_of_order", self.customer, **at)["items"]
        self.good("claims_of_merchant", self.merchant)
        soon(lambda: self.town.order(self.customer, order["id"])["refunded"]["amount"] == 1_100)

    def _risk(self) -> None:
        """By now the customer has paid the same shop the same amount several times, with one card."""
        wish = {"subject": "payouts:acc_nobody", "reason": "账户异常，等待核实"}
        self.good("risk_freeze", self.admin, wish, headers=self.fresh())
        self.good("risk_freezes", self.admin)
        self.good("risk_unfreeze", self.admin, wish, headers=self.fresh())
        self.good("audit_read", self.admin, query={"object": wish["subject"]})
        soon(lambda: bool(self.good("risk_alerts", self.admin)["items"]))
        alert = self.ids["alert_id"] = self.good("risk_alerts", self.admin)["items"][0]["id"]
        at = {"alert_id": alert}
        give = {"assigned_to": self.admin.id, "reason": "请跟进"}
        self.good("risk_assign", self.admin, give, headers=self.fresh(), **at)
        self.good("risk_note", self.admin, {"text": "已致电顾客"}, headers=self.fresh(), **at)
        assert len(self.good("risk_alert", self.admin, **at)["notes"]) == 1
        self.good("risk_close", self.admin, {"reason": "误报"}, headers=self.fresh(), alert_id=alert)

    def _money(self, order_id: str) -> Json:
        found: Json = self.good("payments_of_order", self.admin, order_id=order_id)
        return found

    def _refund_states(self, order_id: str) -> list[str]:
        return [one["state"] for one in self._money(order_id)["refunds"]]

    def _dispute(self) -> None:
        _, payment = self._sold()
        intent = payment["client_secret"].partition("_secret_")[0]
        self.town.sandbox("POST", "/disputes", {"payment_intent": intent})
        soon(lambda: bool(self.good("payments_disputes", self.merchant)["items"]))
        [dispute] = self.good("payments_disputes", self.merchant)["items"]
        self.ids["dispute_id"] = dispute["id"]
        told = {"text": "客户已于约定时间到店并完成服务，附有签到记录与沟通记录，见附件说明。"}
        self.good("payments_give_evidence", self.merchant, told, dispute_id=dispute["id"])
        assert self.good("payments_dispute", self.merchant, dispute_id=dispute["id"])["withdrawn"]

    def _notices(self) -> None:
        """The wallets tell of what is of no interest, signed with the keys of the local stack's sandboxes."""
        state = self.town.stack.home / "sandbox"
        keys = WechatKeys.model_validate(json.loads((state / "wechat.json").read_text())["keys"])
        sealed = keys.seal(json.dumps({"mchid": keys.mchid}).encode(), "complaint")
        told = json.dumps({"id": "told_1", "event_type": "COMPLAINT.CREATE", "resource": sealed}).encode()
        headers = keys.signature(told, int(datetime.now(UTC).timestamp())) | {"Content-Type": "application/json"}
        assert self.good("payments_wechat_notice", raw=told, headers=headers)["code"] == "SUCCESS"
        form, headers = alipay_form(state / "alipay.json", notify_type="open_app_auth_notify")
        assert self.good("payments_alipay_notice", raw=form, headers=headers) == "success"

    def _books(self) -> None:
        self.town.schedule("payments-sweep", datetime.now(UTC) + timedelta(minutes=10))
        self.good("ledger_of_order", self.admin, order_id=self.ids["order_id"])
        at = rfc3339(datetime.now(UTC).astimezone(ZoneInfo("UTC")))
        sheets = self.good("ledger_trial_balance", self.admin, query={"at": at})["items"]
        assert {sheet["total"] for sheet in sheets} == {0}


def alipay_form(keys: Path, **fields: str) -> tuple[bytes, dict[str, str]]:
    """Return a notice as Alipay would send it now: body and headers."""
    kept = alipay.Keys.kept(keys)
    told = {
        "notify_id": "told_1",
        "notify_time": f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}",
        "charset": "utf-8",
        "app_id": kept.app_id,
        "seller_id": kept.seller_id,
        "out_trade_no": "pay_nobody",
        **fields,
    }
    signed = told | {"sign_type": "RSA2", "sign": alipay.sign(alipay.sorted_text(told, ()), kept.alipay)}
    return urlencode(signed).encode(), {"Content-Type": FORM}
