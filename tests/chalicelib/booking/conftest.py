"""Races are run as often as `RACES` says: once in every run of the suite, many times by `make prove-booking`."""

import os

RACES = int(os.environ.get("RACES", "1"))


def pytest_generate_tests(metafunc):
    if RACES > 1 and metafunc.module.__name__.endswith("test_races"):
        metafunc.fixturenames.append("again")
        metafunc.parametrize("again", range(RACES))
