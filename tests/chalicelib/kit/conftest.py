import json

import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kit import call, http
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.http import endpoint, problem_middleware
from tests.chalicelib.kit.planted import Wiring


@pytest.fixture
def wired(monkeypatch):
    made = Wiring()
    monkeypatch.setattr(call, "_wiring", lambda: made)
    return made


@pytest.fixture
def planted(monkeypatch, wired):
    """Return `plant(view, ...)`: an app with one route, as a function of a request."""
    monkeypatch.setattr(http, "ENDPOINTS", [])

    def plant(view, method="POST", path="/v1/things", **spec):
        bp = Blueprint("planted")
        spec = {"summary": "s", "tag": "things", "needs": PUBLIC} | spec
        endpoint(bp, method, path, **spec)(view)
        app = Chalice(app_name="planted")
        app.register_middleware(problem_middleware, "http")
        app.register_blueprint(bp)

        def send(body=None, *, headers=None, query=None, raw=None, verb=method, base64=False, **parameters):
            sent = {"Content-Type": "application/json", **(headers or {})}
            event = {
                "headers": sent,
                "multiValueHeaders": {k: [v] for k, v in sent.items()},
                "multiValueQueryStringParameters": {
                    k: v if isinstance(v, list) else [v] for k, v in (query or {}).items()
                }
                or None,
                "queryStringParameters": query,
                "pathParameters": parameters or None,
                "stageVariables": None,
                "path": path,
                "requestContext": {
                    "resourcePath": path,
                    "httpMethod": verb,
                    "requestId": "req-1",
                    "path": path,
                    "identity": {"sourceIp": "127.0.0.1"},
                },
                "body": raw if raw is not None else (None if body is None else json.dumps(body)),
                "isBase64Encoded": base64,
            }
            answer = app(event, None)
            answer["json"] = json.loads(answer["body"]) if answer["body"][:1] in {"{", "["} else None
            return answer

        return send

    return plant
