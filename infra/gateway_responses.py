"""What API Gateway itself answers, in the API's own form: application/problem+json, protected as every answer is; and
that it answers as little as it can: methods that a path does not know, and preflights, are the function's.
"""

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.kit.headers import PROTECTIVE

ANY_METHOD = "x-amazon-apigateway-any-method"

# kind of answer -> (status, code); no status where the kind covers several.
_ANSWERS: dict[str, tuple[int, str]] = {
    "ACCESS_DENIED": (403, "forbidden"),
    "API_CONFIGURATION_ERROR": (500, "internal"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal"),
    "AUTHORIZER_FAILURE": (500, "internal"),
    "BAD_REQUEST_BODY": (400, "malformed-request"),
    "BAD_REQUEST_PARAMETERS": (400, "malformed-request"),
    "DEFAULT_4XX": (400, "malformed-request"),
    "DEFAULT_5XX": (500, "internal"),
    "EXPIRED_TOKEN": (403, "forbidden"),
    "INTEGRATION_FAILURE": (502, "provider-unavailable"),
    "INTEGRATION_TIMEOUT": (504, "provider-unavailable"),
    "INVALID_API_KEY": (403, "forbidden"),
    "INVALID_SIGNATURE": (403, "forbidden"),
    # A path or method that the API does not have.
    "MISSING_AUTHENTICATION_TOKEN": (404, "not-found"),
    "QUOTA_EXCEEDED": (429, "too-many-requests"),
    "REQUEST_TOO_LARGE": (413, "too-large"),
    "RESOURCE_NOT_FOUND": (404, "not-found"),
    "THROTTLED": (429, "too-many-requests"),
    "UNAUTHORIZED": (401, "unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported-media-type"),
    "WAF_FILTERED": (403, "forbidden"),
}
_TITLES = {
    "forbidden": "Forbidden",
    "internal": "Internal error",
    "malformed-request": "Malformed request",
    "not-found": "Not found",
    "too-large": "Request too large",
    "too-many-requests": "Too many requests",
    "unauthorized": "Unauthorized",
    "provider-unavailable": "Unavailable",
    "unsupported-media-type": "Unsupported media type",
}


def _problem(status: int, code: str) -> str:
    """Return the mapping template of one problem; `$context` is filled in by API Gateway, quotes and all."""
    fixed = json.dumps({"type": "about:blank", "title": _TITLES[code], "status": status, "code": code})
    return f'{fixed[:-1]}, "detail": $context.error.messageString, "request_id": "$context.requestId"}}'


def gateway_responses(origins: Sequence[str]) -> dict[str, Any]:
    """Return the `GatewayResponses` of an AWS::Serverless::Api.

    The gateway cannot look an origin up in a list (its templates only fill in variables), and what it says by itself is
    nobody's secret: with several origins any page may read it.
    """
    readers = {} if not origins else {"Access-Control-Allow-Origin": origins[0] if len(origins) == 1 else "*"}
    headers = {**PROTECTIVE, **readers, "Content-Type": "application/problem+json"}
    return {
        kind: {
            # The default kinds keep the status that the gateway chose.
            **({} if kind.startswith("DEFAULT_") else {"StatusCode": status}),
            "ResponseTemplates": {"application/json": _problem(status, code)},
            "ResponseParameters": {"Headers": {name: _literal(value) for name, value in headers.items()}},
        }
        for kind, (status, code) in _ANSWERS.items()
    }


def _literal(value: str) -> str:
    """Return a value as the gateway takes literals: between quotes, with none inside. A policy's list of sources that
    is empty allows as little as 'none' does (Content Security Policy 3, 6.7.2.6).
    """
    bare = value.replace(" 'none'", "")
    return f"'{bare}'"


def answer_every_method(definition: dict[str, Any]) -> None:
    """Give every path of an API's definition the methods that it does not name, answered by the same function: that
    answers preflights by the list of origins, and other methods with 405 and what the path takes.
    """
    for operations in definition["paths"].values():
        integration = next(iter(operations.values()))["x-amazon-apigateway-integration"]
        operations[ANY_METHOD] = {"responses": {}, "x-amazon-apigateway-integration": integration}
