from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.settlement import rules
from chalicelib.settlement.rules import BankAccount, Naming, Period, Route, Share, Terms, Tier

# Clocks that change at midnight (or skip a whole date), the ends of the world, and a quarter of an hour.
ZONES = [
    "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "America/Santiago", "Atlantic/Azores", "Africa/Cairo",
    "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Asia/Shanghai", "UTC",
]  # fmt: skip
MOMENTS = st.integers(946_684_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))  # to 2040
TERMS = st.builds(
    Terms, zone=st.sampled_from(ZONES), period=st.sampled_from(Period), delay_days=st.integers(0, 90)
)  # fmt: skip
DAY = timedelta(days=1)


def next_end(terms, last):
    """The last date of the period after one."""
    if terms.period == Period.MONTHLY:
        return (last + DAY + timedelta(days=31)).replace(day=1) - DAY
    return last + timedelta(days=7 if terms.period == Period.WEEKLY else 1)


@given(TERMS, MOMENTS)
def test_a_period_is_settled_once_it_has_ended_so_many_days_ago_and_no_later(terms, now):
    last, delay = rules.last_period(terms, now), timedelta(days=terms.delay_days)
    assert rules.end_of(terms, last + delay) <= now
    assert rules.end_of(terms, next_end(terms, last) + delay) > now
    assert rules.end_of(terms, last) <= now


@given(TERMS, MOMENTS)
def test_periods_are_whole(terms, now):
    last = rules.last_period(terms, now)
    assert (terms.period, last.weekday()) != (Period.WEEKLY, last.weekday()) or last.weekday() == 6
    assert terms.period != Period.MONTHLY or (last + DAY).day == 1


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_a_period_ends_with_the_first_moment_of_another_date(zone, last):
    end = rules.end_of(Terms(zone=zone), last)
    before = end - timedelta(microseconds=1)
    assert before.astimezone(ZoneInfo(zone)).date() <= last < end.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("zone", "last", "end"),
    [
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00"),  # 00:00 was 01:00
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00"),  # 24:00 was 23:00 once more
        ("Asia/Beirut", "2022-03-26", "2022-03-26T22:00"),
        ("America/Havana", "2022-11-05", "2022-11-06T04:00"),  # midnight came twice: the first
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00"),  # there was no 30 December
        ("Pacific/Kiritimati", "2030-05-01", "2030-05-01T10:00"),
        ("Pacific/Pago_Pago", "2030-05-01", "2030-05-02T11:00"),
    ],
)
def test_where_a_date_ends(zone, last, end):
    assert rules.end_of(Terms(zone=zone), date.fromisoformat(last)) == datetime.fromisoformat(f"{end}:00+00:00")


@pytest.mark.parametrize(
    ("period", "delay", "now", "last"),
    [
        ("daily", 0, "2030-05-01T16:00", "2030-05-01"),  # midnight in Shanghai
        ("daily", 0, "2030-05-01T15:59", "2030-04-30"),
        ("daily", 7, "2030-05-01T16:00", "2030-04-24"),
        ("weekly", 0, "2030-05-05T16:00", "2030-05-05"),  # a Sunday
        ("weekly", 1, "2030-05-05T16:00", "2030-04-28"),
        ("monthly", 0, "2030-05-31T16:00", "2030-05-31"),
        ("monthly", 1, "2030-05-31T16:00", "2030-04-30"),
        ("monthly", 0, "2024-02-29T16:00", "2024-02-29"),
    ],
)
def test_which_period_may_be_settled(period, delay, now, last):
    terms = Terms(period=Period(period), delay_days=delay)
    moment = datetime.fromisoformat(f"{now}:00+00:00")
    assert str(rules.last_period(terms, moment)) == last


