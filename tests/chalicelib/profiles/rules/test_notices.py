"""Quiet hours and switches."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Invalid
from chalicelib.profiles.rules.notices import (
    DIGEST_KIND,
    KINDS,
    Channel,
    Choices,
    Digest,
    QuietHours,
    Switch,
    Weight,
    check_digest,
    may_gather,
    switched,
)

NIGHT = QuietHours(time(22), time(8), "Asia/Shanghai")
MIDNIGHT = datetime(2030, 4, 30, 16, tzinfo=UTC)  # in Shanghai
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def test_a_night_reaches_past_midnight():
    inside = [hour for hour in range(24) if MIDNIGHT + timedelta(hours=hour) in NIGHT]
    assert inside == [*range(8), 22, 23]


@given(TIMES, TIMES, st.integers(0, 366 * 24 * 60))
def test_hours_and_their_opposite_share_no_moment_and_miss_none(start, end, minute):
    if start == end:
        return
    moment = MIDNIGHT + timedelta(minutes=minute)
    hours, others = (QuietHours(*pair, "Europe/Berlin") for pair in ((start, end), (end, start)))
    assert (moment in hours) != (moment in others)


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Chatham",
         "America/St_Johns", "UTC")  # fmt: skip
YEAR = datetime(2030, 1, 1, tzinfo=UTC)
MINUTES = st.integers(0, 366 * 24 * 60).map(lambda minute: YEAR + timedelta(minutes=minute))


@given(TIMES, TIMES, st.sampled_from(ZONES), MINUTES)
def test_quiet_hours_end_at_the_first_moment_that_is_not_in_them(start, end, zone, moment):
    if start == end:
        return
    hours = QuietHours(start, end, zone)
    ends = hours.ends(moment)
    assert ends not in hours
    assert moment <= ends <= moment + timedelta(hours=25)
    assert (ends == moment) == (moment not in hours)
    for minute in range(0, int((ends - moment).total_seconds()) // 60, 7):
        assert moment + timedelta(minutes=minute) in hours
    if ends > moment:
        assert ends - timedelta(minutes=1) in hours


@pytest.mark.parametrize(
    ("now", "hours", "ends"),
    [
        # Berlin, 31 March 2030: 02:00 becomes 03:00. 22 to 7 is an hour shorter; half past two is there at 03:00.
        ("2030-03-30T22:00:00Z", ("22:00", "07:00", "Europe/Berlin"), "2030-03-31T05:00:00Z"),
        ("2030-03-30T23:00:00Z", ("22:00", "02:30", "Europe/Berlin"), "2030-03-31T01:00:00Z"),
        # 27 October: 03:00 becomes 02:00 at 01:00Z. Half past two comes twice: the hours are over, begin again, and end.
        ("2030-10-26T22:00:00Z", ("22:00", "07:00", "Europe/Berlin"), "2030-10-27T06:00:00Z"),
        ("2030-10-26T22:00:00Z", ("22:00", "02:30", "Europe/Berlin"), "2030-10-27T00:30:00Z"),
        ("2030-10-27T01:10:00Z", ("22:00", "02:30", "Europe/Berlin"), "2030-10-27T01:30:00Z"),
        ("2030-05-01T15:00:00Z", ("22:00", "08:00", "Asia/Shanghai"), "2030-05-02T00:00:00Z"),
    ],
)
def test_quiet_hours_end_right_when_clocks_are_changed(now, hours, ends):
    start, end, zone = hours
    quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(end), zone)
    assert quiet.ends(datetime.fromisoformat(now)) == datetime.fromisoformat(ends)


@given(TIMES, st.sampled_from(ZONES), MINUTES)
def test_a_digest_comes_once_a_local_day(at, zone, moment):
    digest, dues = Digest(frozenset({"order.confirmed.merchant"}), at, zone), []
    for _ in range(3):
        moment = digest.next(moment)
        dues.append(moment)
    days = [due.astimezone(ZoneInfo(zone)).date() for due in dues]
    assert [(later - first).days for first, later in pairwise(days)] == [1, 1]
    assert all(timedelta(hours=22) < later - first < timedelta(hours=26) for first, later in pairwise(dues))


def test_what_may_be_gathered_can_wait_and_is_a_merchants():
    gathered = {kind for kind in KINDS if may_gather(kind)}
    assert "order.confirmed.merchant" in gathered
    assert all(kind.endswith(".merchant") and KINDS[kind] == Weight.CAN_WAIT for kind in gathered)
    assert DIGEST_KIND not in gathered
    digest = Digest(frozenset({"order.confirmed.merchant"}), time(18), "Asia/Shanghai")
    check_digest(digest)
    for wrong in ({"kinds": frozenset()}, {"kinds": frozenset({"dispute.open.merchant"})}, {"zone": "Mars/Olympus"}):
        with pytest.raises(Invalid):
            check_digest(replace(digest, **wrong))


def test_the_last_word_counts():
    kind = next(kind for kind, weight in KINDS.items() if weight == Weight.CAN_WAIT)
    words = [Switch(kind, Channel.SMS, on) for on in (False, True, False)]
    assert switched(Choices(), words).off == {(kind, Channel.SMS)}
    assert switched(switched(Choices(), words), words[:2]).off == frozenset()
