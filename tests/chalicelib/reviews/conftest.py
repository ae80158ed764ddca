import pytest

from chalicelib import wiring
from chalicelib.reviews.ports import ReviewPorts
from chalicelib.reviews.store import ReviewStore
from tests.fakes.neighbours import Neighbours


@pytest.fixture
def near():
    return Neighbours()


@pytest.fixture
def ports(tables, near):
    return ReviewPorts(
        store=ReviewStore(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        accounts=near.accounts_ports,
        shops=near.shops_ports,
        orders=near.orders_ports,
    )
