"""The OpenAPI 3.1 document, made of the endpoints that `kit.http` knows and of their schemas. No I/O."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.kit import errors
from chalicelib.kit.endpoints import Published
from chalicelib.kit.errors import Problem
from chalicelib.kit.http import PROBLEM_JSON, Endpoint, declared
from chalicelib.kit.i18n import Text
from chalicelib.kit.idempotency import InProgress, KeyMissing, KeyReused
from chalicelib.kit.permissions import ACTING, GRANTS, LIVE, MEMBER_ROLES, OF_MEMBERS, PERSONAL, Role
from chalicelib.kit.regions import TokenElsewhere
from chalicelib.openapi.words import DESCRIPTION, PARAMETERS, PROBLEM_SCHEMA, TAGS, TITLE

Json = dict[str, Any]
_SCHEMAS = "#/components/schemas/"
_WRITES = frozenset({"POST", "PUT", "PATCH"})
_PARAMETER = re.compile(r"{(\w+)}")


def build(endpoints: Sequence[Endpoint], published: Sequence[Published] = ()) -> Json:
    """Return the document of some endpoints, in the order of their tags: domains are opened in any; and of what is sent
    to others.
    """
    endpoints = sorted(endpoints, key=lambda spec: spec.tag)
    schemas, names = _components(endpoints, published)
    webhooks = {one.kind: _webhook(one, names) for one in published}
    paths: dict[str, Json] = {}
    for spec in endpoints:
        paths.setdefault(spec.path, {})[spec.method.lower()] = _operation(spec, schemas, names)
    used = _reached([paths, webhooks], schemas)
    tags = dict.fromkeys(spec.tag for spec in endpoints)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": DESCRIPTION},
        # Relative to where the document is: `.../v1/openapi.json` and `.../v1/orders` have the same parent.
        "servers": [{"url": "..", "description": "This stage"}],
        "tags": [{"name": tag, "description": TAGS.get(tag, tag)} for tag in tags],
        "paths": paths,
        **({"webhooks": webhooks} if webhooks else {}),
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name in used} | {"Problem": PROBLEM_SCHEMA},
            "parameters": _SHARED_PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token that `POST /v1/auth/tokens` returns; good for 15 minutes.",
                }
            },
        },
    }


def problems(spec: Endpoint) -> dict[int, list[type[Problem]]]:
    """Return the problems that an endpoint can answer, by status: those it declares and those that the kit and the
    gateway raise for it.
    """
    found: list[type[Problem]] = [
        errors.Malformed,
        errors.UnsupportedMediaType,
        errors.TooMany,
        errors.TemporarilyUnavailable,
    ]
    if spec.needs is not None:
        found += [
            errors.Unauthorized,
            TokenElsewhere,
            errors.Forbidden,
            errors.SecondFactorNeeded,
            *([errors.SessionOver] if spec.needs in LIVE | ACTING | OF_MEMBERS else []),
        ]
    if _PARAMETER.search(spec.path):
        found.append(errors.NotFound)
    if spec.body is not None:
        found.append(errors.Invalid)
    if spec.query is not None:
        found.append(errors.Invalid)
    if spec.method in _WRITES:
        found += [errors.TooLarge, errors.OutcomeUnknown, errors.Busy]
    if spec.idempotent:
        found += [KeyMissing, KeyReused, InProgress]
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in dict.fromkeys([*found, *declared(spec)]):
        by_status.setdefault(problem.status, []).append(problem)
    return dict(sorted(by_status.items()))


def _operation(spec: Endpoint, schemas: Mapping[str, Json], names: Mapping[tuple[type, str], str]) -> Json:
    operation: Json = {
        "operationId": f"{spec.tag}_{spec.name}",
        "tags": [spec.tag],
        "summary": spec.summary,
        "description": _description(spec),
        "parameters": _parameters(spec, schemas, names),
        "responses": _responses(spec, names),
        "security": [] if spec.needs is None else [{"bearer": []}],
    }
    if spec.body is not None:
        schema = {"$ref": _SCHEMAS + names[spec.body, "validation"]}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _description(spec: Endpoint) -> str:
    if spec.needs is None:
        return "Open to everybody."
    if spec.needs in PERSONAL:
        return f"For everybody who is signed in, over what is their own (`{spec.needs}`)."
    roles = ", ".join(role for role in Role if spec.needs in GRANTS[role])
    working = _WORKING if any(spec.needs in GRANTS[role] for role in MEMBER_ROLES) else ""
    return f"Needs the permission `{spec.needs}`, which these roles bring: {roles}.{working}"


_WORKING = " Who works for a merchant names it in the header X-Merchant-Id where the address does not."


def _parameters(spec: Endpoint, schemas: Mapping[str, Json], names: Mapping[tuple[type, str], str]) -> list[Json]:
    found: list[Json] = []
    for name in _PARAMETER.findall(spec.path):
        description, example = PARAMETERS.get(name, (f"Which {name.replace('_', ' ')}.", "x"))
        schema = {"type": "string", "minLength": 1, "maxLength": 128, "examples": [example]}
        found.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": description,
                "schema": schema,
                "example": example,
            }
        )
    if spec.query is not None:
        query = schemas[names[spec.query, "validation"]]
        required = query.get("required", ())
        for name, schema in query.get("properties", {}).items():
            found.append(
                {
                    "name": name,
                    "in": "query",
                    "required": name in required,
                    "description": schema.get("description", schema.get("title", name)),
                    "schema": _without_null(schema),
                }
            )
    if spec.idempotent:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    return [*found, {"$ref": "#/components/parameters/AcceptLanguage"}]


def _without_null(schema: Json) -> Json:
    """Return a query parameter's schema without the null that stands for its absence: no URL can say null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "description", "title"}}
    if rest.get("default", ...) is None:
        del rest["default"]
    if not kinds:
        return rest
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _responses(spec: Endpoint, names: Mapping[tuple[type, str], str]) -> Json:
    success: Json = {"description": "Done.", "headers": dict(_ID)}
    if spec.returns is not None:
        success["content"] = {spec.media: {"schema": {"$ref": _SCHEMAS + names[spec.returns, "serialization"]}}}
        success["description"] = _first_line(spec.returns)
    elif spec.media != "application/json":
        success["content"] = {spec.media: {"schema": {"type": "string"}}}
    if spec.idempotent:
        success["headers"]["Idempotent-Replayed"] = {"$ref": "#/components/headers/IdempotentReplayed"}
    responses: Json = {str(spec.status): success}
    for status, text in spec.also.items():
        responses[str(status)] = {"description": text, "headers": dict(_ID)}
    for status, kinds in problems(spec).items():
        responses[str(status)] = _problem(kinds)
    return dict(sorted(responses.items()))


