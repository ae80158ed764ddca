"""What calendars from elsewhere say of busy times: zones, whole days, recurrences, exceptions, and what must not hang."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calendars.rules import parsing, reading
from chalicelib.calendars.rules.faults import CalendarTooLarge, NotACalendar, TooComplex
from chalicelib.calendars.rules.reading import Busy, busy_times
from chalicelib.kit.wall import Window, merged

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SPAN = Window(datetime(2030, 3, 1, tzinfo=UTC), datetime(2031, 3, 1, tzinfo=UTC))


def ics(*events, before=""):
    bodies = ["BEGIN:VEVENT\r\n" + "\r\n".join(lines) + "\r\nEND:VEVENT\r\n" for lines in events]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{before}{''.join(bodies)}END:VCALENDAR\r\n"


def told(*events, zone=SHANGHAI, span=SPAN, **other):
    busy = busy_times(ics(*events, **other), zone, span)
    return [f"{one.start:%m%dT%H%M}-{one.end:%m%dT%H%M}" for one in busy.spans]


def test_times_in_utc_in_a_zone_and_by_the_shops_clock():
    assert told(["DTSTART:20300501T010000Z", "DTEND:20300501T020000Z"]) == ["0501T0100-0501T0200"]
    assert told(["DTSTART;TZID=Europe/Berlin:20300501T090000", "DURATION:PT90M"]) == ["0501T0700-0501T0830"]
    assert told(["DTSTART:20300501T090000", "DTEND:20300501T100000"]) == ["0501T0100-0501T0200"]


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("W. Europe Standard Time", "0700"),
        ('"W. Europe Standard Time"', "0700"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "0700"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "1200"),
        ("Customized Time Zone", "0100"),
        ("../../etc/passwd", "0100"),
    ],
)
def test_zones_by_the_names_that_programs_give_them(name, hour):
    [span] = told([f"DTSTART;TZID={name}:20300501T090000", "DURATION:PT1H"])
    assert span.startswith(f"0501T{hour}")


def test_whole_days_are_the_shops():
    assert told(["DTSTART;VALUE=DATE:20300501", "DTEND;VALUE=DATE:20300503"]) == ["0430T1600-0502T1600"]
    assert told(["DTSTART;VALUE=DATE:20300501"]) == ["0430T1600-0501T1600"]
    assert told(["DTSTART;VALUE=DATE:20300331"], zone=BERLIN) == ["0330T2300-0331T2200"]  # 23 hours
    assert told(["DTSTART;VALUE=DATE:20301027"], zone=BERLIN) == ["1026T2200-1027T2300"]  # 25


def test_what_takes_nobodys_time_does_not_count():
    times = ["DTSTART:20300501T010000Z", "DTEND:20300501T020000Z"]
    assert told([*times, "TRANSP:TRANSPARENT"], [*times, "STATUS:CANCELLED"]) == []
    assert told([*times, "TRANSP:OPAQUE", "STATUS:TENTATIVE"]) != []
    assert told(["DTSTART:20300501T010000Z"], ["DTSTART:20300501T010000Z", "DTEND:20300501T010000Z"]) == []


def test_a_series_keeps_its_wall_clock_over_summer_time():
    series = ["DTSTART;TZID=Europe/Berlin:20300329T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"]
    assert [one[4:9] for one in told(series)] == ["T0800", "T0800", "T0700", "T0700"]


def test_a_time_in_the_gap_and_in_the_fold():
    assert told(["DTSTART;TZID=Europe/Berlin:20300331T023000", "DURATION:PT1H"]) == ["0331T0130-0331T0230"]
    assert told(["DTSTART;TZID=Europe/Berlin:20301027T023000", "DURATION:PT1H"]) == ["1027T0030-1027T0130"]


def test_exceptions_and_changes_of_a_series():
    series = [
        "UID:1",
        "DTSTART;TZID=Europe/Berlin:20300501T090000",
        "DTEND;TZID=Europe/Berlin:20300501T100000",
        "RRULE:FREQ=DAILY;UNTIL=20300505T070000Z",
        "EXDATE;TZID=Europe/Berlin:20300502T090000",
        "RDATE:20300510T120000Z",
    ]
    moved = ["UID:1", "RECURRENCE-ID:20300503T070000Z", "DTSTART:20300503T150000Z", "DTEND:20300503T160000Z"]
    dropped = [
        "UID:1",
        "RECURRENCE-ID;TZID=Europe/Berlin:20300504T090000",
        "DTSTART:20300504T070000Z",
        "STATUS:CANCELLED",
    ]
    assert told(series, moved, dropped) == [
        "0501T0700-0501T0800",
        "0503T1500-0503T1600",
        "0505T0700-0505T0800",
        "0510T1200-0510T1300",
    ]
    assert len(told(series)) == 5
    assert told([*series[:4], "EXDATE;VALUE=DATE:20300501,20300503,20300504,20300505"]) == ["0502T0700-0502T0800"]


def test_whole_days_that_repeat():
    series = ["DTSTART;VALUE=DATE:20300501", "RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20300515", "EXDATE;VALUE=DATE:20300508"]
    assert told(series) == ["0430T1600-0501T1600", "0514T1600-0515T1600"]


def test_what_began_before_the_span_counts_while_it_lasts():
    assert told(["DTSTART:20300228T120000Z", "DTEND:20300302T120000Z"]) == ["0228T1200-0302T1200"]
    yearly = ["DTSTART:20200228T120000Z", "DURATION:P2D", "RRULE:FREQ=YEARLY"]
    assert told(yearly) == ["0228T1200-0302T1200", "0228T1200-0302T1200"]  # 2030 and 2031


def test_times_are_rounded_outwards_and_joined():
    assert told(
        ["DTSTART:20300501T010203Z", "DTEND:20300501T015500Z"], ["DTSTART:20300501T015800Z", "DTEND:20300501T020001Z"]
    ) == ["0501T0100-0501T0205"]


def test_what_one_event_says_wrongly_is_skipped_and_the_others_count():
    good = ["DTSTART:20300501T010000Z", "DTEND:20300501T020000Z"]
    bad = [
        ["DTSTART:soon", "DTEND:20300501T020000Z"],
        ["DTEND:20300501T020000Z"],
        ["DTSTART:20300501T010000Z", "DTEND:20300401T020000Z"],
        ["DTSTART:00010101T010000Z", "DURATION:PT1H"],
        [*good, "RRULE:FREQ=SOMETIMES"],
        [*good, "RRULE:FREQ=SECONDLY"],
        [*good, "RRULE:FREQ=MONTHLY;BYDAY=XX"],
    ]
    busy = busy_times(ics(good, *bad), SHANGHAI, SPAN)
    assert [one.start.hour for one in busy.spans] == [1]
    assert busy.skipped == len(bad)


def test_folded_lines_alarms_and_other_parts():
    text = ics(
        ["SUMMARY:x", "DTST", " ART:20300501T010000Z", "DURATION:PT1H", "BEGIN:VALARM", "DURATION:PT9H", "END:VALARM"],
        before="BEGIN:VTODO\r\nDTSTART:20300502T010000Z\r\nDURATION:PT1H\r\nEND:VTODO\r\n",
    )
    for one in (text, text.replace("\r\n", "\n"), "\ufeff" + text):
        assert [span.start.day for span in busy_times(one, SHANGHAI, SPAN).spans] == [1]


@pytest.mark.parametrize("text", ["", "<html>", "BEGIN:VCARD\r\nEND:VCARD", "\0" * 9, "END:VCALENDAR"])
def test_what_is_no_calendar_is_said_to_be_none(text):
    with pytest.raises(NotACalendar):
        busy_times(text, SHANGHAI, SPAN)


def test_an_empty_calendar_is_one():
    assert busy_times("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", SHANGHAI, SPAN) == Busy(())


def test_too_much_is_refused_and_not_worked_on():
    with pytest.raises(CalendarTooLarge):
        busy_times("BEGIN:VCALENDAR\r\n" + "x" * 1024 * 1024, SHANGHAI, SPAN)
    with pytest.raises(TooComplex):
        busy_times(ics(*[["UID:1"]] * (parsing.MOST_EVENTS + 1)), SHANGHAI, SPAN)


BOMB = ["DTSTART:19010101T000000Z", "DURATION:PT1H"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;INTERVAL=999999999",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYSETPOS=366",
    ],
)
def test_bombs_end_soon(rule):
    try:
        busy = busy_times(ics(*[[f"UID:{n}", *BOMB, f"RRULE:{rule}"] for n in range(500)]), SHANGHAI, SPAN)
        assert len(busy.spans) <= reading.MOST_SPANS
    except TooComplex:
        pass


def test_a_bomb_in_the_definition_of_a_zone_is_not_looked_at():
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19010101T000000\r\nTZOFFSETFROM:+0000\r\n"
        "TZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    assert told(["DTSTART;TZID=Mine:20300501T090000", "DURATION:PT1H"], before=zone) == ["0501T0100-0501T0200"]


def test_more_busy_times_than_are_kept_are_cut_and_told(monkeypatch):
    monkeypatch.setattr(reading, "MOST_SPANS", 3)
    busy = busy_times(ics(["DTSTART:20300501T010000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"]), SHANGHAI, SPAN)
    assert ([one.start.day for one in busy.spans], busy.until.day) == ([1, 2, 3], 4)


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Africa/Casablanca"]
)


@settings(deadline=None, max_examples=60)
@given(
    zones,
    st.dates(date(2030, 1, 1), date(2030, 12, 31)),
    st.integers(0, 95),
    st.integers(1, 30 * 12),
    st.integers(1, 9),
)
def test_a_daily_series_is_the_same_as_its_days_one_by_one(zone, first, quarter, fives, count):
    """Over any summer time: each day at the same wall clock, for the time that the first one took."""
    info = ZoneInfo(zone)
    span = Window(datetime(2029, 12, 1, tzinfo=UTC), datetime(2031, 3, 1, tzinfo=UTC))
    wall = datetime.combine(first, datetime.min.time()) + timedelta(minutes=15 * quarter)
    length = timedelta(minutes=5 * fives)
    series = [
        f"DTSTART;TZID={zone}:{wall:%Y%m%dT%H%M%S}",
        f"DURATION:PT{5 * fives}M",
        f"RRULE:FREQ=DAILY;COUNT={count}",
    ]
    begins = [(wall + timedelta(days=n)).replace(tzinfo=info).astimezone(UTC) for n in range(count)]
    found = busy_times(ics(series), SHANGHAI, span).spans
    nominal, exact = divmod(length, timedelta(days=1))
    ends = [(wall + timedelta(days=n + nominal)).replace(tzinfo=info).astimezone(UTC) + exact for n in range(count)]
    assert found == merged(Window(start, end) for start, end in zip(begins, ends, strict=True))
    assert all(one.start.timestamp() % 300 == 0 for one in found)
