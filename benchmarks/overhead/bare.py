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
View = Callable[..., dict[str, Any]]


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


def working() -> tuple[Chalice, Next]:
    """Return an app that does what is asked by way of our use cases, and what tells it who asks and what to answer."""
    app, planned = Chalice(app_name="bare", debug=True), Next()
    for path, view in _views(app, planned).items():
        _route(app, path, ROUTES[path], view)
    return app, planned


def _route(app: Chalice, path: str, method: str, view: Callable[..., Any]) -> None:
    app.route(path, methods=[method], name=f"{method} {path}")(view)


def _views(app: Chalice, planned: Next) -> dict[str, View]:
    def search() -> dict[str, Any]:
        asked = app.current_request.query_params
        find(wiring.search(), Wish(float(asked["lat"]), float(asked["lon"]), most=int(asked["nearest"])), 20)
        return planned.answer

    def free_times(shop_id: str, offering_id: str) -> dict[str, Any]:
        day = date.fromisoformat(app.current_request.query_params["date"])
        times(wiring.booking(), shop_id, offering_id, day)
        return planned.answer

    def shop_page(shop_id: str) -> dict[str, Any]:
        page.view(wiring.shop_page(), shop_id)
        return planned.answer

    def hold() -> dict[str, Any]:
        (line,) = json.loads(app.current_request.raw_body)["lines"]
        more = {"staff_id": None, "weeks_later": 0, "follows": False, "walk_in": False}
        fields = {**line, "start": datetime.fromisoformat(line["start"]), **more}
        asked = [Asked(fields.pop("kind"), fields)]
        made = orders.hold(wiring.orders(), planned.actor, asked, None, _once(app, planned))
        return {**planned.answer, "id": made.id}

    def pay(order_id: str) -> dict[str, Any]:
        wiring.sessions().must_stand(planned.actor)
        body, request = json.loads(app.current_request.raw_body), app.current_request
        source = request.context["identity"]["sourceIp"]
        wish = PayWish(Method(body["method"]), body["return_url"], client_ip=source)
        payments.pay(wiring.payments(), planned.actor, order_id, wish, _once(app, planned))
        return planned.answer

    def notice() -> dict[str, Any]:
        request = app.current_request
        payments.acknowledge(wiring.payments(), "stripe", Notice(request.raw_body, dict(request.headers)))
        return planned.answer

    def order(order_id: str) -> dict[str, Any]:
        orders.get(wiring.orders(), planned.actor, order_id)
        return planned.answer

    return {SEARCH: search, TIMES: free_times, PAGE: shop_page, HOLD: hold, PAY: pay, WEBHOOK: notice, ORDER: order}


def _once(app: Chalice, planned: Next) -> Once:
    request = app.current_request
    scope, key = f"{planned.actor.account_id} {request.path}", request.headers["idempotency-key"]
    body = hashlib.sha256(request.raw_body).hexdigest()
    return Once(scope, key, body, lambda _made: Answer(201, json.dumps(planned.answer)))
