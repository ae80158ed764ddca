"""The part of Stripe's API that the sandbox speaks: a table of routes, and how one call runs."""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from infra.sandbox import charges, disputes, forms, intents, params, payouts, refunds, transfers
from infra.sandbox.errors import ApiError, missing, required
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response
from infra.sandbox.idempotency import Idempotency
from infra.sandbox.lists import listing
from infra.sandbox.state import Json
from infra.sandbox.world import World

Action = Callable[[World, tuple[str, ...], Json], Json]
CLIENT_ONLY = ("key", "client_secret", "use_stripe_sdk", "expected_payment_method_type")
"""What Stripe's client libraries add and the server SDK's types do not name."""


@dataclass(frozen=True)
class Route:
    """A method, a path, the SDK's name for the parameters, and what to do."""

    method: str
    path: re.Pattern[str]
    schema: str
    action: Action
    publishable: bool = False


def _route(method: str, path: str, schema: str, action: Action, *, publishable: bool = False) -> Route:
    return Route(method, re.compile(path.replace("{}", r"([^/]+)")), schema, action, publishable)


def _get(kind: str, path: str, schema: str, *, publishable: bool = False) -> Route:
    return _route("GET", path, schema, lambda world, ids, _: world.find(kind, ids[-1]), publishable=publishable)


def _list(kind: str, path: str, schema: str) -> Route:
    return _route("GET", path, schema, lambda world, _, p: listing(world, kind, path, p))


def _reversals(world: World, ids: tuple[str, ...], p: Json) -> Json:
    transfer = world.find("transfer", ids[0])
    return listing(world, "transfer_reversal", f"/v1/transfers/{ids[0]}/reversals", p | {"transfer": transfer["id"]})


