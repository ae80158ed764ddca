import pytest

from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Action, Contention, contended, retrying


class Contended:
    """Meets contention so many times, then succeeds."""

    def __init__(self, times):
        self.times = times
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.times:
            raise Contention
        return "done"


def test_it_decides_again_until_nobody_is_in_the_way():
    waits = []
    attempt = Contended(3)
    assert retrying(attempt, sleep=waits.append) == "done"
    assert attempt.calls == 4
    assert len(waits) == 3
    assert all(0 <= wait <= 0.02 * 2**turn for turn, wait in enumerate(waits))


def test_waits_are_bounded():
    waits = []
    with pytest.raises(Busy):
        retrying(Contended(99), attempts=12, sleep=waits.append)
    assert len(waits) == 11, "no wait after the last attempt"
    assert max(waits) <= 0.5


def test_busy_after_the_last_attempt():
    attempt = Contended(99)
    with pytest.raises(Busy):
        retrying(attempt, attempts=3, sleep=lambda _: None)
    assert attempt.calls == 3


def test_other_exceptions_pass():
    def attempt():
        raise KeyError("x")

    with pytest.raises(KeyError):
        retrying(attempt, sleep=lambda _: pytest.fail("no wait"))


def test_a_refused_action_means_contention_unless_it_says_otherwise():
    assert isinstance(Action("body").refused(None), Contention)
    assert isinstance(contended({"pk": "x"}), Contention)
