"""A few seconds of the load test (`make load`), on the stack that all end-to-end tests share."""

from collections.abc import Callable

import pytest

from tests.e2e.town import Town
from tests.load.__main__ import Field, line

pytestmark = pytest.mark.e2e
RATE, SECONDS, CLIENTS = 4, 2, 2  # as many processes of the API as the stack has ready


def test_a_short_load_leaves_everything_right(town: Town, report: Callable[[str], None]) -> None:
    load = Field(town, shops=2).run(RATE, SECONDS, clients=CLIENTS)
    assert load.errors == {}
    assert load.wrong == []
    assert load.paid >= 1
    kinds = {one.step for one in load.samples}
    assert {"search", "a shop's page", "free times", "hold", "pay: begin", "check in", "complete", "review"} <= kinds
    assert all(one.corrected >= one.uncorrected for one in load.samples)
    assert load.told["hold"].requests >= 4  # what docs/costs.md says, or one less where the terms are remembered
    assert load.memory.most["functions"][0] > 0
    report(f"load: {line(load)}")
