import pytest

from benchmarks.sign_in import mann_whitney


def test_samples_of_one_distribution_are_not_told_apart():
    chance, p = mann_whitney([1.0, 2.0, 3.0, 4.0] * 10, [1.0, 2.0, 3.0, 4.0] * 10)
    assert (chance, p) == (0.5, 1.0)


def test_samples_that_differ_are():
    chance, p = mann_whitney([10.0 + at for at in range(40)], [float(at) for at in range(40)])
    assert chance > 0.7
    assert p < 0.001


def test_the_figures_are_those_of_the_textbook():
    # 12 of 5 x 3 pairs: U = 12, expected 7.5, spread sqrt(15 * 9 / 12)
    chance, p = mann_whitney([3.0, 5.0, 6.0, 7.0, 9.0], [1.0, 4.0, 5.5])
    assert chance == pytest.approx(12 / 15)
    assert p == pytest.approx(0.1797, abs=0.001)
