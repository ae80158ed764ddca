"""Watches what the shipped code does with personal data while the suite runs.

- Every line that it logs is searched for what it sealed or blinded in the same test (which is what it holds to be
  personal: phones with the codes sent to them, names, addresses) and for whatever has the form of something personal although lines are masked.
- Every place that it seals for must be one of `wiring.sealed_fields`, which the change of keys goes by.

`install` is called once a process; `conftest` fails the test in which something was found.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.accounts.ports import Kind
from chalicelib.accounts.use_cases.codes import SIGN_IN
from chalicelib.kit import mask, observability
from chalicelib.kit.seal import SealedField, Sealer

FOUND: list[str] = []
PEOPLE: set[str] = set()
"""Phones and names of those who live in the local stack; not forgotten between tests."""
_personal: set[str] = set()
_SHORTEST, _SHORTEST_CHINESE = 4, 2  # of a text that is looked for: an "en" is everywhere
_METRIC_TIME = re.compile(r'"_aws":\{"Timestamp":\d{13}')  # one in ten is a card's number, by its check digit
_OURS_WHOLE = re.compile(f'"(?:{mask._OURS.pattern})"', re.ASCII)  # ids and times, some of which look like a number
_PLATFORM = ("START ", "END ", "REPORT ")  # Lambda's own lines, of ids alone
_WORDS = frozenset({*Kind, SIGN_IN})  # stand before what is blinded, and tell of nobody
_OURS = re.compile(r"127\.0\.0\.1|localhost|203\.0\.113\.\d+")  # no person's address


def install() -> None:
    """Watch this process from now on."""
    for handler in observability.log.handlers:
        formatter: Any = handler.formatter
        formatter.format = _watched(formatter.format)
    logging.getLogger().addHandler(_Foreign(logging.WARNING))
    for name in ("seal", "blind"):
        setattr(Sealer, name, _noting(getattr(Sealer, name)))


def begin() -> None:
    """Forget what the test before used."""
    _personal.clear()
    FOUND.clear()


def personal(text: str) -> Iterator[str]:
    """Return what is to be looked for of a text that was sealed or blinded."""
    try:
        told = json.loads(text)
    except ValueError:
        told = text
    values = [value for value in told.values() if isinstance(value, str)] if isinstance(told, dict) else [text]
    for part in (part for value in values for part in value.split("|")):
        shortest = _SHORTEST if part.isascii() else _SHORTEST_CHINESE
        if len(part) >= shortest and part not in _WORDS and not _OURS.search(part):
            yield part


def leaks(line: str, values: Iterable[str]) -> list[str]:
    """Return what a line tells of people."""
    told = [value for value in values if re.search(rf"(?<!\d){re.escape(value)}(?!\d)", line)]
    line = _OURS_WHOLE.sub('""', _METRIC_TIME.sub("", line))
    formed = [] if mask.mask(line) == line else [f"something that masks know, as {mask.mask(line)}"]
    return told + formed


def in_logs(logs: Any, prefix: str) -> list[str]:
    """Return what functions have told of people in CloudWatch's log groups of a prefix: of those in `PEOPLE`, and
    whatever has the form of something personal.
    """
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    groups = [row["logGroupName"] for page in pages for row in page["logGroups"]]
    return [
        f"{group.removeprefix(prefix)}: {leak!r} in {event['message'][:300]}"
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
        if not event["message"].startswith(_PLATFORM)
        for leak in leaks(event["message"], [value for value in PEOPLE if value in event["message"]])
    ]


def unregistered(place: str, fields: Iterable[SealedField]) -> str | None:
    """Return what is wrong with a place that something is sealed for; None where it is registered."""
    for one in fields:
        pattern = re.escape(one.place).replace(r"\{pk\}", ".+").replace(r"\{sk\}", ".+")
        if re.fullmatch(pattern, place):
            return None
    return f"{place} is in no SEALED of a store that wiring.sealed_fields knows: its key would be retired under it"


def _watched(original: Any) -> Any:
    def format_(record: logging.LogRecord) -> str:
        line: str = original(record)
        FOUND.extend(f"logged: {leak!r} in {line[:300]}" for leak in leaks(line, _personal))
        return line

    return format_


class _Foreign(logging.Handler):
    """Lines of libraries, which Lambda writes to the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != observability.log.name:
            line = record.getMessage()
            FOUND.extend(f"{record.name} logged: {leak!r} in {line[:300]}" for leak in leaks(line, _personal))


def _noting(original: Any) -> Any:
    def noted(self: Sealer, text: str, place: str) -> Any:
        if _caller().startswith("chalicelib."):
            _personal.update(personal(text))
            if original.__name__ == "seal":
                _check(place)
        return original(self, text, place)

    return noted


def _check(place: str) -> None:
    from chalicelib import wiring

    problem = unregistered(place, wiring.sealed_fields())
    if problem:
        FOUND.append(problem)


def _caller() -> str:
    name: str = sys._getframe(2).f_globals.get("__name__", "")
    return name
