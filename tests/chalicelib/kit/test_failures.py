import pytest

from chalicelib.kit import failures as kit
from chalicelib.kit.failures import Failures


def test_what_goes_wrong_is_logged_and_counted_and_the_run_goes_on(monkeypatch):
    lines, worked = [], []
    monkeypatch.setattr(kit.log, "exception", lambda event, **ids: lines.append((event, ids)))
    failures = Failures()
    for number in range(3):
        with failures.spared("a thing could not be worked", id=number):
            worked.append(6 // (number - 1))
    assert worked == [-6, 6]
    assert failures.count == 1
    assert lines == [("a thing could not be worked", {"id": 1})]


def test_a_run_that_is_stopped_stops():
    failures = Failures()
    with pytest.raises(KeyboardInterrupt), failures.spared("x"):
        raise KeyboardInterrupt
    assert failures.count == 0
