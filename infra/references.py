"""Reading a finished template: intrinsic functions turned into comparable text, resources found by kind."""

import re
from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]

_NAMES = {
    "AWS::SQS::Queue": ("sqs", "QueueName", "{}"),
    "AWS::SNS::Topic": ("sns", "TopicName", "{}"),
    "AWS::DynamoDB::Table": ("dynamodb", "TableName", "table/{}"),
    "AWS::Lambda::Function": ("lambda", "FunctionName", "function:{}"),
}
_HERE = "${AWS::Region}:${AWS::AccountId}"


def of_type(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (id, properties) of every resource of a type."""
    for key, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield key, resource.get("Properties", {})


def render(value: Any, template: Template) -> str:
    """Return an intrinsic function as text in which parameters stay as `${Name}`.

    Two values that mean the same name or ARN of a resource of the template render alike.
    """
    if isinstance(value, dict) and len(value) == 1:
        (function, argument), *_ = value.items()
        if function == "Fn::Sub":
            return _substitute(argument, template)
        if function == "Ref":
            return _reference(argument, template)
        if function == "Fn::GetAtt":
            parts = argument.split(".") if isinstance(argument, str) else argument
            return _attribute(parts[0], parts[1], template)
        if function == "Fn::Join":
            return str(argument[0]).join(render(part, template) for part in argument[1])
    return str(value)


def _substitute(argument: Any, template: Template) -> str:
    text, variables = argument if isinstance(argument, list) else (argument, {})

    def replace(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in variables:
            return render(variables[name], template)
        resource, _, attribute = name.partition(".")
        return _attribute(resource, attribute, template) if attribute else _reference(name, template)

    return re.sub(r"\$\{([^}!]+)\}", replace, text)


def _reference(name: str, template: Template) -> str:
    resource = template["Resources"].get(name)
    if resource is None or resource["Type"] not in _NAMES:
        return f"${{{name}}}"
    if resource["Type"] == "AWS::SNS::Topic":
        return _attribute(name, "Arn", template)
    return _own_name(name, resource, template)


def _own_name(key: str, resource: dict[str, Any], template: Template) -> str:
    name = resource.get("Properties", {}).get(_NAMES[resource["Type"]][1])
    return render(name, template) if name is not None else f"${{{key}}}"


def _attribute(key: str, attribute: str, template: Template) -> str:
    resource = template["Resources"].get(key)
    if attribute != "Arn" or resource is None or resource["Type"] not in _NAMES:
        return f"${{{key}.{attribute}}}"
    service, _, pattern = _NAMES[resource["Type"]]
    return f"arn:${{AWS::Partition}}:{service}:{_HERE}:{pattern.format(_own_name(key, resource, template))}"


def as_list(value: Any) -> list[Any]:
    """Return a value that templates write alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def arns(template: Template, kind: str) -> set[str]:
    """Return the ARNs of all resources of a type, rendered."""
    return {_attribute(key, "Arn", template) for key, _ in of_type(template, kind)}
