"""Answers that are bytes: base64 as API Gateway wants it, and only for clients to whom it passes them on as bytes."""

import base64
import json

import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kit import http
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.errors import NotFound
from chalicelib.kit.http import BINARY, NotAcceptable, Reply, declared, endpoint

PDF = b"%PDF-1.7\n\xf0\x9f\x96\xa4\x00\xff"
MEDIA = "application/pdf"


@pytest.fixture
def ask(monkeypatch):
    """Return `ask(accept, view)`: what API Gateway gets of an app with one route that answers with a PDF file."""
    monkeypatch.setattr(http, "ENDPOINTS", [])

    def ask(accept, view=lambda _call: Reply(PDF, content_type=MEDIA)):
        bp = Blueprint("planted")
        view.__name__ = "document"
        endpoint(bp, "GET", "/v1/document", summary="s", tag="things", needs=PUBLIC, media=MEDIA)(view)
        app = Chalice(app_name="planted")
        app.api.binary_types.extend(BINARY)
        app.register_blueprint(bp)
        headers = {} if accept is None else {"Accept": accept}
        event = {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": "/v1/document", "httpMethod": "GET", "requestId": "req-1", "path": "/v1/document",
                "identity": {"sourceIp": "127.0.0.1"},
            },
            "body": None,
            "isBase64Encoded": False,
        }  # fmt: skip
        return app(event, None)

    return ask


@pytest.mark.parametrize(
    "accept", ["application/pdf", "Application/PDF;q=0.9", "application/pdf, application/problem+json"]
)
def test_bytes_come_as_base64_to_whoever_asks_for_them_first(ask, accept):
    answer = ask(accept)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert base64.b64decode(answer["body"]) == PDF
    assert answer["headers"]["Content-Type"] == MEDIA


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json", "text/html, application/pdf", "image/png"])
def test_whoever_would_get_letters_instead_is_told_what_to_send(ask, accept):
    answer = ask(accept)
    assert answer["statusCode"] == 406
    assert not answer.get("isBase64Encoded")
    problem = json.loads(answer["body"])
    assert (problem["code"], problem["detail"]) == ("not-acceptable", "Send the header Accept: application/pdf.")


def test_a_problem_is_text_to_whoever_asks_for_bytes(ask):
    def missing(_call):
        raise NotFound("statement")

    answer = ask(MEDIA, missing)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "not-found")
    assert not answer.get("isBase64Encoded")


def test_the_api_document_knows_of_it(ask):
    ask(MEDIA)
    (spec,) = http.ENDPOINTS
    assert declared(spec) == (NotAcceptable,)
