"""How much a JSON body may be, beyond its bytes: looked at before anything is built of it. No I/O.

The parser of the schemas stops at 200 levels by itself and lets the last of two equal keys win. Both are decided here
instead: a key that stands twice is read differently by different programs, and who signs or logs one reading must not
act on the other.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from chalicelib.kit.errors import Malformed

DEEPEST = 20
"""Levels of lists and objects; a test holds our own schemas against it."""
MOST_VALUES = 20_000
"""Values of lists and fields of objects together."""

# Possessive: a text that does not end is given up at once, not tried again from each of its letters.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is that of JSON, in the only letters that it has (RFC 8259, 8.1)."""
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    letters = {value.strip('"') for name, _, value in (one.partition("=") for one in parameters) if name == "charset"}
    return media == "application/json" and letters <= {"utf-8", "us-ascii"}


def read(raw: bytes) -> Any:
    """Return what a JSON body says; nothing sent reads as null.

    Raises:
        Malformed: no JSON, nested too deeply, of too many values, or with a key twice.
    """
    _bounded(raw)
    try:
        return json.loads(raw.decode() or "null", object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # also letters that are no UTF-8, and numbers of thousands of digits
        raise Malformed(reason="The body is not JSON.") from error


def _bounded(raw: bytes) -> None:
    # Most bodies need no closer look: texts can only add to what is counted here.
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST and raw.count(b",") < MOST_VALUES:
        return
    bare = _TEXT.sub(b"", raw)
    if max(bare.count(b","), bare.count(b"[") + bare.count(b"{")) >= MOST_VALUES:
        raise Malformed(reason=f"The body has more than {MOST_VALUES} values.")
    if _depth(bare) > DEEPEST:
        raise Malformed(reason=f"The body is nested deeper than {DEEPEST} levels.")


def _depth(bare: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(bare):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise Malformed(reason="A field of an object stands twice.")
        made[key] = value
    return made
