"""Holds answers against the API document: status, media type, headers and body of each must be as the document says."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_HERE = "urn:linli:openapi"


class Response(Protocol):
    """An answer: `tests.api.Answer` is one."""

    @property
    def status(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@cache
def document() -> dict[str, Any]:
    """The document of the whole app."""
    import app  # noqa: F401 - fills the list of endpoints
    from chalicelib.kit.endpoints import PUBLISHED
    from chalicelib.kit.http import ENDPOINTS
    from chalicelib.openapi.document import build

    return json.loads(json.dumps(build(ENDPOINTS, PUBLISHED)))


@cache
def _registry() -> Registry:
    return Registry().with_resource(_HERE, Resource.from_contents(document(), default_specification=DRAFT202012))


def check(response: Response, method: str, path: str) -> None:
    """Hold an answer to `method path` (a route's template or a real path) against the document.

    Raises:
        AssertionError: says what the document does not know.
    """
    route, operation = _operation(method, path.partition("?")[0])
    where = f"{method} {route} -> {response.status}"
    documented = operation["responses"]
    assert str(response.status) in documented, f"{where}: documented are {', '.join(documented)}; {response.text[:500]}"
    answer = documented[str(response.status)]
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert "x-request-id" in headers, f"{where}: no X-Request-Id"
    content = answer.get("content")
    if content is None:
        assert not response.text, f"{where}: no body is documented; {response.text[:500]}"
        return
    media = _media(headers.get("content-type", ""))
    kinds = {_media(name): value for name, value in content.items()}
    assert media in kinds, f"{where}: {media} instead of {', '.join(kinds)}"
    if media.endswith("json"):
        _check_body(where, json.loads(response.text), kinds[media]["schema"])
        if media == "application/problem+json":
            _check_code(where, json.loads(response.text), answer["description"])


def _check_body(where: str, body: Any, schema: Mapping[str, Any]) -> None:
    absolute = json.loads(json.dumps(schema).replace('"#/components', f'"{_HERE}#/components'))
    validator = Draft202012Validator(absolute, registry=_registry(), format_checker=FormatChecker())
    faults = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
    assert not faults, f"{where}: {'; '.join(faults)[:2000]}"


def _check_code(where: str, problem: Mapping[str, Any], description: str) -> None:
    codes = re.findall(r"^- `([^`]+)`:", description, re.MULTILINE)
    assert problem["code"] in codes, f"{where}: code {problem['code']} is not documented; {codes} are"


def _media(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    paths = document()["paths"]
    fitting = [path] if path in paths else [route for route in paths if _matches(route, path)]
    for route in fitting:
        if method.lower() in paths[route]:
            return route, paths[route][method.lower()]
    raise AssertionError(f"{method} {path} is not documented")


def _matches(route: str, path: str) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))
    return re.fullmatch(pattern, path) is not None
