"""The benchmark of our handler's CPU: that both sides do the same, not how long they take."""

import pytest

from benchmarks.mix import PER_BOOKING
from benchmarks.overhead.__main__ import Sample, measured, overall
from benchmarks.overhead.requests import REMEMBERED
from benchmarks.overhead.twin import Twin
from chalicelib import settings, wiring
from tests import api


def test_ours_and_the_bare_handler_make_the_same_calls(dynoxide, monkeypatch):
    """The run itself fails where an operation differs, where a condition does not hold on the tables that follow, or
    where one of the three refuses what the others take.
    """
    for place, name in ((wiring, "search"), (wiring, "sealer"), (settings, "secrets"), (api, "_present")):
        monkeypatch.setattr(place, name, getattr(place, name))
    monkeypatch.setattr(api, "_present", set())
    found = measured(2, 1, shops=3, warm_up=2)
    assert found.keys() == {*PER_BOOKING, REMEMBERED}
    counts = {name: {one.count for some in rounds for one in some} for name, rounds in found.items()}
    assert counts["read an order"] == {1}
    assert counts["pay: the provider's notice"] == {1}
    assert counts["a shop's page"] == counts["free times"] == {2}
    assert counts["pay: begin"] == {8}
    samples = [one for rounds in found.values() for some in rounds for one in some]
    assert all(min(one.ours, one.bare, one.calls) > 0 for one in samples)


def test_the_whole_is_weighted_by_the_mix():
    found = {name: Sample(2.0, 1.0, 0.5, 1) for name in [*PER_BOOKING, REMEMBERED]}
    whole = overall(found)
    assert whole.ours == 2 * whole.bare == 4 * whole.calls == pytest.approx(2 * sum(PER_BOOKING.values()))


def test_calls_are_sent_to_the_tables_that_follow():
    twin = Twin.__new__(Twin)
    twin._ours, twin._twin = "bench", "twin"
    put = {"TableName": "bench-orders", "Item": {"pk": {"S": "bench-orders"}}}
    many = {"TransactItems": [{"Put": put}], "ClientRequestToken": "abc"}
    assert twin.of(("TransactWriteItems", many)) == (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {**put, "TableName": "twin-orders"}}], "ClientRequestToken": "tbc"},
    )
    asked = {"RequestItems": {"bench-booking": {"Keys": []}}}
    assert twin.of(("BatchGetItem", asked)) == ("BatchGetItem", {"RequestItems": {"twin-booking": {"Keys": []}}})
