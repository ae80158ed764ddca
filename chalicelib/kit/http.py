"""From HTTP to a use case and back: the one decorator that every route wears.

It reads and checks the body and the query against their schemas, finds out who is calling, renders the answer or the
problem in the client's language, replays answers of repeated requests, and logs one line.
"""

import functools
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib.kit import aws, observability
from chalicelib.kit.call import Call
from chalicelib.kit.dynamo import meter
from chalicelib.kit.endpoints import (
    BINARY,
    ENDPOINTS,
    MAX_BODY,
    Endpoint,
    NotAcceptable,
    Reply,
    Wire,
    also_refuses,
    declared,
)
from chalicelib.kit.errors import Forbidden, NotFound, Problem
from chalicelib.kit.idempotency import LATE, Answer, Replayed
from chalicelib.kit.outages import outage
from chalicelib.kit.permissions import Permission
from chalicelib.kit.problems import PROBLEM_JSON, problem_middleware, render_problem

__all__ = [
    "BINARY",
    "ENDPOINTS",
    "PROBLEM_JSON",
    "Call",
    "Endpoint",
    "NotAcceptable",
    "Reply",
    "Wire",
    "also_refuses",
    "declared",
    "endpoint",
    "problem_middleware",
    "render_problem",
]

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")  # no separator of keys, and short enough to be one


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    summary: str,
    tag: str,
    needs: Permission | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    idempotent: bool = False,
    errors: tuple[type[Problem], ...] = (),
    media: str = "application/json",
    max_body: int = MAX_BODY,
    accepts: str = "application/json",
    also: Mapping[int, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register `view(call, **path_parameters)` as a route of a blueprint; for the rest see `Endpoint`."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        spec = Endpoint(
            method, path, summary, tag, body, query, returns, status, needs, idempotent, errors, media, max_body,
            view.__name__, accepts, also or {},
        )  # fmt: skip
        return _registered(blueprint, spec, view)

    return decorate


def _registered(blueprint: Blueprint, spec: Endpoint, view: Callable[..., Any]) -> Callable[..., Any]:
    ENDPOINTS.append(spec)
    name = f"{view.__module__}.{view.__name__}"

    @blueprint.route(spec.path, methods=[spec.method], content_types=[spec.accepts], name=name)
    @functools.wraps(view)
    def handle(**path_parameters: str) -> Response:
        return _answer(spec, view, blueprint.current_request, path_parameters)

    registered: Callable[..., Any] = handle
    return registered


def _answer(spec: Endpoint, view: Callable[..., Any], request: Request, path: Mapping[str, str]) -> Response:
    call = Call(spec, request)
    token = observability.request_id.set(call.request_id)
    try:
        with observability.span() as span, meter.measure() as used:
            observability.about(**path)
            reply = _reply(spec, view, call, path)
        actor = call._actor  # noqa: SLF001 - the log line's own view of the call
        span.counts |= used.counts()
        span.told(
            "request",
            method=spec.method,
            path=spec.path,
            domain=spec.tag,
            status=reply.status,
            problem=reply.problem,
            actor=actor.account_id if actor else None,
            db_requests=used.requests,
            read_units=used.read_units,
            write_units=used.write_units,
        )
    finally:
        observability.request_id.reset(token)
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
    except Exception as error:  # noqa: BLE001 - see `_meant`
        try:
            return _again_or(_meant(error, spec, call), call)
        except Exception as worse:  # noqa: BLE001 - the stored answer cannot be read: nobody knows how the first one ended
            return render_problem(_meant(worse, spec, call), call.language, call.request_id)


def _meant(error: Exception, spec: Endpoint, call: Call) -> Problem:
    """Return what an error means to the client. A bug gets an honest 500 with the id to ask about."""
    if isinstance(error, Problem):
        return error
    passing = outage(error, writes=spec.method != "GET")
    if passing is None:
        observability.log.exception("unexpected", request_id=call.request_id, path=spec.path)
        return Problem()
    observability.log.warning("outage", request_id=call.request_id, path=spec.path, reason=_named(error))
    return passing


def _named(error: Exception) -> str:
    """Return what went wrong, without what was sent: an error's text may repeat it."""
    cause: Exception = getattr(error, "cause", None) or error
    return f"{type(error).__name__}: {aws.reason(cause)}"


def _rendered(spec: Endpoint, view: Callable[..., Any], call: Call, path: Mapping[str, str]) -> Reply:
    call.admit()
    if spec.media in BINARY and not _asks_first(call.headers.get("accept"), spec.media):
        raise NotAcceptable(media=spec.media)
    # Some gateways hand escapes on as they came. An id has none of its own, so undoing them twice does no harm.
    ids = {name: unquote(value) for name, value in path.items()}
    if not all(_ID.fullmatch(value) for value in ids.values()):
        raise NotFound
    result = view(call, **ids)
    if isinstance(result, Reply):
        return result
    body = result.model_dump_json() if isinstance(result, BaseModel) else ""
    return Reply(body, spec.status, spec.media)


def _asks_first(accept: str | None, media: str) -> bool:
    """Say whether the first media range of an Accept header is this very type: API Gateway's rule."""
    first = (accept or "").split(",")[0].split(";")[0]
    return first.strip().lower() == media


def _again_or(problem: Problem, call: Call) -> Reply:
    """A repeat may be refused because the first one succeeded (its slot is taken, by itself): then replay. Who may not
    do it any more is told no more of it. Where something did not answer for long, only the problem is told: there is no
    time to wait for the same table once more, and a repeat finds out.
    """
    is_late = problem.status == HTTPStatus.SERVICE_UNAVAILABLE and observability.worked_for() > LATE
    if is_late or isinstance(problem, Forbidden) or type(problem) is Problem:
        return render_problem(problem, call.language, call.request_id)
    try:
        answer = call.stored_answer()
    except Problem as reused:
        problem, answer = reused, None
    return _replayed(answer) if answer else render_problem(problem, call.language, call.request_id)


def _replayed(answer: Answer) -> Reply:
    return Reply(answer.body, answer.status, headers={"Idempotent-Replayed": "true"})
