"""The bare sides: Chalice apps that do a request's work, or only its database calls, and nothing else."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from chalice.app import Chalice, Response

from benchmarks.overhead.requests import HOLD, ORDER, PAGE, PAY, ROUTES, SEARCH, TIMES, WEBHOOK
from benchmarks.overhead.twin import ServerCall, Twin
from chalicelib import wiring
from chalicelib.booking.use_cases import times
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.orders import use_cases as orders
from chalicelib.orders.rules import Asked
from chalicelib.payments import use_cases as payments
from chalicelib.payments.rules import Method, Notice
from chalicelib.payments.use_cases import PayWish
from chalicelib.search.use_cases import find, page
from chalicelib.search.use_cases.find import Wish

NOBODY = Actor("acc_nobody", frozenset(), "ses_nobody")
View = Callable[..., Any]


@dataclass
class Next:
    """What a bare app is asked for next.

    Attributes:
        answer: what it answers; where that is of something it has made, with its own id.
        actor: who asks; nobody checks it.
        calls: what an app that only makes calls is to make.
    """

    answer: dict[str, Any] = field(default_factory=dict)
    actor: Actor = NOBODY
    calls: list[ServerCall] = field(default_factory=list)


def repeating(twin: Twin) -> tuple[Chalice, Next]:
    """Return an app that only makes the calls that it is told to, and what tells it."""
    app, planned = Chalice(app_name="calls"), Next()

    def view(**_path: str) -> Response:
        for call in planned.calls:
            twin.make(call)
        return Response(body=planned.answer)

    for path, method in ROUTES.items():
        _route(app, path, method, view)
    return app, planned


class Working:
    """An app that does what is asked by way of our use cases; `next` tells it who asks and what to answer."""

    def __init__(self) -> None:
        self.app, self.next = Chalice(app_name="bare", debug=True), Next()
        views: dict[str, View] = {
            SEARCH: self._search,
            TIMES: self._times,
            PAGE: self._page,
            HOLD: self._hold,
            PAY: self._pay,
            WEBHOOK: self._notice,
            ORDER: self._order,
        }
        for path, view in views.items():
            _route(self.app, path, ROUTES[path], view)

    def _search(self) -> dict[str, Any]:
        asked = self.app.current_request.query_params
        find(wiring.search(), Wish(float(asked["lat"]), float(asked["lon"]), most=int(asked["nearest"])), 20)
        return self.next.answer

    def _times(self, shop_id: str, offering_id: str) -> dict[str, Any]:
        day = date.fromisoformat(self.app.current_request.query_params["date"])
        times(wiring.booking(), shop_id, offering_id, day)
        return self.next.answer

    def _page(self, shop_id: str) -> dict[str, Any]:
        page.view(wiring.shop_page(), shop_id)
        return self.next.answer

    def _hold(self) -> dict[str, Any]:
        (line,) = json.loads(self.app.current_request.raw_body)["lines"]
        more = {"staff_id": None, "weeks_later": 0, "follows": False, "walk_in": False}
        fields = {**line, "start": datetime.fromisoformat(line["start"]), **more}
        asked = [Asked(fields.pop("kind"), fields)]
        made = orders.hold(wiring.orders(), self.next.actor, asked, None, self._once())
        return {**self.next.answer, "id": made.id}

    def _pay(self, order_id: str) -> dict[str, Any]:
        wiring.sessions().must_stand(self.next.actor)
        request = self.app.current_request
        body, source = json.loads(request.raw_body), request.context["identity"]["sourceIp"]
        wish = PayWish(Method(body["method"]), body["return_url"], client_ip=source)
        payments.pay(wiring.payments(), self.next.actor, order_id, wish, self._once())
        return self.next.answer

    def _notice(self) -> dict[str, Any]:
        request = self.app.current_request
        payments.acknowledge(wiring.payments(), "stripe", Notice(request.raw_body, dict(request.headers)))
        return self.next.answer

    def _order(self, order_id: str) -> dict[str, Any]:
        orders.get(wiring.orders(), self.next.actor, order_id)
        return self.next.answer

    def _once(self) -> Once:
        request = self.app.current_request
        scope, key = f"{self.next.actor.account_id} {request.path}", request.headers["idempotency-key"]
        body = hashlib.sha256(request.raw_body).hexdigest()
        return Once(scope, key, body, lambda _made: Answer(201, json.dumps(self.next.answer)))


def _route(app: Chalice, path: str, method: str, view: View) -> None:
    app.route(path, methods=[method], name=f"{method} {path}")(view)
