"""The outermost layer: what is answered before any endpoint is asked, and what every answer gets on its way out."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from chalice.app import Request, Response

from chalicelib.kit import headers as said
from chalicelib.kit import i18n, observability
from chalicelib.kit.endpoints import ENDPOINTS
from chalicelib.kit.errors import Malformed, MethodNotAllowed, NotFound, Problem
from chalicelib.kit.problems import render_problem
from chalicelib.settings import languages

Middleware = Callable[[Any, Callable[[Any], Response]], Response]


def edge(origins: Callable[[], Sequence[str]]) -> Middleware:
    """Return the middleware: preflights answered by list, ambiguous requests refused, answers protected.

    Args:
        origins: whose pages may read the answers, asked anew for each request.
    """

    def middleware(request: Any, get_response: Callable[[Any], Response]) -> Response:
        listed = origins()
        origin = None if request is None else request.headers.get("origin")
        answer = _answer(request, get_response, origin, listed)
        answer.headers = said.dressed(answer.headers, origin, listed)
        return answer

    return middleware


def _answer(
    request: Request | None, get_response: Callable[[Any], Response], origin: str | None, origins: Sequence[str]
) -> Response:
    try:
        early = None if request is None else _early(request, origin, origins)
        return early or get_response(request)
    except Exception:  # noqa: BLE001 - Chalice's own handler would answer without our headers and not as a problem
        observability.log.exception("unexpected")
        return _problem(Problem(), request)


@cache
def _methods(_number: int) -> Mapping[str, list[str]]:
    """Return the methods of each path, made once for so many endpoints: they are not looked through at each request."""
    made: dict[str, list[str]] = {}
    for spec in ENDPOINTS:
        made.setdefault(spec.path, []).append(spec.method)
    return made


def _early(request: Request, origin: str | None, origins: Sequence[str]) -> Response | None:
    """Return the answer to what no endpoint is asked; None where one is."""
    methods = _methods(len(ENDPOINTS)).get(request.path, [])
    if not methods:
        return _problem(NotFound("address"), request)
    if request.method == "OPTIONS":
        return Response("", {**said.preflight(methods, origin, origins), **_id(request)}, 204)
    if request.method not in methods:
        return _problem(MethodNotAllowed(), request, {"Allow": ", ".join([*sorted(methods), "OPTIONS"])})
    twice = said.said_twice(request.to_original_event().get("multiValueHeaders") or {})
    return None if twice is None else _problem(Malformed(reason=f"The header {twice} came more than once."), request)


def _id(request: Request | None) -> dict[str, str]:
    return {"X-Request-Id": "-" if request is None else request.context.get("requestId", "-")}


def _problem(problem: Problem, request: Request | None, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    language = i18n.choose(None if request is None else request.headers.get("accept-language"), languages())
    reply = render_problem(problem, language, _id(request)["X-Request-Id"])
    body = "" if request is not None and request.method == "HEAD" else reply.body
    return Response(
        body, {**reply.headers, **headers, **_id(request), "Content-Type": reply.content_type}, reply.status
    )
