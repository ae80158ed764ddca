from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money, exponent
from chalicelib.notifications.words.written import amount, local_time, time_there


@pytest.mark.parametrize(
    ("moment", "zone", "english", "chinese"),
    [
        ("2030-05-01T06:30:00+00:00", "Asia/Shanghai", "Wed 1 May 2030, 14:30", "2030年5月1日 周三 14:30"),
        ("2030-05-01T16:00:00+00:00", "Asia/Shanghai", "Thu 2 May 2030, 00:00", "2030年5月2日 周四 00:00"),
        # The clocks of New York go forward at 07:00 UTC on 10 March 2030.
        ("2030-03-10T06:59:00+00:00", "America/New_York", "Sun 10 Mar 2030, 01:59", "2030年3月10日 周日 01:59"),
        ("2030-03-10T07:00:00+00:00", "America/New_York", "Sun 10 Mar 2030, 03:00", "2030年3月10日 周日 03:00"),
    ],
)
def test_times_are_told_by_the_shops_clock(moment, zone, english, chinese):
    at = datetime.fromisoformat(moment)
    assert local_time(at, zone, "en") == english
    assert local_time(at, zone, "zh-CN") == chinese


@pytest.mark.parametrize(
    ("zone", "english", "chinese"),
    [
        ("Asia/Shanghai", "Wed 1 May 2030, 14:30 (UTC+8)", "2030年5月1日 周三 14:30（北京时间）"),
        ("Asia/Singapore", "Wed 1 May 2030, 14:30 (UTC+8)", "2030年5月1日 周三 14:30（UTC+8）"),
        ("Europe/Berlin", "Wed 1 May 2030, 08:30 (UTC+2)", "2030年5月1日 周三 08:30（UTC+2）"),
        ("America/St_Johns", "Wed 1 May 2030, 04:00 (UTC-2:30)", "2030年5月1日 周三 04:00（UTC-2:30）"),
        ("UTC", "Wed 1 May 2030, 06:30 (UTC)", "2030年5月1日 周三 06:30（UTC）"),
    ],
)
def test_times_of_people_who_may_be_elsewhere_say_whose_clock_it_is(zone, english, chinese):
    at = datetime(2030, 5, 1, 6, 30, tzinfo=UTC)
    assert (time_there(at, zone, "en"), time_there(at, zone, "zh-CN")) == (english, chinese)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Asia/Kathmandu", "Europe/Berlin"]))  # noqa: DTZ001 - the zone is put on below
def test_a_told_time_is_the_moment_on_that_wall(naive, zone):
    at = naive.replace(tzinfo=UTC)
    local = at.astimezone(ZoneInfo(zone))
    told = datetime.strptime(local_time(at, zone, "en"), "%a %d %b %Y, %H:%M")  # noqa: DTZ007 - as a wall says it
    assert told == local.replace(tzinfo=None, second=0, microsecond=0, fold=0)


@pytest.mark.parametrize(
    ("money", "english", "chinese"),
    [
        (Money(128000, "CNY"), "CNY 1,280.00", "¥1,280.00"),
        (Money(5, "CNY"), "CNY 0.05", "¥0.05"),
        (Money(-1250, "CNY"), "CNY -12.50", "-¥12.50"),
        (Money(1280, "JPY"), "JPY 1,280", "JPY 1,280"),
        (Money(1280, "KWD"), "KWD 1.280", "KWD 1.280"),
        (Money(0, "EUR"), "EUR 0.00", "EUR 0.00"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(money, english, chinese):
    assert (amount(money, "en"), amount(money, "zh-CN")) == (english, chinese)


@given(st.integers(-(10**10), 10**10), st.sampled_from(["CNY", "JPY", "KWD", "EUR"]), st.sampled_from(["en", "zh-CN"]))
def test_amounts_lose_nothing(minor, currency, language):
    digits = "".join(c for c in amount(Money(minor, currency), language) if c in "-0123456789.")
    assert round(float(digits) * 10 ** exponent(currency)) == minor
