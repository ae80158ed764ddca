import json
from pathlib import Path

import pytest

import app
from chalicelib.kit.below import BELOW, FOLDED, Below, fold
from chalicelib.kit.http import ENDPOINTS
from infra.preflight_template import REST_RESOURCES_LIMIT, apis_are_small_enough

EVENT = json.loads((Path(__file__).parents[2] / "events" / "api.json").read_text())
ALL = sorted({spec.path for spec in ENDPOINTS})
ADMIN = [path for path in ALL if path.startswith("/v1/admin/")]


def asked(below: str | None, method: str = "GET") -> dict:
    """A request as API Gateway passes it on that knows the beginning alone."""
    path = f"/v1/admin/{BELOW}"
    context = EVENT["requestContext"] | {"resourcePath": path, "httpMethod": method}
    return EVENT | {
        "resource": path,
        "path": f"/v1/admin/{below}",
        "httpMethod": method,
        "pathParameters": {"below": below},
        "requestContext": context,
    }


@pytest.mark.parametrize("path", ADMIN)
def test_every_path_is_found_with_its_parameters(path):
    names = [part.strip("{}") for part in path.split("/") if part[:1] == "{"]
    values = {name: f"x_{number}" for number, name in enumerate(names)}
    event = Below(ALL).found(asked(path.removeprefix("/v1/admin/").format(**values)))
    assert event["requestContext"]["resourcePath"] == event["resource"] == path
    assert event["pathParameters"] == (values or None)
    assert event["path"].startswith("/v1/admin/"), "what was asked for stays readable"


def test_what_is_said_literally_goes_before_a_parameter():
    paths = ("/v1/admin/{one}/b", "/v1/admin/a/{two}", "/v1/admin/a/b")
    found = [Below(paths).found(asked(below))["resource"] for below in ("a/b", "a/c", "c/b")]
    assert found == ["/v1/admin/a/b", "/v1/admin/a/{two}", "/v1/admin/{one}/b"]


@pytest.mark.parametrize(
    "below", ["nothing", "accounts//roles", "", "accounts/acc_1/roles/", "../v1/me", "a/b/c/d/e/f"]
)
def test_what_there_is_not_is_answered_as_everywhere(below):
    answer = app.app(asked(below), None)
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["code"] == "not-found"


def test_a_method_that_is_not_there_and_a_preflight_are_answered_as_everywhere():
    path = next(path for path in ADMIN if "{" not in path)
    methods = {spec.method for spec in ENDPOINTS if spec.path == path}
    other = next(method for method in ("DELETE", "PATCH", "PUT") if method not in methods)
    below = path.removeprefix("/v1/admin/")
    assert app.app(asked(below, other), None)["statusCode"] == 405
    assert app.app(asked(below, "OPTIONS"), None)["statusCode"] == 204


def test_the_api_fits_the_gateway():
    paths = {path: {"get": {"responses": {}, "parameters": [{"name": "x"}]}} for path in ALL}
    fold(paths)
    (folded,) = [path for path in paths if path.startswith(FOLDED)]
    assert folded == f"/v1/admin/{BELOW}"
    assert paths[folded]["get"]["parameters"] == [{"name": "below", "in": "path", "required": True, "type": "string"}]
    template = {
        "Resources": {"RestAPI": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"paths": paths}}}}
    }
    assert list(apis_are_small_enough(template)) == []
    assert REST_RESOURCES_LIMIT == 300


def test_methods_of_all_folded_paths_are_taken():
    paths = {"/v1/admin/a": {"get": {}}, "/v1/admin/a/{b}": {"post": {}, "get": {}}, "/v1/me": {"get": {}}}
    fold(paths)
    assert set(paths) == {"/v1/me", f"/v1/admin/{BELOW}"}
    assert set(paths[f"/v1/admin/{BELOW}"]) == {"get", "post"}
    fold(nothing := {"/v1/me": {}})
    assert nothing == {"/v1/me": {}}
