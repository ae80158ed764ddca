"""Nested form bodies as Stripe's clients send them: `a[b][0]=c` becomes `{"a": {"b": {"0": "c"}}}`.

Lists stay mappings with numeric keys here: only the schema knows whether `metadata[0]` is a list or a key (`params`).
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from infra.sandbox.errors import ApiError

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
MAX_FIELDS = 1000
MAX_DEPTH = 10


def decode(text: str) -> dict[str, Any]:
    """Decode a form body or query string; a later value of the same key replaces the earlier one.

    Raises ApiError (400) on keys that are no path or contradict each other.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise ApiError(f"The form could not be read: {error}") from error
    tree: dict[str, Any] = {}
    for key, value in pairs:
        _put(tree, key, value)
    return tree


def _put(tree: dict[str, Any], key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if match is None:
        raise ApiError(f"Invalid parameter name: {key!r}", param=key)
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > MAX_DEPTH:
        raise ApiError(f"Parameter nested too deeply: {key!r}", param=match[1])
    node = tree
    for step in path[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise ApiError(f"Parameter given both as a value and as a hash: {key!r}", param=match[1])
    leaf = path[-1] or str(len(node))
    if isinstance(node.get(leaf), dict):
        raise ApiError(f"Parameter given both as a value and as a hash: {key!r}", param=match[1])
    node[leaf] = value
