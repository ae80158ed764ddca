import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.sources import source_ip

EDGE, SECRET = "198.51.100.7", "s3cret-of-the-edge"


def told(viewer, shown=SECRET):
    return source_ip(EDGE, {"x-edge-secret": shown, "cloudfront-viewer-address": viewer}, lambda: SECRET)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_the_viewer_of_a_distribution_is_who_asks(address, port):
    assert ipaddress.ip_address(told(f"{address}:{port}")) == address


@pytest.mark.parametrize("viewer", ["", "x", "203.0.113.9", "a:1", "203.0.113.999:1", "203.0.113.9\r\n:1"])
def test_what_is_no_address_is_not_believed(viewer):
    assert told(viewer) == EDGE


def test_whoever_does_not_know_the_secret_is_where_the_gateway_saw_them():
    assert told("203.0.113.9:1", shown="guess") == EDGE
    assert told("203.0.113.9:1", shown="ü") == EDGE
    headers = {"cloudfront-viewer-address": "203.0.113.9:1"}
    assert source_ip(EDGE, headers, lambda: SECRET) == EDGE
    for none in (None, ""):
        assert source_ip(EDGE, headers | {"x-edge-secret": ""}, lambda none=none: none) == EDGE


def test_the_secret_is_not_asked_for_where_nobody_shows_one():
    def asked():
        raise AssertionError

    assert source_ip(EDGE, {"cloudfront-viewer-address": "203.0.113.9:1"}, asked) == EDGE
