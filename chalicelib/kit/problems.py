"""Problems as answers: RFC 9457 in the client's language."""

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib.kit import i18n, observability
from chalicelib.kit.endpoints import Reply
from chalicelib.kit.errors import Malformed, Problem, Unauthorized, UnsupportedMediaType
from chalicelib.settings import languages

PROBLEM_JSON = "application/problem+json"


def render_problem(problem: Problem, language: i18n.Language, request_id: str) -> Reply:
    """Return the RFC 9457 answer of a problem."""
    document: dict[str, Any] = {
        "type": f"urn:linli:problem:{problem.code}",
        "title": problem.title.render(language, **problem.parameters),
        "status": problem.status,
        "detail": problem.detail.render(language, **problem.parameters),
        "code": problem.code,
        "request_id": request_id,
        **problem.members(),
    }
    if problem.errors:
        document["errors"] = [{"field": one.field, "message": one.message} for one in problem.errors]
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if problem.status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    return Reply(json.dumps(document, ensure_ascii=False), problem.status, PROBLEM_JSON, headers, problem.code)


def problem_middleware(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Turn the refusals that Chalice makes itself (media type, method) into problem details."""
    response = get_response(event)
    body = response.body
    if isinstance(body, dict) and set(body) == {"Code", "Message"}:
        problem = UnsupportedMediaType() if response.status_code == UnsupportedMediaType.status else Problem()
        if response.status_code < Problem.status and not isinstance(problem, UnsupportedMediaType):
            problem = Malformed(reason=body["Message"])
        request_id = event.context.get("requestId", "-") if event is not None else "-"
        reply = render_problem(problem, i18n.choose(event.headers.get("accept-language"), languages()), request_id)
        observability.log.info("refused", request_id=request_id, status=reply.status)
        headers = {**response.headers, "Content-Type": reply.content_type, "X-Request-Id": request_id}
        return Response(body=reply.body, status_code=reply.status, headers=headers)
    return response
