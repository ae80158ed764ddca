"""A stack that is stopped and started again on the same folder: the data is there, and messages arrive again."""

import time
from collections.abc import Callable

import pytest

from chalicelib.kit.auth import Role
from infra.local.supervisor import LocalStack
from tests.e2e.town import PRICE, Json, Person, Town, slot, soon

pytestmark = pytest.mark.e2e
SECOND_START_SECONDS = 30.0  # half of that when nothing else runs
CONFIRMED = "order.confirmed.customer"


def buy(town: Town, customer: Person, shop: Json, number: int) -> Json:
    """Return a confirmed order: Stripe's notice came through the outbox, its stream, the queue and the worker."""
    order = town.hold(customer, shop, slot(number))
    town.pay(customer, order)
    return town.becomes(customer, order["id"], "confirmed")


def test_a_second_start_keeps_the_data_and_messages_arrive(
    stack: LocalStack, town: Town, report: Callable[[str], None]
) -> None:
    merchant, customer, admin = town.person(Role.MERCHANT), town.person(), town.person(Role.ADMIN)
    shop = town.open_shop(merchant)
    order = buy(town, customer, shop, 0)
    soon(lambda: len(town.notices(customer, CONFIRMED)) == 1)
    town.calms_down()
    addresses, (_, books) = stack.addresses, town.balances(admin)

    began = time.monotonic()
    stack.stop()
    stopped = time.monotonic()
    began_at = time.time()
    stack.start()
    started = time.monotonic()

    assert stack.addresses == addresses
    assert town.order(customer, order["id"]) == order
    assert town.get(f"/shops/{shop['id']}")["name"] == shop["name"]
    assert len(town.notices(customer, CONFIRMED)) == 1
    assert town.balances(admin) == (0, books)
    assert "relayed" not in town.logged("outbox-relay", began_at)
    came = time.monotonic()
    buy(town, customer, shop, 1)
    soon(lambda: len(town.notices(customer, CONFIRMED)) == 2)
    arrived = time.monotonic() - came
    town.calms_down()
    assert "relayed" in town.logged("outbox-relay", began_at)  # not the sweep, which would hide a relay that sleeps
    assert town.balances(admin)[1]["provider:stripe"] == books["provider:stripe"] + PRICE
    report(
        f"stop {stopped - began:.1f} s; start with the data {started - stopped:.1f} s; "
        f"order to notice, all functions cold: {arrived:.1f} s"
    )
    assert started - stopped < SECOND_START_SECONDS
