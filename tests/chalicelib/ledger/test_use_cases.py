import random
from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import Busy, Invalid, NotFound
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases
from chalicelib.ledger.rules import GIFTS, HELD, moved

START = datetime(2030, 5, 1, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ACCOUNTS = ["provider:stripe", HELD, "merchant:acc_m", "reserve:acc_m", "customer:acc_c", GIFTS]


def book(number, at, *, amount=100, currency="CNY", debit="provider:stripe", credit=HELD):
    one = moved(f"capture:{number}", Money(amount, currency), at, debit=debit, credit=credit)
    assert use_cases.book(wiring.ledger(), one)
    return one


def sheet(at=None):
    """Return the books without zeros."""
    found = use_cases.trial_balance(wiring.ledger(), at)
    assert all(sum(accounts.values()) == 0 for accounts in found.values())
    kept = {currency: {one: amount for one, amount in some.items() if amount} for currency, some in found.items()}
    return {currency: some for currency, some in kept.items() if some}


def model(posted, at):
    """Return what the books must say just before a moment: everything posted before it, replayed."""
    made = {}
    for one in posted:
        if one.at < at:
            accounts = made.setdefault(one.currency, {})
            for account, amount in one.on_chart().items():
                accounts[account] = accounts.get(account, 0) + amount
    kept = {currency: {one: amount for one, amount in some.items() if amount} for currency, some in made.items()}
    return {currency: some for currency, some in kept.items() if some}


def test_the_books_at_any_moment_are_what_was_posted_until_then(clock):
    chance, posted, now = random.Random(6), [], START
    moments = [START - DAY, START - DAY * 9]
    for number in range(30):
        now += timedelta(minutes=chance.choice([0, 1, 90, 600, 2000]))
        clock.move(seconds=(now - clock.now()).total_seconds())
        debit, credit = chance.sample(ACCOUNTS, 2)
        fields = {"amount": chance.randint(0, 10**6), "currency": chance.choice(["CNY", "JPY", "KWD"])}
        posted.append(book(number, now, debit=debit, credit=credit, **fields))
        moments += [now, now + timedelta(microseconds=1), now.replace(hour=0, minute=0)]
        if number in {12, 21, 22}:  # days are left out in between, which closing fills in
            closed = use_cases.close(wiring.ledger(), (now - DAY).date())
            end = datetime(now.year, now.month, now.day, tzinfo=UTC)
            assert {one: some for one, some in sheet(end).items() if some} == model(posted, end)
            assert all(sum(accounts.values()) == 0 for accounts in closed.values())
        if number == 11:  # not one day is closed: all of the past is told back from now
            assert [sheet(at) for at in moments[::6]] == [model(posted, at) for at in moments[::6]]
    for at in chance.sample(moments, 14):
        assert sheet(at) == model(posted, at), at
    assert sheet() == sheet(now + DAY) == model(posted, now + DAY)
    for debit in ACCOUNTS[2:5]:
        own = {}
        for one in posted:
            own[one.currency] = own.get(one.currency, 0) + one.movements().get(debit, 0)
        assert use_cases.balance(wiring.ledger(), debit) == {
            currency: amount
            for currency, amount in own.items()
            if currency in use_cases.balance(wiring.ledger(), debit)
        }
        assert {c for c, amount in own.items() if amount} <= use_cases.balance(wiring.ledger(), debit).keys()


def test_a_closed_day_stays_as_it_was_written(clock):
    book(1, START)
    clock.move(days=2)
    first = use_cases.close(wiring.ledger(), START.date())
    assert first == {"CNY": {"provider:stripe": 100, "customers:held": -100}}
    book(2, START + HOUR)  # somebody posts into the past: too late, and nobody should
    assert use_cases.close(wiring.ledger(), START.date()) == first
    assert sheet(START + DAY) == first


def test_closing_fills_in_the_days_between(clock):
    book(1, START)
    clock.move(days=1)
    use_cases.close(wiring.ledger(), START.date())
    book(2, START + DAY)
    clock.move(days=2)
    use_cases.close(wiring.ledger(), (START + DAY * 2).date())
    store = wiring.ledger().store
    closes = [store.closed((START + DAY * days).date()) for days in (0, 1, 2, 3, 9)]
    assert [found and str(found[0]) for found in closes] == [
        None,
        "2030-05-01",
        "2030-05-02",
        "2030-05-03",
        "2030-05-03",
    ]
    assert [found[1]["CNY"]["provider:stripe"] for found in closes[1:4]] == [100, 200, 200]
    assert store.first_closed() == closes[1]


def test_a_day_before_the_first_closed_one_may_still_be_closed(clock):
    for number in range(3):
        book(number, START + DAY * number)
    clock.move(days=5)
    use_cases.close(wiring.ledger(), (START + DAY * 2).date())
    assert use_cases.close(wiring.ledger(), START.date()) == {"CNY": {"provider:stripe": 100, "customers:held": -100}}
    assert sheet(START + DAY * 2) == {"CNY": {"provider:stripe": 200, "customers:held": -200}}


def test_a_day_that_is_not_over_is_not_closed(clock):
    with pytest.raises(ValueError, match="not over"):
        use_cases.close(wiring.ledger(), START.date())
    clock.move(hours=14, minutes=59, seconds=59)
    with pytest.raises(ValueError, match="not over"):
        use_cases.close(wiring.ledger(), START.date())
    clock.move(seconds=1)
    assert use_cases.close(wiring.ledger(), START.date()) == {}


@pytest.mark.store
def test_four_who_close_at_once_write_each_day_once(clock):
    book(1, START)
    clock.move(days=1)
    use_cases.close(wiring.ledger(), START.date())
    clock.move(days=3)
    sheets = []
    closing = lambda: sheets.append(use_cases.close(wiring.ledger(), date(2030, 5, 4)))  # noqa: E731 - a thread's work
    threads = [Thread(target=closing) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sheets == [{"CNY": {"provider:stripe": 100, "customers:held": -100}}] * 4
    assert wiring.ledger().store.closed(date(2030, 5, 4))[0] == date(2030, 5, 3)


def test_nobody_can_tell_what_was_long_before_the_first_closed_day(clock, monkeypatch):
    monkeypatch.setattr(use_cases, "_LONGEST_BACK", DAY * 5)
    book(1, START)
    clock.move(days=1)
    for first in (START + DAY, START):  # from now, and from the first closed day
        with pytest.raises(Invalid):
            sheet(first - DAY * 6)
        assert sheet(first - DAY * 5) == {}
        use_cases.close(wiring.ledger(), START.date())


def test_books_that_do_not_stand_still_are_not_told_back(clock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    numbers = iter(range(1000))
    balances = type(wiring.ledger().store).balances

    def restless(store, account):
        if account == HELD:
            book(next(numbers), START)
        return balances(store, account)

    monkeypatch.setattr(type(wiring.ledger().store), "balances", restless)
    with pytest.raises(Busy):
        sheet(START - HOUR)


def test_what_is_not_there(tables):
    with pytest.raises(NotFound):
        use_cases.transaction(wiring.ledger(), "capture:pay_1")