_PI, _TR = "/v1/payment_intents", "/v1/transfers"
ROUTES = (
    _route("POST", _PI, "payment_intent_create", lambda w, _, p: intents.create(w, p)),
    _list("payment_intent", _PI, "payment_intent_list"),
    _get("payment_intent", f"{_PI}/{{}}", "payment_intent_retrieve", publishable=True),
    _route(
        "POST", f"{_PI}/{{}}", "payment_intent_update",
        lambda w, ids, p: intents.update(w, w.find("payment_intent", ids[0]), p),
    ),
    _route(
        "POST", f"{_PI}/{{}}/confirm", "payment_intent_confirm",
        lambda w, ids, p: intents.confirm(w, w.find("payment_intent", ids[0]), p), publishable=True,
    ),
    _route(
        "POST", f"{_PI}/{{}}/cancel", "payment_intent_cancel",
        lambda w, ids, p: intents.cancel(w, w.find("payment_intent", ids[0]), p),
    ),
    _get("payment_method", "/v1/payment_methods/{}", "payment_method_retrieve"),
    _list("charge", "/v1/charges", "charge_list"),
    _get("charge", "/v1/charges/{}", "charge_retrieve"),
    _route("POST", "/v1/refunds", "refund_create", lambda w, _, p: refunds.create(w, p)),
    _list("refund", "/v1/refunds", "refund_list"),
    _get("refund", "/v1/refunds/{}", "refund_retrieve"),
    _route("POST", "/v1/refunds/{}", "refund_update", lambda w, ids, p: refunds.update(w.find("refund", ids[0]), p)),
    _list("event", "/v1/events", "event_list"),
    _get("event", "/v1/events/{}", "event_retrieve"),
    _route("GET", "/v1/balance", "balance_retrieve", lambda w, _, __: charges.balance(w)),
    _route("GET", "/v1/balance_transactions", "balance_transaction_list", lambda w, _, p: payouts.entries(w, p)),
    _get("balance_transaction", "/v1/balance_transactions/{}", "balance_transaction_retrieve"),
    _route("POST", _TR, "transfer_create", lambda w, _, p: transfers.create(w, p)),
    _list("transfer", _TR, "transfer_list"),
    _get("transfer", f"{_TR}/{{}}", "transfer_retrieve"),
    _route(
        "POST", f"{_TR}/{{}}/reversals", "transfer_reversal_create",
        lambda w, ids, p: transfers.reverse(w, w.find("transfer", ids[0]), p),
    ),
    _route("GET", f"{_TR}/{{}}/reversals", "transfer_reversal_list", _reversals),
    _get("transfer_reversal", f"{_TR}/[^/]+/reversals/{{}}", "transfer_reversal_retrieve"),
    _list("dispute", "/v1/disputes", "dispute_list"),
    _get("dispute", "/v1/disputes/{}", "dispute_retrieve"),
    _route(
        "POST", "/v1/disputes/{}", "dispute_update",
        lambda w, ids, p: disputes.update(w, w.find("dispute", ids[0]), p),
    ),
    _route(
        "POST", "/v1/disputes/{}/close", "dispute_close",
        lambda w, ids, _: disputes.decide(w, w.find("dispute", ids[0]), "lost"),
    ),
    _list("payout", "/v1/payouts", "payout_list"),
    _get("payout", "/v1/payouts/{}", "payout_retrieve"),
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call that has been let in."""

    method: str
    path: str
    route: Route
    ids: tuple[str, ...]
    form: Json
    key: Literal["secret", "publishable"]
    client_secret: str | None
    idempotency_key: str | None
    request_id: str


class Api:
    """Answers requests under /v1."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.idempotency = Idempotency(world)
        self._requests = 0

    def answer(self, request: Request) -> Response | None:
        """One call; None when its answer gets lost on request."""
        with self.world.lock:
            self._requests += 1
            request_id = f"req_{self._requests:08d}"
        fault = self.faults.take(request.method, request.path)
        if fault is not None and fault.kind == "drop":
            return None
        if fault is not None and fault.kind == "error":
            return _finished(_injected(fault), request_id)
        try:
            response = self._run(self._admit(request, request_id), fault)
        except ApiError as error:
            response = _rendered(error.status, _dump(error.body()))
        if fault is not None and fault.kind == "lost_answer":
            return None
        if fault is not None and fault.kind == "error_after":
            response = _injected(fault)
        return _finished(response, request_id)

    def _admit(self, request: Request, request_id: str) -> Call:
        text = request.query if request.method in ("GET", "DELETE") else _form_text(request)
        form = forms.decode(text)
        key = _key(request, form)
        found = [(route, match) for route in ROUTES if (match := route.path.fullmatch(request.path)) is not None]
        fitting = [(route, match) for route, match in found if route.method == request.method]
        if not fitting:
            raise ApiError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
        route, match = fitting[0]
        if "stripe-account" in request.headers:
            raise ApiError(
                "The sandbox has one account; it takes no Stripe-Account header.", code="sandbox_unsupported"
            )
        if key == "publishable" and not route.publishable:
            text = "This call needs a secret API key, not a publishable one."
            raise ApiError(text, status=401, code="secret_key_required")
        secret = form.get("client_secret")
        taken = CLIENT_ONLY if key == "publishable" else ()
        return Call(
            method=request.method,
            path=request.path,
            route=route,
            ids=match.groups(),
            form={name: value for name, value in form.items() if name not in taken},
            key=key,
            client_secret=secret if isinstance(secret, str) else None,
            idempotency_key=request.headers.get("idempotency-key") if request.method == "POST" else None,
            request_id=request_id,
        )

    def _run(self, call: Call, fault: Fault | None) -> Response:
        checked = params.check(call.route.schema, call.form)
        key = call.idempotency_key
        if key is not None:
            stored = self.idempotency.begin(key, call.method, call.path, call.form | {"": call.client_secret})
            if stored is not None:
                replay = {"Idempotent-Replayed": "true", "Idempotency-Key": key}
                return _rendered(stored["status"], stored["body"], replay)
        if fault is not None and fault.kind == "hold":
            self.faults.hold()
        try:
            status, body = self._act(call, checked)
        except BaseException:
            if key is not None:
                self.idempotency.abandon(key)
            raise
        if key is None:
            return _rendered(status, body)
        self.idempotency.finish(key, status, body)
        return _rendered(status, body, {"Idempotency-Key": key})

    def _act(self, call: Call, checked: Json) -> tuple[int, str]:
        with self.world.lock:
            self.world.request = {"id": call.request_id, "idempotency_key": call.idempotency_key}
            try:
                if call.key == "publishable":
                    self._check_client_secret(call)
                paths = checked.pop("expand", [])
                result = self.world.expanded(call.route.action(self.world, call.ids, checked), paths)
            except ApiError as error:
                return error.status, _dump(error.body())
            finally:
                self.world.request = {"id": None, "idempotency_key": None}
            return 200, _dump(intents.public(result) if call.key == "publishable" else result)

    def _check_client_secret(self, call: Call) -> None:
        intent = self.world.find("payment_intent", call.ids[0])
        if call.client_secret is None:
            raise required("client_secret")
        if call.client_secret != intent["client_secret"]:
            raise missing("payment_intent", call.ids[0], "intent")


def _key(request: Request, form: Json) -> Literal["secret", "publishable"]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = b64decode(value, validate=True).decode().partition(":")[0]
        except (Base64Error, UnicodeDecodeError):
            value = ""
    if not value and str(form.get("key", "")).startswith("pk_"):
        value = form["key"]
    if value.startswith(("sk_test_", "rk_test_")):
        return "secret"
    if value.startswith("pk_test_"):
        return "publishable"
    if "_live_" in value:
        raise ApiError("A live key has no business here: the sandbox takes sk_test_ and pk_test_ keys.", status=401)
    raise ApiError("No valid API key provided: send 'Authorization: Bearer sk_test_...'.", status=401)


def _form_text(request: Request) -> str:
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip()
    if request.body and kind != "application/x-www-form-urlencoded":
        raise ApiError("The body must be a form (application/x-www-form-urlencoded).")
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise ApiError("The body is not UTF-8.") from error


def _injected(fault: Fault) -> Response:
    kind = "rate_limit" if fault.status == 429 else None  # noqa: PLR2004 - HTTP's own number
    error = ApiError("This failure was asked for.", status=fault.status, kind="api_error", code=kind)
    return _rendered(fault.status, _dump(error.body()))


def _dump(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _rendered(status: int, body: str, headers: dict[str, str] | None = None) -> Response:
    return Response(status, body.encode(), headers=headers or {})


def _finished(response: Response, request_id: str) -> Response:
    return replace(response, headers={**response.headers, "Request-Id": request_id})
