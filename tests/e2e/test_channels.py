"""A notice on its way through the whole stack: to the phone that was told, and elsewhere once it is gone."""

import time
import uuid
from collections.abc import Callable

import pytest
import requests

from chalicelib.kit.auth import Role
from tests.e2e.town import ANSWER_SECONDS, Json, Person, Town, slot, soon

pytestmark = pytest.mark.e2e
KIND = "order.confirmed.customer"


def caught(town: Town, channel: str, to: str) -> list[Json]:
    """Return what a channel brought to an address, newest first."""
    query = {"channel": channel, "to": to, "kind": KIND}
    url = f"{town.stack.addresses.inbox}/messages"
    found: list[Json] = requests.get(url, params=query, timeout=ANSWER_SECONDS).json()["data"]
    return found


def buy(town: Town, customer: Person, shop: Json, number: int) -> None:
    """Pay a booking, and have it confirmed."""
    order = town.hold(customer, shop, slot(number, day=6))
    town.pay(customer, order)
    town.becomes(customer, order["id"], "confirmed")


def test_a_notice_reaches_the_phone_that_was_told_and_then_the_number(
    town: Town, report: Callable[[str], None]
) -> None:
    customer, token = town.person(), f"token-{uuid.uuid4().hex}"
    shop = town.open_shop(town.person(Role.MERCHANT))
    phone = town.make("/me/devices", customer, {"platform": "fcm", "token": token}, status=200)
    endpoint = f"inbox:fcm:{token[-12:]}"
    began = time.monotonic()
    buy(town, customer, shop, 1)
    soon(lambda: bool(caught(town, "push", endpoint)))
    report(f"a notice is pushed {time.monotonic() - began:.1f} s after the order was begun")
    (pushed,) = caught(town, "push", endpoint)
    assert pushed["subject"]
    assert pushed["language"] in {"en", "zh-CN"}
    assert caught(town, "sms", customer.phone) == []
    page = requests.get(f"{town.stack.addresses.inbox}/?channel=push", timeout=ANSWER_SECONDS).text
    assert endpoint in page

    assert town.call("DELETE", f"/me/devices/{phone['id']}", customer).status == 204
    buy(town, customer, shop, 2)
    soon(lambda: bool(caught(town, "sms", customer.phone)))
    assert len(caught(town, "push", endpoint)) == 1
