"""The part of a template that a change lies in, with all that it names: enough for a linter, and quick."""

import json
import re
from typing import Any

from infra.references import as_list

_API = "AWS::ApiGateway::RestApi"  # names every function, and is most of the template
_ROLE = "AWS::IAM::Role"  # a linter reads its policies for longer than the rest of a function
_NAMED = re.compile(r'"Ref": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)[.}]')


def around(template: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Return a template of those resources and outputs that differ from the right one, and whatever they name."""
    before = right["Resources"]
    rows = {key: _thin(row, before.get(key)) for key, row in template["Resources"].items()}
    told, former = template.get("Outputs", {}), right.get("Outputs", {})
    # What named something that is gone must still name it.
    gone = {key for key in before if key not in rows}
    outputs = {key: one for key, one in told.items() if one != former.get(key) or gone & _named(one)}
    waiting = [
        key
        for key, row in rows.items()
        if template["Resources"][key] != before.get(key) or any(f'"{one}"' in json.dumps(row) for one in gone)
    ]
    waiting += [name for name in _named(outputs) if name in rows]
    kept: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in kept:
            kept.add(key)
            waiting += [name for name in _named(rows[key]) if name in rows]
    resources = {key: row for key, row in rows.items() if key in kept}
    text = json.dumps([resources, outputs])
    parameters = template.get("Parameters", {})
    parameters = {key: row for key, row in parameters.items() if f'"{key}"' in text or f"${{{key}}}" in text}
    made = {**template, "Resources": resources, "Outputs": outputs, "Parameters": parameters}
    return {key: value for key, value in made.items() if value}


def _thin(row: dict[str, Any], before: Any) -> dict[str, Any]:
    """Return an API that is as it was without its paths, and a role without its policies."""
    if row != before or row["Type"] not in {_API, _ROLE}:
        return row
    properties = row["Properties"]
    if row["Type"] == _API:
        return {**row, "Properties": {**properties, "Body": {**properties["Body"], "paths": {}}}}
    return {**row, "Properties": {key: value for key, value in properties.items() if key != "Policies"}}


def _named(value: Any) -> set[str]:
    after = value.get("DependsOn", []) if isinstance(value, dict) else []
    return {name for found in _NAMED.findall(json.dumps(value)) for name in found if name} | set(as_list(after))
