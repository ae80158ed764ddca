"""Two templates compared: which resources come, go and change, property by property, in words that a person reads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from infra.references import Template

_SHOWN = 80
"""Characters of a value that are shown."""

Action = Literal["add", "remove", "change", "replace"]


@dataclass(frozen=True)
class Property:
    """A property that differs: its path with dots, and both values as JSON; None where it is not there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """A resource that differs.

    Attributes:
        action: `replace` where a property differs that cannot be changed in place.
        key: the resource's id in the template.
        kind: its type.
        properties: what differs; empty for what comes or goes.
    """

    action: Action
    key: str
    kind: str
    properties: tuple[Property, ...] = ()


def differences(before: Template, after: Template, region: str) -> list[Difference]:
    """Return what deploying `after` over `before` changes, by id; what only stands differently is none."""
    old, new = before.get("Resources", {}), after.get("Resources", {})
    found = []
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            found.append(Difference("remove", key, old[key]["Type"]))
        elif key not in old:
            found.append(Difference("add", key, new[key]["Type"]))
        elif old[key] != new[key]:
            found.append(_changed(key, old[key], new[key], region))
    return found


def _changed(key: str, old: dict[str, Any], new: dict[str, Any], region: str) -> Difference:
    kind = new["Type"]
    properties = tuple(_properties(old, new, ""))
    fixed = () if old["Type"] != kind else _fixed(kind, region)
    replaced = old["Type"] != kind or any(
        one.path == path or one.path.startswith(f"{path}.") for one in properties for path in fixed
    )
    return Difference("replace" if replaced else "change", key, kind, properties)


def _properties(old: Any, new: Any, path: str) -> Iterator[Property]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _properties(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _properties(one, other, f"{path}.{number}")
    else:
        yield Property(path, _text(old), _text(new))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"


@cache
def _fixed(kind: str, region: str) -> tuple[str, ...]:
    """Return the paths of properties that a resource of a type keeps for ever, as CloudFormation's schema says."""
    # Reading cfn-lint's schemas takes a second: only when something differs.
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    except ResourceNotFoundError:
        return ()
    paths = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    return tuple(path.replace("/properties/", "Properties.", 1).replace("/", ".") for path in paths)


def lines(found: list[Difference]) -> Iterator[str]:
    """Yield the differences as text: `+ - ~ !` for what comes, goes, changes and is replaced."""
    signs = {"add": "+", "remove": "-", "change": "~", "replace": "!"}
    for one in found:
        note = " (is replaced by another)" if one.action == "replace" else ""
        yield f"{signs[one.action]} {one.key} {one.kind}{note}"
        for row in one.properties:
            if row.before is None:
                yield f"    {row.path}: + {row.after}"
            elif row.after is None:
                yield f"    {row.path}: - {row.before}"
            else:
                yield f"    {row.path}: {row.before} -> {row.after}"
