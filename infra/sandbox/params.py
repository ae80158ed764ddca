"""Request parameters held against the SDK's own `stripe.params` TypedDicts: what they do not name is refused.

The form carries strings; the types say what they mean. Enumerations are strict although the SDK widens them with `str`.
"""

import functools
import importlib
import re
import types
import typing
from typing import Any, Literal, NoReturn, Union

import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from infra.sandbox.errors import ApiError, required

_OPTIONS = frozenset(RequestOptions.__annotations__)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def check(schema: str, form: dict[str, Any]) -> dict[str, Any]:
    """Typed parameters from a decoded form; `schema` names the SDK module, as in `payment_intent_create`.

    Raises ApiError (400) with Stripe's code and the path of the parameter, such as `metadata[order]`.
    """
    module = importlib.import_module(f"stripe.params._{schema}_params")
    name = "".join(part.capitalize() for part in schema.split("_")) + "Params"
    return _typed_dict(getattr(module, name), form, "")


@functools.cache
def _fields(cls: Any) -> dict[str, Any]:
    """Name to type of a TypedDict, without the options that the SDK itself consumes.

    Resolved one by one: the options' own annotations name modules that exist for type checkers only.
    """
    scope = vars(importlib.import_module(cls.__module__))
    own = {name: hint for name, hint in cls.__annotations__.items() if name not in _OPTIONS}
    holder = type("Holder", (), {"__annotations__": own})
    return typing.get_type_hints(holder, globalns=scope)


def _typed_dict(cls: Any, form: dict[str, Any], path: str) -> dict[str, Any]:
    fields = _fields(cls)
    typed: dict[str, Any] = {}
    for key, value in form.items():
        where = f"{path}[{key}]" if path else key
        if key not in fields:
            raise ApiError(f"Received unknown parameter: {where}", code="parameter_unknown", param=where)
        typed[key] = _value(value, fields[key], where)
    for key in cls.__required_keys__ & fields.keys():
        if key not in typed:
            raise required(f"{path}[{key}]" if path else key)
    return typed


def _value(value: Any, hint: Any, path: str) -> Any:  # noqa: PLR0911 - one return for each kind of type
    origin = typing.get_origin(hint)
    if origin is Union or origin is types.UnionType:
        return _union(value, typing.get_args(hint), path)
    if origin is Literal:
        return _literal(value, typing.get_args(hint), path)
    if origin is list:
        return _list(value, typing.get_args(hint)[0], path)
    if origin is dict:
        return _mapping(value, typing.get_args(hint)[1], path)
    if origin is UntypedStripeObject:
        return _mapping(value, typing.get_args(hint)[0], path)
    if typing_extensions.is_typeddict(hint):
        if not isinstance(value, dict):
            _invalid("hash", value, path)
        return _typed_dict(hint, value, path)
    return _scalar(value, hint, path)


def _union(value: Any, arms: tuple[Any, ...], path: str) -> Any:
    if str in arms:
        literals = [a for a in arms if typing.get_origin(a) is Literal]
        if any(choice != "" for a in literals for choice in typing.get_args(a)):
            arms = tuple(a for a in arms if a is not str)
    refusal: ApiError | None = None
    # The arm whose kind fits speaks first, "may be emptied" last: its refusal is the one worth reading.
    for arm in sorted(arms, key=lambda a: (isinstance(value, dict) != _is_nested(a), a == Literal[""])):
        try:
            return _value(value, arm, path)
        except ApiError as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _is_nested(hint: Any) -> bool:
    return typing_extensions.is_typeddict(hint) or typing.get_origin(hint) in (list, dict, UntypedStripeObject)


def _literal(value: Any, choices: tuple[Any, ...], path: str) -> Any:
    if value not in choices:
        listed = ", ".join(str(choice) or "''" for choice in choices)
        raise ApiError(f"Invalid {path}: must be one of {listed}", param=path)
    return value


def _list(value: Any, hint: Any, path: str) -> list[Any]:
    if value == "":
        return []
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        _invalid("array", value, path)
    return [_value(value[key], hint, f"{path}[{key}]") for key in sorted(value, key=int)]


def _mapping(value: Any, hint: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _invalid("hash", value, path)
    # An empty value unsets the key: it must reach the caller, so it is not held against the type.
    return {key: item if item == "" else _value(item, hint, f"{path}[{key}]") for key, item in value.items()}


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, str):
        _invalid("string" if hint is str else hint.__name__, value, path)
    if value == "":
        raise ApiError(f"'{path}' must not be empty.", code="parameter_invalid_empty", param=path)
    if hint is int:
        if not _INTEGER.fullmatch(value):
            raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)
    if hint is bool:
        if value not in ("true", "false"):
            _invalid("boolean", value, path)
        return value == "true"
    if hint is float and not _DECIMAL.fullmatch(value):
        _invalid("number", value, path)
    return value


def _invalid(what: str, value: Any, path: str) -> NoReturn:
    raise ApiError(f"Invalid {what}: {value}", param=path)
