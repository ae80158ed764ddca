"""A WeChat sandbox as it was when it began, its notices held, and a merchant's client of it."""

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.exchange import Http
from chalicelib.payments.gateways.wechat.client import Client
from infra.sandbox.wechat import WechatSandbox
from tests.infra.sandbox.wechat.support import KEYS, account


@pytest.fixture(scope="module")
def shared():
    with WechatSandbox(keys=KEYS, retry_seconds=(0.01, 0.01)) as made:
        yield made


@pytest.fixture
def sandbox(shared):
    shared.control("POST", "/reset")
    shared.control("POST", "/settings", {"mode": "held", "refund_delay_ms": 1})
    return shared


@pytest.fixture(scope="module")
def network():
    made = Http()
    yield made
    made._pool.clear()


@pytest.fixture
def client(sandbox, network):
    return Client(account(KEYS.application()), sandbox.url, SystemClock(), network)
