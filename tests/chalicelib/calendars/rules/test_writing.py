"""What is written, read back by two libraries that know nothing of us."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.calendars.rules.writing import Event, calendar, escape, fold

START = datetime(2030, 5, 1, 1, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029"), max_size=300)


def event(**other):
    told = {
        "uid": "bkg_1@linli",
        "start": START,
        "end": START + timedelta(hours=1),
        "summary": "剪发",
        "location": "剪发屋, 衡山路 1 号",
        "modified": START - timedelta(days=1),
        "sequence": 2,
    }
    return Event(**{**told, **other})


def printable(text):
    """What a TEXT value can hold of a text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in plain if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))


def test_a_calendar_to_the_letter():
    lines = calendar("剪发屋", [event()]).split("\r\n")
    assert lines == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Linli//Linli//EN",
        "CALSCALE:GREGORIAN",
        "NAME:剪发屋",
        "X-WR-CALNAME:剪发屋",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "BEGIN:VEVENT",
        "UID:bkg_1@linli",
        "DTSTAMP:20300430T010000Z",
        "LAST-MODIFIED:20300430T010000Z",
        "SEQUENCE:2",
        "DTSTART:20300501T010000Z",
        "DTEND:20300501T020000Z",
        "SUMMARY:剪发",
        "LOCATION:剪发屋\\, 衡山路 1 号",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_what_was_cancelled_is_said_to_be():
    text = calendar("x", [event(cancelled=True, location=None)])
    assert "STATUS:CANCELLED\r\nTRANSP:TRANSPARENT" in text
    assert "LOCATION" not in text


@given(texts, texts)
def test_icalendar_reads_what_was_meant(summary, location):
    text = calendar(summary, [event(summary=summary, location=location)])
    read = icalendar.Calendar.from_ical(text)
    found = read.walk("VEVENT")[0]
    assert str(found["SUMMARY"]) == printable(summary)
    assert str(found.get("LOCATION", "")) == printable(location)
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (START, START + timedelta(hours=1))
    assert (found["SEQUENCE"], found["UID"], found.errors) == (2, "bkg_1@linli", [])


@given(texts)
def test_vobject_reads_what_was_meant(summary):
    read = vobject.readOne(calendar("x", [event(summary=summary)]))
    assert read.vevent.summary.value == printable(summary)
    assert read.vevent.dtstart.value == START
    assert read.vevent.status.value == "CONFIRMED"


@given(texts)
def test_lines_are_folded_between_characters(text):
    folded = fold(f"SUMMARY:{escape(text)}")
    lines = folded.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() for line in lines)
    assert folded.replace("\r\n ", "") == f"SUMMARY:{escape(text)}\r\n"


@pytest.mark.parametrize(("length", "lines"), [(75, 1), (76, 2), (149, 2), (150, 3)])
def test_a_line_has_75_octets_at_most(length, lines):
    assert fold("x" * length).count("\r\n") == lines
