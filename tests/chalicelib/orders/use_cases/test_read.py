"""Who may look at an order."""

import pytest

from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.orders import use_cases
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER


def test_who_may_look(world):
    order = world.bought()
    for actor in (CUSTOMER, MERCHANT, ADMIN):
        assert use_cases.get(world.ports, actor, order.id) == order
    for actor, order_id in ((OTHER, order.id), (CUSTOMER, "ord_none")):
        with pytest.raises(NotFound):
            use_cases.get(world.ports, actor, order_id)
    assert use_cases.of_shop(world.ports, MERCHANT, order.shop_id, None, 10).items == (order,)
    with pytest.raises(Forbidden):
        use_cases.of_shop(world.ports, OTHER, order.shop_id, None, 10)
