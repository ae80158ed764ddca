"""A stack that is stopped and started again on the same folder: the data is there, and messages arrive again."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from chalicelib.kit.auth import Role
from infra.local.addresses import Ports
from infra.local.supervisor import LocalStack
from tests.e2e.town import PRICE, Json, Person, Town, slot, soon

pytestmark = pytest.mark.e2e
SECOND_START_SECONDS = 30.0  # half of that when nothing else runs


def buy(town: Town, customer: Person, shop: Json, number: int) -> Json:
    """Return a confirmed order: Stripe's notice came through the outbox, its stream, the queue and the worker."""
    order = town.hold(customer, shop, slot(number))
    town.pay(customer, order)
    return town.becomes(customer, order["id"], "confirmed")


def test_a_second_start_keeps_the_data_and_messages_arrive(tmp_path: Path, report: Callable[[str], None]) -> None:
    ports, console = Ports.free(), Console(quiet=True)
    with LocalStack(tmp_path, ports, console=console, demo_data=False) as first:
        town = Town(first)
        merchant, customer, admin = town.person(Role.MERCHANT), town.person(), town.person(Role.ADMIN)
        shop = town.open_shop(merchant)
        orders = [buy(town, customer, shop, number) for number in range(2)]
        soon(lambda: len(town.notices(customer, "order.confirmed.customer")) == len(orders))
        soon(lambda: not town.waiting())

    began, began_at = time.monotonic(), time.time()
    with LocalStack(tmp_path, ports, console=console, demo_data=False) as second:
        seconds = time.monotonic() - began
        town = Town(second)
        assert [town.order(customer, order["id"]) for order in orders] == orders
        assert town.get(f"/shops/{shop['id']}")["name"] == shop["name"]
        assert len(town.notices(customer, "order.confirmed.customer")) == len(orders)
        assert town.balances(admin) == (0, {"provider:stripe": 2 * PRICE, "customers:held": -2 * PRICE})

        assert "relayed" not in town.logged("outbox-relay", began_at)
        came = time.monotonic()
        buy(town, customer, shop, 2)
        soon(lambda: len(town.notices(customer, "order.confirmed.customer")) == len(orders) + 1)
        arrived = time.monotonic() - came
        soon(lambda: not town.waiting())
        assert "relayed" in town.logged("outbox-relay", began_at)  # not the sweep, which would hide a relay that sleeps
        assert town.balances(admin)[1]["provider:stripe"] == 3 * PRICE
    report(f"second start with the first one's data: {seconds:.1f} s; order to notice after it: {arrived:.1f} s")
    assert seconds < SECOND_START_SECONDS