def test_the_ends_of_the_world_are_a_day_apart():
    now = datetime(2030, 5, 1, 10, 30, tzinfo=UTC)
    dates = [str(rules.today(Terms(zone=zone), now)) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")]
    assert dates == ["2030-05-02", "2030-04-30"]


TIERED = Terms(tiers={"CNY": (Tier(100_000, 500), Tier(10_000, 700))}, fixed_fee={"CNY": 30}, tax_bps=600)


@pytest.mark.parametrize(
    ("currency", "volume", "share"),
    [
        ("CNY", -5, Share(800, 30, 600)),
        ("CNY", 9_999, Share(800, 30, 600)),
        ("CNY", 10_000, Share(700, 30, 600)),
        ("CNY", 99_999, Share(700, 30, 600)),
        ("CNY", 100_000, Share(500, 30, 600)),
        ("JPY", 10**9, Share(800, 0, 600)),
    ],
)
def test_who_sells_much_pays_less(currency, volume, share):
    assert rules.share(TIERED, currency, volume) == share


@given(TERMS, st.dates(date(2000, 2, 1), date(2040, 1, 1)))
def test_last_months_volume_ends_with_the_last_period_that_ended_in_it(terms, day):
    month = rules.month_before(day)
    assert month < f"{day:%Y-%m}"
    end = rules.volume_until(terms, day)
    ended = [last for last in (day - timedelta(days=n) for n in range(63)) if rules.end_of(terms, last) == end]
    [last] = ended if terms.zone != "Pacific/Apia" else ended[:1]
    assert f"{last:%Y-%m}" == month
    assert f"{next_end(terms, last):%Y-%m}" > month


def test_a_subscription_begins_with_the_month_in_which_it_is_agreed():
    now = datetime(2030, 4, 30, 17, tzinfo=UTC)  # 1 May in Shanghai
    none, some = Terms(), Terms(subscription={"CNY": 100, "JPY": 0})
    assert rules.subscribed(some, none, now) == {"CNY": "2030-05"}
    older = replace(some, subscribed={"CNY": "2029-01"})
    assert rules.subscribed(replace(some, subscription={"CNY": 1, "EUR": 2}), older, now) == {
        "CNY": "2029-01",
        "EUR": "2030-05",
    }
    assert rules.subscribed(some, some, now) == {}  # the terms of everybody: every month
    assert rules.subscribed(none, older, now) == {}


FIRST, NEXT = datetime(2030, 5, 1, tzinfo=UTC), datetime(2030, 5, 2, tzinfo=UTC)
BANK = BankAccount("阿玲", "6222", "102290000000", "CN")
BY_BANK = Terms(route=Route.BANK, bank=BANK, bank_named=Naming(("acc_a",), FIRST), connect_account="acct_1")


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        ({"commission_bps": 1}, ["acc_a"]),
        ({"bank": replace(BANK, number="6223")}, ["acc_b"]),
        ({"bank": replace(BANK, bank="102290000001")}, ["acc_b"]),
        ({"bank": replace(BANK, holder="阿零")}, ["acc_a", "acc_b"]),  # a slip that is put right hides nobody
        ({"bank": None, "route": Route.NONE}, None),
        ({"route": Route.CONNECT}, ["acc_a"]),
    ],
)
def test_who_has_a_hand_in_an_account_is_known_until_there_is_another_one(changes, by):
    new = rules.named(replace(BY_BANK, **changes), BY_BANK, "acc_b", NEXT)
    assert (new.bank_named and list(new.bank_named.by)) == by
    assert by is None or new.bank_named.at == (FIRST if by == ["acc_a"] else NEXT)


def test_whoever_chooses_the_way_has_a_hand_in_where_the_money_goes():
    away = rules.named(replace(BY_BANK, route=Route.CONNECT), BY_BANK, "acc_b", NEXT)
    assert away.named == Naming(("acc_b",), NEXT)  # nobody knows who named that one
    back = rules.named(replace(away, route=Route.BANK), away, "acc_c", NEXT + DAY)
    assert back.named == Naming(("acc_a", "acc_c"), NEXT + DAY)
    assert replace(back, route=Route.NONE).named is None


def test_a_bank_account_that_was_named_cools_down_and_one_at_the_provider_does_not():
    assert rules.held_until(BY_BANK, DAY) == FIRST + DAY
    assert rules.held_until(replace(BY_BANK, route=Route.CONNECT, connect_named=BY_BANK.bank_named), DAY) is None
    assert rules.held_until(replace(BY_BANK, bank_named=None), DAY) is None
