"""A world with endpoints, in which time is told and what endpoints answer is too."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib import wiring
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.webhooks.ports import Answer
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.endpoint import Endpoint, State
from chalicelib.webhooks.rules.events import event_of
from chalicelib.webhooks.rules.signing import new_secret
from chalicelib.webhooks.store import EndpointTable, ListenerTable
from chalicelib.webhooks.use_cases import Directory
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
OK, DOWN = Answer(200), Answer(500)


class Crash(BaseException):
    """The function ends here: nobody catches it."""


class Elsewhere:
    """What endpoints answer, by address, and what came there: ids, in order."""

    def __init__(self):
        self.answers, self.got = {}, {}
        self.crashes_after = None

    def call(self, url, headers, body, _seconds):
        self.got.setdefault(url, []).append(headers["webhook-id"])
        if self.crashes_after == url:
            self.crashes_after = None
            raise Crash
        answer = self.answers.get(url, OK)
        return answer(headers, body) if callable(answer) else answer


class World:
    """See the module."""

    def __init__(self):
        self.clock, self.elsewhere = FakeClock(NOW), Elsewhere()
        wiring.use_clock(self.clock)
        self.endpoints, self.listeners = EndpointTable(wiring.sealer), ListenerTable()
        self.ports = replace(
            wiring.webhooks(), caller=self.elsewhere, audience=Directory(self.listeners, lambda: 0.0).audience
        )
        self.deliveries = self.ports.deliveries

    def endpoint(self, name="one", owner="acc_merchant", types=("order.confirmed",), **more):
        """Make an endpoint that is active, and return it."""
        made = Endpoint(
            f"whe_{name}", owner, f"https://{name}.example.com/hook", types, "", State.ACTIVE, NOW, new_secret(),
            active_at=NOW, **more,
        )  # fmt: skip
        wiring.committer().commit(self.endpoints.create(made))
        return made

    def standing(self, endpoint):
        return self.endpoints.endpoint(endpoint.owner_id, endpoint.id)

    def delivery(self, endpoint, message):
        return self.deliveries.delivery(endpoint.id, event_of(message).id)

    def got(self, endpoint):
        """Return the ids of what came to an endpoint."""
        return self.elsewhere.got.get(endpoint.url, [])

    def answer(self, endpoint, answer):
        self.elsewhere.answers[endpoint.url] = answer

    def pause(self, endpoint):
        paused = rules.changed(self.standing(endpoint), rules.Change(paused=True), self.clock.now())
        wiring.committer().commit([self.endpoints.replace(paused)])

    def message(self, kind="order.confirmed", merchant="acc_merchant", number=1, **more):
        payload = {"order_id": "ord_1", "customer_id": "acc_c", "merchant_id": merchant, "shop_id": "shp_1", **more}
        return Message(kind, (NOTIFICATIONS,), payload, self.clock.now(), 2, id=f"msg_{number}")


@contextlib.contextmanager
def world():
    """Yield one; the clock is put back."""
    before = wiring.clock()
    try:
        yield World()
    finally:
        wiring.use_clock(before)
