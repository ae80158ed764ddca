"""WeChat Pay and Alipay without Stripe on the running stack: paid by QR code, told forged and twice, refunded, booked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from chalicelib.kit.auth import Role
from tests.e2e.town import ANSWER_SECONDS, PRICE, Json, Person, Town, slot

pytestmark = pytest.mark.e2e
A_DAY_AND_MORE = 26 * 3600  # seconds; Alipay repeats its notices for 25 hours


@dataclass(frozen=True)
class Wallet:
    """A wallet's sandbox, by its control endpoints."""

    name: str
    method: str
    base: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.base}/_sandbox{path}", json=body, timeout=ANSWER_SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def spoilt(self, payment_id: str) -> list[int]:
        """Send the notices of a payment in every wrong way; return what was answered."""
        if self.name == "alipay":
            ways = ("forged", "altered_amount", "other_app", "other_seller", "late")
            more = {"out_trade_no": payment_id, "seconds": A_DAY_AND_MORE}
            told = [self.ask("POST", "/notices/deliver", {"how": how, **more}) for how in ways]
            return [one["status"] for answers in told for one in answers]
        every = ("forged", "unknown_serial", "altered_amount", "other_mchid", "other_appid", "late", "early", "probe")
        notice = self._notice(payment_id)
        for how in every:
            self.ask("POST", f"/notices/{notice['id']}/send", {"how": how})
        self.ask("GET", "/idle?timeout=30")
        return [attempt["status_code"] for attempt in self._notice(payment_id)["attempts"]]

    def twice(self, payment_id: str) -> list[Any]:
        """Send them as they are, twice; return what was answered."""
        if self.name == "alipay":
            told = self.ask("POST", "/notices/deliver", {"how": "twice", "out_trade_no": payment_id})
            return [(one["status"], one["body"]) for one in told]
        notice = self._notice(payment_id)
        self.ask("POST", f"/notices/{notice['id']}/send", {"copies": 2})
        self.ask("GET", "/idle?timeout=30")
        return [one["status_code"] for one in self._notice(payment_id)["attempts"] if one["how"] == "normal"]

    def _notice(self, payment_id: str) -> Json:
        every = self.ask("GET", "/notices")
        found: Json = next(one for one in every if one["about"]["out_trade_no"] == payment_id)
        return found


@pytest.fixture(scope="module")
def direct(town: Town) -> Iterator[None]:
    """What an operator's `--wallets direct` says to the function that begins payments; the stack's default is Stripe."""
    functions, name = town.stack.target.client("lambda"), f"{town.stack.target.prefix}-api"
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert before["WALLETS"] == "stripe"
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": before | {"WALLETS": "direct"}}
    )
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


@pytest.fixture(params=["wechat", "alipay"])
def wallet(town: Town, direct: None, request: pytest.FixtureRequest) -> Iterator[Wallet]:
    """A wallet that keeps its notices until they are sent."""
    base = getattr(town.stack.addresses, request.param)
    wallet = Wallet(request.param, {"wechat": "wechat_pay", "alipay": "alipay"}[request.param], base)
    wallet.ask("POST", "/settings", {"mode": "held"})
    yield wallet
    wallet.ask("POST", "/settings", {"mode": "normal"})


def test_an_order_is_paid_and_refunded_without_stripe(
    town: Town, wallet: Wallet, report: Callable[[str], None]
) -> None:
    admin, customer, shop = town.person(Role.ADMIN), town.person(), town.open_shop(town.person(Role.MERCHANT))
    town.calms_down()
    _, before = town.balances(admin)
    order, payment = paid(town, wallet, customer, shop)

    answers = wallet.spoilt(payment["id"])
    assert set(answers) == {400}
    assert town.waiting() == {}
    assert town.order(customer, order["id"])["state"] == "held"

    told = wallet.twice(payment["id"])
    assert told == ([(200, "success")] * 2 if wallet.name == "alipay" else [200, 200])
    assert town.becomes(customer, order["id"], "confirmed")["payment_id"] == payment["id"]
    town.calms_down()
    account = f"provider:{wallet.name}"
    assert moved(town, admin, before) == {account: PRICE, "customers:held": -PRICE}

    wallet.ask("POST", "/settings", {"mode": "normal"})
    town.make(f"/orders/{order['id']}/cancel", customer, {}, status=200)
    town.becomes(customer, order["id"], "refunded")
    wallet.ask("GET", "/idle?timeout=30")
    town.calms_down()
    assert moved(town, admin, before) == {}
    assert town.balances(admin)[0] == 0
    report(
        f"{wallet.name}: {len(answers)} spoilt notices refused, 2 good ones taken, order paid, refunded, books balanced"
    )


def paid(town: Town, wallet: Wallet, customer: Person, shop: Json) -> tuple[Json, Json]:
    """Return an order whose QR code the customer has scanned and paid."""
    order = town.hold(customer, shop, slot(0, day=2))
    wish = {"method": wallet.method, "scene": "qr"}
    payment = town.make(f"/orders/{order['id']}/payments", customer, wish)
    assert payment["action_url"].startswith(f"{wallet.base}/pay/"), "another took it"
    page = requests.post(payment["action_url"], {"action": "pay"}, timeout=ANSWER_SECONDS, allow_redirects=False)
    assert page.status_code < 400, page.text
    return order, payment


def moved(town: Town, admin: Person, before: dict[str, int]) -> dict[str, int]:
    """Return by how much each account's balance has changed."""
    _, now = town.balances(admin)
    return {name: now[name] - before.get(name, 0) for name in now if now[name] != before.get(name, 0)}
