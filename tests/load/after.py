"""What must be true when a load is over: nobody has somebody else's time, every fen is accounted for, nothing is lost."""

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.town import PRICE, Json, Person, Town, soon
from tests.load.visits import Visitors

_GONE = {"cancelled", "expired"}
STEPS = {
    "GET /v1/search/shops": "search",
    "GET /v1/shops/{shop_id}/page": "a shop's page",
    "GET /v1/shops/{shop_id}/offerings/{offering_id}/times": "free times",
    "POST /v1/orders": "hold",
    "POST /v1/orders/{order_id}/payments": "pay: begin",
    "POST /v1/webhooks/stripe": "pay: the provider's notice",
    "GET /v1/orders/{order_id}": "read an order",
    "GET /v1/bookings/{booking_id}": "read a booking",
    "POST /v1/bookings/{booking_id}/check-in": "check in",
    "POST /v1/bookings/{booking_id}/complete": "complete",
    "POST /v1/orders/{order_id}/lines/{line_id}/review": "review",
}


@dataclass(frozen=True)
class Standing:
    """How things stand when nothing is on its way.

    Attributes:
        total: of the trial balance, which is nothing.
        at_stripe: what the provider holds for us, in fen.
        dead: letters by queue.
    """

    total: int
    at_stripe: int
    dead: dict[str, int]


def standing(town: Town, admin: Person) -> Standing:
    """Return how things stand, as soon as nothing is on its way."""
    soon(lambda: all(name.endswith("-dlq") for name in town.waiting()))
    total, accounts = town.balances(admin)
    return Standing(total, accounts.get("provider:stripe", 0), town.waiting())


def wrong(
    town: Town, visitors: Visitors, merchant: Person, shops: list[Json], admin: Person, before: Standing
) -> list[str]:
    """Return everything that is not as it must be, once nothing is on its way any more."""
    now, taken = standing(town, admin), len(visitors.paid) * PRICE
    found = [f"{count} dead letters in {name}" for name, count in (Counter(now.dead) - Counter(before.dead)).items()]
    for shop in shops:
        found += double_sold(agenda(town, merchant, shop))
    states = [(order, town.order(customer, order)["state"]) for customer, order in visitors.paid]
    found += [f"{order} is {state}, not completed" for order, state in states if state != "completed"]
    if now.total:
        found.append(f"the books are {now.total} fen out of balance")
    if now.at_stripe - before.at_stripe != taken:
        found.append(f"{now.at_stripe - before.at_stripe} fen at the provider, {taken} were paid")
    return found


def agenda(town: Town, merchant: Person, shop: Json) -> list[Json]:
    """Return what a shop has sold for the dates that visits book."""
    today = datetime.now(UTC).date()
    dates = [today + timedelta(days=ahead) for ahead in range(-1, 3)]
    return [one for day in dates for one in _of_day(town, merchant, shop, str(day))]


def _of_day(town: Town, merchant: Person, shop: Json, day: str) -> Iterator[Json]:
    query: dict[str, Any] = {"date": day, "limit": 100}
    while True:
        page = town.get(f"/shops/{shop['id']}/bookings", merchant, **query)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def double_sold(bookings: list[Json]) -> list[str]:
    """Return the bookings that take a person's time which another one has."""
    by_person = defaultdict[str, list[Json]](list)
    for one in {one["id"]: one for one in bookings}.values():
        if one["state"] not in _GONE:
            by_person[one["staff_id"]].append(one)
    found = []
    for those in by_person.values():
        those.sort(key=lambda one: str(one["start"]))
        pairs = itertools.pairwise(those)
        found += [f"{one['id']} and {two['id']} overlap" for one, two in pairs if two["start"] < one["end"]]
    return found


@dataclass(frozen=True)
class Told:
    """What the functions' log lines say of a step, on the mean of `count` requests."""

    count: int
    requests: float
    reads: float
    writes: float
    milliseconds: float


def logged(town: Town, since: float) -> dict[str, Told]:
    """Return what the API said of each step since then (epoch seconds)."""
    lines = defaultdict[str, list[Json]](list)
    for line in town.logged("api", since).splitlines():
        told = _read(line)
        step = STEPS.get(f"{told.get('method')} {told.get('path')}")
        if step is not None and told.get("message") == "request":
            lines[step].append(told)
    names = ("db_requests", "read_units", "write_units", "ms")
    return {
        step: Told(len(some), *(sum(one[name] for one in some) / len(some) for name in names))
        for step, some in lines.items()
    }


def _read(line: str) -> Json:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
