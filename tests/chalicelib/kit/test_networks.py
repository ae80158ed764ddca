import pytest

from chalicelib.kit.networks import is_public, network


@pytest.mark.parametrize(
    ("address", "counted", "around"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("", None, None),
        ("test-invoke-source-ip", None, None),
    ],
)
def test_a_client_owns_an_address_and_rents_a_range(address, counted, around):
    assert (network(address), network(address, wide=True)) == (counted, around)


@pytest.mark.parametrize(
    ("address", "may"),
    [("9.9.9.9", True), ("2620:fe::9", True), ("127.0.0.1", False), ("10.0.0.7", False), ("::1", False), ("x", False)],
)
def test_somebody_on_the_internet_has_a_public_address(address, may):
    assert is_public(address) is may
