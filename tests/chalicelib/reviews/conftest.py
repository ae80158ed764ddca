from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from chalicelib.reviews.ports import ReviewPorts
from chalicelib.reviews.store import ReviewStore, VoiceStore
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.reviews.world import NOW
from tests.fakes.neighbours import Neighbours
from tests.fakes.time import FakeClock


@pytest.fixture
def near():
    """Whoever has no account there has an old one."""
    made = Neighbours()
    old = replace(made.accounts[CUSTOMER.account_id], created_at=NOW - timedelta(days=400))
    made.accounts_ports.store.account = lambda id_: made.accounts.get(id_) or replace(old, id=id_)
    return made


@pytest.fixture
def clock():
    return FakeClock(NOW)


def _booking(booking_id):
    staff = None if booking_id == "bkg_nobody" else "stf_1"
    return SimpleNamespace(customer_id=CUSTOMER.account_id, merchant_id=MERCHANT.account_id, staff_id=staff)


@pytest.fixture
def ports(tables, near, clock):
    return ReviewPorts(
        store=ReviewStore(),
        voices=VoiceStore(),
        clock=clock,
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        idempotency=wiring.idempotency(),
        accounts=near.accounts_ports,
        shops=near.shops_ports,
        orders=near.orders_ports,
        booking=SimpleNamespace(store=SimpleNamespace(booking=_booking)),
    )
