"""Events as text/calendar (RFC 5545, RFC 7986). No I/O.

Written by hand: it is a page, and a library for it takes over 100 ms to import in a function that answers everything
else too. The tests read it back with two libraries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

MEDIA = "text/calendar; charset=utf-8"
_MOST_OCTETS = 75  # of a line, without its end
_REFRESH = "PT15M"
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        uid: names it for ever, in all calendars.
        location: None leaves it out.
        modified: since when it is as it is.
        sequence: rises with every change.
    """

    uid: str
    start: datetime
    end: datetime
    summary: str
    location: str | None
    modified: datetime
    sequence: int
    cancelled: bool = False


def calendar(name: str, events: Iterable[Event]) -> str:
    """Return a calendar's text. The same events make the same text, so that its hash says whether anything changed:
    DTSTAMP is when the event became what it is (RFC 5545, 3.8.7.2, where there is no METHOD).
    """
    return "".join(fold(line) for line in _lines(name, events))


def escape(text: str) -> str:
    """Return a TEXT value: line ends escaped, other control characters left out."""
    one_kind = text.replace("\r\n", "\n").replace("\r", "\n")
    allowed = "".join(c for c in one_kind if c in "\n\t" or not (ord(c) < 0x20 or ord(c) == 0x7F))  # noqa: PLR2004 - ASCII's controls
    return allowed.translate(_ESCAPES)


def fold(line: str) -> str:
    """Return a content line with its end, broken so that no piece has more than 75 octets, and never inside of a
    character.
    """
    if len(line.encode()) <= _MOST_OCTETS:
        return f"{line}\r\n"
    pieces, piece, used = [], "", 0
    for character in line:
        octets = len(character.encode())
        if used + octets > _MOST_OCTETS:
            pieces.append(piece)
            piece, used = " ", 1  # the space that marks a continuation counts
        piece += character
        used += octets
    return "\r\n".join([*pieces, piece]) + "\r\n"


def _lines(name: str, events: Iterable[Event]) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Linli//Linli//EN", "CALSCALE:GREGORIAN")
    yield f"NAME:{escape(name)}"
    yield f"X-WR-CALNAME:{escape(name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}"
    yield f"X-PUBLISHED-TTL:{_REFRESH}"
    for event in events:
        yield from _event(event)
    yield "END:VCALENDAR"


def _event(event: Event) -> Iterator[str]:
    modified = _utc(event.modified)
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(event.uid)}"
    yield f"DTSTAMP:{modified}"
    yield f"LAST-MODIFIED:{modified}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART:{_utc(event.start)}"
    yield f"DTEND:{_utc(event.end)}"
    yield f"SUMMARY:{escape(event.summary)}"
    if event.location:
        yield f"LOCATION:{escape(event.location)}"
    yield f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if event.cancelled else 'OPAQUE'}"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
