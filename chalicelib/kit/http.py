"""From HTTP to a use case and back: the one decorator that every route wears.

It reads and checks the body and the query against their schemas, finds out who is calling, renders the answer or the
problem (RFC 9457) in the client's language, replays answers of repeated requests, and logs one line. It also keeps the
list of endpoints that the OpenAPI document is made of.
"""

import functools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.kit import i18n, idempotency, observability
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import (
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from chalicelib.kit.idempotency import Answer, Once, Replayed

MAX_BODY = 64 * 1024  # bytes; the largest body that any schema can want is far below
PROBLEM_JSON = "application/problem+json"
_KEY = re.compile(r"[!-~]{8,128}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")  # no separator of keys, and short enough to be one


class Wire(BaseModel):
    """Base of everything that goes over the wire: unknown fields and NaN are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)


@dataclass(frozen=True)
class Reply:
    """An answer that is not simply the JSON of the endpoint's schema."""

    body: str = ""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """One operation, as the decorator was told; see `endpoint`."""

    method: str
    path: str
    summary: str
    tag: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[BaseModel] | None
    status: int
    roles: frozenset[Role] | None
    idempotent: bool
    errors: tuple[type[Problem], ...]
    media: str
    max_body: int
    name: str
    also: Mapping[int, str] = field(default_factory=dict)


ENDPOINTS: list[Endpoint] = []
_BORROWED: dict[tuple[str, str], tuple[type[Problem], ...]] = {}


def also_refuses(method: str, path: str, *problems: type[Problem]) -> None:
    """Add problems to an endpoint of a domain that does not know them, for the API document: orders are refused by
    what is ordered.
    """
    _BORROWED[method, path] = _BORROWED.get((method, path), ()) + problems


def declared(spec: Endpoint) -> tuple[type[Problem], ...]:
    """Return the problems that an endpoint was told of, by its own domain and by others."""
    return spec.errors + _BORROWED.get((spec.method, spec.path), ())


class Call:
    """One request, checked."""

    def __init__(self, spec: Endpoint, request: Request) -> None:
        self._spec = spec
        self._request = request
        self.headers: Mapping[str, str] = request.headers
        self.language = i18n.choose(request.headers.get("accept-language"))
        self.request_id: str = request.context.get("requestId", "-")
        self.source_ip: str = request.context.get("identity", {}).get("sourceIp", "")
        self._actor: Actor | None = None
        self._once: Once | None = None
        self.body: Any = None
        self.query: Any = None

    @property
    def raw_body(self) -> bytes:
        """The body as it came: what a webhook's signature covers."""
        raw = self._request.raw_body
        return raw.encode() if isinstance(raw, str) else raw

    @property
    def actor(self) -> Actor:
        """Who is calling; only endpoints with roles have one."""
        if self._actor is None:
            raise Unauthorized
        return self._actor

    def once(self, render: Callable[[Any], BaseModel]) -> Once:
        """Return the idempotency of this request; `render` makes the endpoint's schema of the use case's result."""
        key = self.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise idempotency.KeyMissing
        self._once = Once(
            scope=f"{self.actor.account_id}|{self._spec.method} {self._spec.path}",
            key=key,
            fingerprint=idempotency.fingerprint(self._request.context.get("path", ""), self.raw_body),
            render=lambda result: Answer(self._spec.status, render(result).model_dump_json()),
        )
        return self._once

    def admit(self) -> None:
        """Check in the order that leaks least: who, what size and type, then what it says."""
        spec, request = self._spec, self._request
        if spec.roles is not None:
            self._actor = _actor(request.headers.get("authorization", ""))
            if not self._actor.roles & spec.roles:
                raise Forbidden
        if len(self.raw_body) > spec.max_body:
            raise TooLarge(limit=spec.max_body)
        if spec.body is not None:
            self.body = self._parsed_body(spec.body)
        if spec.query is not None:
            self.query = self._parsed_query(spec.query)

    def _parsed_body(self, model: type[BaseModel]) -> BaseModel:
        media = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media != "application/json":
            raise UnsupportedMediaType
        try:
            return model.model_validate_json(self.raw_body or b"null")
        except ValidationError as error:
            _refuse(error)

    def _parsed_query(self, model: type[BaseModel]) -> BaseModel:
        given: Mapping[str, str] = self._request.query_params or {}
        try:
            return model.model_validate_strings(dict(given))
        except ValidationError as error:
            _refuse(error)

    def stored_answer(self) -> Answer | None:
        """Return what was answered to this very request before, None where it is new."""
        if self._once is None:
            return None
        answer: Answer | None = _wiring().idempotency().recall(self._once)
        return answer


def _wiring() -> Any:
    # Imported when used: wiring knows every domain, and every domain's routes import this module.
    from chalicelib import wiring

    return wiring


def _actor(authorization: str) -> Actor:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    wiring = _wiring()
    actor: Actor = wiring.tokens().read(token.strip(), wiring.clock().now())
    return actor


def _refuse(error: ValidationError) -> NoReturn:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        raise Malformed(reason="The body is not JSON.") from error
    raise Invalid(errors=[FieldError(".".join(map(str, one["loc"])), one["msg"]) for one in found]) from error


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    summary: str,
    tag: str,
    roles: frozenset[Role] | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    idempotent: bool = False,
    errors: tuple[type[Problem], ...] = (),
    media: str = "application/json",
    max_body: int = MAX_BODY,
    also: Mapping[int, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register `view(call, **path_parameters)` as a route.

    Args:
        blueprint: the module's blueprint.
        method: GET, POST, PATCH, PUT or DELETE.
        path: with `{parameters}`, without a trailing slash.
        summary: one line for the API document.
        tag: the domain, for the API document.
        roles: who may call; PUBLIC is everybody. Whether it is *their* object is the use case's to check.
        body: schema of the JSON body.
        query: schema of the query.
        returns: schema of the answer; the view returns an instance, or a `Reply`, or None for 204.
        status: the status of success.
        idempotent: the view calls `call.once`; clients must send an Idempotency-Key.
        errors: the domain's own problems, for the API document.
        media: media type of the answer.
        max_body: the most bytes that the body may have.
        also: statuses without a body that a `Reply` may have, and what they mean.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        spec = Endpoint(
            method, path, summary, tag, body, query, returns, status, roles, idempotent, errors, media, max_body,
            view.__name__, also or {},
        )  # fmt: skip
        ENDPOINTS.append(spec)

        @blueprint.route(path, methods=[method], name=f"{view.__module__}.{view.__name__}")
        @functools.wraps(view)
        def handle(**path_parameters: str) -> Response:
            return _answer(spec, view, blueprint.current_request, path_parameters)

        registered: Callable[..., Any] = handle
        return registered

    return decorate


def _answer(spec: Endpoint, view: Callable[..., Any], request: Request, path: Mapping[str, str]) -> Response:
    started = time.perf_counter()
    call = Call(spec, request)
    token = observability.request_id.set(call.request_id)
    try:
        reply = _reply(spec, view, call, path)
    finally:
        observability.request_id.reset(token)
    actor = call._actor  # noqa: SLF001 - the log line's own view of the call
    observability.log.info(
        "request",
        request_id=call.request_id,
        method=spec.method,
        path=spec.path,
        domain=spec.tag,
        status=reply.status,
        actor=actor.account_id if actor else None,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )
    headers: dict[str, str | list[str]] = {
        "Content-Type": reply.content_type,
        "X-Request-Id": call.request_id,
        **reply.headers,
    }
    return Response(body=reply.body, status_code=reply.status, headers=headers)


def _reply(spec: Endpoint, view: Callable[..., Any], call: Call, path: Mapping[str, str]) -> Reply:
    try:
        return _rendered(spec, view, call, path)
    except Replayed as known:
        return _replayed(known.answer)
    except Problem as problem:
        return _again_or(problem, call)
    except Exception:  # noqa: BLE001 - a bug: the client gets an honest 500 with the id to ask about, the log gets the trace
        observability.log.exception("unexpected", request_id=call.request_id, path=spec.path)
        return render_problem(Problem(), call.language, call.request_id)


def _rendered(spec: Endpoint, view: Callable[..., Any], call: Call, path: Mapping[str, str]) -> Reply:
    call.admit()
    if not all(_ID.fullmatch(value) for value in path.values()):
        raise NotFound
    result = view(call, **path)
    if isinstance(result, Reply):
        return result
    body = result.model_dump_json() if isinstance(result, BaseModel) else ""
    return Reply(body, spec.status, spec.media)


def _again_or(problem: Problem, call: Call) -> Reply:
    """A repeat may be refused because the first one succeeded (its slot is taken, by itself): then replay."""
    try:
        answer = call.stored_answer()
    except Problem as reused:
        problem, answer = reused, None
    return _replayed(answer) if answer else render_problem(problem, call.language, call.request_id)


def _replayed(answer: Answer) -> Reply:
    return Reply(answer.body, answer.status, headers={"Idempotent-Replayed": "true"})


def render_problem(problem: Problem, language: i18n.Language, request_id: str) -> Reply:
    """Return the RFC 9457 answer of a problem."""
    document: dict[str, Any] = {
        "type": f"urn:linli:problem:{problem.code}",
        "title": problem.title.render(language, **problem.parameters),
        "status": problem.status,
        "detail": problem.detail.render(language, **problem.parameters),
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        document["errors"] = [{"field": one.field, "message": one.message} for one in problem.errors]
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if problem.status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    return Reply(json.dumps(document, ensure_ascii=False), problem.status, PROBLEM_JSON, headers)


def problem_middleware(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Turn the refusals that Chalice makes itself (media type, method) into problem details."""
    response = get_response(event)
    body = response.body
    if isinstance(body, dict) and set(body) == {"Code", "Message"}:
        problem = UnsupportedMediaType() if response.status_code == UnsupportedMediaType.status else Problem()
        if response.status_code < Problem.status and not isinstance(problem, UnsupportedMediaType):
            problem = Malformed(reason=body["Message"])
        request_id = event.context.get("requestId", "-") if event is not None else "-"
        reply = render_problem(problem, i18n.choose(event.headers.get("accept-language")), request_id)
        observability.log.info("refused", request_id=request_id, status=reply.status)
        headers = {**response.headers, "Content-Type": reply.content_type, "X-Request-Id": request_id}
        return Response(body=reply.body, status_code=reply.status, headers=headers)
    return response
