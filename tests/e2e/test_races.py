"""Fifty clients want one time at the same moment, a class of twenty seats, or one of twenty coupons, over HTTP."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from chalicelib.kit.auth import Role
from chalicelib.kit.wire import rfc3339
from tests import openapi
from tests.api import Answer
from tests.e2e.town import Person, Town, slot

pytestmark = pytest.mark.e2e
CLIENTS = 50
SEATS = 20
DAYS = 10
T = TypeVar("T")


def at_once(work: Callable[[int], T]) -> tuple[list[T], float]:
    """Return what each of the clients gets when all begin together, and the seconds until the last has it."""
    start = threading.Barrier(CLIENTS + 1)

    def client(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        tries = [pool.submit(client, number) for number in range(CLIENTS)]
        start.wait()
        began = time.monotonic()
        return [attempt.result() for attempt in tries], time.monotonic() - began


def patient(ask: Callable[[], Answer]) -> Answer:
    """Ask as a client does whom a gateway answers for a process that did not start in time; not all of fifty at once do."""
    for _ in range(5):
        answer = ask()
        if answer.status not in {502, 503, 504}:
            break
    return answer


def warm_up(town: Town, merchant: Person, customers: list[Person]) -> float:
    """Have a process ready for each client, which has held something before; return the seconds.

    Each parallel request is a process, here as on Lambda, and starting fifty takes two cores a while.
    """
    shops = [town.open_shop(merchant) for _ in range(CLIENTS // DAYS)]

    def hold_elsewhere(number: int) -> Answer:
        shop = shops[number // DAYS]  # each client has a day of a shop to itself
        wish, key = town.wish(shop, slot(0, day=1 + number % DAYS)), uuid.uuid4().hex
        return patient(lambda: town.send("POST", "/orders", customers[number], wish, key=key))

    health, first = at_once(lambda _: patient(lambda: town.send("GET", "/health")))
    held, second = at_once(hold_elsewhere)
    assert [answer.status for answer in health + held] == [200] * CLIENTS + [201] * CLIENTS
    return first + second


def test_one_of_fifty_gets_the_time_and_twenty_the_seats(town: Town, report: Callable[[str], None]) -> None:
    merchant, customers = town.person(Role.MERCHANT), town.people(CLIENTS)
    warm = warm_up(town, merchant, customers)
    report(f"{CLIENTS} HTTP clients, after a warm-up of {warm:.0f} s")
    one_of_fifty(town, merchant, customers, report)
    twenty_of_fifty(town, merchant, customers, report)
    twenty_coupons_of_fifty(town, merchant, customers, report)


def one_of_fifty(town: Town, merchant: Person, customers: list[Person], report: Callable[[str], None]) -> None:
    shop, start = town.open_shop(merchant), slot(20)

    answers, seconds = at_once(lambda number: town.send("POST", "/orders", customers[number], town.wish(shop, start)))

    for answer in answers:
        openapi.check(answer, "POST", "/v1/orders")
    statuses = Counter(answer.status for answer in answers)
    codes = Counter(answer.json["code"] for answer in answers if answer.status != 201)
    report(f"one time: {seconds:.2f} s, statuses {dict(statuses)}, codes {dict(codes)}")
    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert codes == {"slot-taken": CLIENTS - 1}
    [winner] = [number for number, answer in enumerate(answers) if answer.status == 201]
    won = answers[winner].json
    assert won["customer_id"] == customers[winner].id
    assert town.order(customers[winner], won["id"])["state"] == "held"
    path = f"/shops/{shop['id']}/offerings/{shop['offering_id']}/times"
    free = town.get(path, date=start.astimezone(ZoneInfo(shop["zone"])).date())["times"]
    assert free
    assert rfc3339(start) not in [time["start"] for time in free]


def twenty_of_fifty(town: Town, merchant: Person, customers: list[Person], report: Callable[[str], None]) -> None:
    shop = town.open_shop(merchant)
    group = {"name": "瑜伽", "minutes": 60, "price": {"amount": 8_000, "currency": "CNY"}, "seats": SEATS}
    offering = town.make(f"/shops/{shop['id']}/offerings", merchant, group)
    plan = {"offering_id": offering["id"], "start": rfc3339(slot(20))}
    session = town.make(f"/shops/{shop['id']}/sessions", merchant, plan)
    seat = {"kind": "seat", "shop_id": shop["id"], "session_id": session["id"]}

    answers, seconds = at_once(lambda number: town.send("POST", "/orders", customers[number], {"lines": [seat]}))

    statuses = Counter(answer.status for answer in answers)
    codes = Counter(answer.json["code"] for answer in answers if answer.status != 201)
    report(f"a class of {SEATS} seats: {seconds:.2f} s, statuses {dict(statuses)}, codes {dict(codes)}")
    assert statuses == {201: SEATS, 409: CLIENTS - SEATS}
    assert codes == {"no-seats": CLIENTS - SEATS}
    won = [(number, answer.json) for number, answer in enumerate(answers) if answer.status == 201]
    seats = [town.get(f"/bookings/{order['lines'][0]['ref']}", customers[n])["seats"] for n, order in won]
    assert sorted(number for some in seats for number in some) == list(range(SEATS))


def twenty_coupons_of_fifty(
    town: Town, merchant: Person, customers: list[Person], report: Callable[[str], None]
) -> None:
    shop, now = town.open_shop(merchant), datetime.now(UTC)
    wish = {
        "title": "新客立减 20 元",
        "terms": {"currency": "CNY", "amount_off": 2_000},
        "number": SEATS,
        "limits": {"rush": CLIENTS},
        "valid_from": rfc3339(now - timedelta(minutes=1)),
        "valid_until": rfc3339(now + timedelta(days=1)),
    }
    campaign = town.make(f"/shops/{shop['id']}/campaigns", merchant, wish)

    answers, seconds = at_once(
        lambda number: town.send("POST", f"/campaigns/{campaign['id']}/claims", customers[number])
    )

    statuses = Counter(answer.status for answer in answers)
    codes = Counter(answer.json["code"] for answer in answers if answer.status != 201)
    report(f"{SEATS} coupons in two buckets: {seconds:.2f} s, statuses {dict(statuses)}, codes {dict(codes)}")
    assert statuses == {201: SEATS, 409: CLIENTS - SEATS}
    assert codes == {"campaign-sold-out": CLIENTS - SEATS}
    assert town.get(f"/campaigns/{campaign['id']}")["left"] == 0
