"""The part of WeChat Pay's API that the sandbox speaks, and how one call runs."""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote

from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response
from infra.sandbox.wechat import bills, orders, refunds
from infra.sandbox.wechat.keys import STRANGER
from infra.sandbox.wechat.world import Json, Refusal, World

_UNAUTHORIZED = 401
_STALE_SECONDS = 360
Action = Callable[[World, tuple[str, ...], Request, dict[str, str]], Json]


def _order(world: World, ids: tuple[str, ...], _: Request, query: dict[str, str]) -> Json:
    if query.get("mchid") != world.state.keys.mchid:
        raise Refusal(400, "PARAM_ERROR", "mchid is not the one that asks.")
    found = orders.shown(world, ids[0])
    return found | ({"mchid": "1900009999"} if world.state.settings.answers == "other_merchant" else {})


_ROUTES: tuple[tuple[str, re.Pattern[str], Action], ...] = (
    (
        "POST",
        re.compile("/v3/pay/transactions/(h5|native|jsapi|app)"),
        lambda w, i, r, _: orders.create(w, i[0], r.body),
    ),
    ("GET", re.compile("/v3/pay/transactions/out-trade-no/([^/]+)"), _order),
    ("POST", re.compile("/v3/refund/domestic/refunds"), lambda w, _, r, __: refunds.create(w, r.body)),
    ("GET", re.compile("/v3/refund/domestic/refunds/([^/]+)"), lambda w, i, _, __: refunds.shown(w, i[0])),
    ("GET", re.compile("/v3/bill/(tradebill|fundflowbill)"), lambda w, i, _, query: bills.told(w, i[0], query)),
)


class Api:
    """Answers requests under /v3/."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults

    def answer(self, request: Request) -> Response | None:
        """One call; None when its answer gets lost on request."""
        fault = self.faults.take(request.method, request.path)
        if fault is not None and fault.kind == "drop":
            return None
        if fault is not None and fault.kind == "error":
            return self._finished(_injected(fault), request)
        if fault is not None and fault.kind == "hold":
            self.faults.hold()
        with self.world.lock:
            response = self._run(request)
        if fault is not None and fault.kind == "lost_answer":
            return None
        return self._finished(_injected(fault) if fault and fault.kind == "error_after" else response, request)

    def _run(self, request: Request) -> Response:
        try:
            self._admit(request)
            query = dict(parse_qsl(request.query))
            if (request.method, request.path) == ("GET", "/v3/billdownload/file"):
                content = bills.download(self.world, query.get("token", ""))
                return Response(200, content, "application/octet-stream")
            for method, path, action in _ROUTES:
                match = path.fullmatch(request.path)
                if match is not None and method == request.method:
                    ids = tuple(unquote(one) for one in match.groups())
                    return _json(200, action(self.world, ids, request, query))
            raise Refusal(404, "RESOURCE_NOT_EXISTS", f"Nothing answers {request.method} {request.path}.")  # noqa: TRY301 - one place answers refusals
        except Refusal as refusal:
            return _json(refusal.status, refusal.body())

    def _admit(self, request: Request) -> None:
        headers = request.headers
        if "accept" not in headers or "user-agent" not in headers:
            raise Refusal(400, "PARAM_ERROR", "Accept and User-Agent are missing.")
        if request.method == "POST" and headers.get("content-type") != "application/json":
            raise Refusal(400, "PARAM_ERROR", "The body must be application/json.")
        target = f"{request.path}?{request.query}" if request.query else request.path
        sent = headers.get("authorization", "")
        now = self.world.clock()
        if not self.world.state.keys.signed_by_merchant(sent, request.method, target, request.body, now):
            raise Refusal(_UNAUTHORIZED, "SIGN_ERROR", "The signature does not match.")

    def _finished(self, response: Response, request: Request) -> Response:
        keys, how = self.world.state.keys, self.world.state.settings.answers
        headers = {"Request-ID": self.world.number("08")}
        stamp = int(self.world.clock()) - (_STALE_SECONDS if how == "stale" else 0)
        # Who names no public key gets the certificate's signature, as while WeChat replaces one by the other.
        name = request.headers.get("wechatpay-serial", "")
        name = name if name in keys.platform else list(keys.platform)[-1]
        if request.path == "/v3/billdownload/file" or response.status == _UNAUTHORIZED or how == "unsigned":
            signed: Mapping[str, str] = {}
        elif how in ("other_key", "unknown_serial"):
            signed = keys.signature(
                response.body, stamp, name=STRANGER if how == "unknown_serial" else name, pem=keys.stranger
            )
        else:
            signed = keys.signature(response.body, stamp, name=name)
        return Response(response.status, response.body, response.content_type, {**headers, **signed})


def _json(status: int, content: Json) -> Response:
    return Response(status, json.dumps(content, ensure_ascii=False).encode())


def _injected(fault: Fault) -> Response:
    code = "FREQUENCY_LIMITED" if fault.status == 429 else "SYSTEM_ERROR"  # noqa: PLR2004 - HTTP's own
    return _json(fault.status, Refusal(fault.status, code, "This failure was asked for.").body())
