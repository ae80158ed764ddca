from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reach.rules.feedback import COUNTED, FAILING_FOR, MOST_FAILURES, Failures, arrived, failed
from tests.chalicelib.reach.world import START

HOURS = st.integers(0, 24 * 20)


def at(hours):
    return START + timedelta(hours=hours)


def after(*hours):
    failures = Failures()
    for one in hours:
        failures = failed(failures, at(one))
    return failures


def test_many_failures_over_days_give_an_address_up():
    assert after(0, 24, 48, 71, 73).is_too_much
    assert not after(0, 24, 48, 72).is_too_much, "one too few"


def test_a_carriers_bad_day_gives_nobody_up():
    assert not after(*range(20)).is_too_much


def test_what_arrives_ends_the_count():
    failures = arrived(after(0, 24, 48, 72), at(80))
    assert (failures.count, failures.delivered_at) == (0, at(80))
    assert not failed(failures, at(81)).is_too_much


def test_what_failed_before_something_arrived_says_nothing():
    failures = arrived(after(0), at(10))
    assert failed(failures, at(9)) == failures
    assert failed(failures, at(11)).count == 1


def test_an_arrival_that_comes_late_ends_nothing_that_failed_since():
    failures = after(0, 48)
    assert arrived(failures, at(24)) == failures


def test_an_arrival_where_nothing_failed_is_not_written_down():
    assert arrived(Failures(), at(1)) == Failures()


def test_what_failed_long_ago_counts_no_more():
    long = int(COUNTED.total_seconds() // 3600) + 25
    assert after(0, 1, 2, 3, long).count == 1


@given(st.lists(HOURS, min_size=1, max_size=12))
def test_the_order_in_which_failures_are_told_does_not_matter(hours):
    told, sorted_ = after(*hours), after(*sorted(hours))
    assert (told.count, told.first_at, told.last_at) == (sorted_.count, sorted_.first_at, sorted_.last_at)
    spread = max(hours) - min(hours)
    wanted = len(hours) >= MOST_FAILURES and timedelta(hours=spread) >= FAILING_FOR
    assert told.is_too_much is wanted


@given(st.lists(st.tuples(st.booleans(), HOURS), max_size=12))
def test_every_change_is_a_version_more_and_nothing_else_is(steps):
    failures = Failures()
    for is_failure, hours in steps:
        changed = (failed if is_failure else arrived)(failures, at(hours))
        assert changed == failures or changed.version == failures.version + 1
        failures = changed
