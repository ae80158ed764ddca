"""The document: valid OpenAPI 3.1, complete, and telling what endpoints really can answer."""

import json
import re
from typing import Literal

import pytest
from chalice.app import Blueprint
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

import app
from chalicelib.kit import endpoints, http
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.http import Wire, endpoint
from chalicelib.openapi.document import build
from chalicelib.openapi.example import example
from chalicelib.reviews.rules import AlreadyReviewed
from tests import openapi


@pytest.fixture(scope="module")
def document():
    return openapi.document()


def operations(document):
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_it_is_valid_openapi_3_1(document):
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_route_of_the_app_is_in_it_and_nothing_else(document):
    routes = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    assert set(operations(document)) == routes


def test_operations_have_names_of_their_own_and_words(document):
    found = operations(document)
    assert len({one["operationId"] for one in found.values()}) == len(found)
    for where, one in found.items():
        assert one["summary"], where
        assert one["description"], where
        assert one["tags"][0] in {tag["name"] for tag in document["tags"]}


def test_every_tag_is_described(document):
    assert [tag["name"] for tag in document["tags"] if tag["description"] == tag["name"]] == []


def test_path_parameters_are_those_of_the_path_with_examples(document):
    for (_, path), operation in operations(document).items():
        names = [one["name"] for one in operation["parameters"] if one.get("in") == "path"]
        assert names == re.findall(r"{(\w+)}", path)
        assert all(one["example"] != "x" for one in operation["parameters"] if one.get("in") == "path"), path


def test_every_schema_is_a_json_schema_and_its_example_fits(document):
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        made = json.loads(json.dumps(example(schema, schemas)))
        assert made is not None, name


def test_no_component_is_left_over_or_missing(document):
    text = json.dumps(document)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named == set(document["components"]["schemas"])
    assert "chalicelib" not in text
    assert "__" not in "".join(named)


def test_bearer_tokens_are_asked_for_where_somebody_must_sign_in(document):
    found = operations(document)
    assert found["GET", "/v1/health"]["security"] == []
    assert found["GET", "/v1/me/notices"]["security"] == [{"bearer": []}]


class In(Wire):
    kind: Literal["a", "b"] = "a"


class Query(Wire):
    limit: int = 20
    near: str | None = None
    cursor: int


class Out(Wire):
    id: str


@pytest.fixture
def plant(monkeypatch):
    def made(method="POST", path="/v1/things/{thing_id}", **spec):
        def view(): ...

        monkeypatch.setattr(http, "ENDPOINTS", [])
        spec = {"summary": "s", "tag": "things", "needs": PUBLIC} | spec
        endpoint(Blueprint("planted"), method, path, **spec)(view)
        document = build(http.ENDPOINTS)
        validate(json.loads(json.dumps(document)), cls=OpenAPIV31SpecValidator)
        return document["paths"][path][method.lower()]

    return made


def codes(operation):
    return {
        int(status): set(re.findall(r"^- `([^`]+)`", answer["description"], re.MULTILINE))
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    }


def test_problems_are_documented_as_they_apply(plant):
    bare = plant("GET", "/v1/things")
    assert set(codes(bare)) == {400, 415, 429, 503}
    full = plant(
        needs=Permission.ROLE_SET,
        body=In,
        query=Query,
        idempotent=True,
        errors=(AlreadyReviewed, Unavailable),
    )
    assert codes(full) == {
        400: {"malformed-request", "idempotency-key-required"},
        401: {"unauthorized", "token-of-another-region", "session-over"},
        403: {"forbidden", "second-factor-needed"},
        404: {"not-found"},
        409: {"request-in-progress", "busy", "already-reviewed"},
        413: {"too-large"},
        415: {"unsupported-media-type"},
        422: {"invalid-request", "idempotency-key-reused"},
        429: {"too-many-requests"},
        503: {"outcome-unknown", "provider-unavailable", "temporarily-unavailable"},
    }
    assert full["description"] == "Needs the permission `role:set`, which these roles bring: admin."
    assert "Retry-After" in full["responses"]["409"]["headers"]


def test_a_domain_adds_its_problems_to_an_endpoint_that_does_not_know_it(plant, monkeypatch):
    monkeypatch.setattr(endpoints, "_BORROWED", {})
    http.also_refuses("POST", "/v1/borrowed", AlreadyReviewed)
    http.also_refuses("POST", "/v1/borrowed", Unavailable)
    found = codes(plant(path="/v1/borrowed"))
    assert found[409] == {"already-reviewed", "busy"}
    assert found[503] == {"outcome-unknown", "provider-unavailable", "temporarily-unavailable"}


def test_parameters_are_said_once_and_never_null(plant):
    operation = plant("GET", needs=Permission.ACCOUNT_OWN, query=Query)
    query = {one["name"]: one for one in operation["parameters"] if one.get("in") == "query"}
    assert query["cursor"]["required"]
    assert not query["limit"]["required"]
    assert query["limit"]["schema"] == {"default": 20, "type": "integer"}
    assert query["near"]["schema"] == {"type": "string"}
    assert {"$ref": "#/components/parameters/AcceptLanguage"} in operation["parameters"]


def test_answers_without_a_body_and_other_media(plant):
    assert "content" not in plant("DELETE", status=204)["responses"]["204"]
    page = plant("GET", media="text/html; charset=utf-8", also={304: "the same"})
    assert page["responses"]["200"]["content"] == {"text/html; charset=utf-8": {"schema": {"type": "string"}}}
    assert page["responses"]["304"]["description"] == "the same"
    once = plant(idempotent=True, needs=Permission.ACCOUNT_OWN, returns=Out, status=201)
    assert "Idempotent-Replayed" in once["responses"]["201"]["headers"]


def test_models_of_the_same_name_do_not_meet(monkeypatch):
    monkeypatch.setattr(http, "ENDPOINTS", [])
    made = [
        type("Thing", (Wire,), {"__module__": f"chalicelib.{domain}.schemas", "__annotations__": {domain: str}})
        for domain in ("shops", "orders")
    ]
    for number, model in enumerate(made):
        endpoint(Blueprint("p"), "GET", f"/v1/{number}", summary="s", tag="t", needs=PUBLIC, returns=model)(
            lambda: None
        )
    assert set(build(http.ENDPOINTS)["components"]["schemas"]) == {"OrdersThing", "Problem", "ShopsThing"}


def test_examples_end_even_where_schemas_contain_themselves():
    schemas = {"Tree": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}}
    made = example(schemas["Tree"], schemas)
    depth = 0
    while made:
        made, depth = made["child"], depth + 1
    assert 2 < depth < 20


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": "a"}, "a"),
        ({"enum": ["x", "y"]}, "x"),
        ({"default": 20, "type": "integer"}, 20),
        ({"anyOf": [{"type": "string", "examples": ["x"]}, {"type": "null"}]}, "x"),
        ({"type": "array", "items": {"type": "integer"}}, [0]),
        ({"type": "array"}, []),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "boolean"}]}, [0.0, True]),
        ({}, None),
        ({"type": "object"}, {}),
    ],
)
def test_examples_are_made_of_what_a_schema_says(schema, value):
    assert example(schema, {}) == value
