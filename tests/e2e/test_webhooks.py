"""Stripe's notices on the running stack: held back, doubled, shuffled, forged, and one whose enqueue fails."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.auth import Role
from tests.e2e.town import PRICE, Json, Person, Town, notice, slot, soon

pytestmark = pytest.mark.e2e
METHODS = ("card", "alipay", "wechat_pay")
PAYMENTS = int(os.environ.get("PAYMENTS", "30"))  # that arrive in time
PAID_TWICE = CANCELLED = DECLINED = PAYMENTS // 10
PAID_ONCE = PAYMENTS - 2 * PAID_TWICE
COPIES = 2


@dataclass(frozen=True)
class Case:
    """One order and where it must end."""

    customer: Person
    order: Json
    ends: str
    refunds: int = 0


@pytest.fixture
def held(town: Town) -> Iterator[None]:
    """The sandbox keeps its notices until they are released."""
    before = town.sandbox("GET", "/settings")
    town.sandbox("POST", "/settings", {"mode": "held"})
    yield
    town.sandbox("POST", "/settings", {"mode": before["mode"]})
    town.sandbox("POST", "/deliveries/release", {})


@pytest.fixture(scope="module")
def admin(town: Town) -> Person:
    return town.person(Role.ADMIN)


def test_payments_told_twice_and_shuffled(
    town: Town,
    admin: Person,
    held: None,
    report: Callable[[str], None],
    record_property: Callable[[str, object], None],
) -> None:
    town.calms_down()
    _, before = town.balances(admin)
    cases = sell(town)
    waiting = town.sandbox("GET", "/deliveries?status=held&type=payment_intent.succeeded")["count"]
    assert waiting == PAYMENTS + CANCELLED

    town.sandbox("POST", "/settings", {"mode": ["twice", "shuffled"]})  # what refunds will tell
    began = time.monotonic()
    told = town.sandbox("POST", "/deliveries/release", {"copies": COPIES, "shuffle": True, "seed": 7})["queued"]
    states = settled(town, cases)
    seconds = time.monotonic() - began

    total, after = town.balances(admin)
    moved = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    report(f"{PAYMENTS + CANCELLED} payments, {told} deliveries shuffled: {seconds:.0f} s; orders {dict(states)}")
    report(f"trial balance {total}; moved {moved}; dead letters and waiting {town.waiting()}")
    confirmed = [case for case in cases if case.ends == "confirmed"]
    assert total == 0
    assert kept_at_stripe(town, cases) == len(confirmed) * PRICE
    assert moved == {
        "provider:stripe": len(confirmed) * PRICE,
        "customers:held": -len(confirmed) * PRICE,
    }
    assert town.waiting() == {}
    assert Counter(case.ends for case in cases) == states
    record_property("payments told", PAYMENTS)


def sell(town: Town) -> list[Case]:
    """Sell it all, while Stripe says nothing: paid once, paid twice, cancelled between payment and notice, declined."""
    merchant = town.person(Role.MERCHANT)
    shops = [town.open_shop(merchant) for _ in range(4)]
    customers = town.people(25)  # each may hold five orders
    kinds = ["once"] * PAID_ONCE + ["twice"] * PAID_TWICE + ["cancelled"] * CANCELLED + ["declined"] * DECLINED

    def buy(number: int) -> Case:
        kind, method, customer = kinds[number], METHODS[number % 3], customers[number % 25]
        order = town.hold(customer, shops[number % 4], slot(number // 4))
        town.pay(customer, order, method, "decline" if kind == "declined" else "approve")
        if kind == "twice":
            town.pay(customer, order, "card")
            return Case(customer, order, "confirmed", refunds=1)
        if kind == "cancelled":
            town.make(f"/orders/{order['id']}/cancel", customer, {}, status=200)
            return Case(customer, order, "refunded", refunds=1)
        return Case(customer, order, "held" if kind == "declined" else "confirmed")

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(buy, range(len(kinds))))


def settled(town: Town, cases: list[Case]) -> Counter[str]:
    """Return the orders' states, once nothing is on its way any more."""
    town.sandbox("GET", "/idle?timeout=60")
    refunds = sum(case.refunds for case in cases)

    def is_quiet() -> bool:
        told = town.sandbox("GET", "/deliveries?type=refund.created&limit=1")["count"]
        return told >= COPIES * refunds and town.sandbox("GET", "/idle?timeout=60")["idle"] and not town.waiting()

    soon(is_quiet)
    return Counter(town.order(case.customer, case.order["id"])["state"] for case in cases)


