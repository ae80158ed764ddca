from dataclasses import replace
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from tests.api import MERCHANT
from tests.chalicelib.orders.world import NOW
from tests.fakes.time import FakeClock


class Shops:
    """The one shop that the merchant runs."""

    def shop(self, shop_id):
        return SimpleNamespace(merchant_id=MERCHANT.account_id, currency="CNY") if shop_id == "shp_1" else None


@pytest.fixture
def clock(tables):
    made = FakeClock(NOW)
    wiring.use_clock(made)
    return made


@pytest.fixture
def ports(clock):
    wired = wiring.claiming()
    return replace(wired, shops=replace(wired.shops, store=Shops()))
