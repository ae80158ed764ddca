"""Features of a GeoJSON FeatureCollection (RFC 7946), one after the other, without holding the file."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

_CHUNK = 1 << 16  # characters
_PAIR = 2


class BrokenError(Exception):
    """The text is not a FeatureCollection, or ends too soon."""


class _Scanner:
    """Reads JSON values from a stream, one at a time."""

    def __init__(self, text: TextIO, longest: int) -> None:
        self._text, self._longest = text, longest
        self._buffer, self._at = "", 0
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        chunk = self._text.read(_CHUNK)
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """Return the next character that is no space, without taking it."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in " \t\r\n":
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                raise BrokenError("the file ends too soon")

    def take(self, wanted: str) -> str:
        """Take one of some characters."""
        found = self.peek()
        if found not in wanted:
            raise BrokenError(f"{found!r} where one of {wanted} should be")
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """Take a whole value; also return its text."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                if end < len(self._buffer):  # else a number may go on
                    raw = self._buffer[self._at : end]
                    self._at = end
                    return value, raw
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or len(self._buffer) - self._at > self._longest:
                    raise BrokenError("a value that is no JSON, or far too long") from error
            if not self._more():
                raise BrokenError("the file ends too soon")


def features(text: TextIO, longest: int) -> Iterator[tuple[Any, str]]:
    """Yield the features and the text of each.

    Args:
        text: the file.
        longest: characters that one value may have.

    Raises:
        BrokenError: also after some features, where the file is cut off.
    """
    scanner = _Scanner(text, longest)
    scanner.take("{")
    while True:
        name, _ = scanner.value()
        scanner.take(":")
        if name == "features":
            break
        value, _ = scanner.value()
        if name == "type" and value != "FeatureCollection":
            raise BrokenError(f"it is a {value}")
        if scanner.take(",}") == "}":
            raise BrokenError("it has no features")
    scanner.take("[")
    if scanner.peek() == "]":
        return
    while True:
        yield scanner.value()
        if scanner.take(",]") == "]":
            return


def flat(feature: Any) -> tuple[dict[str, str], str]:
    """Return a feature's properties, position and id as the cells of a table, and why it is no shop's feature."""
    if not isinstance(feature, Mapping):
        return {}, "not a feature"
    properties, geometry = feature.get("properties") or {}, feature.get("geometry") or {}
    if not isinstance(properties, Mapping) or not isinstance(geometry, Mapping):
        return {}, "not a feature"
    fields = {str(name): _cell(value) for name, value in properties.items()}
    if feature.get("id") is not None:
        fields["id"] = _cell(feature["id"])
    where = geometry.get("coordinates")
    if geometry.get("type") != "Point" or not isinstance(where, list) or len(where) < _PAIR:
        return fields, f"its geometry is not a Point: {geometry.get('type')}"
    return fields | {"lon": _cell(where[0]), "lat": _cell(where[1])}, ""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
