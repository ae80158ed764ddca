from collections import Counter

import pytest

from tests.load.arrivals import BOOK, Sample, figures, percentile, schedule, unexpected, weights


def test_arrivals_are_at_equal_distances_whatever_they_are():
    made = schedule(5, 60, weights(), seed=1)
    assert [one.at for one in made] == [number / 5 for number in range(300)]
    assert made == schedule(5, 60, weights(), seed=1)
    assert made != schedule(5, 60, weights(), seed=2)


def test_their_kinds_are_a_real_mix():
    counts = Counter(one.kind for one in schedule(10, 315, weights(), seed=1))
    assert counts.total() == 3150
    assert counts[BOOK] == 100
    assert counts["search"] / counts[BOOK] == pytest.approx(19, rel=0.1)


def test_a_short_run_has_one_of_each():
    assert set(weights()) == {one.kind for one in schedule(1, 1, weights(), seed=3)}


def test_percentiles_are_values_that_were_measured():
    values = [float(one) for one in range(1, 101)]
    assert [percentile(values, mark) for mark in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7.0
    assert figures([3.0, 1.0, 2.0]) == (2.0, 3.0, 3.0, 3.0)


def test_who_had_to_wait_for_a_client_waited():
    late = Sample("search", due=10.0, sent=14.0, done=14.5, answer="200", is_expected=True)
    assert (late.corrected, late.uncorrected) == (4.5, 0.5)


def test_only_answers_that_no_sound_system_gives_are_errors():
    answers = [("409 slot-taken", True), ("500 internal", False), ("ConnectionError", False)]
    samples = [Sample("hold", 0, 0, 1, answer, fine) for answer, fine in answers]
    assert unexpected(samples) == {"hold: 500 internal": 1, "hold: ConnectionError": 1}