def _problem(kinds: Sequence[type[Problem]]) -> Json:
    headers: Json = dict(_ID)
    if kinds[0].status in {409, 429, 503}:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    lines = [f"- `{kind.code}`: {_saying(kind).en} ({_saying(kind).zh})" for kind in kinds]
    return {
        "description": "\n".join(lines),
        "headers": headers,
        "content": {PROBLEM_JSON: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
    }


def _saying(kind: type[Problem]) -> Text:
    """Return what tells a problem from its kin: its title, or its detail where it has its kin's title."""
    own = vars(kind)
    return kind.detail if "detail" in own and "title" not in own else kind.title


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "Done.").strip().split("\n\n")[0].replace("\n", " ").strip()


def _webhook(one: Published, names: Mapping[tuple[type, str], str]) -> Json:
    """Return what we send (OpenAPI 3.1, `webhooks`): the headers are those of the Standard Webhooks specification."""
    said = {
        "webhook-id": "Names the event: the same each time it is sent.",
        "webhook-timestamp": "When this was sent, in seconds since 1970.",
        "webhook-signature": "`v1,` and base64; several, told apart by spaces, while a secret is changed.",
    }
    parameters = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in said.items()
    ]
    schema = {"$ref": _SCHEMAS + names[one.body, "serialization"]}
    operation = {
        "summary": one.summary,
        "operationId": f"webhooks_on_{one.kind.replace('.', '_')}",
        "tags": ["webhooks"],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Taken. Anything else is tried again, for three days."},
            "410": {"description": "Send nothing here any more."},
        },
    }
    return {"post": operation}


def _components(
    endpoints: Iterable[Endpoint], published: Iterable[Published] = ()
) -> tuple[dict[str, Json], dict[tuple[type, str], str]]:
    """Return all schemas by name, and the name of each model in each mode."""
    wanted: dict[tuple[type[BaseModel], Any], None] = {}
    for spec in endpoints:
        for model in (spec.body, spec.query):
            if model is not None:
                wanted[model, "validation"] = None
        if spec.returns is not None:
            wanted[spec.returns, "serialization"] = None
    wanted |= {(one.body, "serialization"): None for one in published}
    references, made = models_json_schema(list(wanted), ref_template=_SCHEMAS + "{model}")
    long = {key: _short(key) for key in made.get("$defs", {})}
    schemas: dict[str, Json] = {long[key]: _renamed(schema, long) for key, schema in made.get("$defs", {}).items()}
    names: dict[tuple[type, str], str] = {
        key: long[reference["$ref"].removeprefix(_SCHEMAS)] for key, reference in references.items()
    }
    return schemas, names


def _short(name: str) -> str:
    """Return a readable name: pydantic puts the module before names that several modules have."""
    parts = name.split("__")
    return name if len(parts) < 3 else parts[1].capitalize() + parts[-1]  # noqa: PLR2004 - chalicelib, domain, ..., name


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: _SCHEMAS + names[value.removeprefix(_SCHEMAS)]
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, names)
            for key, value in node.items()
        }
    return [_renamed(item, names) for item in node] if isinstance(node, list) else node


def _reached(start: Any, schemas: Mapping[str, Json]) -> set[str]:
    """Return the names of the schemas that something refers to, directly or by way of others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix(_SCHEMAS)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


_ID: Json = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_HEADERS: Json = {
    "RequestId": {"description": "Names this request; say it when you ask for help.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds after which a retry makes sense.", "schema": {"type": "integer"}},
    "IdempotentReplayed": {
        "description": "`true` when this is the stored answer of an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_SHARED_PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Names what you want to happen once: a repeat with the same key and body gets the first answer.",
        "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$"},
        "example": "5f0c9c1e-7d2b-4c55-9f0e-3a1b2c4d5e6f",
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": "The language of problems and texts: `en` or `zh-CN`.",
        "schema": {"type": "string", "default": "en", "pattern": "^[ -~]*$", "examples": ["zh-CN"]},
    },
}
