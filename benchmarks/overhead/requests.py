"""The requests of a booking's journey, as API Gateway hands them over, and the world they are about."""

import itertools
import random
import secrets
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.mix import CENTRE
from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.seal import Sealer
from chalicelib.search import events as search
from chalicelib.search.hot import Hot, Policy
from chalicelib.search.store import PackStore
from tests.api import bearer, deliver, event, present, told
from tests.chalicelib.payments.notices import Told
from tests.fakes.provider import FakeProvider
from tests.world import hour, open_shop, wish

SHOPS = 60
_SPREAD = 0.05  # degrees, some five kilometres
_STAFF = 3

REMEMBERED = "search, from memory"
"""The search that makes no calls: shown, and in no ratio."""

SEARCH = "/v1/search/shops"
TIMES = "/v1/shops/{shop_id}/offerings/{offering_id}/times"
PAGE = "/v1/shops/{shop_id}/page"
HOLD = "/v1/orders"
PAY = "/v1/orders/{order_id}/payments"
WEBHOOK = "/v1/webhooks/stripe"
ORDER = "/v1/orders/{order_id}"
ROUTES = {SEARCH: "GET", TIMES: "GET", PAGE: "GET", HOLD: "POST", PAY: "POST", WEBHOOK: "POST", ORDER: "GET"}


@dataclass
class World:
    """Shops of a town, and customers who come one after the other.

    Attributes:
        shops: as made, each with an offering and three people.
        chance: what varies.
        search: whether searches are answered from memory (`REMEMBERED`) or from rows (`search`).
    """

    shops: list[dict[str, Any]]
    chance: random.Random
    search: str = REMEMBERED

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._booked: set[tuple[int, int]] = set()

    def customer(self) -> tuple[Actor, str]:
        """Return somebody new, signed in, and the address that they come from."""
        number = next(self._numbers)
        actor = Actor(f"acc_bench{number}", frozenset({Role.CUSTOMER}), f"ses_bench{number}")
        present(actor)
        return actor, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def visit(self) -> "Visit":
        """Return some visit, at an hour that nobody has booked there."""
        while True:
            number, hours = self.chance.randrange(len(self.shops)), self.chance.randrange(24, 24 * 28)
            if (number, hours) not in self._booked:
                self._booked.add((number, hours))
                return Visit(self.position(), self.shops[number], hours)

    def position(self) -> dict[str, float]:
        """Return where somebody stands."""
        return {
            axis: round(self.chance.gauss(mean, _SPREAD), 5) for axis, mean in zip(("lat", "lon"), CENTRE, strict=True)
        }


def _cold() -> Hot:
    """Return the memory of a container that finds no partition worth keeping."""
    return Hot(PackStore(wiring.clock()), wiring.clock(), Policy(worth=1_000_000_000))


def town(provider: FakeProvider, shops: int = SHOPS) -> World:
    """Return a town with all its shops in the index. Money is taken by a provider in memory; its notices are signed and
    verified as Stripe's.
    """
    world = World([], random.Random(1))
    sealer = Sealer({1: secrets.token_bytes(32)}, 1, b"pepper-of-the-benchmark")
    wiring.sealer = lambda: sealer  # KMS, once in a container's life, is not what is measured
    ports = {REMEMBERED: wiring.search(), "search": replace(wiring.search(), memory=_cold())}
    wiring.search = lambda: ports[world.search]
    wiring.stripe().charge = provider.charge  # type: ignore[method-assign]
    for _ in range(shops):
        world.shops.append(open_shop(staff=_STAFF, position=world.position()))
    for message in told():
        if "search" in message.queues and deliver(search.index, message):
            raise AssertionError(message)
    return world


@dataclass(frozen=True)
class Visit:
    """What two people, one on each side, do alike: where they stand, which shop they choose, and which whole hour."""

    position: Mapping[str, float]
    shop: Mapping[str, Any]
    hours: int


Steps = Generator[tuple[str, Actor, dict[str, Any]], dict[str, Any], None]


def journey(world: World, visit: Visit) -> Steps:
    """Yield what somebody's app asks for, with the request's name, and take the answers: from looking around to a paid
    order.
    """
    (actor, address), shop = world.customer(), visit.shop
    keyed = {"Authorization": bearer(actor)}
    around = {**visit.position, "nearest": 20}
    yield REMEMBERED, actor, event("GET", SEARCH, query=around)
    yield "search", actor, event("GET", SEARCH, query=around)
    yield "a shop's page", actor, event("GET", PAGE, shop_id=shop["id"])
    at = {"shop_id": shop["id"], "offering_id": shop["offering_id"]}
    yield "free times", actor, event("GET", TIMES, query={"date": f"{hour(visit.hours):%Y-%m-%d}"}, **at)
    body = {"lines": [wish(dict(shop), visit.hours)]}
    order = yield "hold", actor, event("POST", HOLD, body=body, headers=keyed | _key(), source_ip=address)
    pay = {"method": "card", "return_url": "https://linli.example/return"}
    of_it = {"order_id": order["id"]}
    yield "pay: begin", actor, event("POST", PAY, body=pay, headers=keyed | _key(), source_ip=address, **of_it)
    raw, headers = Told(f"evt_{uuid.uuid4().hex}", datetime.now(UTC)).of("stripe")
    yield "pay: the provider's notice", actor, event("POST", WEBHOOK, raw=raw.decode(), headers=headers)
    yield "read an order", actor, event("GET", ORDER, headers=keyed, **of_it)


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}
