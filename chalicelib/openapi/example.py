"""Examples of schemas, made of the examples of their fields. No I/O."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
_DEEPEST = 6  # schemas that contain themselves end somewhere
_PLAIN: Mapping[str, Any] = {"string": "...", "integer": 0, "number": 0.0, "boolean": True, "null": None}


def example(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """Return a value such as the schema describes."""
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    for word in ("const", "default"):
        if schema.get(word) is not None:
            return schema[word]
    if "$ref" in schema:
        return None if depth > _DEEPEST else example(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            return example(schema[word][0], schemas, depth)
    return _by_type(schema, schemas, depth)


def _by_type(schema: Json, schemas: Json, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: example(field, schemas, depth) for name, field in schema.get("properties", {}).items()}
    if kind == "array":
        if "prefixItems" in schema:
            return [example(item, schemas, depth) for item in schema["prefixItems"]]
        return [example(schema["items"], schemas, depth)] if schema.get("items") else []
    return _PLAIN.get(str(kind))
