"""Quiet hours and switches."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.profiles.rules.notices import KINDS, Channel, Choices, QuietHours, Switch, Weight, passes, switched

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


def test_who_is_told_when():
    noon = MIDNIGHT + timedelta(hours=12)
    asked = {weight: next(kind for kind, one in KINDS.items() if one == weight) for weight in Weight}

    def told(choices, now):
        return {weight for weight, kind in asked.items() if passes(choices, kind, Channel.SMS, now)}

    assert told(Choices(), MIDNIGHT) == set(Weight)
    assert told(Choices(quiet=NIGHT), noon) == set(Weight)
    assert told(Choices(quiet=NIGHT), MIDNIGHT) == {Weight.MUST, Weight.NOW}
    none = Choices(off=frozenset((kind, Channel.SMS) for kind in asked.values()))
    assert told(none, noon) == {Weight.MUST}
    assert passes(none, "something.new.customer", Channel.SMS, noon)


def test_the_last_word_counts():
    kind = next(kind for kind, weight in KINDS.items() if weight == Weight.CAN_WAIT)
    words = [Switch(kind, Channel.SMS, on) for on in (False, True, False)]
    assert switched(Choices(), words).off == {(kind, Channel.SMS)}
    assert switched(switched(Choices(), words), words[:2]).off == frozenset()