def kept_at_stripe(town: Town, cases: list[Case]) -> int:
    """Return what Stripe has taken for these orders and not given back."""
    orders = {case.order["id"] for case in cases}
    charges = [one for one in town.charges() if one["metadata"].get("order_id") in orders and one["paid"]]
    return sum(one["amount"] - one["amount_refunded"] for one in charges)


@contextmanager
def refusing_to_send(town: Town) -> Iterator[None]:
    """The relay may not send to the payments queue: as when SQS does not take it."""
    functions, iam = town.stack.target.client("lambda"), town.stack.target.client("iam")
    relay = functions.get_function_configuration(FunctionName=f"{town.stack.target.prefix}-outbox-relay")
    role = relay["Role"].rpartition("/")[2]
    denied = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="refuse", PolicyDocument=policy)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="refuse")


def test_a_notice_whose_enqueue_fails_once_is_not_lost(
    town: Town, admin: Person, report: Callable[[str], None]
) -> None:
    customer, shop = town.person(), town.open_shop(town.person(Role.MERCHANT))
    order = town.hold(customer, shop, slot(0))
    town.calms_down()
    began = time.time()
    with refusing_to_send(town):
        town.pay(customer, order)
        delivery = delivered(town, "payment_intent.succeeded")
        soon(lambda: "queue does not answer" in town.logged("outbox-relay", began))
        assert town.waiting()["outbox"] >= 2  # the payment was created, and succeeded
        assert town.order(customer, order["id"])["state"] == "held"
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [200]

    swept = town.schedule("outbox-sweep", datetime.now(UTC) + timedelta(minutes=1))

    assert town.becomes(customer, order["id"], "confirmed")["payment_id"]
    town.calms_down()
    assert town.balances(admin)[0] == 0
    report(f"a notice answered 200 whose enqueue failed: left in the outbox, swept ({swept}), order confirmed")


def delivered(town: Town, kind: str) -> Json:
    """Return the newest delivery of a kind, as soon as Stripe has its answer."""

    def newest() -> Json:
        found: Json = town.sandbox("GET", f"/deliveries?type={kind}&limit=1")["data"][0]
        return found

    soon(lambda: newest()["status"] == "delivered")
    return newest()


@pytest.mark.parametrize(
    ("name", "late"),
    [("forged", timedelta()), ("old", timedelta(seconds=-310)), ("future", timedelta(seconds=310))],
)
def test_a_signature_that_is_not_right_now_is_refused(town: Town, name: str, late: timedelta) -> None:
    told = notice("payment_intent", "pi_nobody")
    guessed = "whsec_guessed" if name == "forged" else None
    headers = town.signature(told, datetime.now(UTC) + late, guessed)
    answer = town.call("POST", "/webhooks/stripe", raw=told, headers=headers)
    assert (answer.status, answer.json["code"]) == (400, "bad-signature")
    town.calms_down()  # work on a charge that nobody made would fail and stay


def test_a_signature_of_another_body_is_refused_and_the_right_one_taken(town: Town) -> None:
    told, other = notice("payout", "po_1"), notice("payment_intent", "pi_nobody")
    headers = town.signature(told)
    assert town.call("POST", "/webhooks/stripe", raw=other, headers=headers).status == 400
    assert town.call("POST", "/webhooks/stripe", raw=told, headers=headers).json == {"received": True}
    assert town.call("POST", "/webhooks/stripe", raw=told).status == 400
