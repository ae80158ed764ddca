"""WeChat's sign-in and an OpenID provider behind one port."""

import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from infra.logins import SANDBOX_APPS
from infra.sandbox.bodies import first_fault
from infra.sandbox.closing import Closing
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign, json_response
from infra.sandbox.logins.openid import OpenIdProvider
from infra.sandbox.logins.wechat import Failure, Wechat, Wish

T = TypeVar("T", bound=BaseModel)
_BAD_REQUEST, _CREATED = 400, 201


class LoginSandbox(Closing):
    """A running sandbox; a context manager that stops it. Raises OSError when the port is taken.

    Attributes:
        wechat: codes and failures, without HTTP.
        issuer: of the OpenID provider.
    """

    def __init__(self, *, port: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.wechat = Wechat(clock)
        self._server = LoopbackServer(self._answer, port)
        self.url, self.port = self._server.url, self._server.port
        self.issuer = f"{self.url}/oidc"
        self._openid = OpenIdProvider(self.issuer, clock)

    def close(self) -> None:
        """Stop."""
        self._server.close()

    def _answer(self, request: Request) -> Response:
        refusal = foreign(request)
        if refusal is not None:
            return refusal
        found = self._openid.answer(request) if request.path.startswith("/oidc/") else self._asked(request)
        return found or json_response(404, {"error": "Nothing is here."})

    def _asked(self, request: Request) -> Response | None:
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        work: dict[tuple[str, str], Callable[[], Response]] = {
            ("GET", "/"): lambda: json_response(200, {"info": "WeChat's sign-in and an OpenID provider, to try with."}),
            ("GET", "/sns/jscode2session"): lambda: self.wechat.told({"mini"}, "js_code", asked),
            ("GET", "/sns/oauth2/access_token"): lambda: self.wechat.told({"app", "web"}, "code", asked),
            ("GET", "/connect/qrconnect"): lambda: self.wechat.page(request),
            ("POST", "/connect/qrconnect"): lambda: self.wechat.page(request),
            ("POST", "/sandbox/wechat/codes"): lambda: self._controlled(request, Wish, self._code),
            ("POST", "/sandbox/wechat/failures"): lambda: self._controlled(request, Failure, self._fail),
        }
        found = work.get((request.method, request.path))
        return found() if found else None

    def _controlled(self, request: Request, model: type[T], work: Callable[[T], Response]) -> Response:
        try:
            return work(model.model_validate_json(request.body))
        except ValidationError as error:
            return json_response(_BAD_REQUEST, {"error": first_fault(error)[1]})

    def _code(self, wish: Wish) -> Response:
        if wish.appid not in SANDBOX_APPS:
            return json_response(_BAD_REQUEST, {"error": f"The apps are {', '.join(SANDBOX_APPS)}."})
        return json_response(_CREATED, {"code": self.wechat.code(wish)})

    def _fail(self, failure: Failure) -> Response:
        self.wechat.fail(failure)
        return json_response(200, failure.model_dump())
