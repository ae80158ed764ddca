"""gateway.do: what every request must carry, what each method takes, and signed answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from infra.sandbox.alipay.keys import Keys, sign, signed_by, sorted_text
from infra.sandbox.alipay.methods import METHODS, Call
from infra.sandbox.alipay.world import RefusedError, World, seconds
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response, json_response

_CLOCKS_DIFFER = 15 * 60  # seconds
_REQUIRED = {"app_id", "method", "charset", "sign_type", "sign", "timestamp", "version", "biz_content"}
_OPTIONAL = {"format", "notify_url", "return_url"}
_FIXED = {"charset": "utf-8", "sign_type": "RSA2", "version": "1.0", "format": "JSON"}
_ADDRESS = re.compile(r"https?://[^\s?#]+")
IN_BROWSER = {"alipay.trade.wap.pay", "alipay.trade.page.pay"}
IN_APP = "alipay.trade.app.pay"


class AlipayFault(Fault):
    """As the Stripe sandbox's, on methods instead of paths; an `error` with a `code` is a signed answer with it."""

    path: str = "alipay."
    code: str | None = None
    sub_code: str = ""


@dataclass(frozen=True)
class Gateway:
    """Answers requests to gateway.do."""

    world: World
    keys: Keys
    faults: Faults

    def answer(self, request: Request) -> Response | None:
        """One request; None drops the connection."""
        fields = dict(parse_qsl(request.query, keep_blank_values=True))
        fields |= dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        method = fields.get("method", "")
        fault = self.faults.take(request.method, method)
        if fault is not None and fault.kind == "hold":
            self.faults.hold()
        if fault is not None and fault.kind in ("error", "drop"):
            return self._failed(method, fault)
        response = self._done(request, fields, method)
        if fault is None or fault.kind == "hold":
            return response
        return None if fault.kind == "lost_answer" else json_response(fault.status, {})

    def opened_in_app(self, order_string: str) -> dict[str, str]:
        """What the wallet's SDK does with an order. Raises RefusedError."""
        fields = dict(parse_qsl(order_string, keep_blank_values=True))
        if fields.get("method") != IN_APP:
            raise RefusedError("isv.invalid-method", "40002")
        return self._called(fields)

    def _done(self, request: Request, fields: Mapping[str, str], method: str) -> Response:
        try:
            _check_verb(request.method, method)
            node = {"code": "10000", "msg": "Success", **self._called(fields)}
        except RefusedError as error:
            return self._refused(method, error)
        if method in IN_BROWSER:
            return Response(302, b"", "text/plain", {"Location": f"/pay/{node['out_trade_no']}"})
        return self._signed(method, node)

    def _called(self, fields: Mapping[str, str]) -> dict[str, str]:
        method = METHODS.get(fields.get("method", ""))
        if method is None:
            raise RefusedError("isv.invalid-method", "40002")
        content = self._checked(fields)
        method.check(content)
        call = Call(self.world, content, fields.get("notify_url", ""), fields.get("return_url", ""))
        with self.world.lock:
            return method.run(call)

    def _checked(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The business parameters of a request that is the app's own. Raises RefusedError."""
        if fields.get("app_id") != self.keys.app_id:
            raise RefusedError("isv.invalid-app-id", "40002")
        if not signed_by(sorted_text(fields, ("sign",)), fields.get("sign", ""), self.keys.app):
            raise RefusedError("isv.invalid-signature", "40002")
        missing, unknown = _REQUIRED - set(fields), set(fields) - _REQUIRED - _OPTIONAL
        if missing or unknown:
            raise RefusedError("isv.invalid-parameter", "40002", f"missing {missing}, unknown {unknown}")
        wrong = [name for name, value in _FIXED.items() if fields.get(name, value) != value]
        wrong += [n for n in ("notify_url", "return_url") if n in fields and not _ADDRESS.match(fields[n])]
        if wrong:
            raise RefusedError("isv.invalid-parameter", "40002", f"wrong {wrong}")
        if abs(seconds(fields["timestamp"]) - self.world.clock()) > _CLOCKS_DIFFER:
            raise RefusedError("isv.invalid-timestamp", "40002")
        try:
            content = json.loads(fields["biz_content"])
        except ValueError:
            content = None
        if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
            raise RefusedError("isv.invalid-parameter", "40002", "biz_content")
        return content

    def _failed(self, method: str, fault: Fault) -> Response | None:
        if fault.kind == "drop":
            return None
        if isinstance(fault, AlipayFault) and fault.code is not None:
            return self._refused(method, RefusedError(fault.sub_code, fault.code))
        return json_response(fault.status, {"error": "This failure was asked for."})

    def _refused(self, method: str, error: RefusedError) -> Response:
        node = {"code": error.code, "msg": "Business Failed", "sub_code": error.sub_code, "sub_msg": str(error)}
        if error.code == "40002":  # before the gateway knows whose request it is, it signs nothing
            return json_response(200, {_name(method): node})
        return self._signed(method, node)

    def _signed(self, method: str, node: Mapping[str, str]) -> Response:
        """As Alipay writes it: compact, with escaped slashes, and signed as it is written."""
        text = json.dumps(node, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
        body = f'{{"{_name(method)}":{text},"sign":"{sign(text, self.keys.alipay)}"}}'
        return Response(200, body.encode(), "text/html;charset=utf-8")


def _check_verb(verb: str, method: str) -> None:
    """A browser GETs, a server POSTs, an app goes to the wallet. Raises RefusedError."""
    if method == IN_APP or (method in IN_BROWSER) != (verb == "GET"):
        raise RefusedError("isv.invalid-method", "40002", f"{method} is not called by {verb}")


def _name(method: str) -> str:
    return f"{method.replace('.', '_')}_response" if method in METHODS else "error_response"
