import pytest

from infra.prices import FACTORS, OTHER_REGIONS, PRICES, SOURCE_REGION, price


def test_a_price_is_of_one_unit():
    assert price("write_units", SOURCE_REGION) == pytest.approx(0.625 / 1_000_000)
    assert price("keys", SOURCE_REGION) == 1.0


def test_other_regions_cost_more_by_one_number_but_for_what_costs_the_same_everywhere():
    assert price("api_requests", "ap-southeast-1") == pytest.approx(4.2e-6)
    assert price("lambda_requests", "ap-southeast-1") == price("lambda_requests", SOURCE_REGION)
    assert price("read_units", "mars-1") == pytest.approx(price("read_units", SOURCE_REGION) * OTHER_REGIONS)
    assert sorted(FACTORS.values())[-2] <= OTHER_REGIONS


def test_what_is_not_in_the_table_has_no_price():
    with pytest.raises(KeyError):
        price("gold", SOURCE_REGION)


def test_every_price_is_positive_and_says_its_unit():
    assert all(row.usd > 0 and row.per > 0 and row.unit for row in PRICES.values())
