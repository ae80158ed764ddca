"""What those who come do, over HTTP, each request timed."""

import json
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from benchmarks.mix import CENTRE
from tests.e2e.town import Json, Person, Town
from tests.load.arrivals import ABANDON, BOOK, WHOLE, Arrival, Sample

ANSWER_SECONDS = 120.0
CONFIRM_SECONDS = 120.0
_POLL = 0.25
_TRIES = 4  # at other times, for somebody whose time was taken meanwhile
_AROUND = 0.02  # degrees, some two kilometres
_WITHIN = timedelta(hours=23)  # so near a start the customer can be checked in at once
TAKEN = "409 slot-taken"
CONFIRMED = "paid until confirmed"


class FailedError(Exception):
    """A visit cannot go on; why is in the samples."""


class Visitors:
    """Everybody who comes: they share the shops, and each booking is another customer's.

    Attributes:
        samples: of all requests; written by several threads, one append each.
        paid: (customer, order id) of those who paid.
    """

    def __init__(self, town: Town, merchant: Person, shops: Sequence[Json], customers: Sequence[Person]) -> None:
        self._town, self._merchant, self._shops = town, merchant, shops
        self._customers = deque(customers)
        self.samples: list[Sample] = []
        self.paid: list[tuple[Person, str]] = []
        self._local = threading.local()
        self._kinds: dict[str, Callable[[Visit], None]] = {
            "search": lambda visit: visit.search(),
            "a shop's page": lambda visit: visit.page(),
            "free times": lambda visit: visit.times() and None,
            ABANDON: lambda visit: visit.hold() and None,
            BOOK: lambda visit: visit.book(),
        }

    def come(self, arrival: Arrival, due: float, number: int) -> None:
        """Do what somebody came for; what goes wrong is in the samples."""
        visit = Visit(self, random.Random(number), due)
        try:
            self._kinds[arrival.kind](visit)
        except FailedError:
            return

    @property
    def session(self) -> requests.Session:
        """This thread's connection."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session


class Visit:
    """One of them: chooses a shop and goes as far as they came for."""

    def __init__(self, all_: Visitors, chance: random.Random, due: float) -> None:
        self._all, self._town, self._chance = all_, all_._town, chance
        self._shop = chance.choice(all_._shops)
        self._due = due
        self._customer: Person | None = None

    def search(self) -> None:
        lat, lon = (round(self._chance.gauss(mean, _AROUND), 5) for mean in CENTRE)
        self._ask("search", "GET", f"/search/shops?lat={lat}&lon={lon}&nearest=20")

    def page(self) -> None:
        self._ask("a shop's page", "GET", f"/shops/{self._shop['id']}/page")

    def times(self) -> list[datetime]:
        """Return the free times near enough to be served."""
        soon = datetime.now(UTC) + _WITHIN
        path = f"/shops/{self._shop['id']}/offerings/{self._shop['offering_id']}/times?days=2"
        day = datetime.now(UTC).date()
        found = self._ask("free times", "GET", f"{path}&date={day}")
        starts = [datetime.fromisoformat(one["start"]) for one in found["times"]]
        return [start for start in starts if start < soon]

    def hold(self) -> Json:
        """Return an order of a time that was still free."""
        self._customer = self._all._customers.popleft()
        for _ in range(_TRIES):
            wish = self._town.wish(self._shop, self._chance.choice(self.times()))
            made: Json | None = self._ask("hold", "POST", "/orders", self._customer, wish, also=TAKEN)
            if made is not None:
                return made
        raise FailedError

    def book(self) -> None:
        """The whole way: from the search to the review."""
        began = self._due
        self.search()
        self.page()
        order = self.hold()
        assert self._customer is not None
        wish = {"method": "card", "return_url": "https://linli.example/return"}
        payment = self._ask("pay: begin", "POST", f"/orders/{order['id']}/payments", self._customer, wish)
        self._town.confirm(payment)
        self._all.paid.append((self._customer, order["id"]))
        self._confirmed(order["id"])
        self._served(order)
        opinion = {"stars": self._chance.randint(3, 5), "text": "手艺很好，下次再来。"}
        path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/review"
        self._ask("review", "POST", path, self._customer, opinion)
        self._note(WHOLE, began, began, "200", is_expected=True)

    def _confirmed(self, order_id: str) -> None:
        """Look until the provider's notice has been worked."""
        began = self._due = time.perf_counter()
        while self._ask("read an order", "GET", f"/orders/{order_id}", self._customer)["state"] != "confirmed":
            if time.perf_counter() - began > CONFIRM_SECONDS:
                self._note(CONFIRMED, began, began, "never", is_expected=False)
                raise FailedError
            time.sleep(_POLL)  # as an app asks
            self._due = time.perf_counter()
        self._note(CONFIRMED, began, began, "200", is_expected=True)

    def _served(self, order: Json) -> None:
        at, merchant = f"/bookings/{order['lines'][0]['ref']}", self._all._merchant
        code = self._ask("read a booking", "GET", at, self._customer)["code"]
        self._ask("check in", "POST", f"{at}/check-in", merchant, {"code": code})
        self._ask("complete", "POST", f"{at}/complete", merchant)

    def _ask(
        self, step: str, method: str, path: str, person: Person | None = None, body: Any = None, also: str = ""
    ) -> Any:
        """Return what a request is answered with; None where that is the problem that may be."""
        headers = {"Content-Type": "application/json"}
        if person is not None:
            headers["Authorization"] = f"Bearer {self._town.token(person)}"
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        data, url = None if body is None else json.dumps(body), f"{self._town.api}/v1{path}"
        due, sent = self._due, time.perf_counter()
        try:
            got = self._all.session.request(method, url, data=data, headers=headers, timeout=ANSWER_SECONDS)
        except requests.RequestException as error:
            self._note(step, due, sent, type(error).__name__, is_expected=False)
            raise FailedError from error
        told = str(got.status_code) if got.ok else f"{got.status_code} {_code(got)}"
        self._note(step, due, sent, told, is_expected=got.ok or told == also)
        if got.ok:
            return got.json()
        if told != also:
            raise FailedError
        return None

    def _note(self, step: str, due: float, sent: float, answer: str, *, is_expected: bool) -> None:
        self._due = time.perf_counter()
        self._all.samples.append(Sample(step, due, sent, self._due, answer, is_expected))


def _code(got: requests.Response) -> str:
    try:
        return str(got.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "no problem document"
